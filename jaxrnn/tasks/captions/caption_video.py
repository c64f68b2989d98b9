"""What happens in this clip? Handwritten digits that move, and a sentence about them."""

import dataclasses
import math
from typing import Any

import numpy as np

from jaxrnn.data.fingerprint import fingerprint
from jaxrnn.tasks.captions.clip_network import ClipNetwork
from jaxrnn.tasks.captions.clips import Clips, Moving, digit_images, drawn_clips
from jaxrnn.tasks.captions.codec import CaptionCodec, Captions, fit_captions
from jaxrnn.tasks.captions.parts import CaptionModelSettings
from jaxrnn.tasks.captions.report import described_list, filmstrips
from jaxrnn.tasks.examination import Examination, Finding
from jaxrnn.tasks.kind import DataSettings, Kind
from jaxrnn.tasks.pairs.report import exact
from jaxrnn.tasks.task import Task

__all__ = ["CAPTION_VIDEO", "ClipSettings", "caption_video"]

_YARDSTICK = 90.0  # per cent
_PART, _JUDGED, _EXAMINED = 100, 5, 10  # clips of a held-out chunk, chunks of either part
_SHOWN = 10
_TRAIN, _JUDGE, _EXAMINE, _FIT = range(4)  # streams of random numbers
_GUESS = "the commonest sentence of 2,000 clips"


@dataclasses.dataclass(frozen=True)
class ClipSettings(DataSettings):
    """Of clips: steps, their frames, 6.

    Fields: side, pixels of a frame, None is 32, or 18 of the small digits; most, digits at once, 1
    or 2; fastest, pixels a frame at most.
    Shapes: none.
    Raises: ValueError naming the field.

        >>> ClipSettings(most=1).fastest
        2
    """

    side: int | None = None
    most: int = 2
    fastest: int = 2

    def __post_init__(self) -> None:
        self.moving(32)

    def moving(self, side: int) -> Moving:
        """Return how clips are made, of that side if none is set."""
        frames = 6 if self.steps is None else self.steps
        return Moving(frames, self.side or side, self.most, self.fastest)


def caption_video(data: ClipSettings, seed: int = 0, codec: CaptionCodec | None = None) -> Task:
    """Return the task of saying which digits there are in a clip, and where each moves.

    The clips that train are drawn from MNIST's training images without the last 5000, which judge;
    MNIST's test images examine. A sentence is right if all of it is.

    Source: digits that move: Srivastava, Mansimov and Salakhutdinov (2015), arXiv:1502.04681.
    Shapes: a chunk is a `Captions`, its words those of sentences.
    Args: seed, of the clips that train; codec, fitted before; it is kept.
    Raises: ValueError if a frame is too small for its digits.

        >>> task = caption_video(ClipSettings(batch=4))
        >>> task.train(0).seen.shape[:2], task.codec.text(task.train(0).words[:, 0])[:9]
        ((6, 4), 'the digit')
    """
    choosing, examining, source = digit_images()
    size = choosing.train_x.shape[1]
    moving = data.moving(2 * size + 4 if size == 14 else 2 * size + 2)
    batch = 32 if data.batch is None else data.batch

    def clips(x: np.ndarray, y: np.ndarray, count: int, *entropy: int) -> Clips:
        return drawn_clips(x, y, moving, count, np.random.default_rng(entropy))

    common = clips(choosing.train_x, choosing.train_y, 2000, _FIT).sentences
    if codec is None:
        words = fit_captions(common, (1, 1, 1, 1)).tokens
        most = 6 * moving.most  # five words each, an "and" between, an end
        codec = CaptionCodec(words, most, (moving.frames, moving.side, moving.side, 1))
    fitted = codec

    def chunk(made: Clips) -> Captions:
        return Captions(made.seen, fitted.table(made.sentences))

    def train(number: int) -> Captions:
        return chunk(clips(choosing.train_x, choosing.train_y, batch, _TRAIN, seed, number))

    def examine(model: ClipNetwork, params: Any) -> Examination:
        made = clips(examining.test_x, examining.test_y, _PART * _EXAMINED, _EXAMINE)
        return _examine(model, params, made, max(set(common), key=common.count))

    return Task(
        name="caption_video",
        title="What happens in this clip?",
        source=f"{source}, 1 to {moving.most} of them moving in {moving.frames} frames of "
        f"{moving.side} x {moving.side}",
        input_size=math.prod(codec.shape),
        output_size=codec.size,
        steps=moving.frames,
        batch=batch,
        metric="sentences fully right",
        higher_is_better=True,
        train=train,
        evaluation=tuple(
            chunk(clips(choosing.test_x, choosing.test_y, _PART, _JUDGE, part))
            for part in range(_JUDGED)
        ),
        content=fingerprint(choosing.train_x, choosing.test_x, examining.test_x),
        codec=codec,
        examine=examine,
    )


def _examine(model: ClipNetwork, params: Any, made: Clips, guess: str) -> Examination:
    said = model.described(params, made.seen)
    rows = list(zip(made.sentences, said, strict=True))
    findings = [
        Finding(
            "test sentences fully right in per cent", exact(said, made.sentences), True,
            {_GUESS: exact([guess] * len(rows), made.sentences)}, _YARDSTICK,
        )
    ]  # fmt: skip
    for name, two in (("one digit", False), ("two digits", True)):
        part = [row for row in rows if (" and " in row[0]) == two]
        if part:
            right = exact([row[1] for row in part], [row[0] for row in part])
            findings.append(Finding(f"test sentences fully right of {name}", right, True))
    files = {
        "predictions.txt": described_list(rows, {_GUESS: guess}),
        "picture.svg": filmstrips(made.seen[:, :_SHOWN], rows[:_SHOWN]),
    }
    return Examination(tuple(findings), files)


CAPTION_VIDEO = Kind(
    topology="one-to-many",
    summary="a sentence about a clip: which handwritten digits move, and where to",
    settings=ClipSettings,
    build=caption_video,
    first=lambda: {
        "model": {"cell": "gru", "hidden": 128, "embedding": 32},
        "optimizer": {"learning_rate": 0.003, "schedule": "one_cycle"},
        "training": {"updates": 1500, "evaluate_every": 250, "checkpoint_every": 250},
    },
    model=CaptionModelSettings,
    network=ClipNetwork,
    presets={
        "quick": {
            "data": {"steps": 3, "most": 1, "batch": 16},
            "model": {"hidden": 32, "embedding": 16, "channels": 4, "vector": 32},
            "optimizer": {"learning_rate": 0.01, "schedule": "constant"},
            "training": {"updates": 120, "evaluate_every": 60, "checkpoint_every": 60},
        },
        "full": {
            "training": {"updates": 12000, "evaluate_every": 500, "checkpoint_every": 500},
        },
    },
)
