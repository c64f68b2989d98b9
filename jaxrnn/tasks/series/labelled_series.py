"""Which class is a series of? From any labelled series to a task."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from optax import softmax_cross_entropy_with_integer_labels

from jaxrnn.data import pad_to_bucket
from jaxrnn.data.bucketing import Bucketed, good_buckets
from jaxrnn.data.fingerprint import fingerprint
from jaxrnn.data.scaling import Scaler
from jaxrnn.gradients import Chunk
from jaxrnn.tasks.codecs import RowCodec
from jaxrnn.tasks.frequency import by_frequency
from jaxrnn.tasks.scores import correct
from jaxrnn.tasks.task import Task

__all__ = ["Labelled", "Parts", "labelled_series", "series_chunks"]

_BUCKETS = 4  # lengths that are compiled
_PART = 500  # series of an evaluation chunk


class Labelled(NamedTuple):
    """Series with a class each.

    Shapes: xs, float64 `[t_i, D]` each.
    """

    xs: list[np.ndarray]
    labels: tuple[str, ...]

    def chosen(self, places: np.ndarray) -> "Labelled":
        """Return some of them."""
        return Labelled([self.xs[i] for i in places], tuple(self.labels[i] for i in places))


class Parts(NamedTuple):
    """What trains, what judges, and where it comes from.

    Fields: train; judge; columns, D names; names, of the classes; source, for people.
    Shapes: none.
    """

    train: Labelled
    judge: Labelled
    columns: tuple[str, ...]
    names: tuple[str, ...]
    source: str


def labelled_series(
    name: str, title: str, parts: Parts, content: str, *, seed: int = 0, steps: int | None = None,
    batch: int | None = None, codec: RowCodec | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Task:  # fmt: skip
    """Return the task of telling the class of a series, after its last step.

        xs = a series, scaled, padded with 0;   targets = its class
        weights = 1 at its last step, else 0

    Features are scaled by mean and deviation of the training part. Batches hold series of like
    lengths, in at most 4 shapes.

    Shapes: a chunk's xs float32 `[T, B, D]`, targets int32, weights float32 and mask bool `[T, B]`.
    Args: name and title, of the task; content, a digest of all data, those examined too, empty for
        that of parts. seed, of the order of the series. steps, the most that are read of one, all
        if not told. batch B, 32. codec, fitted before; its scale is kept. settings, of a task that
        is compared.
    Raises: ValueError for a codec of other classes.

        >>> some = Labelled([np.ones((3, 2)), np.zeros((3, 2))], ("yes", "no"))
        >>> parts = Parts(some, some, ("a", "b"), ("no", "yes"), "a test")
        >>> task = labelled_series("classify", "?", parts, "", batch=2)
        >>> task.train(0).weights.sum(0).tolist()
        [1.0, 1.0]
    """
    if codec is None:
        scaler = Scaler.fit(np.concatenate([x[:steps] for x in parts.train.xs]))
        codec = RowCodec(
            parts.columns, scaler.mean, scaler.scale, answers=parts.names, classes=True
        )
    if codec.answers != parts.names:
        raise ValueError(
            f"{name}: the classes are {', '.join(parts.names)}, but the run was begun with "
            f"{', '.join(codec.answers)}."
        )
    train, classes = _scaled(parts.train, steps, codec), _classes(parts.train, parts.names)
    judged = _classes(parts.judge, parts.names)
    lengths = [len(x) for x in train]
    bucketed = Bucketed(
        tuple(lengths), 32 if batch is None else batch, tuple(good_buckets(lengths, _BUCKETS)), seed
    )

    def chunk(number: int) -> Chunk:
        length, places, real = bucketed.batch_of(number)
        return _chunk([train[i] for i in places], classes[places], length, real)

    return Task(
        name=name,
        title=title,
        source=parts.source,
        input_size=len(parts.columns),
        output_size=len(parts.names),
        steps=max(lengths),
        batch=bucketed.batch,
        stream=False,
        loss=softmax_cross_entropy_with_integer_labels,
        score=correct,
        metric="accuracy",
        higher_is_better=True,
        train=chunk,
        evaluation=series_chunks(parts.judge, steps, codec),
        settings=settings or {},
        baseline=by_frequency(classes, judged, len(parts.names)),
        baseline_name="the frequency of the classes",
        content=content or fingerprint(*(list(part) for part in parts[:2])),
        epoch=bucketed.per_epoch,
        codec=codec,
    )


def series_chunks(some: Labelled, steps: int | None, codec: RowCodec) -> tuple[Chunk, ...]:
    """Return all of some series as chunks of one length, in their order.

    Shapes: xs `[T, at most 500, D]`, T the longest.

        >>> codec = RowCodec(("a",), (0.0,), (1.0,), ("no", "yes"), classes=True)
        >>> some = Labelled([np.ones((3, 1)), np.ones((2, 1))], ("yes", "yes"))
        >>> (chunk,) = series_chunks(some, 2, codec)
        >>> chunk.mask.sum(0).tolist(), chunk.targets[0].tolist()
        ([2, 2], [1, 1])
    """
    xs, classes = _scaled(some, steps, codec), _classes(some, codec.answers)
    longest = max(map(len, xs))
    return tuple(
        _chunk(part, classes[i : i + _PART], longest, np.ones(len(part), bool))
        for i in range(0, len(xs), _PART)
        for part in [xs[i : i + _PART]]
    )


def _scaled(some: Labelled, steps: int | None, codec: RowCodec) -> list[np.ndarray]:
    scaler = Scaler(codec.mean, codec.scale)
    return [scaler.apply(x[:steps]).astype(np.float32) for x in some.xs]


def _classes(some: Labelled, names: Sequence[str]) -> np.ndarray:
    return np.array([names.index(label) for label in some.labels], np.int32)


def _chunk(xs: list[np.ndarray], classes: np.ndarray, length: int, real: np.ndarray) -> Chunk:
    padded, lengths = pad_to_bucket(xs, [length])
    times = np.arange(length)[:, None]
    weights = (times == lengths - 1) & real
    targets = np.broadcast_to(classes, weights.shape)
    return Chunk(
        jnp.asarray(padded), jnp.asarray(targets), jnp.asarray(weights.astype(np.float32)),
        jnp.asarray(times < lengths),
    )  # fmt: skip
