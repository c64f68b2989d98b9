"""Which class is a sequence of? Your own arrays, or a folder of sounds."""

import os
from collections.abc import Sequence
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from optax import softmax_cross_entropy_with_integer_labels

from jaxrnn.data import load_digits, pad_to_bucket
from jaxrnn.data.arrays_file import read_arrays
from jaxrnn.data.bucketing import Bucketed, good_buckets
from jaxrnn.data.fingerprint import fingerprint
from jaxrnn.data.log_mel import log_mel
from jaxrnn.data.scaling import Scaler
from jaxrnn.data.wav import read_wav_folder
from jaxrnn.gradients import Chunk
from jaxrnn.tasks.codecs import RowCodec
from jaxrnn.tasks.scores import correct
from jaxrnn.tasks.task import Task

__all__ = ["classify"]

_BUCKETS = 4  # lengths that are compiled
_JUDGED = 5  # every so many of the sequences, in a fixed random order, judge
_PART = 500  # sequences of an evaluation chunk


class _Labelled(NamedTuple):
    """Sequences with a class each."""

    xs: list[np.ndarray]  # float64 [t_i, D]
    labels: tuple[str, ...]
    columns: tuple[str, ...]  # D names
    source: str


def classify(
    *, seed: int = 0, steps: int | None = None, batch: int | None = None,
    arrays: str | os.PathLike[str] | None = None, wavs: str | os.PathLike[str] | None = None,
) -> Task:  # fmt: skip
    """Return the task of telling the class of a sequence, after its last step.

        xs = a sequence, scaled, padded with 0;   targets = its class
        weights = 1 at its last step, else 0

    `arrays` is a `.npz` file with `x` `[N, T, D]` or `[N, T]`, `y` `[N]`, and, if the sequences
    differ in length, `lengths` `[N]`. `wavs` is a folder of sounds, cat/one.wav or cat_one.wav,
    read as log-mel frames. Without either, scikit-learn's digits, row by row. A fixed fifth of the
    sequences judges; features are scaled by mean and deviation of the others. Batches hold
    sequences of like lengths, in at most 4 shapes.

    Shapes: a chunk's xs float32 `[T, B, D]`, targets int32, weights float32 and mask bool `[T, B]`.
    Args: seed, of the order of the sequences. steps, the most that are read of a sequence, all if
        not told. batch B, 32. arrays, wavs, at most one of them.
    Raises: ValueError naming the file and what is wrong with it, or if there are fewer than 2
        classes or 5 sequences; OSError without the file.

        >>> task = classify(batch=4)
        >>> chunk = task.train(0)
        >>> chunk.xs.shape, chunk.weights.sum(0).tolist()
        ((8, 4, 8), [1.0, 1.0, 1.0, 1.0])
    """
    if arrays is not None and wavs is not None:
        raise ValueError("classify: expected arrays or wavs, got both.")
    data = _of_arrays(arrays) if arrays else _of_wavs(wavs) if wavs else _of_digits()
    xs = [x[:steps] for x in data.xs]
    names = tuple(sorted(set(data.labels)))
    _check(data, names)
    classes = np.array([names.index(label) for label in data.labels], np.int32)
    order = np.random.default_rng(0).permutation(len(xs))
    judged, trained = order[::_JUDGED], np.setdiff1d(order, order[::_JUDGED])
    scaler = Scaler.fit(np.concatenate([xs[i] for i in trained]))
    scaled = [scaler.apply(x).astype(np.float32) for x in xs]
    lengths = [len(scaled[i]) for i in trained]
    bucketed = Bucketed(
        tuple(lengths), 32 if batch is None else batch, tuple(good_buckets(lengths, _BUCKETS)), seed
    )

    def train(number: int) -> Chunk:
        length, places, real = bucketed.batch_of(number)
        return _chunk(scaled, classes, trained[places], length, real)

    parts = [judged[start : start + _PART] for start in range(0, len(judged), _PART)]
    longest = max(len(x) for x in scaled)
    return Task(
        name="classify",
        title="Which class is it?",
        source=f"{data.source}: {len(xs)} sequences, {len(names)} classes",
        input_size=len(data.columns),
        output_size=len(names),
        steps=max(lengths),
        batch=bucketed.batch,
        stream=False,
        loss=softmax_cross_entropy_with_integer_labels,
        score=correct,
        metric="accuracy",
        higher_is_better=True,
        train=train,
        evaluation=tuple(
            _chunk(scaled, classes, part, longest, np.ones(len(part), bool)) for part in parts
        ),
        settings={
            "cell": "gru",
            "hidden": 64,
            "layers": 1,
            "learning_rate": 0.003,
            "updates": 400,
        },
        baseline=_by_frequency(classes[trained], classes[judged], len(names)),
        baseline_name="the frequency of the classes",
        content=fingerprint(xs, list(data.labels)),
        epoch=bucketed.per_epoch,
        codec=RowCodec(data.columns, scaler.mean, scaler.scale, answers=names, classes=True),
    )


def _chunk(
    xs: list[np.ndarray], classes: np.ndarray, places: np.ndarray, length: int, real: np.ndarray
) -> Chunk:
    padded, lengths = pad_to_bucket([xs[i] for i in places], [length])
    times = np.arange(length)[:, None]
    weights = (times == lengths - 1) & real
    targets = np.broadcast_to(classes[places], weights.shape)
    return Chunk(
        jnp.asarray(padded), jnp.asarray(targets), jnp.asarray(weights.astype(np.float32)),
        jnp.asarray(times < lengths),
    )  # fmt: skip


def _check(data: _Labelled, names: Sequence[str]) -> None:
    if len(names) < 2 or len(data.xs) < _JUDGED:
        raise ValueError(
            f"classify: {data.source} has {len(data.xs)} sequences of {len(names)} classes, "
            f"expected at least {_JUDGED} of at least 2."
        )
    for place, x in enumerate(data.xs):
        if not len(x) or not np.isfinite(x).all():
            what = "has no step" if not len(x) else "has values that are not finite"
            raise ValueError(f"classify: {data.source}: sequence {place} {what}.")


def _by_frequency(trained: np.ndarray, judged: np.ndarray, count: int) -> float:
    """Return the loss of who knows only how often each class comes."""
    share = (np.bincount(trained, minlength=count) + 1) / (len(trained) + count)
    return float(-np.log(share[judged]).mean())


def _of_digits() -> _Labelled:
    images = load_digits()
    pictures = np.concatenate([images.train_x, images.test_x])
    labels = np.concatenate([images.train_y, images.test_y])
    columns = tuple(f"pixel {i + 1}" for i in range(pictures.shape[2]))
    source = "scikit-learn's digits, row by row"
    return _Labelled(list(pictures.astype(np.float64)), tuple(map(str, labels)), columns, source)


def _of_wavs(folder: str | os.PathLike[str]) -> _Labelled:
    sounds = read_wav_folder(folder)
    # several channels are heard as one
    waves = [wave if wave.ndim == 1 else wave.mean(1) for wave in sounds.waves]
    xs = [log_mel(wave, sounds.rate).astype(np.float64) for wave in waves]
    columns = tuple(f"band {i + 1}" for i in range(xs[0].shape[1]))
    return _Labelled(xs, sounds.labels, columns, os.path.basename(os.path.abspath(folder)))


def _of_arrays(path: str | os.PathLike[str]) -> _Labelled:
    found, name = read_arrays(path), os.path.basename(path)
    for key in ("x", "y"):
        if key not in found:
            raise ValueError(
                f"classify: {name} has {', '.join(found)}, expected x [N, T, D], y [N] and, for "
                "sequences of many lengths, lengths [N]."
            )
    x, y = found["x"], found["y"]
    x = x[..., None] if x.ndim == 2 else x
    lengths = found.get("lengths", np.full(len(x), x.shape[1] if x.ndim == 3 else 0))
    if x.ndim != 3 or y.shape != x.shape[:1] or lengths.shape != y.shape:
        raise ValueError(
            f"classify: {name}: expected x [N, T, D], y [N] and lengths [N] of one N, got shapes "
            f"{found['x'].shape}, {y.shape} and {lengths.shape}."
        )
    if (
        not np.issubdtype(lengths.dtype, np.integer)
        or not ((lengths >= 1) & (lengths <= x.shape[1])).all()
    ):
        raise ValueError(f"classify: {name}: lengths should be ints from 1 to T = {x.shape[1]}.")
    rows = [row[:length].astype(np.float64) for row, length in zip(x, lengths, strict=True)]
    columns = tuple(f"feature {i + 1}" for i in range(x.shape[2]))
    return _Labelled(rows, tuple(map(str, y.tolist())), columns, name)
