"""Which word is missing? Read from one side of the gap, and from both."""

import dataclasses
import math
import os
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from optax import softmax_cross_entropy_with_integer_labels as _cross_entropy

from jaxrnn.data import (
    Normaliser,
    Words,
    load_text8,
    load_ud_english_ewt,
    pad_to_bucket,
    python_documentation,
)
from jaxrnn.data.bucketing import Bucketed, good_buckets
from jaxrnn.data.fingerprint import fingerprint
from jaxrnn.data.own_text import read_text
from jaxrnn.data.tokenisers import UNKNOWN
from jaxrnn.tasks.examination import Examination, Finding
from jaxrnn.tasks.kind import DataSettings, Kind
from jaxrnn.tasks.language.cloze_network import GAP, ClozeChunk, ClozeNetwork, ReaderParams
from jaxrnn.tasks.language.token_codecs import TokenCodec
from jaxrnn.tasks.model import one_of
from jaxrnn.tasks.pictures import as_svg
from jaxrnn.tasks.task import Task

__all__ = ["CLOZE", "ClozeSettings", "cloze"]

_BUCKETS = 5  # lengths that are compiled
_JUDGES, _EXAMINED = 512, 2000  # held-out rows at most: every word of them is a gap
_SHOWN = 200  # gaps in predictions.txt
_ROWS = 64  # of a held-out chunk
_FORWARDS = "the same model read forwards alone"


class _Rows(NamedTuple):
    """Rows as texts, in three parts; a running text is one row, still to be cut."""

    train: list[str]
    valid: list[str]
    test: list[str]
    source: str
    running: bool


def _running(text: str, source: str) -> _Rows:
    """Return the first 90 % of a text, the next 5 %, the last 5 %, cut between words."""
    words = text.split()
    first, second = len(words) * 90 // 100, len(words) * 95 // 100
    train, valid, test = (
        [" ".join(part)] for part in (words[:first], words[first:second], words[second:])
    )
    return _Rows(train, valid, test, source, True)


def _ewt() -> _Rows:
    train, valid, test = (
        [" ".join(word.form for word in sentence.words) for sentence in part]
        for part in load_ud_english_ewt()
    )
    return _Rows(train, valid, test, "the sentences of UD English EWT", False)


# by name; a new text is one line
_CORPORA: dict[str, Callable[[], _Rows]] = {
    "text8": lambda: _running(load_text8(), "the beginning of text8"),
    "ewt": _ewt,
    "python": lambda: _running(python_documentation(), "Python's documentation"),
}


@dataclasses.dataclass(frozen=True)
class ClozeSettings(DataSettings):
    """Of gaps: steps, the words of a row of running text.

    Fields: corpus, text8, ewt (whose rows are its sentences) or python (its documentation); text, a
    file in UTF-8 to read instead; size, how many different words at most: the others are unknown,
    and no gap.
    Shapes: none.
    Raises: ValueError naming the field.

        >>> ClozeSettings().corpus
        'text8'
    """

    corpus: str = "text8"
    text: str | None = None
    size: int = 5000

    def __post_init__(self) -> None:
        one_of("data.corpus", self.corpus, _CORPORA)
        if not 10 <= self.size <= 10**6:
            raise ValueError(f"data.size: expected 10 to 1,000,000 words, got {self.size}.")


def cloze(data: ClozeSettings, seed: int = 0, codec: TokenCodec | None = None) -> Task:
    """Return the task of telling each word of a row from those around it.

        words = a row, padded with 0;   each known word is a gap, in turn

    A running text is cut into rows of `steps` words, 32: 90 % train, 5 % judge, 5 % examine; 512
    rows, evenly spread, judge at most, 2000 examine. The vocabulary, small letters, is that of the
    training part; gaps of unknown words don't count.

    Source: Taylor (1953), Journalism Quarterly 30, the cloze procedure.
    Shapes: chunks, `ClozeChunk`s.
    Args: seed, of the order of the rows. codec, fitted before; it is kept.
    Raises: ValueError if the text is too short or can't be read; OSError without the data.

        >>> task = cloze(ClozeSettings(steps=8, batch=4, corpus="python"))
        >>> task.train(0).words.shape
        (8, 4)
    """
    rows = _read(data)
    steps = 32 if data.steps is None else data.steps
    batch = 32 if data.batch is None else data.batch
    codec = codec or TokenCodec(Words.fit(rows.train, Normaliser(lower=True), max_size=data.size))
    parts = [_cut([codec.tokens.encode(row) for row in part], rows, steps) for part in rows[:3]]
    for name, part in zip(("train", "judge", "examine"), parts, strict=True):
        if not part:
            raise ValueError(
                f"cloze: {rows.source} has too few words to {name}. Give a longer text, or smaller "
                f"data.steps, now {steps}."
            )
    lengths = tuple(len(row) for row in parts[0])
    buckets = tuple(good_buckets(lengths, _BUCKETS))
    bucketed = Bucketed(lengths, batch, buckets, seed)

    def train(number: int) -> ClozeChunk:
        length, places, real = bucketed.batch_of(number)
        words = pad_to_bucket([parts[0][i] for i in places], [length])[0]
        return ClozeChunk(np.where(real, words, 0))

    counts = np.bincount(np.concatenate(parts[0]), minlength=len(codec.tokens))
    return Task(
        name="cloze",
        title="Which word is missing?",
        source=f"{rows.source}: {len(parts[0]):,} rows of {counts.sum():,} words, "
        f"{len(codec.tokens):,} different ones, {counts[UNKNOWN] / counts.sum():.1%} unknown",
        input_size=len(codec.tokens),
        output_size=len(codec.tokens),
        steps=max(buckets),
        batch=batch,
        metric="top-1",
        higher_is_better=True,
        train=train,
        evaluation=tuple(_chunks(_spread(parts[1], _JUDGES), buckets)),
        content=fingerprint(list(rows.train), list(rows.valid), list(rows.test)),
        epoch=bucketed.per_epoch,
        codec=codec,
        examine=lambda model, params: _examine(
            model, params, _spread(parts[2], _EXAMINED), buckets, counts
        ),
    )


def _read(data: ClozeSettings) -> _Rows:
    if data.text is None:
        return _CORPORA[data.corpus]()
    return _running(read_text(data.text), os.path.basename(data.text))


def _cut(rows: list[np.ndarray], source: _Rows, steps: int) -> list[np.ndarray]:
    if not source.running:
        return [row for row in rows if len(row)]
    ids = rows[0]
    return [ids[start : start + steps] for start in range(0, len(ids) - steps + 1, steps)]


def _spread(rows: list[np.ndarray], most: int) -> list[np.ndarray]:
    places = np.linspace(0, len(rows) - 1, min(most, len(rows))).astype(int)
    return [rows[i] for i in places]


def _chunks(rows: Sequence[np.ndarray], buckets: Sequence[int]) -> list[ClozeChunk]:
    """Return all rows, those of like lengths together; one of no words fills the last chunks."""
    chunks, lower = [], 0
    longest = max(map(len, rows))
    for bucket in sorted({*buckets, max(longest, *buckets)}):
        members = [row for row in rows if lower < len(row) <= bucket]
        lower = bucket
        for start in range(0, len(members), _ROWS):
            part = members[start : start + _ROWS]
            part += [np.zeros(0, np.int32)] * (_ROWS - len(part))
            chunks.append(ClozeChunk(pad_to_bucket(part, [bucket])[0]))
    return chunks


class _Filled(NamedTuple):
    """What a reader makes of the gaps of all chunks: its answers, and the losses."""

    best: list[np.ndarray]
    losses: np.ndarray


def _filled(model: ClozeNetwork, reader: ReaderParams, chunks: Sequence[ClozeChunk]) -> _Filled:
    @jax.jit
    def of(reader: ReaderParams, chunk: ClozeChunk) -> Any:
        words = jnp.asarray(chunk.words)
        return model.best(reader, chunk), _cross_entropy(model.logits(reader, chunk, None), words)

    best, losses = [], []
    for chunk in chunks:
        answers, loss = map(np.asarray, of(reader, chunk))
        best.append(answers)
        losses.append(loss[chunk.words > UNKNOWN])
    return _Filled(best, np.concatenate(losses))


def _examine(
    model: ClozeNetwork, params: Any, rows: list[np.ndarray], buckets: Sequence[int],
    counts: np.ndarray,
) -> Examination:  # fmt: skip
    chunks = _chunks(rows, buckets)
    both, forwards = (_filled(model, reader, chunks) for reader in params)
    commonest = UNKNOWN + 1 + int(counts[UNKNOWN + 1 :].argmax())
    words = [chunk.words for chunk in chunks]
    trivial = float((_counted(words, words) == commonest).mean())

    def right(filled: _Filled) -> float:
        return float((_counted(filled.best, words) == _counted(words, words)).mean())

    findings = (
        Finding(
            "test top-1 of the word in the gap, read both ways", right(both), True,
            {_FORWARDS: right(forwards), "the commonest word": trivial},
        ),
        Finding(
            "test perplexity of the word in the gap, read both ways",
            math.exp(both.losses.mean()), False, {_FORWARDS: math.exp(forwards.losses.mean())},
        ),
    )  # fmt: skip
    files = {
        "predictions.txt": _shown(model, chunks, both, forwards),
        "picture.svg": _picture(words, both, forwards),
    }
    return Examination(findings, files)


def _counted(values: Sequence[np.ndarray], words: Sequence[np.ndarray]) -> np.ndarray:
    """Return the values where a gap counts, of all chunks."""
    return np.concatenate([v[w > UNKNOWN] for v, w in zip(values, words, strict=True)])


def _shown(
    model: ClozeNetwork, chunks: Sequence[ClozeChunk], both: _Filled, forwards: _Filled
) -> str:
    """Return a gap of each of some rows, in the middle, and what was put there."""
    lines = ["# the row with its gap; the word; read both ways; read forwards; * where right", ""]

    def marked(answer: int, word: int) -> str:
        return model.codec.tokens.decode([answer]) + (" *" if answer == word else "")

    for chunk, one, other in zip(chunks, both.best, forwards.best, strict=True):
        for column in range(chunk.words.shape[1]):
            row = chunk.words[:, column]
            row = row[row > 0]
            gaps = np.flatnonzero(row > UNKNOWN)
            if len(lines) - 2 < 4 * _SHOWN and len(gaps):
                gap = int(gaps[len(gaps) // 2])
                left, right = map(model.codec.tokens.decode, (row[:gap], row[gap + 1 :]))
                lines += [
                    f"{left} {GAP} {right}".strip(),
                    f"  {model.codec.tokens.decode([row[gap]])}",
                    f"  both ways: {marked(int(one[gap, column]), int(row[gap]))}",
                    f"  forwards:  {marked(int(other[gap, column]), int(row[gap]))}",
                ]
    return "\n".join(lines) + "\n"


def _picture(words: Sequence[np.ndarray], both: _Filled, forwards: _Filled) -> str:
    """Return, as SVG, how often each reader is right, by how many words stand before the gap."""
    from jaxrnn.report.style import look, new_figure

    places = _counted([np.indices(w.shape)[0] for w in words], words)
    counts = np.bincount(places)
    enough = np.flatnonzero(counts >= 20)
    with look():
        figure, axes = new_figure(7, 3.5, 1, 1)
        panel = axes[0, 0]
        for name, filled in (("read both ways", both), ("read forwards", forwards)):
            hits = _counted(filled.best, words) == _counted(words, words)
            share = np.bincount(places, hits) / np.maximum(counts, 1)
            panel.plot(enough, 100 * share[enough], marker="o", markersize=3, label=name)
        panel.set_title("How often the word in the gap is found")
        panel.set_xlabel("words before the gap")
        panel.set_ylabel("% of gaps")
        panel.set_ylim(bottom=0)
        panel.legend()
        return as_svg(figure)


CLOZE = Kind(
    topology="many-to-many, synchronous",
    summary="the word in a gap, read from both sides and from one",
    settings=ClozeSettings,
    build=cloze,
    first=lambda: {
        "model": {"cell": "lstm", "hidden": 128, "embedding": 128, "dropout": 0.2},
        "optimizer": {"learning_rate": 0.004, "schedule": "one_cycle"},
        "training": {"updates": 600, "evaluate_every": 200, "checkpoint_every": 200},
    },
    network=ClozeNetwork,
    presets={
        "quick": {
            "data": {"corpus": "python", "steps": 16, "batch": 16, "size": 500},
            "model": {"hidden": 24, "embedding": 24},
            "optimizer": {"learning_rate": 0.02, "schedule": "constant"},
            "training": {"updates": 80, "evaluate_every": 80, "checkpoint_every": 80},
        },
        "full": {"training": {"updates": 3000, "evaluate_every": 500, "checkpoint_every": 500}},
    },
)
