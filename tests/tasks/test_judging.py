"""What a network measures of itself, chunk by chunk."""

import jax.numpy as jnp
import pytest

from jaxrnn.tasks.examination import Finding
from jaxrnn.tasks.judging import measure_of
from jaxrnn.training.evaluate import evaluate


class Words:
    """A network whose loss counts words, and whose score counts sentences."""

    def init(self, key):
        return None

    def loss(self, params, chunk, key):
        return chunk.sum(), chunk.size

    def score(self, params, chunk):
        return (chunk.max(0) > 1).sum(), chunk.shape[1]

    def predict(self, params, text):
        yield text


def test_loss_and_score_are_means_over_what_each_of_them_counts():
    chunks = [jnp.array([[0.0, 2.0], [1.0, 0.0], [0.0, 0.0]]), jnp.array([[5.0, 5.0]])]
    found = evaluate(measure_of(Words(), None, None), None, chunks)
    assert found == {"loss": pytest.approx(13 / 8), "score": pytest.approx(3 / 4), "tokens": 8.0}


def test_a_finding_that_is_no_number_comes_back():
    finding = Finding("loss", float("nan"), False, {"rival": float("inf"), "other": 2.0}, 1.0)
    again = Finding.from_json(finding.to_json())
    beside = "yardstick 1: not reached; rival nan: no better; other 2: no better"
    assert again.line() == f"loss nan ({beside})"
    whole = Finding("loss", 1.5, False, {"rival": 2.0})
    assert Finding.from_json(whole.to_json()) == whole
