"""Which movement, which speaker? Series of sensors, split by those who published them."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from jaxrnn.data import load_sensor_series
from jaxrnn.data.fingerprint import fingerprint
from jaxrnn.data.sensor_series import LabelledSeries, SensorSeries, SplitSeries
from jaxrnn.tasks.class_report import accuracy, confusion_svg
from jaxrnn.tasks.codecs import RowCodec
from jaxrnn.tasks.examination import Examination, Finding
from jaxrnn.tasks.kind import Changes, DataSettings, Kind
from jaxrnn.tasks.model import Model
from jaxrnn.tasks.series.at_end import answers
from jaxrnn.tasks.series.labelled_series import Labelled, Parts, labelled_series, series_chunks
from jaxrnn.tasks.task import Task

__all__ = ["MOTIONS", "VOWELS", "split_series", "summaries"]

_JUDGED = 5  # one of so many of each class of the training part judges
_YARDSTICK = 0.97
_MOTION_COLUMNS = tuple(f"{sensor} {axis}" for sensor in ("acceleration", "turn") for axis in "xyz")
_VOWEL_COLUMNS = tuple(f"coefficient {i + 1}" for i in range(12))


def split_series(
    name: str, title: str, data: SplitSeries, columns: tuple[str, ...], source: str,
    settings: DataSettings, seed: int, codec: RowCodec | None = None,
) -> Task:  # fmt: skip
    """Return the task of telling the class of series that have a test part of their own.

    Every fifth series of each class of the training part judges, in a fixed random order; the test
    part is examined, beside a logistic regression on `summaries`.

    Shapes: those of `jaxrnn.tasks.series.labelled_series`.
    Args: name and title, of the task; columns, D names; source, for people; settings, seed and
        codec as of every task.

        >>> labels = np.arange(10, dtype=np.int32) % 2
        >>> one = LabelledSeries((np.ones((3, 1)),) * 10, labels, ("a", "b"))
        >>> task = split_series("t", "?", SplitSeries(one, one), ("x",), "ones", DataSettings(), 0)
        >>> task.epoch, task.evaluation[0].xs.shape
        (1, (3, 2, 1))
    """
    train, test = _labelled(data.train), _labelled(data.test)
    order = np.random.default_rng(0).permutation(len(train.xs))
    order = order[np.argsort(data.train.labels[order], kind="stable")]
    judged = order[::_JUDGED]
    trained = np.setdiff1d(order, judged)
    parts = Parts(
        train.chosen(trained), train.chosen(judged), columns, data.train.classes,
        f"{source}: {len(trained)} series to train on, {len(judged)} judge, {len(test.xs)} examine",
    )  # fmt: skip
    task = labelled_series(
        name, title, parts, fingerprint(list(train), list(test)), seed=seed, steps=settings.steps,
        batch=settings.batch, codec=codec,
    )  # fmt: skip

    def examine(model: Model, params: Any) -> Examination:
        logits = answers(model, params, series_chunks(test, settings.steps, task.codec))
        rival = _regression(parts.train, test, settings.steps)
        return _examined(test.labels, parts.names, logits, rival)

    return dataclasses.replace(task, examine=examine)


def _labelled(some: LabelledSeries) -> Labelled:
    return Labelled(list(some.series), tuple(some.classes[i] for i in some.labels))


def summaries(xs: list[np.ndarray]) -> np.ndarray:
    """Return mean, deviation, least and largest value of each column of each series.

    Shapes: xs `[t_i, D]` each; result `[N, 4 * D]`.

        >>> summaries([np.array([[1.0], [3.0]])]).tolist()
        [[2.0, 1.0, 1.0, 3.0]]
    """
    return np.array([np.concatenate([x.mean(0), x.std(0), x.min(0), x.max(0)]) for x in xs])


def _regression(trained: Labelled, tested: Labelled, steps: int | None) -> np.ndarray:
    """Return the classes that a logistic regression on summaries answers."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))
    seen, asked = (summaries([x[:steps] for x in part.xs]) for part in (trained, tested))
    return model.fit(seen, np.array(trained.labels)).predict(asked)


def _examined(
    labels: tuple[str, ...], names: tuple[str, ...], logits: np.ndarray, rival: np.ndarray
) -> Examination:
    from scipy.special import softmax

    truth, said = np.array([names.index(label) for label in labels]), logits.argmax(-1)
    sure = softmax(logits, axis=-1).max(-1)
    found = accuracy(truth, said)
    finding = Finding(
        "test accuracy", found, True,
        {"logistic regression on summaries": float((rival == np.array(labels)).mean())},
        _YARDSTICK,
    )  # fmt: skip
    lines = [
        f"series {i + 1}: {names[said[i]]} {sure[i]:.3f}, is {names[truth[i]]}"
        + ("" if said[i] == truth[i] else "  WRONG")
        for i in range(len(truth))
    ]
    files = {
        "predictions.txt": "\n".join(lines) + "\n",
        "picture.svg": confusion_svg(truth, said, names, f"{found:.1%} of {len(truth)} right"),
    }
    return Examination((finding,), files)


def _kind(
    name: str, summary: str, title: str, part: Callable[[SensorSeries], SplitSeries],
    columns: tuple[str, ...], source: str, full: Mapping[str, Changes],
) -> Kind:  # fmt: skip
    def build(data: DataSettings, seed: int, codec: RowCodec | None) -> Task:
        series = part(load_sensor_series())
        return split_series(name, title, series, columns, source, data, seed, codec)

    return Kind(
        topology="many-to-one",
        summary=summary,
        settings=DataSettings,
        build=build,
        first=lambda: full,
        presets={
            "quick": {
                "data": {"batch": 16},
                "model": {"hidden": 16},
                "training": {"updates": 40, "evaluate_every": 20, "checkpoint_every": 40},
            },
            "full": full,
        },
    )


MOTIONS = _kind(
    "motions", "which movement a watch feels: standing, walking, running, badminton",
    "Which movement is it?", lambda series: series.basic_motions, _MOTION_COLUMNS, "BasicMotions",
    {
        "data": {"batch": 16},
        "model": {"cell": "gru", "hidden": 64, "dropout": 0.2},
        "optimizer": {"learning_rate": 0.003, "schedule": "cosine"},
        "training": {"updates": 200, "evaluate_every": 200, "checkpoint_every": 200},
    },
)  # fmt: skip

VOWELS = _kind(
    "vowels", "which of nine men says 'ae'",
    "Who speaks?", lambda series: series.japanese_vowels, _VOWEL_COLUMNS, "JapaneseVowels",
    {
        "data": {"batch": 32},
        "model": {"cell": "gru", "hidden": 128, "dropout": 0.5},
        "optimizer": {"learning_rate": 0.003, "schedule": "cosine"},
        "training": {"updates": 500, "evaluate_every": 500, "checkpoint_every": 500},
    },
)  # fmt: skip
