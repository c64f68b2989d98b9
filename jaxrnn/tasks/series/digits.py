"""Which digit is this? An image read as a sequence, and one answer at its end."""

import dataclasses
import hashlib
from typing import Any, NamedTuple

import numpy as np
from optax import softmax_cross_entropy_with_integer_labels

from jaxrnn.data import MNIST, Images, find, load_digits, load_mnist, shuffled
from jaxrnn.data.fingerprint import fingerprint
from jaxrnn.gradients import Chunk
from jaxrnn.tasks.class_report import confusion_svg
from jaxrnn.tasks.examination import Examination, Finding
from jaxrnn.tasks.kind import DataSettings, Kind
from jaxrnn.tasks.model import Model
from jaxrnn.tasks.pictures import as_svg
from jaxrnn.tasks.scores import correct
from jaxrnn.tasks.series.at_end import answers, at_end, majority
from jaxrnn.tasks.series.number_codecs import PixelCodec
from jaxrnn.tasks.task import Task

__all__ = ["DIGITS", "DigitSettings", "digits", "pixel_order"]

_PART = 1000  # images of an evaluation chunk
_YARDSTICK = 0.99  # of MNIST
_MNIST_INK = 255  # the value of full ink
_SHOWN = 40  # mistakes in the picture
_PERMUTED = "a7c8a41d39ef34de"  # the digest of the order of 784 pixels begins so


@dataclasses.dataclass(frozen=True)
class DigitSettings(DataSettings):
    """Of the digits: pixels, read one at a time, not in rows; permuted, and in another order.

    Shapes: none.

        >>> DigitSettings(permuted=True).pixels
        False
    """

    pixels: bool = False
    permuted: bool = False


class _Set(NamedTuple):
    """A set of images, and how it is used here."""

    images: Images
    source: str
    ink: int  # the value of full ink
    steps: int  # T in a comparison, if not told
    judges: slice  # which images of the test part judge there
    kept: int  # the last images of the training part, which judge in a run


def _at_hand() -> _Set:
    if any(find(file) for file in MNIST):
        source = "MNIST, handwritten digits of 28 x 28 pixels"
        return _Set(load_mnist(), source, _MNIST_INK, 28, slice(None, None, 5), 5000)
    source = "scikit-learn's handwritten digits of 8 x 8 pixels"
    return _Set(load_digits(), source, 16, 64, slice(None), 200)


def pixel_order(pixels: int, permuted: bool) -> tuple[int, ...]:
    """Return the order in which pixels are read: as they stand, or a fixed permutation.

        permuted: numpy.random.default_rng(0).permutation(pixels)

    Source: the task: Le et al. (2015), arXiv:1504.00941; each paper has an order of its own.
    Shapes: none.
    Raises: ValueError if this NumPy draws another order of 784 than the one that figures are of.

        >>> pixel_order(4, False), sorted(pixel_order(4, True))
        ((0, 1, 2, 3), [0, 1, 2, 3])
    """
    if not permuted:
        return tuple(range(pixels))
    order = np.random.default_rng(0).permutation(pixels)
    digest = hashlib.sha256(order.astype("<i4").tobytes()).hexdigest()
    if pixels == 784 and not digest.startswith(_PERMUTED):
        raise ValueError(
            f"pixel_order: the digest of the order begins {digest[:16]}, expected {_PERMUTED}: "
            "this NumPy draws other numbers. Use another version of it."
        )
    return tuple(order.tolist())


def digits(*, seed: int = 0, steps: int | None = None, batch: int | None = None) -> Task:
    """Return the task of reading a handwritten digit and saying, at the end, which it is.

        xs[t] = the t-th part of the pixels, row by row, over the value of full ink
        targets = the class, at each step;   weights = 1 at the last step, else 0

    With MNIST's files at hand (in `$JAXRNN_DATA/mnist` or the cache) an image is 28 rows of 28
    pixels, and every fifth of the 10000 test images judges. Without, it is one of scikit-learn's
    8 x 8 digits, pixel by pixel, and their 360 test images judge. Chance is 0.1.

    Source: images as sequences, Le et al. (2015), arXiv:1504.00941.
    Shapes: a chunk's xs float32 `[T, B, pixels / T]`, targets int32 and weights float32 `[T, B]`.
    Args: seed, of the order of the images. steps T, a divisor of the number of pixels; 28, or 64
        for the small ones. batch B, 32.
    Raises: ValueError if steps does not divide the pixels, or batch is above the images there are.

        >>> chunk = digits(steps=8, batch=4).train(0)
        >>> chunk.xs.shape[:2], chunk.weights[:, 0].tolist()
        ((8, 4), [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0])
    """
    data = _at_hand()
    images = data.images
    codec = _codec(data, data.steps if steps is None else steps, False)
    judged = _Part(images.test_x[data.judges], images.test_y[data.judges])
    return _task(data, codec, _Part(*images[:2]), judged, seed, batch)


class _Part(NamedTuple):
    """Images, and which digits they are; uint8 until a chunk is made."""

    x: np.ndarray  # [N, rows, columns]
    y: np.ndarray  # [N]


def _codec(data: _Set, steps: int, permuted: bool) -> PixelCodec:
    pixels = data.images.train_x[0].size
    if steps < 1 or pixels % steps:
        raise ValueError(
            f"digits: steps should divide the {pixels} pixels of an image, got steps={steps}. "
            f"The default is {data.steps}."
        )
    order = pixel_order(pixels, permuted)
    return PixelCodec(steps, float(data.ink), order, tuple(map(str, range(10))))


def _chunk(codec: PixelCodec, part: _Part) -> Chunk:
    return at_end(codec.sequences(part.x), part.y.astype(np.int32))


def _chunks(codec: PixelCodec, part: _Part) -> tuple[Chunk, ...]:
    starts = range(0, len(part.y), _PART)
    return tuple(_chunk(codec, _Part(part.x[i : i + _PART], part.y[i : i + _PART])) for i in starts)


def _task(
    data: _Set, codec: PixelCodec, trained: _Part, judged: _Part, seed: int, batch: int | None
) -> Task:
    batch = 32 if batch is None else batch
    count, width = len(trained.y), codec.input_size
    shuffled(0, count, batch)  # a wrong batch is refused here, not at the first update

    def train(number: int) -> Chunk:
        chosen = shuffled(number, count, batch, seed=seed)
        return _chunk(codec, _Part(trained.x[chosen], trained.y[chosen]))

    portion = {1: "pixel by pixel", trained.x.shape[-1]: "row by row"}
    return Task(
        name="digits",
        title=f"Which digit is it? Read {portion.get(width, f'{width} pixels at a time')}",
        source=data.source,
        input_size=width,
        output_size=10,
        steps=codec.steps,
        batch=batch,
        stream=False,
        loss=softmax_cross_entropy_with_integer_labels,
        score=correct,
        metric="accuracy",
        higher_is_better=True,
        train=train,
        evaluation=_chunks(codec, judged),
        settings={
            "cell": "lstm",
            "hidden": 32,
            "layers": 1,
            "learning_rate": 0.01,
            "updates": 800,
        },
        content=fingerprint(*data.images),
        epoch=count // batch,
        codec=codec,
    )


def _build(settings: DigitSettings, seed: int, codec: PixelCodec | None) -> Task:
    """Return the task of a run: the end of the training part judges, the test part is examined."""
    data = _at_hand()
    images = data.images
    rows, pixels = images.train_x.shape[1], images.train_x[0].size
    usual = pixels if settings.pixels or settings.permuted else rows
    if codec is None:
        steps = usual if settings.steps is None else settings.steps
        codec = _codec(data, steps, settings.permuted)
    trained = _Part(images.train_x[: -data.kept], images.train_y[: -data.kept])
    judged = _Part(images.train_x[-data.kept :], images.train_y[-data.kept :])
    tested = _Part(images.test_x, images.test_y)

    def examine(model: Model, params: Any) -> Examination:
        said = answers(model, params, _chunks(codec, tested))
        goal = _YARDSTICK if codec.ink == _MNIST_INK else None
        return _examined(tested, said.argmax(-1), majority(trained.y, tested.y), goal)

    task = _task(data, codec, trained, judged, seed, settings.batch)
    return dataclasses.replace(task, examine=examine)


def _examined(tested: _Part, said: np.ndarray, baseline: float, goal: float | None) -> Examination:
    truth = tested.y.astype(int)
    finding = Finding(
        "test accuracy", float((said == truth).mean()), True,
        {"the commonest digit": baseline}, goal,
    )  # fmt: skip
    wrong = np.flatnonzero(said != truth)
    lines = [f"test image {i}: said {said[i]}, is {truth[i]}\n" for i in wrong]
    names = tuple(map(str, range(10)))
    files = {
        "predictions.txt": f"{len(wrong)} of {len(truth)} wrong\n" + "".join(lines),
        "confusion.svg": confusion_svg(
            truth, said, names, f"{len(truth) - len(wrong)} of {len(truth)} right"
        ),
        "picture.svg": _mistakes(tested, said, wrong[:_SHOWN]),
    }
    return Examination((finding,), files)


def _mistakes(tested: _Part, said: np.ndarray, wrong: np.ndarray) -> str:
    """Return a sheet of images that were taken for others."""
    from jaxrnn.report.style import look, new_figure  # matplotlib is heavy

    columns = 8
    with look():
        figure, axes = new_figure(8, 6, -(-_SHOWN // columns), columns)
        for plot in axes.flat:
            plot.set_axis_off()
        for plot, i in zip(axes.flat, wrong, strict=False):
            plot.imshow(tested.x[i], cmap="gray_r")
            plot.set_title(f"{said[i]}, is {tested.y[i]}", fontsize=8)
        return as_svg(figure)


def _full(layers: int) -> dict[str, Any]:
    return {
        "data": {"batch": 128},
        "model": {"cell": "lstm", "hidden": 256, "layers": layers, "dropout": 0.2},
        "optimizer": {"learning_rate": 0.002, "schedule": "cosine"},
        "training": {"updates": 15 * 429, "evaluate_every": 429, "checkpoint_every": 429},
    }


DIGITS = Kind(
    topology="many-to-one",
    summary="which digit an image is, read in rows or pixel by pixel",
    settings=DigitSettings,
    build=_build,
    first=lambda: {
        "model": {"cell": "lstm", "hidden": 32},
        "optimizer": {"learning_rate": 0.01},
        "training": {"updates": 800},
    },
    presets={
        "quick": {
            "model": {"hidden": 16},
            "training": {"updates": 100, "evaluate_every": 50, "checkpoint_every": 100},
        },
        "full": _full(2),
        "full-3": _full(3),
    },
)
