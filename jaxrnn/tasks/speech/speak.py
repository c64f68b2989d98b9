"""How does a digit sound? From a number to the frames of a spectrogram, and from them to sound."""

import dataclasses
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxrnn.cells import output_width
from jaxrnn.checks import as_positive_int
from jaxrnn.data import Bucketed, bucket_for, good_buckets, pad_to_bucket
from jaxrnn.data.fingerprint import fingerprint
from jaxrnn.data.spoken_digits import Spoken
from jaxrnn.drivers import scan
from jaxrnn.files import write_whole
from jaxrnn.gradients import Params
from jaxrnn.models import Output
from jaxrnn.randomness import with_key
from jaxrnn.tasks.examination import Examination, Finding
from jaxrnn.tasks.kind import DataSettings, Kind
from jaxrnn.tasks.model import ModelSettings, make_cell, one_of
from jaxrnn.tasks.pictures import as_svg
from jaxrnn.tasks.speech.errors import word_errors
from jaxrnn.tasks.speech.listener import from_run
from jaxrnn.tasks.speech.utterances import in_turn, joined_wave, labels_of
from jaxrnn.tasks.speech.voice import VoiceCodec, fit_voice
from jaxrnn.tasks.speech.wav import as_wav
from jaxrnn.tasks.speech.words import CORPORA, SpokenParts, digits_in, read_spoken
from jaxrnn.tasks.task import Task
from jaxrnn.tasks.words import lines_of
from jaxrnn.treemath import select_or_zero

__all__ = ["SPEAK", "FramesChunk", "SpeakSettings", "Voice", "speak"]

_GOAL = 0.9
_STEPS = 100  # frames of 8 ms
_LENGTHS = tuple(16 * 2**n for n in range(20))  # that are compiled to speak
_DECIBELS = 20 / np.log(10)


@dataclasses.dataclass(frozen=True)
class SpeakSettings(DataSettings):
    """Of speaking: longer recordings than steps are not learned from.

    Fields: corpus, fsdd or tones; listener, the folder of a finished run of transcribe on the same
    corpus, which says at the end what it understands, None for nobody; buckets, lengths that are
    compiled.
    Shapes: none.
    Raises: ValueError or TypeError naming the field.

        >>> SpeakSettings(listener="runs/transcribe").corpus
        'fsdd'
    """

    corpus: str = "fsdd"
    listener: str | None = None
    buckets: int = 3

    def __post_init__(self) -> None:
        one_of("data.corpus", self.corpus, CORPORA)
        as_positive_int("data", "buckets", self.buckets)


class FramesChunk(NamedTuple):
    """Digits side by side, and how they were said."""

    xs: Any  # [T, B, D] float32
    targets: Any  # [T, B, F] float32
    lengths: Any  # [B] int32, 0 of a column that is not real


@dataclasses.dataclass(frozen=True)
class Voice:
    """Layers of a cell that read which digit, whose, and where in it; a frame at each step.

        frames = scan(cell, xs) @ w_hy + b_y

    One digit in, many frames out: what is read at each step beside the digit is only the place.
    Fields: settings; codec.
    Shapes: chunk, a `FramesChunk`; frames `[T, B, F]`.

        >>> codec = VoiceCodec(8000, ("theo",), (50,) * 10, (0.0,) * 129, (1.0,) * 129)
        >>> voice = Voice(ModelSettings("gru", 4), codec)
        >>> params = voice.init(jax.random.key(0))
        >>> [frames.shape for frames in voice.say(params, [1, 2], "theo")]
        [(50, 129), (50, 129)]
    """

    settings: ModelSettings
    codec: VoiceCodec

    def init(self, key: Array) -> Params:
        """Draw the params."""
        cell_key, head_key = jax.random.split(key)
        cell, size = make_cell(self.settings), self.codec.input_size
        params = cell.init(cell_key, size)
        width = output_width(cell, params, size)
        return Params(params, Output(self.codec.output_size).init(head_key, width))

    def frames(self, params: Params, xs: Any, lengths: Any, key: Array | None = None) -> Array:
        """Return the frames; with a key as in training."""
        cell, xs = make_cell(self.settings), jnp.asarray(xs)
        state = cell.init_state(params.cell, xs.shape[1:-1])
        state = state if key is None else with_key(state, key)
        ys = scan(cell, params.cell, state, xs, lengths=lengths)[1]
        return Output(self.codec.output_size).apply(params.head, ys)

    def loss(self, params: Params, chunk: Any, key: Array | None) -> tuple[Array, Array]:
        """Return (sum over the frames of their mean distance |y - target|, how many frames)."""
        return self._distance(params, chunk, key, 1.0)

    def score(self, params: Params, chunk: Any) -> tuple[Array, Array]:
        """Return the same in decibels."""
        return self._distance(params, chunk, None, np.array(self.codec.scale) * _DECIBELS)

    def _distance(
        self, params: Params, chunk: Any, key: Array | None, scale: Any
    ) -> tuple[Array, Array]:
        lengths, targets = jnp.asarray(chunk.lengths), jnp.asarray(chunk.targets)
        real = jnp.arange(len(targets))[:, None] < lengths
        apart = jnp.abs(self.frames(params, chunk.xs, lengths, key) - targets)
        losses = (apart * jnp.asarray(scale, apart.dtype)).mean(-1)
        return select_or_zero(real, losses).sum(), real.sum()

    def say(self, params: Params, digits: Sequence[int], speaker: str) -> list[np.ndarray]:
        """Return the frames of each digit, as long as this speaker mostly takes for it."""
        rows = [self.codec.inputs(digit, speaker) for digit in digits]
        buckets = [bucket_for(max(map(len, rows)), _LENGTHS)]
        frames = np.concatenate(
            [  # one digit at a time: any number of them, and one program
                np.asarray(_frames(self, params, *pad_to_bucket([row], buckets))) for row in rows
            ],
            axis=1,
        )
        return [frames[: len(row), place] for place, row in enumerate(rows)]

    def predict(self, params: Params, text: str) -> Iterator[str]:
        """Say each line, `DIGITS FILE.wav [SPEAKER]`, into that file."""
        lines = [line.split() for line in lines_of(text) if line.strip()]
        if not lines:
            raise ValueError("expected lines such as 3 1 4 pi.wav, got none.")
        for words in lines:
            digits, file, name = self._asked(words)
            wave = self.codec.wave(self.say(params, digits, name))
            write_whole(Path(file), as_wav(self.codec.rate, wave))
            said = " ".join(map(str, digits))
            yield f"{file}: {said}, said by {name} in {len(wave) / self.codec.rate:.2f} s"

    def _asked(self, words: list[str]) -> tuple[list[int], str, str]:
        places = [i for i, word in enumerate(words) if word.lower().endswith(".wav")]
        if len(places) != 1 or len(words) > places[0] + 2:
            raise ValueError(
                "expected digits, the WAV file to write and, if you like, a speaker, such as "
                f"3 1 4 pi.wav {self.codec.speakers[0]}, got {' '.join(words)[:60]!r}."
            )
        name = words[-1] if len(words) == places[0] + 2 else self.codec.speakers[0]
        self.codec.speaker(name)
        return digits_in(" ".join(words[: places[0]])), words[places[0]], name


@partial(jax.jit, static_argnums=0)
def _frames(voice: Voice, params: Any, xs: Any, lengths: Any) -> Array:
    return voice.frames(params, xs, lengths)


def speak(data: SpeakSettings, seed: int = 0, codec: VoiceCodec | None = None) -> Task:
    """Return the task of giving the frames of a recording, told which digit, whose and how long.

        xs[t] = digit, speaker, place in the digit;   targets[t] = frame t of its log spectrogram

    Parts are those of `read_spoken`. The loss is the mean distance in units of each frequency's
    standard deviation, the metric the same in decibels.

    Source: Griffin and Lim (1984) for the sound; the corpus: Jackson et al., the Free Spoken Digit
    Dataset.
    Shapes: chunks, `FramesChunk`s, T one of `data.buckets` lengths up to steps, 100, B 32.
    Args: seed, of the order of the recordings. codec, fitted before; it is kept.
    Raises: ValueError if all recordings are longer than the steps; as `read_spoken`.

        >>> task = speak(SpeakSettings(batch=4, corpus="tones", buckets=1))
        >>> chunk = task.train(0)
        >>> chunk.xs.shape[1:], chunk.targets.shape[1:]
        ((4, 24), (4, 129))
    """
    if data.listener is not None:
        from_run(data.listener)  # that there is none is told now, not after training
    parts = read_spoken(data.corpus)
    codec = codec or fit_voice(parts.train, parts.rate)
    steps = _STEPS if data.steps is None else data.steps
    batch = 32 if data.batch is None else data.batch
    rows, judged = (_rows(codec, part, steps) for part in (parts.train, parts.dev))
    if not rows or not judged:
        raise ValueError(
            f"data.steps: every recording has more than {steps} frames, of {codec.hop} samples "
            "each. Take more steps."
        )
    lengths = [len(xs) for xs, _ in rows]
    buckets = tuple(good_buckets(lengths, data.buckets))
    bucketed = Bucketed(tuple(lengths), batch, buckets, seed)

    def train(number: int) -> FramesChunk:
        length, places, real = bucketed.batch_of(number)
        return _chunk([rows[i] for i in places], length, real)

    return Task(
        name="speak",
        title="How does a digit sound?",
        source=f"{parts.source}, {len(rows):,} recordings of {len(codec.speakers)} speakers; "
        f"{len(judged)} others judge",
        input_size=codec.input_size,
        output_size=codec.output_size,
        steps=max(buckets),
        batch=batch,
        metric="dB",
        higher_is_better=False,
        train=train,
        evaluation=tuple(_chunks(judged, buckets, batch)),
        content=fingerprint([list(part.waves) for part in parts[1:4]]),
        epoch=bucketed.per_epoch,
        codec=codec,
        examine=lambda model, params: _examine(model, params, parts, steps, data.listener),
    )


_Row = tuple[np.ndarray, np.ndarray]  # xs [n, D], frames [n, F]


def _rows(codec: VoiceCodec, spoken: Spoken, steps: int) -> list[_Row]:
    rows = []
    for wave, digit, speaker in zip(spoken.waves, spoken.digits, spoken.speakers, strict=True):
        frames = codec.frames(wave)
        if len(frames) <= steps:
            rows.append((codec.inputs(int(digit), speaker, len(frames)), frames))
    return rows


def _chunk(rows: Sequence[_Row], length: int, real: np.ndarray) -> FramesChunk:
    xs, frames = zip(*rows, strict=True)
    padded, lengths = pad_to_bucket(xs, [length])
    targets = pad_to_bucket(frames, [length])[0]
    return FramesChunk(padded, targets, np.where(real, lengths, 0).astype(np.int32))


def _chunks(rows: Sequence[_Row], buckets: Sequence[int], batch: int) -> Iterator[FramesChunk]:
    """Yield all held-out recordings once; the longest may need a bucket."""
    longest = max(len(xs) for xs, _ in rows)
    every = sorted({*buckets, max(longest, *buckets)})
    of = np.array([bucket_for(len(xs), every) for xs, _ in rows])
    for bucket in sorted(set(of.tolist())):
        members = np.flatnonzero(of == bucket)
        for start in range(0, len(members), batch):
            places = members[start : start + batch]
            chosen = [rows[i] for i in np.resize(places, batch).tolist()]
            yield _chunk(chosen, bucket, np.arange(batch) < len(places))


def _examine(
    model: Voice, params: Params, parts: SpokenParts, steps: int, listener: str | None
) -> Examination:
    codec = model.codec
    rows = _rows(codec, parts.test, steps)
    chunks = _chunks(rows, [max(len(xs) for xs, _ in rows)], 32)
    score = jax.jit(model.score)
    total, count = np.sum([jax.device_get(score(params, chunk)) for chunk in chunks], axis=0)
    apart = float(total / count)
    plain = {"the mean frame of each digit": _of_mean_frames(codec, parts, steps)}
    findings = [Finding("test: distance of the spectrogram in dB", apart, False, plain)]
    files: dict[str, str | bytes] = {
        f"{name}.wav": as_wav(parts.rate, codec.wave(model.say(params, range(10), name)))
        for name in codec.speakers
    }
    files["picture.svg"] = _picture(model, params, parts)
    if listener is not None:
        found, files["predictions.txt"] = _listened(model, params, parts, listener)
        findings += found
    return Examination(tuple(findings), files)


def _of_mean_frames(codec: VoiceCodec, parts: SpokenParts, steps: int) -> float:
    """Return the distance, in dB, of who says the mean frame of a digit all the time."""
    trained, tested = (_rows(codec, part, steps) for part in (parts.train, parts.test))
    means = np.stack(
        [
            np.concatenate([frames for xs, frames in trained if xs[0, digit]]).mean(0)
            for digit in range(10)
        ]
    )
    apart = np.concatenate([abs(frames - xs[:1, :10] @ means) for xs, frames in tested])
    return float((apart * np.array(codec.scale)).mean() * _DECIBELS)


def _listened(
    model: Voice, params: Params, parts: SpokenParts, folder: str
) -> tuple[list[Finding], str]:
    """Return what a listener understands, beside what it does of people, and all of it as a list.

    Said are the words of the test utterances, by the same speakers.
    """
    listener, learned = from_run(folder)
    utterances = in_turn(parts.test, rounds=1)
    names = [parts.test.speakers[one.places[0]] for one in utterances]
    said = [labels_of(parts.test, one) for one in utterances]
    waves = [
        model.codec.wave(model.say(params, (labels - 1).tolist(), name))
        for name, labels in zip(names, said, strict=True)
    ]
    spoken = [joined_wave(parts.test.waves, one, listener.codec) for one in utterances]
    real, made = (
        [listener.codec.heard(parts.rate, wave) for wave in some] for some in (spoken, waves)
    )
    heard = {"people": listener.understand(learned, real), "it": listener.understand(learned, made)}
    words = sum(map(len, said))
    share = {who: 1 - word_errors(found, said).sum() / words for who, found in heard.items()}
    right = [np.array_equal(*pair) for pair in zip(heard["it"], said, strict=True)]
    findings = [
        Finding(
            f"words that transcribe understands, of {words}", float(share["it"]), True,
            {"a digit at random": 0.1, "people saying the same": float(share["people"])}, _GOAL,
        ),
        Finding("utterances wholly understood", float(np.mean(right)), True),
    ]  # fmt: skip
    lines = ["speaker, said, understood; * where it is wrong"]
    for name, labels, found, fine in zip(names, said, heard["it"], right, strict=True):
        first, second = map(listener.codec.words, (labels, found))
        lines.append(f"{name:<10}  {first:<10}  {second}{'' if fine else '  *'}")
    return findings, "\n".join(lines) + "\n"


def _picture(model: Voice, params: Params, parts: SpokenParts) -> str:
    """Return, as SVG, four digits as a person said them, and as they are said here."""
    from jaxrnn.report.style import look, new_figure

    codec, test, name = model.codec, parts.test, model.codec.speakers[0]
    digits = (0, 3, 6, 7)
    with look():
        figure, axes = new_figure(10, 5, 2, len(digits), sharey=True)
        for column, digit in enumerate(digits):
            mine = (test.digits == digit) & (np.array(test.speakers) == name)
            real = codec.frames(test.waves[mine.tolist().index(True)])
            made = model.say(params, [digit], name)[0]
            for row, frames in enumerate((real, made)):
                panel = axes[row, column]
                logs = frames * np.array(codec.scale) + np.array(codec.mean)
                panel.imshow(
                    logs.T * _DECIBELS, origin="lower", aspect="auto", cmap="magma", vmin=-80,
                    vmax=-20, interpolation="none",
                    extent=(0, len(logs) * codec.hop / codec.rate, 0, codec.rate / 2000),
                )  # fmt: skip
                panel.grid(False)
            axes[0, column].set_title(f"{digit}, {name}")
            axes[1, column].set(title=f"{digit}, the network", xlabel="seconds")
        for row in range(2):
            axes[row, 0].set_ylabel("kHz")
        return as_svg(figure)


SPEAK = Kind(
    topology="one-to-many",
    summary="a digit as sound, said by one of several speakers",
    settings=SpeakSettings,
    build=speak,
    first=lambda: {
        "model": {"cell": "lstm", "hidden": 192, "layers": 1},
        "optimizer": {"learning_rate": 0.004, "schedule": "one_cycle"},
        "training": {"updates": 500, "evaluate_every": 100, "checkpoint_every": 100},
    },
    network=Voice,
    presets={
        "quick": {
            "data": {"corpus": "tones", "batch": 16, "buckets": 1},
            "model": {"hidden": 32},
            "optimizer": {"learning_rate": 0.02},
            "training": {"updates": 60, "evaluate_every": 60, "checkpoint_every": 60},
        },
        "full": {
            "model": {"hidden": 256},
            "training": {"updates": 2000, "evaluate_every": 250, "checkpoint_every": 250},
        },
    },
)
