"""Which digits are spoken? Utterances of any number of them, without a word on when they come."""

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxrnn.checks import as_positive_int
from jaxrnn.data import good_buckets, read_wav
from jaxrnn.data.fingerprint import fingerprint
from jaxrnn.data.spoken_digits import Spoken
from jaxrnn.models import Output
from jaxrnn.models.bidirectional_encoder import BidirectionalEncoder
from jaxrnn.models.ctc import ctc_loss
from jaxrnn.tasks.examination import Examination, Finding
from jaxrnn.tasks.kind import DataSettings, Kind
from jaxrnn.tasks.model import ModelSettings, make_cell, one_of
from jaxrnn.tasks.speech.codec import SpeechCodec, fit_speech
from jaxrnn.tasks.speech.errors import edit_distance, word_errors
from jaxrnn.tasks.speech.listener import (
    FILE,
    Listener,
    ListenerParams,
    by_beam,
    greedily,
    to_bytes,
)
from jaxrnn.tasks.speech.report import as_list, picture_of
from jaxrnn.tasks.speech.utterances import (
    MOST_WORDS,
    Joined,
    Library,
    SpeechChunk,
    by_length,
    chunk_of,
    in_turn,
    joined_wave,
    labels_of,
)
from jaxrnn.tasks.speech.wav import as_wav
from jaxrnn.tasks.speech.words import CORPORA, SpokenParts, read_spoken
from jaxrnn.tasks.task import Task
from jaxrnn.tasks.words import lines_of

__all__ = ["TRANSCRIBE", "TranscribeSettings", "Transcriber", "transcribe"]

_GOALS = {"fsdd": 0.03}
_SOFTER = 12.0  # decibels, at most, by which words are made softer in training
_SILENT = "who hears nothing"


@dataclasses.dataclass(frozen=True)
class TranscribeSettings(DataSettings):
    """Of transcribing: steps, of a training utterance at most.

    Fields: corpus, fsdd or tones; held_out_speaker, names of those who are heard only at the end;
    mels, bands of frequency; stacked, frames of 10 ms in one step; buckets, lengths that are
    compiled.
    Shapes: none.
    Raises: ValueError or TypeError naming the field.

        >>> TranscribeSettings(held_out_speaker=("theo",)).corpus
        'fsdd'
    """

    corpus: str = "fsdd"
    held_out_speaker: tuple[str, ...] = ()
    mels: int = 40
    stacked: int = 3
    buckets: int = 4

    def __post_init__(self) -> None:
        one_of("data.corpus", self.corpus, CORPORA)
        for name in ("mels", "stacked", "buckets"):
            as_positive_int("data", name, getattr(self, name))


@dataclasses.dataclass(frozen=True)
class Transcriber:
    """A `Listener`, trained by `ctc_loss`.

    Fields: settings; codec.
    Shapes: chunk, a `SpeechChunk`.

        >>> codec = SpeechCodec(8000, 2, 3, (0.0, 0.0), (1.0, 1.0))
        >>> Transcriber(ModelSettings("lstm", 8), codec).listener.encoder.layers
        1
    """

    settings: ModelSettings
    codec: SpeechCodec

    @property
    def listener(self) -> Listener:
        """The part that hears."""
        bare = make_cell(dataclasses.replace(self.settings, dropout=0.0), 1)
        encoder = BidirectionalEncoder(bare, self.settings.layers, self.settings.dropout)
        return Listener(encoder, Output(self.codec.output_size), self.codec)

    def init(self, key: Array) -> ListenerParams:
        """Draw the params."""
        return self.listener.init(key, self.codec.input_size)

    def loss(self, params: ListenerParams, chunk: Any, key: Array | None) -> tuple[Array, Array]:
        """Return (minus the log probability of the words, how many words there are)."""
        logits = self.listener.logits(params, jnp.asarray(chunk.xs), chunk.lengths, key)
        labels, counts = jnp.asarray(chunk.labels), jnp.asarray(chunk.label_lengths)
        losses = ctc_loss(logits, chunk.lengths, labels.T, counts)
        return jnp.where(counts > 0, losses, 0).sum(), counts.sum()

    def score(self, params: ListenerParams, chunk: Any) -> tuple[Array, Array]:
        """Return (errors in the words of the likeliest way, how many words there are)."""
        lengths, counts = jnp.asarray(chunk.lengths), jnp.asarray(chunk.label_lengths)
        logits = self.listener.logits(params, jnp.asarray(chunk.xs), lengths, None)
        best = logits.argmax(-1)
        before = jnp.concatenate([jnp.zeros_like(best[:1]), best[:-1]])
        valid = jnp.arange(len(best))[:, None] < lengths
        kept = valid & (best != 0) & (best != before)
        errors = edit_distance(best, kept, jnp.asarray(chunk.labels), counts)
        return jnp.where(counts > 0, errors, 0).sum().astype(logits.dtype), counts.sum()

    def predict(self, params: ListenerParams, text: str) -> Iterator[str]:
        """Answer each line, the path of a WAV file: `path: digits`, by beam search."""
        paths = [line.strip() for line in lines_of(text) if line.strip()]
        if not paths:
            raise ValueError("expected the path of a WAV file in each line, got none.")
        for path in paths:
            xs = self.codec.heard(*read_wav(path))
            labels = self.listener.understand(params, [xs])[0]
            yield f"{path}: {self.codec.words(labels)}"


def transcribe(data: TranscribeSettings, seed: int = 0, codec: SpeechCodec | None = None) -> Task:
    """Return the task of writing down the digits of an utterance.

        xs = log-mel frames of 1 to 5 recordings of one speaker, silence of up to 0.3 s around them

    An utterance of training is drawn anew each time, its words more or less loud; those of a chunk
    have the same number of words, unless they would be too long. Held-out utterances hold every
    recording four times, and are heard as files are, as loud as they can be. Parts are those of
    `read_spoken`: takes 0 to 4 examine, and the speakers who are held out.

    Source: Graves et al. (2006), ICML; the corpus: Jackson et al., the Free Spoken Digit Dataset.
    Shapes: chunks, `SpeechChunk`s, T one of `data.buckets` lengths up to steps, 100, B 32.
    Args: seed, of what is drawn. codec, fitted before; it is kept.
    Raises: ValueError if a recording is longer than the steps; as `read_spoken`.

        >>> task = transcribe(TranscribeSettings(steps=30, batch=4, corpus="tones"))
        >>> chunk = task.train(7)
        >>> chunk.xs.shape[1:], int((chunk.lengths <= len(chunk.xs)).sum())
        ((4, 120), 4)
    """
    parts = read_spoken(data.corpus, data.held_out_speaker)
    codec = codec or fit_speech(parts.train.waves, parts.rate, mels=data.mels, stacked=data.stacked)
    steps = 100 if data.steps is None else data.steps
    batch = 32 if data.batch is None else data.batch
    library = Library(parts.train, codec)
    longest = max(len(sound) for sound in library.sounds)
    if longest > steps * codec.stacked:
        raise ValueError(
            f"data.steps: the longest recording has {longest} frames, {codec.stacked} a step: "
            f"expected at least {-(-longest // codec.stacked)} steps, got {steps}."
        )
    buckets = sorted({-(-steps * (n + 1) // data.buckets) for n in range(data.buckets)})

    def train(number: int) -> SpeechChunk:
        rng = np.random.default_rng((seed, number))
        count = int(rng.integers(1, MOST_WORDS + 1))
        rows = []
        for _ in range(batch):
            one = library.draw(rng, count, steps * codec.stacked)
            frames = library.frames(one, rng.uniform(-_SOFTER, 0, len(one.places)))
            rows.append((codec.stack(frames), labels_of(parts.train, one)))
        return chunk_of(rows, buckets, batch)

    return Task(
        name="transcribe",
        title="Which digits are spoken?",
        source=_described(parts, data.held_out_speaker),
        input_size=codec.input_size,
        output_size=codec.output_size,
        steps=steps,
        batch=batch,
        metric="word errors per word",
        higher_is_better=False,
        train=train,
        evaluation=tuple(_in_order(parts.dev, codec, data.buckets)),
        content=fingerprint([list(part.waves) for part in parts[1:4]]),
        codec=codec,
        examine=lambda model, params: _examine(model, params, parts, data),
    )


def _described(parts: SpokenParts, held_out: Sequence[str]) -> str:
    people = len(set(parts.train.speakers))
    without = f", without {', '.join(held_out)}" if held_out else ""
    return (
        f"{parts.source}, {len(parts.train.waves):,} recordings of {people} speakers{without}, "
        f"joined; {len(parts.dev.waves)} others judge"
    )


def _sound_of(spoken: Spoken, one: Joined, codec: SpeechCodec) -> np.ndarray:
    """Return xs of an utterance, as if it came from a file."""
    return codec.heard(codec.rate, joined_wave(spoken.waves, one, codec))


def _in_order(
    spoken: Spoken, codec: SpeechCodec, buckets: int, batch: int = 32
) -> Iterator[SpeechChunk]:
    """Yield all held-out utterances once."""
    rows = [(_sound_of(spoken, one, codec), labels_of(spoken, one)) for one in in_turn(spoken)]
    lengths = [len(xs) for xs, _ in rows]
    for bucket, places in by_length(lengths, good_buckets(lengths, buckets), batch):
        yield chunk_of([rows[i] for i in places], [bucket], batch)


class _Heard(NamedTuple):
    """What was said in utterances, and what was heard, greedily and by beam search."""

    speakers: list[str]
    said: list[np.ndarray]
    greedy: list[np.ndarray]
    beam: list[np.ndarray]

    def errors(self, heard: list[np.ndarray]) -> float:
        """Return the word error rate."""
        return float(word_errors(heard, self.said).sum() / sum(map(len, self.said)))

    def findings(self, of: str, goal: float | None) -> Iterator[Finding]:
        """Yield the word error rates."""
        for way, heard in (("greedily", self.greedy), ("by beam search", self.beam)):
            rate = self.errors(heard)
            yield Finding(f"{of}: word error rate, {way}", rate, False, {_SILENT: 1.0}, goal)
        right = [np.array_equal(*pair) for pair in zip(self.beam, self.said, strict=True)]
        yield Finding(f"{of}: utterances wholly right", float(np.mean(right)), True)


def _hear(model: Transcriber, params: ListenerParams, spoken: Spoken) -> _Heard:
    utterances = in_turn(spoken)
    sounds = [_sound_of(spoken, one, model.codec) for one in utterances]
    logits = model.listener.listen(params, sounds)
    return _Heard(
        [spoken.speakers[one.places[0]] for one in utterances],
        [labels_of(spoken, one) for one in utterances],
        greedily(logits),
        by_beam(logits),
    )


def _examine(
    model: Transcriber, params: ListenerParams, parts: SpokenParts, data: TranscribeSettings
) -> Examination:
    heard = {"test": _hear(model, params, parts.test)}
    if parts.unseen is not None:
        names = ", ".join(data.held_out_speaker)
        heard[f"unseen speaker {names}"] = _hear(model, params, parts.unseen)
    findings = [
        finding
        for name, one in heard.items()
        for finding in one.findings(name, _GOALS.get(data.corpus) if name == "test" else None)
    ]
    shown = next(one for one in in_turn(parts.test) if len(one.places) >= 4)
    xs = _sound_of(parts.test, shown, model.codec)
    logits = model.listener.listen(params, [xs])[0]
    files = {
        "predictions.txt": "".join(
            as_list(name, model.codec, one.speakers, one.said, one.greedy, one.beam)
            for name, one in heard.items()
        ),
        "picture.svg": picture_of(model.codec, xs, logits, labels_of(parts.test, shown)),
        "utterance.wav": as_wav(parts.rate, joined_wave(parts.test.waves, shown, model.codec)),
        FILE: to_bytes(model.listener, jax.device_get(params)),
    }
    return Examination(tuple(findings), files)


TRANSCRIBE = Kind(
    topology="many-to-many, unaligned",
    summary="the digits in speech, without a word on when they come",
    settings=TranscribeSettings,
    build=transcribe,
    first=lambda: {
        "model": {"cell": "lstm", "hidden": 96, "layers": 1, "dropout": 0.3},
        "optimizer": {"learning_rate": 0.004, "schedule": "one_cycle"},
        "training": {"updates": 600, "evaluate_every": 200, "checkpoint_every": 200},
    },
    network=Transcriber,
    presets={
        "quick": {
            "data": {
                "corpus": "tones", "steps": 30, "batch": 16, "mels": 20, "buckets": 1,
            },
            "model": {"hidden": 24, "dropout": 0.0},
            "optimizer": {"learning_rate": 0.02},
            "training": {"updates": 120, "evaluate_every": 120, "checkpoint_every": 120},
        },
        "full": {
            "model": {"hidden": 128, "layers": 2},
            "training": {"updates": 2000, "evaluate_every": 250, "checkpoint_every": 250},
        },
    },
)  # fmt: skip
