"""The next character of a text, as it is trained: with its whole held-out part examined."""

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np
from optax import softmax_cross_entropy_with_integer_labels as cross_entropy

from jaxrnn.data import find
from jaxrnn.data.text import TINY_SHAKESPEARE
from jaxrnn.gradients import Chunk
from jaxrnn.tasks.examination import Examination, Finding
from jaxrnn.tasks.judging import measure_of
from jaxrnn.tasks.kind import DataSettings, Kind, as_built
from jaxrnn.tasks.language.lanes import held_out_lanes
from jaxrnn.tasks.language.passage import passage_files
from jaxrnn.tasks.language.text import corpus, text
from jaxrnn.tasks.model import Model
from jaxrnn.tasks.task import Task
from jaxrnn.training.evaluate import evaluate

__all__ = ["CHARLM", "CharacterSettings", "charlm", "trigram_loss"]

_GOAL = 1.5  # nats per character, of Tiny Shakespeare's last tenth


@dataclasses.dataclass(frozen=True)
class CharacterSettings(DataSettings):
    """Of a character model: text, a file in UTF-8; None is Tiny Shakespeare or Python's own words.

    Shapes: none.

        >>> CharacterSettings().text is None
        True
    """

    text: str | None = None


def charlm(data: CharacterSettings, seed: int = 0, codec: Any = None) -> Task:
    """Return the task of predicting the next character, as `jaxrnn.tasks.language.text` does.

    At the end the characters of the held-out tenth are judged once each, read in 8 lanes with the
    state carried, beside a model that counts triples of characters. It is a validation figure:
    stretches of that tenth chose the weights.

    Nothing is fitted: the characters of a text are always the same, so no codec is asked for.

    Source: Karpathy (2015), char-rnn; the split without a test part.
    Shapes: those of `jaxrnn.tasks.language.text`.
    Raises: as `jaxrnn.tasks.language.text`.

        >>> charlm(CharacterSettings(steps=5, batch=2)).examine is not None
        True
    """
    task = text(seed=seed, steps=data.steps, batch=data.batch, path=data.text)
    content, _ = corpus(data.text)
    ids = task.codec.vocabulary.encode(content)
    cut = len(ids) * 9 // 10
    known = data.text is None and find(TINY_SHAKESPEARE) is not None
    goal = _GOAL if known else None
    return dataclasses.replace(task, examine=_examiner(ids[:cut], ids[cut:], task.codec, goal))


def _examiner(
    trained: np.ndarray, held_out: np.ndarray, codec: Any, goal: float | None
) -> Callable[[Model, Any], Examination]:
    def chunk(inputs: np.ndarray, targets: np.ndarray) -> Chunk:
        return Chunk(jnp.asarray(codec.one_hot(inputs)), jnp.asarray(targets))

    def examine(model: Model, params: Any) -> Examination:
        measure = measure_of(model, cross_entropy, cross_entropy, stream=True)
        chunks = (chunk(*lane) for lane in held_out_lanes(held_out))
        loss = evaluate(measure, params, chunks)["loss"]
        rivals = {}
        if len(held_out) > 2:
            rivals["counted triples"] = trigram_loss(trained, held_out, codec.input_size)
        name = "nats per character of the validation part"
        findings = (
            Finding(name, loss, False, rivals, goal),
            Finding("the same in bits", loss / math.log(2), False),
        )
        return Examination(findings, passage_files(model, params, codec, held_out))

    return examine


def trigram_loss(trained: np.ndarray, judged: np.ndarray, size: int) -> float:
    """Return the loss, in nats, of who counts which character follows which two.

        p2(c | b) = (n(b, c) + .1) / (n(b) + .1 V)
        p3(c | a, b) = (n(a, b, c) + .1 V p2(c | b)) / (n(a, b) + .1 V)

    Source: smoothing by the next shorter context, MacKay and Peto (1995).
    Shapes: ids int `[N]` and `[M]`, M at least 3; V = size.

        >>> ids = np.array([0, 1, 2] * 50)
        >>> trigram_loss(ids, ids, 3) < 0.001
        True
    """
    known, asked = trained.astype(np.int64), judged.astype(np.int64)
    a, b, c = asked[:-2], asked[1:-1], asked[2:]
    pairs = known[:-1] * size + known[1:]
    p2 = (_count(pairs, b * size + c) + 0.1) / (_count(known[:-1], b) + 0.1 * size)
    triples = _count(pairs[:-1] * size + known[2:], (a * size + b) * size + c)
    p3 = (triples + 0.1 * size * p2) / (_count(pairs[:-1], a * size + b) + 0.1 * size)
    return float(-np.log(p3).mean())


def _count(codes: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Return how often each asked code comes; there may be too many codes for a table."""
    known, times = np.unique(codes, return_counts=True)
    place = np.minimum(np.searchsorted(known, asked), len(known) - 1)
    return np.where(known[place] == asked, times[place], 0)


CHARLM = Kind(
    topology="many-to-many, synchronous",
    summary="the next character of a text of yours",
    settings=CharacterSettings,
    build=charlm,
    first=as_built(text),
    presets={
        "quick": {
            "data": {"steps": 16, "batch": 8},
            "model": {"hidden": 16},
            "training": {"updates": 30, "evaluate_every": 30},
        },
        # about 10 times through Tiny Shakespeare
        "full": {
            "data": {"steps": 128, "batch": 32},
            "model": {"cell": "lstm", "hidden": 512, "dropout": 0.3, "embedding": 64},
            "optimizer": {"learning_rate": 0.003, "schedule": "cosine"},
            "training": {
                "updates": 2500, "evaluate_every": 100, "checkpoint_every": 100, "average": 0.99,
            },
        },
    },
)  # fmt: skip
