"""Audit and diagnosis of a task: the numbers are those of the functions, the pages show them."""

import json
import math

import jax.numpy as jnp
import numpy as np
import pytest

from jaxrnn import GRU, LSTM, ClipCotangent, Elman, Stack
from jaxrnn.compare import compare, describe_environment, parse_methods, results, write_results
from jaxrnn.compare.learner import make_learner
from jaxrnn.diagnose import audit_task, diagnose_task, fitting
from jaxrnn.diagnose.moments import moments
from jaxrnn.gradients import accumulate, bptt
from jaxrnn.gradients.audit import NoGradientError
from jaxrnn.report.audit import audit_headline, audit_page, audit_table
from jaxrnn.report.diagnosis import diagnosis_headline, diagnosis_page, diagnosis_table
from jaxrnn.tasks import TASKS


@pytest.fixture(scope="module")
def text():
    return TASKS["text"](steps=8, batch=2)


@pytest.fixture(scope="module")
def audited(text):
    methods = parse_methods("full,tbptt:4,artbp:3")
    heard = []
    record = audit_task(text, GRU(4), methods, updates=3, draws=5, tell=heard.append)
    return record, heard


def test_the_audit_agrees_with_question_a_of_compare(text, audited):
    record, heard = audited
    methods = parse_methods("full,tbptt:4")
    compared = compare(text, cell=GRU(4), methods=methods, updates=3)
    errors = [a["error"] for a in compared["methods"][1]["audit"]]
    found = [m["methods"][1]["error"] for m in record["moments"]]
    np.testing.assert_allclose(found, [errors[0], errors[-1]], rtol=1e-4)
    assert [m["at"] for m in record["moments"]] == ["start", "trained"]
    assert [m["updates"] for m in record["moments"]] == [0, 3]
    assert any("artbp:3" in line for line in heard)


def test_windows_and_the_smallest(audited):
    record, _ = audited
    for moment in record["moments"]:
        errors = {w["k"]: w["error"] for w in moment["windows"]}
        assert list(errors) == [1, 2, 4, 8] and errors[8] < 1e-5 < errors[1]
        same = next(m for m in moment["methods"] if m["name"] == "tbptt:4")
        assert errors[4] == pytest.approx(same["error"], rel=1e-4)
        k = moment["smallest_window"]
        assert all(e <= record["tolerance"] for j, e in errors.items() if j >= k)


def test_what_does_not_fit_is_named_with_its_reason(text):
    cell = Stack((Elman(2), Elman(2)))
    fit, reasons = fitting(text, cell, parse_methods("full,eprop,uoro"))
    assert [m.name for m in fit] == ["full", "uoro"]
    assert reasons["eprop"].startswith("eprop: needs recur and update")


def test_moments_are_those_of_training(text):
    learner = make_learner(text, LSTM(3), seed=1, learning_rate=0.01)
    first, last = moments(learner, 2, lambda words: None)
    assert float(first.chunk.weights.sum()) == pytest.approx(1)
    # in the middle of a stream: the state is not that of a start, and depends on the params
    assert bool((first.state.h != 0).any()) and bool((first.state.h != last.state.h).any())

    def loss(moment):
        start, chunk = moment.state, moment.chunk
        return float(accumulate(bptt(), learner.problem, moment.params, start, chunk)[0])

    assert loss(last) < loss(first)
    assert len(moments(learner, 0, lambda words: None)) == 1


def test_without_a_stream_every_moment_starts_anew():
    learner = make_learner(TASKS["sine"](), LSTM(3), seed=1, learning_rate=0.01)
    (moment,) = moments(learner, 0, lambda words: None)
    assert float(jnp.abs(moment.state.h).sum()) == 0


@pytest.fixture(scope="module")
def diagnosed(text):
    return diagnose_task(text, LSTM(3), updates=2)


def test_a_diagnosis_has_every_measure(diagnosed):
    for moment in diagnosed["moments"]:
        assert len(moment["lags"]) == 8 and 1 <= moment["effective_memory"] <= 8
        found = moment["jacobians"]
        assert found["size"] == 6 and len(found["lyapunov"]) == len(found["log_product"]) == 6
        assert all(
            a <= b <= c
            for a, b, c in zip(*(found[k] for k in ("least", "median", "largest")), strict=True)
        )
        assert found["lyapunov"] == sorted(found["lyapunov"], reverse=True)
        assert sorted(moment["gates"]) == ["f", "i", "o"]
        for gate in moment["gates"].values():
            assert sum(gate["histogram"]) == pytest.approx(1)
        # forget bias 1 at the start: sigmoid(1) = 0.73 of c is kept
        assert 1 < moment["gates"]["f"]["fading_steps"] < 10
        assert moment["gates"]["i"]["fading_steps"] is None
        assert len(moment["norms"]["each"]) == 2
        assert 0 <= moment["norms"]["clipped_fraction"] <= 1


def test_a_state_too_wide_for_its_jacobians_is_left_out(text, monkeypatch):
    monkeypatch.setattr("jaxrnn.diagnose.diagnosing.WIDEST", 2)
    record = diagnose_task(text, Elman(3), updates=0)
    assert record["moments"][0]["jacobians"] is None
    assert record["moments"][0]["gates"] == {}
    page = diagnosis_page({**results("c", describe_environment(), [record])})
    assert "too large for its Jacobians" in page
    assert "factor" not in diagnosis_headline(record)


def test_the_same_seed_gives_the_same_diagnosis(text, diagnosed):
    assert diagnose_task(text, LSTM(3), updates=2) == diagnosed


def test_pages_and_tables_show_the_numbers(audited, diagnosed, tmp_path):
    record, environment = audited[0], describe_environment()
    page = audit_page(
        results("jaxrnn audit", environment, [{**record, "left_out": {"rflo": "why"}}])
    )
    assert "http" not in page and "artbp:3" in page and "rflo: why" in page
    assert audit_headline(record) in page.replace("&#x27;", "'")
    assert len(audit_table(record).groups[1][2]) == 3
    page = diagnosis_page(results("jaxrnn diagnose", environment, [diagnosed]))
    assert "http" not in page and "time constant" in page
    assert [len(g[2]) for g in diagnosis_table(diagnosed).groups] == [1, 1]
    write_results(tmp_path / "diagnose.json", results("c", environment, [diagnosed]))
    assert json.loads((tmp_path / "diagnose.json").read_text())["tasks"][0]["T"] == 8


def test_a_cell_with_a_backward_rule_of_its_own(text):
    cell = ClipCotangent(Elman(3), 0.1)
    record = diagnose_task(text, cell, updates=0)
    assert record["moments"][0]["jacobians"] is None
    fit, reasons = fitting(text, cell, parse_methods("full,tbptt:2,forward_gradient"))
    assert [m.name for m in fit] == ["full", "tbptt:2"]
    assert reasons["forward_gradient"].startswith("forward_gradient: needs derivatives forwards")


def test_training_that_diverged_is_said(text):
    record = diagnose_task(text, Elman(3), updates=2, learning_rate=1e38)
    assert record["moments"][1]["effective_memory"] is None
    assert "beyond numbers" in diagnosis_headline(record)
    with pytest.raises(NoGradientError, match="the learning rate be too high"):
        audit_task(text, Elman(3), parse_methods("full"), updates=2, learning_rate=1e38)


@pytest.mark.parametrize("nothing", [math.nan, None])
def test_pages_stand_numbers_that_are_none(audited, diagnosed, nothing):
    kept = ("tolerance", "share", "clip_norm", "optimizer")

    def broken(tree):
        if isinstance(tree, dict):
            return {k: v if k in kept else broken(v) for k, v in tree.items()}
        if isinstance(tree, list):
            return [broken(v) for v in tree]
        return nothing if isinstance(tree, float) else tree

    environment = describe_environment()
    assert "<img" in audit_page(results("c", environment, [broken(audited[0])]))
    assert "<img" in diagnosis_page(results("c", environment, [broken(diagnosed)]))


def test_a_random_cell_is_diagnosed_too(text):
    from jaxrnn import Dropout

    record = diagnose_task(text, Dropout(GRU(3), 0.5), updates=0)
    assert sorted(record["moments"][0]["gates"]) == ["r", "z"]
