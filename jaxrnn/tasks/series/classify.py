"""Which class is a sequence of? Your own arrays, or a folder of sounds."""

import os
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from jaxrnn.data import load_digits
from jaxrnn.data.arrays_file import read_arrays
from jaxrnn.data.fingerprint import fingerprint
from jaxrnn.data.log_mel import log_mel
from jaxrnn.data.wav import read_wav_folder
from jaxrnn.tasks.series.labelled_series import Labelled, Parts, labelled_series
from jaxrnn.tasks.series.row_codec import RowCodec
from jaxrnn.tasks.task import Task

__all__ = ["classify"]

_JUDGED = 5  # every so many of the sequences, in a fixed random order, judge
_SETTINGS = {"cell": "gru", "hidden": 64, "layers": 1, "learning_rate": 0.003, "updates": 400}


class _Read(NamedTuple):
    """Sequences with a class each."""

    xs: list[np.ndarray]  # float64 [t_i, D]
    labels: tuple[str, ...]
    columns: tuple[str, ...]  # D names
    source: str


def classify(
    *, seed: int = 0, steps: int | None = None, batch: int | None = None,
    arrays: str | os.PathLike[str] | None = None, wavs: str | os.PathLike[str] | None = None,
    codec: RowCodec | None = None,
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
        not told. batch B, 32. arrays, wavs, at most one of them. codec, fitted before; its scale is
        kept.
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
    some = Labelled(data.xs, data.labels)
    names = tuple(sorted(set(data.labels)))
    _check(data, names)
    order = np.random.default_rng(0).permutation(len(data.xs))
    judged, trained = order[::_JUDGED], np.setdiff1d(order, order[::_JUDGED])
    source = f"{data.source}: {len(data.xs)} sequences, {len(names)} classes"
    return labelled_series(
        "classify", "Which class is it?",
        Parts(some.chosen(trained), some.chosen(judged), data.columns, names, source),
        fingerprint([x[:steps] for x in data.xs], list(data.labels)),
        seed=seed, steps=steps, batch=batch, codec=codec, settings=_SETTINGS,
    )  # fmt: skip


def _check(data: _Read, names: Sequence[str]) -> None:
    if len(names) < 2 or len(data.xs) < _JUDGED:
        raise ValueError(
            f"classify: {data.source} has {len(data.xs)} sequences of {len(names)} classes, "
            f"expected at least {_JUDGED} of at least 2."
        )
    for place, x in enumerate(data.xs):
        if not len(x) or not np.isfinite(x).all():
            what = "has no step" if not len(x) else "has values that are not finite"
            raise ValueError(f"classify: {data.source}: sequence {place} {what}.")


def _of_digits() -> _Read:
    images = load_digits()
    pictures = np.concatenate([images.train_x, images.test_x])
    labels = np.concatenate([images.train_y, images.test_y])
    columns = tuple(f"pixel {i + 1}" for i in range(pictures.shape[2]))
    source = "scikit-learn's digits, row by row"
    return _Read(list(pictures.astype(np.float64)), tuple(map(str, labels)), columns, source)


def _of_wavs(folder: str | os.PathLike[str]) -> _Read:
    sounds = read_wav_folder(folder)
    # several channels are heard as one
    waves = [wave if wave.ndim == 1 else wave.mean(1) for wave in sounds.waves]
    xs = [log_mel(wave, sounds.rate).astype(np.float64) for wave in waves]
    columns = tuple(f"band {i + 1}" for i in range(xs[0].shape[1]))
    return _Read(xs, sounds.labels, columns, os.path.basename(os.path.abspath(folder)))


def _of_arrays(path: str | os.PathLike[str]) -> _Read:
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
    return _Read(rows, tuple(map(str, y.tolist())), columns, name)
