"""Laws of a comparison: what must be equal is equal, and what is counted is counted right."""

import dataclasses
import json
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxrnn import Dropout, Elman
from jaxrnn.compare import compare, parse_methods, results, write_results
from jaxrnn.compare.audit import difference
from jaxrnn.compare.learner import make_learner
from jaxrnn.compare.steps import first_carry, loss_steps, same_run
from jaxrnn.gradients import tbptt
from jaxrnn.gradients.problem import run
from jaxrnn.gradients.scale import chunk_mean

from . import tiny

TIMES = {"seconds", "compile_seconds", "ms_per_step", "ms_per_token", "train_seconds"}


def timeless(value):
    """Leave out what may differ between two runs."""
    if isinstance(value, dict):
        return {k: timeless(v) for k, v in value.items() if k not in TIMES}
    return [timeless(v) for v in value] if isinstance(value, list) else value


def by_name(record):
    return {m["name"]: m for m in record["methods"]}


@pytest.fixture(scope="module")
def streamed():
    methods = parse_methods("full,tbptt:2,tbptt:2:9,tbptt:4,tbptt:6")
    return compare(tiny.stream(), methods=methods, updates=5, seed=1)


def test_a_reach_of_the_whole_segment_is_full_bptt_in_a_and_b(streamed):
    methods = by_name(streamed)
    for name in ("tbptt:2:9", "tbptt:6"):
        for audit in methods[name]["audit"]:
            assert audit["error"] < 1e-5 and audit["cosine"] > 1 - 1e-6
        np.testing.assert_allclose(
            methods[name]["same_updates"]["loss"],
            methods["full"]["same_updates"]["loss"],
            rtol=1e-5,
        )
    assert all(a["error"] > 1e-3 for a in methods["tbptt:2"]["audit"])


def test_a_window_of_the_whole_segment_is_full_bptt_in_c(streamed):
    methods = by_name(streamed)
    assert methods["tbptt:6"]["same_run"] and methods["full"]["same_run"]
    assert not methods["tbptt:2:9"]["same_run"]
    full, whole = methods["full"]["online"], methods["tbptt:6"]["online"]
    np.testing.assert_allclose(whole["loss"], full["loss"], rtol=1e-5)


def test_updates_are_counted(streamed):
    # T = 6, 5 chunks; the ragged tail of tbptt:4 is a window too
    expected = {"full": 5, "tbptt:2": 15, "tbptt:2:9": 15, "tbptt:4": 10, "tbptt:6": 5}
    for name, method in by_name(streamed).items():
        assert method["same_updates"]["updates"] == 5
        assert method["same_updates"]["updates_made"] == [0, 1, 2, 3, 4, 5]
        assert method["online"]["updates"] == expected[name]


def test_all_start_alike_and_axes_are_right(streamed):
    starts = {m[c]["loss"][0] for m in streamed["methods"] for c in ("same_updates", "online")}
    assert len(starts) == 1
    run_ = streamed["methods"][1]["online"]
    assert run_["tokens"] == [18 * i for i in range(6)] and streamed["tokens"] == 90
    assert run_["seconds"][0] == 0 and run_["seconds"] == sorted(run_["seconds"])
    assert run_["ms_per_token"] == pytest.approx(run_["ms_per_step"] / 18)
    assert run_["temp_bytes"] > 0 and run_["compile_seconds"] > 0


def test_same_updates_is_plain_training_on_chunk_means(streamed):
    task = tiny.stream()
    learner = make_learner(task, Elman(4), seed=1, learning_rate=0.02)
    params = learner.init()
    state, opt_state = (
        learner.cell.init_state(params.cell, (tiny.B,)),
        learner.optimizer.init(params),
    )
    for i in range(5):
        chunk = chunk_mean(task.train(i))

        def loss(params, state=state, chunk=chunk):
            state, losses = run(learner.problem, params, state, chunk)
            return losses.sum(), state

        grads, state = jax.grad(loss, has_aux=True)(params)
        steps, opt_state = learner.optimizer.update(grads, opt_state, params)
        params = jax.tree.map(jnp.add, params, steps)
    weights = 0.0
    total = 0.0
    state = None
    for chunk in task.evaluation:
        state, losses = run(learner.problem, params, state, chunk)
        total, weights = total + float(losses.sum()), weights + 9 * tiny.B
    assert by_name(streamed)["full"]["same_updates"]["final_loss"] == pytest.approx(
        total / weights, rel=1e-5
    )


def test_the_same_seed_gives_the_same_numbers_bit_for_bit(streamed):
    again = compare(tiny.stream(), methods=parse_methods("full,tbptt:2"), updates=5, seed=1)
    # nor does it matter which other methods take part
    assert json.dumps(timeless(again["methods"])) == json.dumps(timeless(streamed["methods"][:2]))
    assert json.dumps(again["lag_profile"]) == json.dumps(streamed["lag_profile"])


def test_another_seed_is_another_start():
    def start(seed):
        return make_learner(tiny.stream(), Elman(4), seed=seed, learning_rate=0.1).init()

    assert (np.asarray(start(1).cell.w_h) == np.asarray(start(1).cell.w_h)).all()
    assert (np.asarray(start(1).cell.w_h) != np.asarray(start(2).cell.w_h)).all()
    assert (np.asarray(start(1).head.w_hy) != np.asarray(start(2).head.w_hy)).all()


def test_no_key_is_both_drawn_from_and_folded(monkeypatch):
    learner = make_learner(tiny.stream(), Dropout(Elman(4), 0.5), seed=1, learning_rate=0.1)
    drawn, folded = [], []
    draw, fold = type(learner.output).init, jax.random.fold_in

    def init(output, key, width):
        drawn.append(jax.random.key_data(key).tolist())
        return draw(output, key, width)

    def fold_in(key, number):
        folded.append(jax.random.key_data(key).tolist())
        return fold(key, number)

    monkeypatch.setattr(type(learner.output), "init", init)
    monkeypatch.setattr(jax.random, "fold_in", fold_in)
    learner.start(learner.init(), learner.task.train(0), 3)
    learner.method_key(3)
    assert len(drawn) == 1 and drawn[0] not in folded
    assert folded[0] != folded[-1]  # masks and methods


def test_each_chunk_is_looked_at_once_for_all_methods():
    looked = []

    def train(number):
        looked.append(number)
        return tiny.at_the_end().train(number)

    task = dataclasses.replace(tiny.at_the_end(), train=train)
    learner = make_learner(task, Elman(4), seed=0, learning_rate=0.1)
    chunk, steps = tiny.at_the_end().train(0), loss_steps(task)
    for method in (tbptt(1), tbptt(2), tbptt(4)):
        carry = first_carry(learner, method, learner.init(), chunk)
        assert same_run(learner, method, carry, 5, steps)
    assert looked == [0, 1, 2, 3, 4]


def test_one_loss_at_the_end_makes_both_designs_one_run():
    record = compare(tiny.at_the_end(), methods=parse_methods("full,tbptt:2"), updates=3)
    assert all(m["same_run"] for m in record["methods"])
    assert [m["online"]["updates"] for m in record["methods"]] == [3, 3]
    assert record["methods"][1]["online"]["cadence"] == "online"


def test_losses_in_other_places_are_found_in_any_chunk():
    def train(number):
        chunk = tiny.at_the_end().train(number)
        return chunk._replace(weights=chunk.weights.at[0].set(float(number == 2)))

    task = tiny.stream(stream=False, train=train)
    record = compare(task, methods=parse_methods("full,tbptt:2"), updates=3)
    assert [m["same_run"] for m in record["methods"]] == [True, False]
    assert record["methods"][1]["online"]["updates"] == 4


def test_the_audit_is_taken_at_three_points_and_the_lag_profile_falls(streamed):
    assert [a["at"] for a in streamed["methods"][0]["audit"]] == ["start", "half-way", "end"]
    assert streamed["methods"][0]["audit"][0]["error"] == 0
    assert [p["at"] for p in streamed["lag_profile"]] == ["start", "half-way", "end"]
    assert all(len(p["norm_by_lag"]) == tiny.T for p in streamed["lag_profile"])


def test_a_profile_needs_one_last_loss():
    def train(number):
        chunk = tiny.stream().train(number)
        return chunk._replace(mask=jnp.ones((tiny.T, tiny.B), bool))

    record = compare(tiny.stream(train=train), methods=parse_methods("full"), updates=1)
    assert record["lag_profile"] == []


def test_resets_outside_the_sample_do_not_matter():
    def train(number):
        chunk = tiny.stream().train(number)
        return chunk._replace(resets=jnp.full((tiny.T, tiny.B), number == 1))

    record = compare(tiny.stream(train=train), methods=parse_methods("full"), updates=1)
    assert len(record["lag_profile"]) == 2  # start and end; there is nothing half-way


def test_random_masks_are_those_of_the_absolute_step():
    methods = parse_methods("full,tbptt:2:6")
    record = compare(tiny.stream(), cell=Dropout(Elman(4), 0.5), methods=methods, updates=2)
    full, whole = record["methods"]
    # the same masks, or neither gradients nor losses would be the same
    assert all(audit["error"] < 1e-5 for audit in whole["audit"])
    np.testing.assert_allclose(
        full["same_updates"]["train_loss"][1:], whole["same_updates"]["train_loss"][1:], rtol=1e-5
    )


def test_a_run_that_diverges_is_recorded_as_strict_json(tmp_path):
    task = tiny.stream(loss=lambda y, t: jnp.square(y - t).sum(-1) * jnp.float32(math.inf))
    record = compare(task, methods=parse_methods("full,tbptt:2"), updates=2)
    assert not record["methods"][0]["same_updates"]["finite"]
    write_results(tmp_path / "results.json", results("test", {}, [record]))

    def refuse(name):
        raise AssertionError(name)

    back = json.loads((tmp_path / "results.json").read_text(), parse_constant=refuse)
    assert back["tasks"][0]["methods"][0]["same_updates"]["final_loss"] is None
    assert [p.name for p in tmp_path.iterdir()] == ["results.json"]


def test_errors_name_what_is_wrong():
    with pytest.raises(ValueError, match="updates should be at least 1, got 0"):
        compare(tiny.stream(), updates=0)


def test_difference_without_a_gradient_is_no_number():
    assert not any(map(math.isfinite, difference([jnp.ones(2)], [jnp.zeros(2)])))
    assert difference([jnp.zeros(2)], [jnp.zeros(2)]) == (0.0, 1.0)


def test_events_tell_how_far_it_is():
    events = []
    compare(tiny.stream(), methods=parse_methods("full,tbptt:2"), updates=2, tell=events.append)
    phases = [e.phase for e in events]
    assert phases[0] == "compile" and phases[-1] == "audit"
    last = [e for e in events if e.phase == "judge"][-1]
    assert (last.done, last.total) == (6, 6) and last.loss is not None
