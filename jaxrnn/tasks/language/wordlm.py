"""Which word, or piece of a word, comes next? A language model over the words of a text."""

import dataclasses
import math
import os
from pathlib import Path
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from optax import softmax_cross_entropy_with_integer_labels as _cross_entropy

from jaxrnn.data import Normaliser, Subwords, Words, streams
from jaxrnn.data.fingerprint import fingerprint
from jaxrnn.data.own_text import read_text
from jaxrnn.data.tokenisers import UNKNOWN
from jaxrnn.gradients import Chunk
from jaxrnn.tasks.examination import Examination, Finding
from jaxrnn.tasks.frequency import by_frequency
from jaxrnn.tasks.judging import measure_of
from jaxrnn.tasks.kind import DataSettings, Kind
from jaxrnn.tasks.language.lanes import held_out_lanes
from jaxrnn.tasks.language.passage import passage_files
from jaxrnn.tasks.language.text import corpus
from jaxrnn.tasks.language.token_codecs import TokenCodec
from jaxrnn.tasks.model import Model, one_of
from jaxrnn.tasks.task import Task
from jaxrnn.training.evaluate import evaluate

__all__ = ["WORDLM", "WordSettings", "wordlm"]

_TOKENS = ("words", "subwords")
_FILES = ("train", "valid", "test")  # of a folder in PTB's format
_PATTERN = r"\w+|[^\w\s]|\n"  # the end of a line is a token, or no line would ever be written
_MARKED = r"\S+|\n"  # PTB's words are cut already


@dataclasses.dataclass(frozen=True)
class WordSettings(DataSettings):
    """Of a word model.

    Fields: text, a file in UTF-8, or a folder with ptb.train.txt, ptb.valid.txt and ptb.test.txt
    (train.txt and so on will do); None is Tiny Shakespeare or Python's own words; tokens, words or
    subwords; size, how many tokens at most; lower, whether case is ignored.
    Shapes: none.
    Raises: ValueError naming the field.

        >>> WordSettings(tokens="subwords", size=1000).lower
        False
    """

    text: str | None = None
    tokens: str = "words"
    size: int = 10_000
    lower: bool = False

    def __post_init__(self) -> None:
        one_of("data.tokens", self.tokens, _TOKENS)
        if not 300 <= self.size <= 10**6:
            raise ValueError(f"data.size: expected 300 to 1,000,000 tokens, got {self.size}.")


class _Parts(NamedTuple):
    """A text in three parts."""

    train: str
    valid: str
    test: str
    source: str
    pattern: str


def wordlm(data: WordSettings, seed: int = 0, codec: TokenCodec | None = None) -> Task:
    """Return the task of predicting the next token of a text, at each token.

        xs[t] = the id of token t,   targets[t] = the id of token t + 1

    The first 80 % of a text are read by B readers side by side, chunk after chunk with the state
    carried; the next 10 % judge, the last 10 % examine. A folder has its own three parts. The
    vocabulary is that of the training part: other words are the one unknown token. The loss is in
    nats per token; the perplexity is its exponential.

    Source: Mikolov et al. (2010), Interspeech; Zaremba et al. (2014), arXiv:1409.2329.
    Shapes: a chunk's xs int32 `[T, B, 1]`, targets int32 `[T, B]`; weights None, all count.
    Args: seed, where in the text reading begins. codec, fitted before; its vocabulary is kept.
    Raises: ValueError if the text is too short for steps T, 35, and batch B, 20, or can't be read
        as text; OSError without the file.

        >>> task = wordlm(WordSettings(steps=5, batch=2))
        >>> xs, targets = task.train(3)[:2]
        >>> bool((xs[1:, :, 0] == targets[:-1]).all())
        True
    """
    parts = _read(data.text)
    codec = codec or TokenCodec(_fitted(data, parts))
    ids = [codec.tokens.encode(part) for part in parts[:3]]
    steps = 35 if data.steps is None else data.steps
    batch = 20 if data.batch is None else data.batch
    _check(parts.source, ids, steps, batch)
    begin = int(np.random.default_rng(seed).integers(len(ids[0]))) if seed else 0
    reading = streams(np.roll(ids[0], -begin), batch, steps)

    def examine(model: Model, params: Any) -> Examination:
        measure = measure_of(model, _cross_entropy, _cross_entropy, stream=True)
        perplexity = math.exp(evaluate(measure, params, _chunks(ids[2]))["loss"])
        unigram = math.exp(by_frequency(ids[0], ids[2], len(codec.tokens)))
        finding = Finding("test perplexity", perplexity, False, {"a unigram model": unigram})
        return Examination((finding,), passage_files(model, params, codec, ids[2]))

    unknown = float((ids[1] == UNKNOWN).mean())
    return Task(
        name="wordlm",
        title=f"Which {data.tokens[:-1]} comes next?",
        source=f"{parts.source}, {len(ids[0]):,} {data.tokens}, {len(codec.tokens):,} different "
        f"ones, {unknown:.1%} of the held-out ones unknown",
        input_size=len(codec.tokens),
        output_size=len(codec.tokens),
        steps=steps,
        batch=batch,
        stream=True,
        loss=_cross_entropy,
        score=_cross_entropy,
        metric="nats per token",
        higher_is_better=False,
        train=lambda number: _chunk(*reading.chunk(number)),
        evaluation=tuple(_chunks(ids[1])),
        baseline=by_frequency(ids[0], ids[1], len(codec.tokens)),
        baseline_name="a unigram model, which knows how often each token comes",
        content=fingerprint(*parts[:3]),
        epoch=reading.chunks,
        codec=codec,
        examine=examine,
    )


def _fitted(data: WordSettings, parts: _Parts) -> Words | Subwords:
    normaliser = Normaliser(lower=data.lower)
    if data.tokens == "subwords":
        return Subwords.fit([parts.train], normaliser, size=data.size)
    return Words.fit([parts.train], normaliser, pattern=parts.pattern, max_size=data.size)


def _read(path: str | None) -> _Parts:
    if path is not None and os.path.isdir(path):
        train, valid, test = (read_text(_file(Path(path), name)) for name in _FILES)
        return _Parts(train, valid, test, os.path.basename(os.path.abspath(path)), _MARKED)
    text, source = corpus(path)
    cuts = len(text) * 8 // 10, len(text) * 9 // 10
    return _Parts(text[: cuts[0]], text[cuts[0] : cuts[1]], text[cuts[1] :], source, _PATTERN)


def _file(folder: Path, name: str) -> Path:
    for file in (folder / f"ptb.{name}.txt", folder / f"{name}.txt"):
        if file.is_file():
            return file
    raise FileNotFoundError(
        f"{folder} has no ptb.{name}.txt and no {name}.txt: a folder of text needs a file each of "
        f"{', '.join(_FILES)}. One file will do, too: its last tenths judge and examine."
    )


def _check(source: str, ids: list[np.ndarray], steps: int, batch: int) -> None:
    least = max(steps + 1, batch)
    if len(ids[0]) < least or min(len(ids[1]), len(ids[2])) < 2:
        raise ValueError(
            f"{source} has {len(ids[0])} tokens to train on, {len(ids[1])} and {len(ids[2])} to "
            f"judge: expected at least {least} for chunks of data.steps={steps} and "
            f"data.batch={batch}, and 2 each. Give a longer text."
        )


def _chunk(inputs: np.ndarray, targets: np.ndarray) -> Chunk:
    return Chunk(jnp.asarray(inputs[..., None]), jnp.asarray(targets))


def _chunks(ids: np.ndarray) -> list[Chunk]:
    """Return held-out ids as chunks to be read one after the other, each target once."""
    return [_chunk(*lanes) for lanes in held_out_lanes(ids)]


# Of the mean loss per token, where Zaremba's code sums over 20 steps: hence 20 times the rate and a
# twentieth of the clip. 13 epochs of PTB's 2323 chunks; halved each epoch after the fourth.
_ZAREMBA_SMALL = {
    "data": {"steps": 20, "batch": 20, "size": 10_002},
    "model": {"cell": "lstm", "hidden": 200, "layers": 2, "embedding": 200, "dropout": 0.0},
    "optimizer": {
        "name": "sgd", "learning_rate": 20.0, "clip": 0.25, "schedule": "late_exponential",
        "warmup": 4 * 2323, "final": 2**-9,
    },
    "training": {"updates": 13 * 2323, "evaluate_every": 2323, "checkpoint_every": 2323},
}  # fmt: skip

WORDLM = Kind(
    topology="many-to-many, synchronous",
    summary="the next word or piece of a word of a text of yours, or of a PTB folder",
    settings=WordSettings,
    build=wordlm,
    first=lambda: {
        "model": {"cell": "lstm", "hidden": 128, "embedding": 128, "dropout": 0.2},
        "optimizer": {"learning_rate": 0.003},
        "training": {"updates": 400, "evaluate_every": 100},
    },
    presets={
        "quick": {
            "data": {"steps": 16, "batch": 8, "size": 1000},
            "model": {"hidden": 32, "embedding": 32},
            "training": {"updates": 30, "evaluate_every": 30},
        },
        "zaremba-small": _ZAREMBA_SMALL,
    },
)
