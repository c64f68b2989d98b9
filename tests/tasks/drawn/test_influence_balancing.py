"""Influence balancing: the numbers of its definition, with our own gradient methods."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxrnn.gradients import accumulate, artbp, bptt, rtrl, tbptt, uoro
from jaxrnn.tasks import influence_balancing
from jaxrnn.tasks.drawn.influence_balancing import Balance, BalanceParams
from jaxrnn.testing import check_cell


def derivative(depth):
    """Return the first `depth` terms of ds[0]/dtheta, from the last loss alone: it is -1 times."""
    problem, params, state, chunk = influence_balancing(depth)
    chunk = chunk._replace(weights=jnp.zeros(depth).at[-1].set(1))
    loss, grads, _ = accumulate(bptt(), problem, params, state, chunk)
    assert loss == 0.5  # theta = 0: nothing moves
    return -grads.cell.theta.item()


def by_matrix(depth):
    """Return the same by the definition: sum of (A^k v)[1] over k < depth."""
    a = (np.eye(23) + np.eye(23, k=1)) / 2
    v = np.where(np.arange(23) < 10, 1.0, -1.0)
    return sum((np.linalg.matrix_power(a, k) @ v)[0] for k in range(depth))


@pytest.mark.parametrize(
    ("depth", "value"), [(10, 10.0), (20, 16.5), (40, 0.57), (41, -0.22), (50, -4.75), (400, -6.0)]
)
def test_the_derivative_in_numbers(depth, value):
    assert by_matrix(depth) == pytest.approx(value, abs=0.05)
    assert derivative(depth) == pytest.approx(by_matrix(depth), abs=1e-4)


def test_truncation_has_the_wrong_sign_up_to_40_steps():
    steps = 45
    problem, params, state, chunk = influence_balancing(steps)
    chunk = chunk._replace(weights=jnp.zeros(steps).at[-1].set(1))
    signs = [
        accumulate(tbptt(1, k), problem, params, state, chunk)[1].cell.theta < 0
        for k in (1, 10, 39, 40, 41, 45)
    ]
    # where the derivative of the loss is negative theta goes up, away from -1/6
    assert signs == [True, True, True, True, False, False]


def test_disjoint_blocks_have_the_wrong_sign_up_to_109_steps():
    def block(length):
        problem, params, state, chunk = influence_balancing(2 * length)
        return accumulate(tbptt(length), problem, params, state, chunk)[1].cell.theta

    assert [bool(block(k) < 0) for k in (1, 50, 109, 110, 150)] == [True, True, True, False, False]


def test_the_best_theta():
    problem, params, state, chunk = influence_balancing(400)
    best = params._replace(cell=BalanceParams(jnp.array(-1 / 6)))
    state = accumulate(bptt(), problem, best, state, chunk)[2].state
    loss, grads, _ = accumulate(bptt(), problem, best, state, chunk)
    assert state.s[0] == pytest.approx(1, abs=1e-4)
    assert loss < 1e-6 and abs(grads.cell.theta) < 0.01


def test_forward_methods_and_random_cuts_have_no_bias():
    problem, params, state, chunk = influence_balancing(60)
    exact = accumulate(bptt(), problem, params, state, chunk)[1].cell.theta
    online = accumulate(rtrl(), problem, params, state, chunk)[1].cell.theta
    np.testing.assert_allclose(online, exact, rtol=1e-4)
    for method in (artbp(50), uoro()):
        draw = jax.vmap(
            lambda key, method=method: accumulate(
                method, problem, params, state, chunk, key=key
            )[1].cell.theta
        )  # fmt: skip
        draws = np.asarray(draw(jax.random.split(jax.random.key(0), 2000)), np.float64)
        error = draws.std() / np.sqrt(len(draws))
        assert abs(draws.mean() - exact) < 4 * error < abs(exact)


def test_the_cell_is_a_cell():
    check_cell(Balance())
