"""What does a picture show? Small pictures with names, of kinds that were never trained on."""

import dataclasses
import math
from typing import Any

import jax
import numpy as np

from jaxrnn.data.epochs import Epochs
from jaxrnn.data.fingerprint import fingerprint
from jaxrnn.tasks.captions.codec import CaptionCodec, Captions, fit_captions
from jaxrnn.tasks.captions.network import CaptionNetwork, counted_losses
from jaxrnn.tasks.captions.parts import CaptionModelSettings
from jaxrnn.tasks.captions.pictures import PICTURES, Pictures
from jaxrnn.tasks.captions.report import described_list, sheet
from jaxrnn.tasks.examination import Examination, Finding
from jaxrnn.tasks.kind import DataSettings, Kind
from jaxrnn.tasks.model import at_least_zero, one_of
from jaxrnn.tasks.pairs.report import bleu, exact
from jaxrnn.tasks.task import Task

__all__ = ["CAPTION", "CaptionSettings", "caption", "moved"]

_BLIND = "the decoder that sees no picture"
_PART = 100  # pictures of a held-out chunk
_SHOWN = 40  # in the picture


@dataclasses.dataclass(frozen=True)
class CaptionSettings(DataSettings):
    """Of pictures: corpus, emojione or shapes, which are drawn; steps is not asked.

    Fields: shift, pixels at most that a picture is moved by in training, either way; least, how
    often a word has to come to be known.
    Shapes: none.
    Raises: ValueError naming the field.

        >>> CaptionSettings(corpus="shapes").shift
        2
    """

    corpus: str = "emojione"
    shift: int = 2
    least: int = 2

    def __post_init__(self) -> None:
        one_of("data.corpus", self.corpus, PICTURES)
        at_least_zero("data.shift", self.shift)
        if self.least < 1:
            raise ValueError(f"data.least: expected 1 or more, got {self.least}.")


def moved(images: np.ndarray, random: np.random.Generator, shift: int) -> np.ndarray:
    """Return pictures, each moved by up to `shift` pixels up or down and to a side, on white.

    Shapes: uint8 `[B, H, W, C]`.

        >>> image = np.zeros((1, 2, 2, 1), np.uint8)
        >>> moved(image, np.random.default_rng(0), 0).tolist() == image.tolist()
        True
    """
    _, height, width, _ = images.shape
    room = ((0, 0), (shift, shift), (shift, shift), (0, 0))
    wide = np.pad(images, room, constant_values=255)
    places = random.integers(0, 2 * shift + 1, (len(images), 2))
    return np.stack(
        [one[y : y + height, x : x + width] for one, (y, x) in zip(wide, places, strict=True)]
    )


def caption(data: CaptionSettings, seed: int = 0, codec: CaptionCodec | None = None) -> Task:
    """Return the task of naming a picture, of a family that was never trained on.

    The split is by a hash of the family: an emoji with its skin tones and genders, and what looks
    the same pixel by pixel. The loss is that of two writers, one of which sees nothing; words that
    are not known don't count.

    Source: Vinyals et al. (2015), arXiv:1411.4555; EmojiOne 2.2.7.
    Shapes: a chunk is a `Captions` of one frame.
    Args: seed, of the order of the pictures and how they are moved; codec, fitted before; it is
        kept.
    Raises: FileNotFoundError saying how to supply the data.

        >>> task = caption(CaptionSettings(corpus="shapes", batch=4))
        >>> task.train(0).seen.shape, task.codec.text(task.codec.written("a small red cross"))
        ((1, 4, 16, 16, 3), 'a small red cross')
    """
    pictures = PICTURES[data.corpus]()
    trained, judged, examined = pictures.split
    batch = 32 if data.batch is None else data.batch
    names = [pictures.names[place] for place in trained]
    if codec is None:
        codec = fit_captions(names, (1, *pictures.images.shape[1:]), least=data.least)
    table, epochs = codec.table(names), Epochs(len(trained), batch, seed)
    fitted = codec

    def train(number: int) -> Captions:
        places, real = epochs.batch_of(number)
        random = np.random.default_rng((seed, number))
        images = moved(pictures.images[trained[places]], random, data.shift)
        return Captions(images[None], np.where(real, table[:, places], 0))

    return Task(
        name="caption",
        title="What does this picture show?",
        source=f"{pictures.source}: {len(trained):,} pictures to train on, {len(judged)} to "
        f"choose by, {len(examined)} to examine; {len(codec.tokens):,} words",
        input_size=math.prod(codec.shape),
        output_size=codec.size,
        steps=codec.most,
        batch=batch,
        metric="nats per word",
        higher_is_better=False,
        train=train,
        evaluation=tuple(_chunks(codec, pictures, judged)),
        content=fingerprint(pictures.images, list(pictures.names)),
        epoch=epochs.per_epoch,
        codec=codec,
        examine=lambda model, params: _examine(model, params, fitted, pictures),
    )


def _chunks(codec: CaptionCodec, pictures: Pictures, places: np.ndarray) -> list[Captions]:
    """Return all pictures of a part; the last chunk is filled with rows that have no words."""
    rows = min(_PART, len(places))
    chunks = []
    for start in range(0, len(places), rows):
        part = places[start : start + rows]
        words = np.zeros((codec.most, rows), np.int32)
        words[:, : len(part)] = codec.table([pictures.names[place] for place in part])
        images = pictures.images[np.resize(part, rows)]
        chunks.append(Captions(images[None], words))
    return chunks


def _examine(
    model: CaptionNetwork, params: Any, codec: CaptionCodec, pictures: Pictures
) -> Examination:
    places = pictures.split.test
    names = [pictures.names[place] for place in places]
    images = pictures.images[places]
    captions, blind = model.described(params, images[None]), model.unseen(params)
    seeing_loss, blind_loss = _losses(model, params, _chunks(codec, pictures, places))
    findings = tuple(
        Finding(f"test {name}", value, True, {_BLIND: other}, other)
        for name, value, other in (
            ("log-likelihood per word in nats", -seeing_loss, -blind_loss),
            ("BLEU", bleu(captions, names), bleu([blind] * len(names), names)),
            ("share named word for word", exact(captions, names),
             exact([blind] * len(names), names)),
        )
    )  # fmt: skip
    rows = list(zip(names, captions, strict=True))
    shown = np.linspace(0, len(rows) - 1, min(_SHOWN, len(rows))).astype(int)
    files = {
        "predictions.txt": described_list(rows, {_BLIND: blind}),
        "picture.svg": sheet(images[shown], [rows[place] for place in shown]),
    }
    return Examination(findings, files)


def _losses(model: CaptionNetwork, params: Any, chunks: list[Captions]) -> tuple[float, float]:
    """Return the mean losses of who sees and of who does not."""

    @jax.jit
    def of(params: Any, chunk: Captions) -> Any:
        pairs = [counted_losses(one, chunk.words) for one in model.logits(params, chunk, None)]
        return pairs[0][0].sum(), pairs[1][0].sum(), pairs[0][1].sum()

    seeing, blind, count = np.sum([np.asarray(of(params, chunk)) for chunk in chunks], axis=0)
    return float(seeing / count), float(blind / count)


CAPTION = Kind(
    topology="one-to-many",
    summary="a picture in words: emoji, or shapes that are drawn",
    settings=CaptionSettings,
    build=caption,
    first=lambda: {
        "model": {
            "cell": "gru",
            "hidden": 96,
            "embedding": 48,
            "dropout": 0.4,
            "smoothing": 0.1,
        },
        "optimizer": {"learning_rate": 0.002},
        "training": {"updates": 600, "evaluate_every": 50, "checkpoint_every": 100},
    },
    model=CaptionModelSettings,
    network=CaptionNetwork,
    presets={
        "quick": {
            "data": {"corpus": "shapes"},
            "model": {
                "hidden": 32,
                "embedding": 16,
                "channels": 8,
                "vector": 32,
                "dropout": 0.1,
                "smoothing": 0.0,
            },
            "optimizer": {"learning_rate": 0.01},
            "training": {"updates": 120, "evaluate_every": 60, "checkpoint_every": 60},
        },
        "full": {
            "training": {"updates": 1200, "evaluate_every": 100, "checkpoint_every": 100},
        },
    },
)
