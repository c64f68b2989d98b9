"""The audit tells the truth that can be computed by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxrnn import GRU
from jaxrnn.gradients import accumulate, bptt, tbptt
from jaxrnn.gradients.artbp import artbp
from jaxrnn.gradients.audit import audit, shortest_within, smallest_window, window_errors
from tests.gradients.cases import distance, flat, problem_of


def test_errors_are_the_distances():
    with jax.enable_x64(True):
        problem, params, chunk = problem_of(GRU(3), 12)
        case = (problem, params, None, chunk)
        found = audit(*case, {"full": bptt(), "cut": tbptt(3), "all": tbptt(5, 20)})
        _, full, _ = accumulate(bptt(), *case)
        _, cut, _ = accumulate(tbptt(3), *case)
        row = found["cut"]
        np.testing.assert_allclose([row.error, row.bias], distance(cut, full), rtol=1e-10)
        a, b = flat(cut), flat(full)
        cosine = a @ b / np.linalg.norm(a) / np.linalg.norm(b)
        np.testing.assert_allclose(row.cosine, cosine, rtol=1e-12)
        assert found["full"].error < 1e-14 and found["all"].error < 1e-12
        assert row.std == 0 and row.draws == 1
        assert row.milliseconds > 0 and row.compile_seconds > 0 and row.temp_bytes > 0


def test_a_random_method_has_a_spread_and_little_bias():
    with jax.enable_x64(True):
        problem, params, chunk = problem_of(GRU(3), 12)
        case = (problem, params, None, chunk)
        found = audit(*case, {"cut": tbptt(1), "random": artbp(3.0)}, draws=400)["random"]
        assert found.draws == 400 and found.std > 0.05
        assert found.bias < 3 * found.std / 20  # std / sqrt(draws), thrice
        again = audit(*case, {"random": artbp(3.0)}, key=jax.random.key(0), draws=400)["random"]
        assert (again.bias, again.std) == (found.bias, found.std)


def test_the_smallest_window_that_will_do():
    with jax.enable_x64(True):
        problem, params, chunk = problem_of(GRU(3), 12)
        case = (problem, params, None, chunk)
        _, full, _ = accumulate(bptt(), *case)
        errors = {k: distance(accumulate(tbptt(k), *case)[1], full) for k in (1, 2, 3, 6, 12)}
        tolerance = 1.01 * errors[3]
        k = smallest_window(*case, tolerance=tolerance)
        assert k == min(k for k in errors if all(errors[j] <= tolerance for j in errors if j >= k))
        assert list(window_errors(*case)) == [1, 2, 3, 6, 12]
        np.testing.assert_allclose(
            list(window_errors(*case).values()), list(errors.values()), atol=1e-12
        )
        assert smallest_window(*case, tolerance=1e-12) == 12
        assert smallest_window(*case, tolerance=1e-12, lengths=(2, 4)) is None


def test_a_longer_window_may_be_worse_and_nan_is_never_good_enough():
    assert shortest_within({1: 0.0, 2: 0.2, 4: 0.0}, 0.1) == 4
    assert shortest_within({1: 0.0, 2: float("nan"), 4: 0.0}, 0.1) == 4
    assert shortest_within({1: 0.0, 2: 0.5}, 0.1) is None


def test_no_gradient_is_said():
    problem, params, chunk = problem_of(GRU(3), 4)
    nothing = chunk._replace(weights=jnp.zeros((4, 2)))
    with pytest.raises(ValueError, match="audit: the gradient of full BPTT has the norm 0.0"):
        audit(problem, params, None, nothing, {"full": bptt()})
