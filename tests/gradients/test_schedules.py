"""Memory schedules: the same gradient, the promised evaluations, the promised bytes."""

import dataclasses
from functools import lru_cache
from typing import NamedTuple

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxrnn import GRU, LSTM, Dropout, Elman, LearnedState, with_key
from jaxrnn.gradients import Chunk, Params, Problem, accumulate, bptt, tbptt
from jaxrnn.gradients.schedules import (
    binomial,
    budget,
    costs_of,
    nested,
    offloaded,
    per_step,
    plain,
    plan,
    segments,
    sqrt,
    verify,
)
from jaxrnn.gradients.schedules.revolve import binomial_evaluations, revolve
from jaxrnn.testing.cells import randomise

SCHEDULES = (  # for 7 steps: some pad
    segments(3, per_step()),
    nested((2, 2, 2)),
    binomial(3),
    per_step(),
    segments(3),
    sqrt(),
    nested((2, 2, 2), per_step()),
    binomial(1),
    segments(4, binomial(2)),
    offloaded(3),
    budget(2700),
)
CASES = {
    Elman(2): SCHEDULES,
    Dropout(Elman(2), 0.4): SCHEDULES,
    # more of a state, and a first state that is learned; the loops are the same
    LSTM(2): SCHEDULES[:3],
    LearnedState(GRU(2)): SCHEDULES[:3],
}


def squares(head, ys, targets):
    return jnp.square(ys @ head - targets).sum(-1)


def prepared(cell, steps=7, masked=True):
    """Return problem, params, state and a chunk, with mask and resets, of any cell of width 2."""
    params = Params(randomise(cell.init(jax.random.key(0), 3), 1), randomise(jnp.zeros((2, 2)), 2))
    state = None
    if not isinstance(cell, LearnedState):  # its first state is differentiated if none is given
        state = with_key(randomise(cell.init_state(params.cell, 2), 5), jax.random.key(6))
    mask = jnp.arange(steps)[:, None] != jnp.array([2, steps - 1]) if masked else None
    resets = jnp.arange(steps)[:, None] == jnp.array([4, 3]) if masked else None
    xs, targets = (randomise(jnp.zeros((steps, 2, n)), n) for n in (3, 2))
    return Problem(cell, squares), params, state, Chunk(xs, targets, None, mask, resets)


def numbers(tree):
    """Return all leaves as one vector; a key is its data."""
    is_key = lambda a: jnp.issubdtype(a.dtype, jax.dtypes.prng_key)  # noqa: E731
    leaves = (jax.random.key_data(a) if is_key(a) else a for a in jax.tree.leaves(tree))
    return np.concatenate([np.ravel(np.asarray(a, np.float64)) for a in leaves])


def assert_same(got, expected):
    for a, b in zip(map(numbers, got), map(numbers, expected), strict=True):
        assert np.linalg.norm(a - b) <= 1e-12 * np.linalg.norm(b)


@pytest.mark.parametrize("cell", CASES, ids=lambda cell: type(cell).__name__)
def test_every_schedule_has_the_gradient_of_bptt(cell):
    with jax.enable_x64(True):
        case = prepared(cell)
        expected = accumulate(bptt(), *case)
        for schedule in CASES[cell]:
            assert_same(accumulate(bptt(schedule=schedule), *case), expected)


@pytest.mark.parametrize("steps", (0, 1))
def test_the_shortest_windows(steps):
    problem, params, state, chunk = prepared(Elman(2), masked=False)
    row = lambda a: a[0]  # noqa: E731  no batch axis either
    short = jax.tree.map(lambda a: a[:steps, 0], chunk)
    expected = accumulate(bptt(), problem, params, jax.tree.map(row, state), short)
    for schedule in (segments(3), sqrt(), nested((2, 2)), binomial(3), budget(10**4), budget(2000)):
        got = accumulate(bptt(schedule=schedule), problem, params, jax.tree.map(row, state), short)
        chex.assert_trees_all_close(got, expected, rtol=1e-5)


def test_truncated_windows_take_schedules():
    with jax.enable_x64(True):
        case = prepared(Dropout(Elman(2), 0.4))
        for lengths, schedule in (((4,), binomial(2)), ((3, 5), segments(2))):
            got = accumulate(tbptt(*lengths, schedule=schedule), *case)
            assert_same(got, accumulate(tbptt(*lengths), *case))


def test_binomial_differentiates_state_and_chunk_too():
    with jax.enable_x64(True):
        problem, params, state, chunk = prepared(LSTM(2))

        def total(schedule, state, xs):
            after, losses = schedule.run(problem, params, state, chunk._replace(xs=xs))
            return losses @ jnp.arange(7.0) + after.c.sum()  # cotangents that differ

        grads = jax.jit(jax.grad(total, (1, 2)), static_argnums=0)
        assert_same(grads(binomial(2), state, chunk.xs), grads(plain(), state, chunk.xs))


def test_without_a_schedule_nothing_changes():
    assert bptt() == bptt(schedule=plain()) and hash(bptt()) == hash(bptt(schedule=plain()))
    assert repr(bptt()) == "bptt()" and repr(tbptt(2, 4)) == "tbptt(k1=2, k2=4)"
    assert bptt() != bptt(schedule=per_step())


# --- forward evaluations


evaluations = []


@jax.custom_vjp
def counted(h):
    # the value depends on the state: a call that doesn't is moved out of the loop
    return jax.pure_callback(count, jax.ShapeDtypeStruct(h.shape, h.dtype), h)


def count(h):
    evaluations.append(1)
    return np.asarray(h)


counted.defvjp(lambda h: (counted(h), None), lambda _, d: (d,))


class Weights(NamedTuple):
    w: jax.Array


@dataclasses.dataclass(frozen=True)
class Counting:
    """h = tanh(w h + x), which counts how often it is evaluated."""

    def init(self, key, input_size):
        return Weights(jnp.float32(0.7))

    def init_state(self, params, batch=()):
        return jnp.zeros((batch,) if isinstance(batch, int) else tuple(batch))

    def project(self, params, x):
        return x.sum(-1)

    def step(self, params, state, u):
        h = jnp.tanh(params.w * counted(state) + u)
        return h, h[..., None]


@pytest.mark.parametrize(
    "schedule, expected",
    [
        (plain(), 16),
        (per_step(), 2 * 16),
        (segments(4), 2 * 16),
        (segments(5), 2 * 20),  # padded
        (segments(4, per_step()), 3 * 16),
        (nested((2, 2, 4)), 3 * 16),
        (nested((2, 2, 4), per_step()), 4 * 16),
        (nested((2, 3, 3)), 3 * 18),
        (offloaded(4), 2 * 16),
        (binomial(1), 16 * 17 // 2),
        (binomial(2), 6 * 16 - 35),  # rho = 5, C(7, 4) = 35
        (binomial(3), 4 * 16 - 15),  # rho = 3, C(6, 2) = 15
        (binomial(99), 2 * 16 - 1),
        (segments(8, binomial(2)), 16 + 2 * (4 * 8 - 10)),  # rho = 3, C(5, 2) = 10
    ],
    ids=repr,
)
def test_forward_evaluations_are_the_closed_form(schedule, expected):
    params = Params(Weights(jnp.float32(0.7)), jnp.ones((1, 2)))
    chunk = Chunk(jnp.ones((16, 1, 1)), jnp.ones((16, 1, 2)))
    problem = Problem(Counting(), squares)
    evaluations.clear()
    state = jnp.ones(1)
    jax.block_until_ready(accumulate(bptt(schedule=schedule), problem, params, state, chunk))
    assert len(evaluations) == expected
    costs = costs_of(problem, params, state, chunk)
    assert schedule.predict(16, costs).forward_evaluations == expected


@lru_cache(None)
def least_evaluations(steps, slots):
    if steps == 1 or slots == 1:
        return steps * (steps + 1) // 2
    return min(
        y + least_evaluations(steps - y, slots - 1) + least_evaluations(y, slots)
        for y in range(1, steps)
    )


@pytest.mark.parametrize("slots", range(1, 9))
def test_the_binomial_table_is_optimal_and_right(slots):
    for steps in range(1, 61):
        table = revolve(steps, slots)
        best = least_evaluations(steps, slots)
        assert binomial_evaluations(steps, slots) == best == steps + len(table.store)
        held = {0: 0}  # slot: the step that the state in it comes before
        for i, t in enumerate(reversed(range(steps))):
            at = held[table.restore[i]]
            assert at == table.start[i] <= t
            for slot in table.store[table.first[i] : table.first[i] + t - at]:
                at += 1
                if slot < slots:
                    held[slot] = at
            assert at == t


def test_binomial_counts_that_are_known():
    counts = {1: 500500, 2: 29820, 4: 8998, 8: 5285, 10: 4636, 16: 3860, 31: 3439, 44: 2954}
    assert {m: binomial_evaluations(1000, m) for m in counts} == counts
    assert binomial_evaluations(1000, 999) == 1999


def test_the_program_of_binomial_does_not_grow_with_time():
    def lines(steps):
        problem, params, state, chunk = prepared(GRU(2), steps, masked=False)
        method = bptt(schedule=binomial(5))
        step = lambda *args: accumulate(method, problem, *args)  # noqa: E731
        return jax.jit(step).lower(params, state, chunk).as_text().count("\n")

    assert lines(64) == lines(256)


# --- bytes


def shapes(cell, hidden, steps, batch, inputs):
    """Return a problem of these sizes without its numbers: compiling needs none."""

    def numbers():
        params = Params(cell.init(jax.random.key(0), inputs), jnp.zeros((hidden, 2)))
        chunk = Chunk(jnp.zeros((steps, batch, inputs)), jnp.zeros((steps, batch, 2)))
        return params, cell.init_state(params.cell, batch), chunk

    return Problem(cell, squares), *jax.eval_shape(numbers)


def test_sqrt_of_a_long_window_takes_megabytes():
    case = shapes(GRU(128), 128, 1024, 16, 32)
    assert verify(plain(), *case).temp_bytes > 70 * 2**20
    check = verify(sqrt(), *case)
    assert check.temp_bytes <= check.predicted_bytes <= 4 * 2**20
    assert check.forward_evaluations <= 1.05 * 2 * 1024


def least_possible(steps, costs, max_bytes):
    """Return the fewest evaluations of any schedule that fits, fixed parts but for g left out."""
    left = max_bytes - costs.gradient
    c, r = costs.state, costs.step
    options = [(steps * r, steps)]
    for k in range(1, steps + 1):
        starts = steps / k * c
        options += [(starts + k * r, 2 * steps), (starts + k * c + r, 3 * steps)]
        options += [(k * c + r, binomial_evaluations(steps, k))]
    return min(evaluations for size, evaluations in options if size <= left)


@pytest.mark.parametrize(
    "steps, max_bytes",
    [
        (64, 65_000), (64, 12_000), (64, 8_000), (100, 100_000), (100, 10_000),
        (250, 20_000), (250, 12_000), (1000, 30_000), (1000, 20_000), (5000, 28_700),
    ],
)  # fmt: skip
def test_a_budget_is_kept_and_used(steps, max_bytes):
    case = shapes(Elman(8), 8, steps, 4, 3)
    costs = costs_of(*case)
    check = verify(budget(max_bytes), *case)
    assert check.temp_bytes <= check.predicted_bytes <= max_bytes
    assert check.forward_evaluations <= 2 * least_possible(steps, costs, max_bytes)
    chosen = plan(*case, max_bytes)
    assert chosen[1:] == (check.predicted_bytes, check.forward_evaluations)


def test_what_does_not_fit_says_the_least_bytes():
    case = shapes(Elman(8), 8, 64, 4, 3)
    with pytest.raises(ValueError, match=r"no schedule of 64 steps fits in 10 bytes") as error:
        plan(*case, 10)
    least = int(str(error.value).split("least possible is ")[1].split(" bytes")[0].replace(",", ""))
    assert plan(*case, least).temp_bytes == least
    with pytest.raises(ValueError, match="fits"):
        plan(*case, least - 1)


def test_starts_are_offloaded_to_the_host():
    problem, params, state, chunk = prepared(LSTM(2))

    def total(params):
        return offloaded(3).run(problem, params, state, chunk)[1].sum()

    program = str(jax.make_jaxpr(jax.grad(total))(params))
    assert "f32<host>[3,2,2]" in program  # the starts of three segments


@pytest.mark.parametrize(
    "make, kind, message",
    [
        (lambda: segments(0), ValueError, "segments: length must be greater than zero"),
        (lambda: segments(2, plain), TypeError, "segments: inside should be a memory schedule"),
        (lambda: offloaded(2.0), TypeError, "offloaded: length should be of type int"),
        (lambda: sqrt(3), TypeError, "sqrt: inside should be a memory schedule"),
        (lambda: nested(()), ValueError, "nested: lengths should name at least one level"),
        (lambda: nested(3), TypeError, "nested: lengths should be a tuple of ints, got 3"),
        (lambda: nested((2, 0)), ValueError, "nested: each of lengths must be greater than zero"),
        (lambda: binomial(True), TypeError, "binomial: slots should be of type int"),
        (lambda: budget(0), ValueError, "budget: max_bytes must be greater than zero"),
        (lambda: bptt(schedule=3), TypeError, "bptt: schedule should be a memory schedule"),
        (lambda: tbptt(2, schedule=plain), TypeError, "tbptt: schedule should be a memory"),
        (
            lambda: accumulate(bptt(schedule=nested((2, 3))), *prepared(Elman(2))),
            ValueError, r"nested: the lengths \(2, 3\) are for at most 6 steps, got T=7",
        ),
    ],
)  # fmt: skip
def test_wrong_schedules_are_refused(make, kind, message):
    with pytest.raises(kind, match=message):
        make()
