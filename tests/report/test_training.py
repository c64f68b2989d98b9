"""The page of a training run: it stands alone, follows the numbers, and is made of any run."""

import base64
import copy
import re

import numpy as np
import pytest

from jaxrnn.report.training import (
    config_table,
    evaluation_table,
    training_headline,
    training_page,
)
from jaxrnn.report.training_figures import envelope, smoothed
from tests.report.test_page import Parser

ENVIRONMENT = {
    "platform": "cpu", "device": "cpu", "cpu": "x", "cores": 2, "system": "Linux",
    "versions": {"jaxrnn": "0", "jax": "1"}, "date": "2026-01-01",
}  # fmt: skip


def make_record(steps, *, every=0, bad=(), score=None, baseline=3.0):
    rows = []
    for step in range(1, steps + 1):
        row = {
            "step": step, "loss": 1 + 1 / step, "grad_norm": 0.5, "finite": True, "seconds": 0.5,
            "tokens": 64.0,
        }  # fmt: skip
        if step in bad:
            row.update(loss=None, grad_norm=None, finite=False)
        if every and step % every == 0:
            row["evaluation"] = {"loss": 2 / step, "score": 2 / step if score is None else score}
        rows.append(row)
    seen = [{"step": r["step"], **r["evaluation"]} for r in rows if "evaluation" in r]
    return {
        "command": "jaxrnn train sine --steps 9",
        "environment": ENVIRONMENT,
        "config": {"seed": 7, "optimizer": {"name": "adam", "schedule": {"warmup": 10}}},
        "task": {
            "name": "sine", "title": "A sine wave", "source": "made", "metric": "accuracy",
            "higher_is_better": True, "baseline": baseline,
            "baseline_name": "the best answer that looks at no input",
        },
        "model": "GRU with 4 units",
        "parameters": 1234,
        "shapes": 3,
        "rows": rows,
        "best": min(seen, key=lambda s: s["loss"]) if seen else None,
        "stopped": "all steps done",
        "notes": [],
    }  # fmt: skip


def images(text):
    found = re.findall(r'<img alt="([^"]*)" src="data:image/svg\+xml;base64,([^"]*)"', text)
    return {alt: base64.b64decode(data).decode() for alt, data in found}


def without_images(text):
    return re.sub(r"base64,[^\"]*", "", text)


def test_the_page_is_whole_and_fetches_nothing():
    text = training_page(make_record(60, every=10, score=0.5))
    parser = Parser()
    parser.feed(text)
    assert parser.open == []
    assert not {"script", "link", "iframe", "a"} & set(parser.seen)
    assert "http" not in text and "url(" not in text and "@import" not in text
    loss, steps = images(text)
    assert loss == "Loss of training and of held-out data, by step"
    assert steps == "Held-out accuracy, gradient norm and speed, by step"
    assert all(svg.lstrip().startswith("<?xml") for svg in images(text).values())


def test_the_page_names_what_was_run():
    text = training_page(make_record(60, every=10, score=0.5))
    for word in (
        "Training: A sine wave", "jaxrnn train sine --steps 9", "2026-01-01", "GRU with 4 units",
        "1,234 parameters", "3 compiled", "all steps done", "60, 3,840 tokens in 30.0 seconds",
        "schedule.warmup", "adam", "In short", "Learning curves", "Held-out data", "Settings",
        "How this was run",
    ):  # fmt: skip
        assert word in text, word


def test_the_same_record_is_the_same_page():
    record = make_record(20, every=5)
    assert training_page(record) == training_page(copy.deepcopy(record))


@pytest.mark.parametrize("steps", [0, 1, 2])
@pytest.mark.parametrize("every", [0, 1])
def test_a_run_that_hardly_began_has_a_page(steps, every):
    text = training_page(make_record(steps, every=every))
    assert len(images(text)) == (2 if steps else 0)
    assert "nan" not in without_images(text)
    assert ("Held-out data</h2>" in text) == bool(steps and every)


def test_a_run_without_any_number_has_a_page():
    record = make_record(5, every=5, bad=range(1, 6))
    record["rows"][-1]["evaluation"] = {"loss": None, "score": None}
    record["best"] = {"step": 5, "loss": None, "score": None}
    text = training_page(record)
    assert "the training loss was never a number" in text
    assert "5 steps were left out" in text and "Triangles mark" in text
    assert "nan" not in without_images(text) and len(images(text)) == 2


def test_a_metric_that_is_the_loss_is_drawn_once():
    assert list(images(training_page(make_record(4, every=2))))[1] == (
        "Gradient norm and speed, by step"
    )


def test_what_a_user_types_cannot_break_the_page():
    record = make_record(4, every=2, score=0.5)
    evil = "<script>$\\frac{</script>"
    record["command"] = record["stopped"] = record["config"]["seed"] = evil
    record["task"].update(title=evil, metric=evil, source=evil)
    record["notes"] = [evil]
    text = training_page(record)
    assert "<script" not in text and text.count("&lt;script&gt;") > 6


def test_notes_are_shown_and_counted():
    record = make_record(4)
    record["notes"] = [f"step {i} left out" for i in range(1, 101)]
    text = training_page(record)
    assert "step 30 left out" in text and "step 31 " not in text and "and 70 more" in text


def test_the_finding_follows_the_numbers():
    assert training_headline(make_record(4, every=2, score=0.5)) == (
        "In 4 steps the training loss went from 2.00 to 1.25; the best held-out accuracy is "
        "0.500 (loss 0.500) after step 4, its loss below the 3.00 of the best answer that looks at "
        "no input."
    )
    worse = training_headline(make_record(4, every=2, baseline=0.1))
    assert "0.500 after step 4, no better than the 0.100 of" in worse
    long = training_headline(make_record(1000, bad={1, 2}, baseline=None))
    end = np.mean([1 + 1 / step for step in range(982, 1001)])  # 998 // 50 = 19 of them
    assert long == (
        f"In 1,000 steps the training loss went from 1.33 to {end:.2f} (mean of the last 19); "
        "held-out data were not looked at."
    )
    assert training_headline(make_record(1)).startswith("In 1 step the training loss was 2.00;")


def test_the_table_of_a_long_run_keeps_first_best_and_last():
    record = make_record(1000, every=1)
    record["best"] = {"step": 777, "loss": 0.1, "score": 0.1}
    ((_, heading, rows),) = evaluation_table(record).groups
    steps = [row[0] for row in rows]
    assert steps[0] == "1" and steps[-1] == "1,000" and len(steps) <= 42
    assert [row[0] for row in rows if row[-1] == "best"] == ["777"]
    assert heading == f"Looks at held-out data, {len(rows)} of 1,000 shown"
    assert rows[1] == ("26", "1.04", "0.0769", "0.0769", "")


def test_settings_are_told_by_their_full_names():
    config = {"model": {"cell": {"name": "lstm", "bias": True}, "layers": 2}, "stop": None}
    assert config_table(config).groups == (
        ("1", "run", (("stop", "null"),)),
        ("2", "model", (("cell.name", "lstm"), ("cell.bias", "true"), ("layers", "2"))),
    )


def test_thinning_keeps_spikes_gaps_and_ends_small():
    steps = np.arange(1, 100_001)
    values = np.sin(steps / 5000)
    values[[31_415, 31_420]] = [50.0, -40.0]
    values[70_000] = np.nan
    thin_steps, thin = envelope(steps, values, 400)
    assert len(thin) <= 1200 and (np.diff(thin_steps) > 0).all()
    assert thin[thin_steps == 31_416] == 50.0 and thin[thin_steps == 31_421] == -40.0
    assert np.isnan(thin[thin_steps == 70_001]).all() and np.isnan(thin).sum() == 1
    # each value that stayed is the curve's own
    np.testing.assert_array_equal(thin, values[thin_steps - 1])
    few = envelope(steps[:800], values[:800], 400)
    np.testing.assert_array_equal(few[1], values[:800])


def test_the_smoothed_curve_is_a_weighted_mean_of_what_came_before():
    values = np.random.default_rng(0).normal(size=200)
    values[[3, 40]] = np.nan
    share = 1 - 50 / 200
    got = smoothed(values)
    assert np.isnan(got[[3, 40]]).all() and np.isfinite(np.delete(got, [3, 40])).all()
    for i in (0, 5, 199):
        before = values[: i + 1][np.isfinite(values[: i + 1])]
        weights = share ** np.arange(len(before))[::-1]
        assert got[i] == pytest.approx((weights * before).sum() / weights.sum())
