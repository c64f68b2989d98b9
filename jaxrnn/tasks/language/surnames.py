"""From which language is a name? Many short names in one row, the state begun anew at each."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from optax import softmax_cross_entropy_with_integer_labels as _cross_entropy

from jaxrnn.data import Epochs, Packed, pack, packed_rows, unpack
from jaxrnn.data.fingerprint import fingerprint
from jaxrnn.drivers import scan
from jaxrnn.gradients import Chunk
from jaxrnn.tasks.class_report import examined, ngram_regression
from jaxrnn.tasks.examination import Examination
from jaxrnn.tasks.frequency import by_frequency
from jaxrnn.tasks.kind import DataSettings, Kind
from jaxrnn.tasks.language.labelled_texts import TextSettings, known_codec, token_ids
from jaxrnn.tasks.language.text_corpora import corpus
from jaxrnn.tasks.language.token_codecs import LabelCodec
from jaxrnn.tasks.model import Model, one_of
from jaxrnn.tasks.scores import correct
from jaxrnn.tasks.task import Task

__all__ = ["SURNAMES", "NameSettings", "surnames"]

_CORPORA = ("surnames", "made-names")
# what logistic regressions count: (name, characters that they see together, classes balanced)
_RIVALS = (
    ("counts of letters", 1, False),
    ("counts of letters, classes balanced", 1, True),
    ("n-grams", 3, False),
    ("n-grams, classes balanced", 3, True),
)


@dataclasses.dataclass(frozen=True)
class NameSettings(DataSettings):
    """Of names: steps, of a row that many names stand in; batch, rows.

    Fields: corpus, surnames or made-names; text, a file of your own with two columns, label and
    name; balance, from 0, where all names weigh alike in training, to 1, where all classes do.
    Shapes: none.
    Raises: ValueError naming the field.

        >>> NameSettings(corpus="made-names").text is None
        True
    """

    corpus: str = "surnames"
    text: str | None = None
    balance: float = 0.0

    def __post_init__(self) -> None:
        one_of("data.corpus", self.corpus, _CORPORA)
        if not 0 <= self.balance <= 1:
            raise ValueError(f"data.balance: expected a number from 0 to 1, got {self.balance}.")


def surnames(data: NameSettings, seed: int = 0, codec: LabelCodec | None = None) -> Task:
    """Return the task of telling the language of a name after its last character.

        xs[t] = the id of a character;   resets[t] = a name begins
        targets[t] = the language;       weights[t] = 1 where a name ends, else 0

    Names stand end to end in rows of T steps, so hardly a step is padding. A hash of the spelling
    splits them, eight tenths to train on. With `balance` the weight of a name in training is
    share ** -balance, for the share of all names that its language has, over the mean weight.

    Shapes: a chunk's xs int32 `[T, B, 1]`, targets int32, weights float32, mask and resets bool
        `[T, B]`.
    Args: seed, of the order of the rows; codec, fitted before.
    Raises: ValueError if a name is longer than a row, steps T, 32; FileNotFoundError saying how to
        supply the data.

        >>> chunk = surnames(NameSettings(corpus="made-names", steps=16, batch=4)).train(0)
        >>> int(chunk.resets.sum()) == int(chunk.weights.sum()), chunk.xs.shape
        (True, (16, 4, 1))
    """
    found = corpus(data.corpus, data.text)
    codec = known_codec("surnames", found, codec, TextSettings(tokens="characters"))
    steps = 32 if data.steps is None else data.steps
    batch = 128 if data.batch is None else data.batch
    ids = [token_ids(codec.tokens, part.texts) for part in found.parts]
    _check(ids, steps)
    weights = _class_weights(found.parts.train.labels, len(codec.names), data.balance)
    train = _Rows(pack(ids[0], steps), found.parts.train.labels, weights)
    dev, test = (_Rows(pack(ids[n], steps), found.parts[n].labels) for n in (1, 2))
    epochs = Epochs(train.count, batch, seed)
    classes = len(codec.names)

    def examine(model: Model, params: Any) -> Examination:
        rivals = {
            f"logistic regression on {what}": ngram_regression(
                ids[0], found.parts.train.labels, ids[2], longest, balanced=balanced
            )
            for what, longest, balanced in _RIVALS
        }
        logits = _logits(model, params, test)
        return examined(found.parts.test, found.names, logits, rivals, "Test names by language")

    return Task(
        name="surnames",
        title="From which language is a name?",
        source=f"{found.source}: {len(ids[0]):,} names to train on, {classes} classes, "
        f"{1 - train.packed.mask.mean():.1%} of the steps padding",
        input_size=codec.input_size,
        output_size=classes,
        steps=steps,
        batch=batch,
        loss=_cross_entropy,
        score=correct,
        metric="accuracy",
        higher_is_better=True,
        train=lambda number: train.chunk(*epochs.batch_of(number)),
        evaluation=(dev.whole(),),
        baseline=by_frequency(found.parts.train.labels, found.parts.dev.labels, classes),
        baseline_name="the frequency of the languages",
        content=fingerprint(*(list(part) for part in found.parts)),
        epoch=epochs.per_epoch,
        codec=codec,
        examine=examine,
    )


@dataclasses.dataclass(frozen=True)
class _Rows:
    """Packed names with the class of each."""

    packed: Packed
    labels: np.ndarray  # int32 [N]
    class_weights: np.ndarray | None = None  # float32 [classes]; None: all 1

    @property
    def count(self) -> int:
        return self.packed.xs.shape[1]

    def chunk(self, rows: np.ndarray, real: np.ndarray) -> Chunk:
        chosen = packed_rows(self.packed, rows, real)
        after = np.append(chosen.source[1:], np.full((1, len(rows)), -1, np.int32), axis=0)
        ends = chosen.mask & (chosen.source != after)
        targets, weights = self.labels[chosen.source], ends.astype(np.float32)
        if self.class_weights is not None:
            weights = weights * self.class_weights[targets]
        return Chunk(
            *map(jnp.asarray, (chosen.xs[..., None], targets, weights, chosen.mask, chosen.resets))
        )

    def whole(self) -> Chunk:
        return self.chunk(np.arange(self.count), np.ones(self.count, bool))


def _class_weights(labels: np.ndarray, classes: int, balance: float) -> np.ndarray | None:
    """Return the weight of each class, whose mean over the names is 1."""
    if not balance:
        return None
    share = np.bincount(labels, minlength=classes) / len(labels)
    weights = share**-balance
    return (weights / (weights * share).sum()).astype(np.float32)


def _check(ids: Sequence[Sequence[np.ndarray]], steps: int) -> None:
    longest = max(len(one) for part in ids for one in part)
    if longest > steps:
        raise ValueError(
            f"data.steps={steps}: the longest name has {longest} characters, which a row has to "
            "hold. Take longer rows; for long texts there is the task sentiment."
        )


def _logits(model: Model, params: Any, rows: _Rows) -> np.ndarray:
    """Return the logits after the last character of each name, `[N, classes]`."""
    chunk = rows.whole()
    ys: Array = scan(model.cell, params.cell, None, chunk.xs, mask=chunk.mask, resets=chunk.resets)[
        1
    ]
    outputs = jax.jit(model.output.apply)(params.head, ys)
    return np.stack([one[-1] for one in unpack(rows.packed, outputs)])


SURNAMES = Kind(
    topology="many-to-one",
    summary="the language of a name, or the class of your own short lines, letter by letter",
    settings=NameSettings,
    build=surnames,
    first=lambda: {
        "data": {"steps": 64, "batch": 32},
        "model": {"cell": "gru", "hidden": 192, "embedding": 32, "dropout": 0.3},
        "optimizer": {"name": "adamw", "learning_rate": 0.004, "schedule": "cosine"},
        "training": {"updates": 1500, "evaluate_every": 150, "average": 0.995},
    },
    presets={
        "quick": {
            "data": {"corpus": "made-names", "steps": 32, "batch": 8},
            "model": {"hidden": 16, "embedding": 8, "dropout": 0.0},
            "optimizer": {"learning_rate": 0.01, "schedule": "constant"},
            "training": {
                "updates": 40,
                "evaluate_every": 20,
                "checkpoint_every": 20,
                "average": 0.0,
            },
        },
        "full": {},
    },
)
