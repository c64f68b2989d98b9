"""The loop goes on to the same bits wherever it was stopped; what is not finite stays out."""

import functools
import signal

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from jaxrnn.gradients import tbptt
from jaxrnn.training import (
    Asked,
    Every,
    MetricsLog,
    NonFiniteError,
    OptimizerSettings,
    Patience,
    Policy,
    Programs,
    Waiting,
    batch_mesh,
    build_optimizer,
    by_autodiff,
    by_method,
    evaluate,
    fit,
    init_state,
    judged,
    make_step,
    measure_outputs,
    read_rows,
)
from jaxrnn.training.loop import CLOCK_COLUMNS
from tests.training.tiny import (
    PROBLEM,
    Numbers,
    batch_at,
    linear,
    params_of,
    problem_of,
    same_bits,
    stored,
)

STEPS = 6
OPTIMIZER = build_optimizer(OptimizerSettings(schedule="cosine", accumulate=2), STEPS)


@functools.cache
def trained(stream):
    """(step, first state) of a run with everything that a state can have."""
    gradient, key = by_method(PROBLEM, tbptt(2, 4), stream=stream), jax.random.key(4)
    step = make_step(gradient, OPTIMIZER, average=0.9)
    state = init_state(gradient, OPTIMIZER, params_of(), batch_at(0), key, average=0.9)
    return Programs(step, batch_mesh(jax.devices()[:1])), state


def timeless(rows):
    return [{k: v for k, v in row.items() if k not in CLOCK_COLUMNS} for row in rows]


@pytest.mark.parametrize("stream", [True, False], ids=["stream", "anew"])
def test_f18_stopped_after_any_step_it_goes_on_to_the_same_bits(stream):
    step, first = trained(stream)
    rows: list = []
    whole = fit(step, first, batch_at, until=STEPS, log=rows.append)
    assert whole.why == "finished" and len(rows) == STEPS
    for stop in range(STEPS - 1):
        asked, again = Asked(), []

        def watch(state, row, stop=stop, asked=asked):
            if row["step"] == stop:
                asked.number = signal.SIGTERM

        if stop == 0:
            asked.number = signal.SIGINT  # before the first step
        begun = fit(
            step, first, batch_at, until=STEPS, log=again.append, asked=asked,
            watchers=(Every(1, watch),),
        )  # fmt: skip
        # the signal came after the row of this step was written: one more step is finished
        assert begun.why == "signal" and int(begun.state.step) == stop + 1
        ended = fit(step, stored(begun.state), batch_at, until=STEPS, log=again.append)
        assert same_bits(ended.state, whole.state)
        assert timeless(again) == timeless(rows)
    assert step.shapes == 1


def test_a_signal_ends_training_after_the_step_and_its_watchers():
    step, first = trained(False)
    asked, saved = Asked(), []
    asked.number = signal.SIGINT
    ended = fit(
        step, first, batch_at, until=STEPS, asked=asked,
        watchers=(Every(100, lambda state, row: saved.append(row["step"])),),
    )  # fmt: skip
    assert ended.why == "signal" and int(ended.state.step) == 1 and saved == [1]


def test_measures_watchers_and_log_keep_their_cadence_and_order():
    step, first = trained(False)
    calls: list = []

    def note(name):
        return lambda state, row: calls.append((name, row["step"], row.get("eval")))

    fit(
        step, first, batch_at, until=5,
        measure=Every(2, lambda state, row: {"eval": int(state.step)}),
        log=lambda row: calls.append(("log", row["step"], row.get("eval"))),
        watchers=(Every(2, note("save")), Every(3, note("show"))),
    )  # fmt: skip
    assert calls == [
        ("log", 1, None), ("log", 2, 2), ("save", 2, 2), ("log", 3, None), ("show", 3, None),
        ("log", 4, 4), ("save", 4, 4), ("log", 5, 5), ("save", 5, 5), ("show", 5, 5),
    ]  # fmt: skip


def test_a_measure_that_is_not_finite_is_none_in_its_row(tmp_path):
    with MetricsLog(tmp_path / "metrics.jsonl") as log:
        fit(
            linear_step(), linear_state(), with_bad(), until=1, log=log.write,
            measure=Every(1, lambda state, row: {"eval": np.float64("nan"), "tokens": 3.0}),
        )  # fmt: skip
    (row,) = read_rows(tmp_path / "metrics.jsonl")
    assert row["eval"] is None and row["tokens"] == 3.0 and row["loss"] == 0.25


def test_early_stopping_ends_training_and_is_watched():
    step, first = trained(False)
    scores, patience, waiting, saved = iter([3.0, 2.0, 2.5, 2.0, 1.0]), Patience(2), Waiting(), []

    def enough(row):
        nonlocal waiting
        waiting = patience.after(waiting, row["score"])
        return patience.over(waiting)

    ended = fit(
        step, first, batch_at, until=STEPS, enough=enough,
        measure=Every(1, lambda state, row: {"score": next(scores)}),
        watchers=(Every(100, lambda state, row: saved.append(row["step"])),),
    )  # fmt: skip
    assert ended.why == "stopped" and int(ended.state.step) == 4 and saved == [4]
    assert waiting == Waiting(2.0, 2)


def test_a_run_that_is_done_does_nothing():
    step, first = trained(False)
    done = first._replace(step=jnp.int32(STEPS))
    assert fit(step, done, batch_at, until=STEPS).why == "finished"


# what is not finite

SGD = optax.sgd(0.5)
LINEAR = by_autodiff(linear)


@functools.cache
def linear_step():
    return jax.jit(make_step(LINEAR, SGD, average=0.5))


def linear_state():
    params = {"w": jnp.ones(1)}
    return init_state(LINEAR, SGD, params, None, jax.random.key(0), average=0.5)


def with_bad(*bad, value=np.nan):
    def at(number):
        x = np.full((1, 1), value if number in bad else 0.25, np.float32)
        return Numbers(x, np.ones_like(x))

    return at


def finite(state):
    return all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(state._replace(key=None)))


def test_f19_stop_names_the_step_and_the_leaf_once_the_row_is_logged(tmp_path):
    path, saved = tmp_path / "metrics.jsonl", []
    with MetricsLog(path) as log, pytest.raises(NonFiniteError) as caught:
        fit(
            linear_step(), linear_state(), with_bad(2), until=5, log=log.write,
            watchers=(Every(1, lambda state, row: saved.append(state)),),
        )  # fmt: skip
    assert "step 3: loss is the first that is not finite" in str(caught.value)
    assert "\n" not in str(caught.value)
    rows = read_rows(path)
    assert [row["step"] for row in rows] == [1, 2, 3]
    assert rows[2] | {"seconds": 0} == {
        "step": 3, "loss": None, "grad_norm": None, "tokens": 1.0, "finite": False,
        "bad_leaf": "loss", "skipped": 1, "seconds": 0,
    }  # fmt: skip
    assert len(saved) == 2 and all(finite(state) for state in saved)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_f19_skip_counts_and_goes_on(value):
    rows, saved = [], []
    ended = fit(
        linear_step(), linear_state(), with_bad(1, 3, value=value), until=5, log=rows.append,
        policy=Policy("skip"), watchers=(Every(1, lambda state, row: saved.append(state)),),
    )  # fmt: skip
    assert [row["skipped"] for row in rows] == [0, 1, 1, 2, 2]
    assert [row["finite"] for row in rows] == [True, False, True, False, True]
    assert len(saved) == 5 and all(finite(state) for state in saved)
    np.testing.assert_allclose(ended.state.params["w"], 1 - 3 * 0.5 * 0.25)
    assert int(ended.state.bad) == 0


def test_f19_rollback_goes_back_to_what_was_saved_while_the_data_goes_on():
    kept: dict = {}

    def save(state, row):
        if row["step"] % 2 == 0:
            kept[row["step"]] = stored(state)

    seen = []
    data = with_bad(3)
    ended = fit(
        linear_step(), linear_state(), lambda number: seen.append(number) or data(number), until=6,
        policy=Policy("rollback"), older=lambda: kept[max(kept)], watchers=(Every(2, save),),
    )  # fmt: skip
    assert seen == list(range(6))
    # steps 1 and 2, back to 2 (step 3 is lost), steps 5 and 6
    np.testing.assert_allclose(ended.state.params["w"], 1 - 4 * 0.5 * 0.25)
    assert finite(ended.state) and int(ended.state.step) == 6
    assert all(finite(state) for state in kept.values())


def test_f19_rollback_with_nothing_to_go_back_to_stops():
    for older in (None, lambda: None):
        with pytest.raises(NonFiniteError, match="step 1 was not finite, and there is no checkpo"):
            fit(
                linear_step(), linear_state(), with_bad(0), until=3,
                policy=Policy("rollback"), older=older,
            )  # fmt: skip


@pytest.mark.parametrize("name", ["skip", "rollback"])
def test_f19_several_in_a_row_stop_under_any_policy(name):
    first, rows = linear_state(), []
    with pytest.raises(NonFiniteError, match=r"step 7: .* 3 steps in a row .*limit 3, policy"):
        fit(
            linear_step(), first, with_bad(1, 2, 4, 5, 6, 7), until=20, log=rows.append,
            policy=Policy(name, limit=3), older=lambda: first,
        )  # fmt: skip
    assert [row["step"] for row in rows] == list(range(1, 8))


@pytest.mark.parametrize("name", ["stop", "skip", "rollback"])
def test_f20_a_finite_loss_with_params_that_are_not_is_found_before_the_save(name):
    optimizer = optax.sgd(1e30)
    state = init_state(LINEAR, optimizer, {"w": jnp.ones(1)}, None, jax.random.key(0))
    step, saved, rows = jax.jit(make_step(LINEAR, optimizer)), [], []

    def run():
        return fit(
            step, state, with_bad(0, value=1e20), until=1, log=rows.append,
            policy=Policy(name), older=lambda: state,
            watchers=(Every(1, lambda state, row: saved.append(state)),),
        )  # fmt: skip

    if name == "stop":
        with pytest.raises(NonFiniteError, match=r"step 1: params\['w'\] is the first"):
            run()
    else:
        assert run().state.params["w"] == 1
    assert rows[0]["loss"] is not None and rows[0]["bad_leaf"] == "params['w']"
    assert all(finite(state) for state in saved)


def test_a_policy_has_a_known_name_and_a_limit():
    with pytest.raises(ValueError, match="unknown name 'skipp'.*Did you mean 'skip'"):
        Policy("skipp")
    with pytest.raises(ValueError, match="limit must be greater than zero"):
        Policy(limit=0)


# evaluation


def test_evaluation_is_the_mean_over_tokens_and_uses_the_average():
    _, state = trained(False)
    state = state._replace(average=jax.tree.map(lambda leaf: leaf * 2, state.params))
    chunks = [batch_at(0), batch_at(1, steps=4)]

    def near(head, ys, targets):
        return jnp.abs(PROBLEM.loss(head, ys, targets)) < 1

    measure = measure_outputs(PROBLEM, {"near": near})
    found = evaluate(measure, judged(state), chunks)
    sums = np.zeros(3)
    for chunk in chunks:
        params, weights = state.average, chunk.weights * chunk.mask
        ys = _by_hand(params.cell, chunk)
        losses = np.asarray(PROBLEM.loss(params.head, ys, chunk.targets))
        sums += [(losses * weights).sum(), ((losses < 1) * weights).sum(), weights.sum()]
    np.testing.assert_allclose(found["loss"], sums[0] / sums[2], rtol=1e-5)
    np.testing.assert_allclose(found["near"], sums[1] / sums[2], rtol=1e-6)
    assert found["tokens"] == sums[2]


def _by_hand(params, chunk):
    """Step by step, without a mask of dropout."""
    cell, ys = PROBLEM.cell, []
    state = cell.init_state(params, chunk.xs.shape[1])
    first = state.cell.h
    for x, valid, reset in zip(chunk.xs, chunk.mask, chunk.resets, strict=True):
        h = jnp.where((reset & valid)[:, None], first, state.cell.h)
        state = state._replace(cell=state.cell._replace(h=h))
        state, y = cell.step(params, state, cell.project(params, jnp.asarray(x)))
        state = state._replace(cell=state.cell._replace(h=jnp.where(valid[:, None], y, h)))
        ys.append(y)
    return jnp.stack(ys)


def test_e24_an_evaluation_of_nothing_is_0():
    chunk = batch_at(0)
    nothing = chunk._replace(weights=0 * chunk.weights, targets=np.full_like(chunk.targets, np.nan))
    measure = measure_outputs(problem_of())
    assert evaluate(measure, params_of(), [nothing]) == {"loss": 0.0, "tokens": 0.0}
    assert evaluate(measure, params_of(), []) == {"tokens": 0.0}


def test_evaluation_of_a_stream_carries_the_state():
    params, whole = params_of(), batch_at(3)
    halves = [jax.tree.map(lambda leaf, s=s: leaf[s], whole) for s in (slice(3), slice(3, 6))]
    measure = measure_outputs(PROBLEM, stream=True)
    found = evaluate(measure, params, halves)
    want = evaluate(measure, params, [whole])
    np.testing.assert_allclose(found["loss"], want["loss"], rtol=1e-6)
    assert found["loss"] != evaluate(measure_outputs(PROBLEM), params, halves)["loss"]
