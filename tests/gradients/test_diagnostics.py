"""Diagnostics against what linear algebra and brute force say."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxrnn import (
    GRU,
    LSTM,
    ClipCotangent,
    Dropout,
    Elman,
    GRUResetBefore,
    LayerNormCarryLSTM,
    LayerNormLSTM,
    LearnedState,
    OrthogonalCayley,
    Stack,
    scan,
    with_key,
    without_key,
)
from jaxrnn.gradients import (
    Chunk,
    Params,
    Problem,
    accumulate,
    bptt,
    clipped_fraction,
    effective_memory,
    gate_values,
    gradient_norms,
    lag_profile,
    lyapunov_spectrum,
    mean_lag_profile,
    product_singular_values,
    saturation,
    step_singular_values,
)
from jaxrnn.gradients.problem import run
from jaxrnn.testing import example

T, B, D = 6, 3, 2


@pytest.fixture(autouse=True)
def wide():
    with jax.enable_x64(True):
        yield


def data(steps=T):
    return jnp.asarray(np.random.default_rng(5).normal(size=(steps, B, D)))


def problem_of(cell, seed=0):
    params, state, _ = example(cell, D, (B,), seed)
    problem = Problem(cell, lambda head, ys, targets: ((ys - targets[..., None]) ** 2).sum(-1))
    targets = jnp.asarray(np.random.default_rng(6).normal(size=(T, B)))
    return problem, Params(params, None), state, Chunk(data(), targets)


def jacobians(cell, params, state, xs):
    """Return A_t of one row `[T, S, S]`, by jacfwd of the step on flat numbers."""
    flat, join = jax.flatten_util.ravel_pytree(state)

    def step(flat, x):
        new, _ = cell.step(params, join(flat), cell.project(params, x))
        return jax.flatten_util.ravel_pytree(new)[0]

    found = []
    for x in xs:
        found.append(np.asarray(jax.jacfwd(step)(flat, x)))
        flat = step(flat, x)
    return found


CELLS = (
    Elman(3),
    LSTM(2),
    GRUResetBefore(3),
    OrthogonalCayley(Elman(3)),
    Stack((GRU(2), Elman(2))),
)


@pytest.mark.parametrize("cell", CELLS, ids=repr)
def test_singular_values_are_those_of_the_jacobians(cell):
    params, state, _ = example(cell, D, (B,))
    xs = data()
    steps = step_singular_values(cell, params, state, xs)
    whole = product_singular_values(cell, params, state, xs)
    for row in range(B):
        one = jax.tree.map(lambda a, r=row: a[r], state)
        each = jacobians(cell, params, one, xs[:, row])
        expected = [np.linalg.svd(a, compute_uv=False) for a in each]
        np.testing.assert_allclose(steps[:, row], expected, rtol=1e-9, atol=1e-12)
        product = np.linalg.multi_dot(each[::-1])
        expected = np.log(np.linalg.svd(product, compute_uv=False))
        np.testing.assert_allclose(whole[row, :2], expected[:2], rtol=1e-4, atol=1e-4)
        # what is far below the largest is lost in the product, not in the factors
        near = expected > expected[0] - 20
        np.testing.assert_allclose(whole[row][near], expected[near], atol=1e-2)
        volume = sum(np.linalg.slogdet(a)[1] for a in each)
        np.testing.assert_allclose(whole[row].sum(), volume, rtol=1e-9)


@pytest.mark.parametrize("steps", [1, 10])
def test_many_close_singular_values_are_good_to_a_few_hundredths(steps):
    cell = Elman(24)
    params, state, _ = example(cell, D, (B,))
    xs = data(steps)
    found = product_singular_values(cell, params, state, xs)[0]
    each = jacobians(cell, params, jax.tree.map(lambda a: a[0], state), xs[:, 0])
    product = np.eye(24)
    for jacobian in each:
        product = jacobian @ product
    expected = np.log(np.linalg.svd(product, compute_uv=False))
    near = expected > expected[0] - 20
    np.testing.assert_allclose(found[near], expected[near], atol=0.05)


class Matrix(NamedTuple):
    """A state that is a matrix for each row."""

    m: jax.Array


class MatrixCell(Elman):
    """Three rows of two, each mixed with the others."""

    def init_state(self, params, batch=()):
        return Matrix(jnp.zeros((*((batch,) if isinstance(batch, int) else batch), 3, 2)))

    def step(self, params, state, u):
        mixed = jnp.roll(state.m, 1, axis=-2) @ params.w_h[:2, :2] + u[..., None, :2]
        return Matrix(jnp.tanh(mixed)), mixed[..., 0]


def test_a_state_may_be_a_matrix():
    cell = MatrixCell(3)
    params = example(Elman(3), D)[0]
    state = Matrix(0.3 * jnp.asarray(np.random.default_rng(1).normal(size=(B, 3, 2))))
    found = step_singular_values(cell, params, state, data())
    each = jacobians(cell, params, Matrix(state.m[1]), data()[:, 1])
    expected = [np.linalg.svd(a, compute_uv=False) for a in each]
    np.testing.assert_allclose(found[:, 1], expected, rtol=1e-9, atol=1e-12)
    assert lyapunov_spectrum(cell, params, state, data()).shape == (B, 6)


def test_a_cell_without_forward_mode_is_named():
    cell = ClipCotangent(Elman(3), 0.1)
    params = example(cell, D)[0]
    for look in (step_singular_values, product_singular_values, lyapunov_spectrum):
        with pytest.raises(TypeError, match=f"{look.__name__}: ClipCotangent.*custom_vjp"):
            look(cell, params, None, data())


def test_an_exploding_gradient_has_a_profile_beyond_the_square_root_of_float():
    with jax.enable_x64(False):
        cell = Elman(2, activation="linear")
        params = cell.init(jax.random.key(0), D)._replace(w_h=2 * jnp.eye(2))
        problem = Problem(cell, lambda head, ys, targets: ys.sum(-1))
        chunk = Chunk(jnp.ones((100, 1, D)), jnp.zeros((100, 1)))
        profile = lag_profile(problem, Params(params, None), None, chunk)
        np.testing.assert_allclose(profile[1:] / profile[:-1], 0.5, rtol=1e-5)
        assert bool(profile[0] > 1e30)


def test_the_product_may_be_far_out_of_range():
    cell = Elman(2, activation="linear")
    params = example(cell, D)[0]._replace(w_h=jnp.diag(jnp.array([1e-3, 1e3])))
    values = product_singular_values(cell, params, None, data(400))
    np.testing.assert_allclose(values[0] / 400, np.log([1e3, 1e-3]), rtol=1e-10)


def test_lyapunov_exponents_of_a_linear_cell_are_those_of_its_eigenvalues():
    cell = Elman(4, activation="linear")
    w_h = np.diag([1.2, -0.9, 0.5, 0.1]) + np.triu(np.ones((4, 4)), 1)
    params = example(cell, D)[0]._replace(w_h=jnp.asarray(w_h))
    xs = data(300)
    found = lyapunov_spectrum(cell, params, None, xs, warmup=150)
    np.testing.assert_allclose(found[0], np.log([1.2, 0.9, 0.5, 0.1]), atol=1e-6)
    first = lyapunov_spectrum(cell, params, None, xs, warmup=150, count=2)
    np.testing.assert_allclose(first, found[:, :2], atol=1e-6)
    total = lyapunov_spectrum(cell, params, None, xs).sum(-1)
    np.testing.assert_allclose(total, np.log(abs(np.linalg.det(w_h))), rtol=1e-12)


def test_lag_profiles_are_gradients_by_the_states():
    problem, params, state, chunk = problem_of(LSTM(3))

    def loss(part, start, upto):
        run = scan(problem.cell, params.cell, part, chunk.xs[start : upto + 1])
        return problem.loss(None, run[1][-1], chunk.targets[upto]).sum()

    def norm(start, upto):
        before = scan(problem.cell, params.cell, state, chunk.xs[:start])[0]
        grads = jax.grad(loss)(before, start, upto)
        return np.sqrt(sum(np.square(g).sum() for g in jax.tree.leaves(grads)))

    last = [norm(t, T - 1) for t in range(T)]
    np.testing.assert_allclose(lag_profile(problem, params, state, chunk), last, rtol=1e-12)
    table = [[norm(s - k, s) for s in range(k, T)] for k in range(T)]
    expected = [np.mean(row) for row in table]
    found = mean_lag_profile(problem, params, state, chunk, losses=T)
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    # only where a loss counts, and as much as it counts
    weights = jnp.zeros((T, B)).at[3].set(2.0)
    found = mean_lag_profile(problem, params, state, chunk._replace(weights=weights))
    np.testing.assert_allclose(found, [2 * norm(3 - k, 3) for k in range(4)] + [0, 0], rtol=1e-12)


def test_a_reset_ends_the_lags_and_no_loss_is_refused():
    problem, params, state, chunk = problem_of(Elman(3))
    resets = jnp.zeros((T, B), bool).at[4].set(True)
    found = mean_lag_profile(problem, params, state, chunk._replace(resets=resets), losses=1)
    assert (np.asarray(found) > 0).tolist() == [True] + [False] * (T - 1)
    nothing = chunk._replace(weights=jnp.zeros((T, B)))
    with pytest.raises(ValueError, match="mean_lag_profile: no loss counts"):
        mean_lag_profile(problem, params, state, nothing)


def test_effective_memory_leaves_no_more_than_its_share():
    profile = jnp.asarray(0.5 ** np.arange(40))
    assert effective_memory(profile, share=0.26) == 2
    assert effective_memory(profile, share=0.24) == 3
    assert effective_memory(jnp.ones(10), share=0.0) == 10
    assert effective_memory(jnp.zeros(3)) == 0
    with pytest.raises(ValueError, match="effective_memory: profile should be finite"):
        effective_memory(jnp.array([1.0, jnp.inf]))


def test_gates_are_those_of_the_equations():
    cell = LSTM(3)
    params, state, _ = example(cell, D, (B,))
    xs = data()
    found = gate_values(cell, params, state, xs)
    z = np.asarray(xs[0] @ params.w_x + params.b + state.h @ params.w_h)
    gates = dict(zip("ifgo", np.split(1 / (1 + np.exp(-z)), 4, axis=-1), strict=True))
    for name in "ifo":
        np.testing.assert_allclose(found[name][0], gates[name], rtol=1e-12)
    # the run goes on as it does without being watched
    follow = scan(cell, params, state, xs[:3])[0]
    np.testing.assert_allclose(
        gate_values(cell, params, follow, xs[3:])["f"], found["f"][3:], rtol=1e-12
    )


def test_gates_are_found_in_stacks_and_wrappers_and_none_in_others():
    cell = Dropout(Stack((LSTM(2), GRU(3), GRU(2))), 0.5)
    params = cell.init(jax.random.key(0), D)
    state = with_key(cell.init_state(params, B), jax.random.key(1))
    found = gate_values(cell, params, state, data())
    assert {k: v.shape[-1] for k, v in found.items()} == {
        "f": 2, "i": 2, "o": 2, "r": 3, "z": 3, "r 2": 2, "z 2": 2,
    }  # fmt: skip
    assert gate_values(Elman(2), example(Elman(2), D)[0], None, data()) == {}


@pytest.mark.parametrize("kind", [LayerNormLSTM, LayerNormCarryLSTM])
def test_gates_of_layer_norm_lstms(kind):
    cell = kind(3)
    params, state, _ = example(cell, D, (B,))
    found = gate_values(cell, params, state, data())
    new = scan(cell, params, state, data()[:1])[0]
    # both end with h = sigmoid(o) * tanh(something of c)
    assert sorted(found) == ["f", "i", "o"] and bool((abs(new.h) <= found["o"][0]).all())


def test_gates_of_the_gru_that_resets_before():
    cell = GRUResetBefore(3)
    params, state, _ = example(cell, D, (B,))
    x = data()[0]
    z = np.asarray(x @ params.w_x + params.b)[:, :6] + np.asarray(state.h @ params.w_h[:, :6])
    r, z = np.split(1 / (1 + np.exp(-z)), 2, axis=-1)
    found = gate_values(cell, params, state, data())
    np.testing.assert_allclose(found["r"][0], r, rtol=1e-12)
    np.testing.assert_allclose(found["z"][0], z, rtol=1e-12)


def test_saturation_counts_both_ends():
    assert saturation(jnp.array([-1.0, -0.95, 0.0, 0.95]), low=-0.9, high=0.9) == (0.5, 0.25)


def test_gradient_norms_are_those_of_single_sequences():
    cell = Stack((Elman(2), Dropout(LSTM(2), 0.5)))
    problem, params, state, chunk = problem_of(cell)
    found = gradient_norms(problem, params, state, chunk)
    for row in range(B):

        def loss(p, row=row):
            only = jnp.zeros((T, B)).at[:, row].set(1.0)
            return run(problem, p, without_key(state), chunk._replace(weights=only))[1].sum()

        grads = jax.grad(loss)(params)
        expected = np.sqrt(sum(np.square(g).sum() for g in jax.tree.leaves(grads)))
        np.testing.assert_allclose(found[row], expected, rtol=1e-12)
    assert clipped_fraction(jnp.array([jnp.nan, 0.5]), 1.0) == 0.5
    assert clipped_fraction(found, float(found.min())) == pytest.approx(1 - 1 / B)


def test_the_norm_of_one_sequence_is_that_of_full_bptt_learned_start_and_all():
    cell = LearnedState(Elman(2))
    problem, params, _, chunk = problem_of(cell)
    one = jax.tree.map(lambda a: a[:, :1], chunk)
    grads = accumulate(bptt(), problem, params, None, one)[1]
    expected = np.sqrt(sum(np.square(g).sum() for g in jax.tree.leaves(grads)))
    np.testing.assert_allclose(gradient_norms(problem, params, None, one), expected, rtol=1e-12)


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda c, p, x: lyapunov_spectrum(c, p, None, x, count=9), "count=9, but the state has 3"),
        (lambda c, p, x: lyapunov_spectrum(c, p, None, x, warmup=T), "leaves nothing of 6 steps"),
        (lambda c, p, x: step_singular_values(c, p, None, x[..., :1]), "x has 1 features"),
        (lambda c, p, x: gate_values(3, p, None, x), "gate_values"),
        (lambda c, p, x: effective_memory(jnp.ones(3), share=2.0), "effective_memory: share"),
        (lambda c, p, x: clipped_fraction(jnp.ones(3), 0.0), "clipped_fraction: limit"),
    ],
)
def test_wrong_input_is_named(call, words):
    cell = Elman(3)
    with pytest.raises((ValueError, TypeError), match=words):
        call(cell, example(cell, D)[0], data())
