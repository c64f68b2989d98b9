"""What is the title of a text? Docstrings of Python's library, or your own pairs."""

import dataclasses
from typing import Any

import numpy as np

from jaxrnn.tasks.examination import Examination, Finding
from jaxrnn.tasks.kind import Kind
from jaxrnn.tasks.pairs.codec import PairCodec
from jaxrnn.tasks.pairs.corpora import PairCorpus, read_pairs
from jaxrnn.tasks.pairs.docstrings import docstring_corpus
from jaxrnn.tasks.pairs.network import Translator, TranslatorSettings
from jaxrnn.tasks.pairs.pairs import PairSettings, pair_task
from jaxrnn.tasks.pairs.report import nearest_targets, picture_of, rouge, side_by_side
from jaxrnn.tasks.task import Task

__all__ = ["SUMMARISE", "SummariseSettings", "best_lead", "lead", "summarise"]

_LONGEST_LEAD = 30


@dataclasses.dataclass(frozen=True)
class SummariseSettings(PairSettings):
    """Of titles: pairs, a file of two columns, text and title; None is Python's own docstrings.

    Shapes: none.

        >>> SummariseSettings().pairs is None
        True
    """

    pairs: str | None = None


def summarise(data: SummariseSettings, seed: int = 0, codec: PairCodec | None = None) -> Task:
    """Return the task of writing the title of a text, of which the first tokens are read.

    Docstrings are split by a hash of the file they stand in, files of your own by one of the text.

    Source: Rush, Chopra and Weston (2015), arXiv:1509.00685, for titles as summaries.
    Shapes: a chunk is a `Pairs`.
    Raises: ValueError without Python's library in source; as `read_pairs`.

        >>> task = summarise(SummariseSettings(most=30, tokens="words"))
        >>> len(task.train(0).source) <= 64
        True
    """
    corpus = docstring_corpus(data.most) if data.pairs is None else read_pairs(data.pairs)
    return pair_task(
        corpus, data, seed, codec, name="summarise", title="What is the title of a text?",
        examine=_examine,
    )  # fmt: skip


def lead(text: str, words: int) -> str:
    """Return the first words of a text.

    Shapes: none.

        >>> lead("once upon a time", 2)
        'once upon'
    """
    return " ".join(text.split()[:words])


def best_lead(corpus: PairCorpus) -> int:
    """Return how many leading words make the best title on the part that judges, by ROUGE-L.

    Shapes: none.

        >>> pairs = [("a b c d", "a b")]
        >>> best_lead(PairCorpus(pairs, pairs, pairs, "a test"))
        2
    """
    texts, titles = zip(*corpus.dev, strict=True)
    found = [
        rouge([lead(text, words) for text in texts], titles).rougeL
        for words in range(1, _LONGEST_LEAD + 1)
    ]
    return int(np.argmax(found)) + 1


def _examine(model: Translator, params: Any, corpus: PairCorpus) -> Examination:
    texts, titles = zip(*corpus.test, strict=True)
    width, words = model.settings.beam, best_lead(corpus)
    ids = model.answers(params, texts, width)
    written = [model.codec.text(one) for one in ids]
    scores = rouge(written, titles)
    first = f"the first {words} words"
    rivals = {
        first: rouge([lead(text, words) for text in texts], titles),
        "the title of the nearest text trained on": rouge(
            nearest_targets(corpus.train, texts), titles
        ),
    }
    findings = tuple(
        Finding(
            f"test {name}, beam {width}", score, True,
            {who: other[place] for who, other in rivals.items()}, rivals[first][place],
        )
        for place, (name, score) in enumerate(
            zip(("ROUGE-1", "ROUGE-2", "ROUGE-L"), scores, strict=True)
        )
    )  # fmt: skip
    files = {
        "predictions.txt": side_by_side(corpus.test, {f"beam {width}": written}),
        "picture.svg": picture_of(model, params, texts, ids),
    }
    return Examination(findings, files)


SUMMARISE = Kind(
    topology="encoder-decoder",
    summary="the title of a text: docstrings of Python's library, or any two columns of yours",
    settings=SummariseSettings,
    build=summarise,
    first=lambda: {
        "data": {"batch": 32, "size": 3000},
        "model": {"cell": "gru", "hidden": 128, "embedding": 128, "dropout": 0.4, "smoothing": 0.1},
        "optimizer": {"learning_rate": 0.002},
        "training": {"updates": 1000, "evaluate_every": 100, "checkpoint_every": 100},
    },
    model=TranslatorSettings,
    network=Translator,
    presets={
        "quick": {
            "data": {"most": 150, "steps": 24, "tokens": "words", "size": 500, "buckets": 1},
            "model": {"hidden": 32, "embedding": 32, "beam": 2},
            "optimizer": {"learning_rate": 0.005},
            "training": {"updates": 40, "evaluate_every": 40, "checkpoint_every": 40},
        },
        "full": {"training": {"updates": 1200}},
    },
)
