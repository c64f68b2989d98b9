"""The whole held-out part of a text, judged once, beside who counts triples."""

import itertools
import math

import jax
import numpy as np
import pytest

from jaxrnn.tasks.language.charlm import CharacterSettings, charlm, trigram_loss
from jaxrnn.tasks.language.lanes import held_out_lanes
from jaxrnn.tasks.model import ModelSettings, make_model


def test_an_untrained_model_finds_all_characters_alike(tmp_path):
    file = tmp_path / "my.txt"
    file.write_text("the cat sat on the mat. " * 60)
    task = charlm(CharacterSettings(steps=8, batch=2, text=str(file)))
    model = make_model(
        ModelSettings("gru", 3), input_size=task.input_size, output_size=task.output_size
    )
    params = jax.tree.map(lambda leaf: leaf * 0, model.init(jax.random.key(0)))
    nats, bits = task.examine(model, params).findings
    assert nats.value == pytest.approx(math.log(task.output_size), rel=1e-4)
    assert bits.value == pytest.approx(nats.value / math.log(2)) and nats.goal is None
    assert 0 < nats.baselines["counted triples"] < nats.value


def test_triples_are_counted_as_a_slow_loop_counts_them():
    random = np.random.default_rng(0)
    size, trained, judged = 4, random.integers(0, 4, 60), random.integers(0, 4, 20)
    total = 0.0
    for a, b, c in zip(judged, judged[1:], judged[2:], strict=False):
        pairs = [(p, q) for p, q in itertools.pairwise(trained)]
        triples = list(zip(trained, trained[1:], trained[2:], strict=False))
        p2 = (pairs.count((b, c)) + 0.1) / (sum(p == b for p, _ in pairs) + 0.1 * size)
        seen = sum((p, q) == (a, b) for p, q, _ in triples)
        total -= math.log((triples.count((a, b, c)) + 0.1 * size * p2) / (seen + 0.1 * size))
    assert trigram_loss(trained, judged, size) == pytest.approx(total / 18)


@pytest.mark.parametrize("count", [2, 3, 100, 129, 1000, 1030, 5000])
def test_held_out_characters_are_judged_once_each_and_the_state_goes_on(count):
    chunks = held_out_lanes(np.arange(count))
    targets = np.concatenate([np.ravel(targets) for _, targets in chunks])
    assert len(set(targets.tolist())) == len(targets) > count - 9
    for (_, before), (after, _) in itertools.pairwise(chunks):
        np.testing.assert_array_equal(before[-1], after[0])
