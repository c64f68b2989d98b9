"""Vectors of words, from a text: skip-gram or CBOW, trained like any other task."""

import dataclasses
import os
from collections.abc import Callable
from typing import Any

from jaxrnn.checks import as_positive, as_positive_int
from jaxrnn.data import TEXT8_PREFIX, find, load_text8, python_documentation
from jaxrnn.data.fingerprint import fingerprint
from jaxrnn.data.own_text import read_text
from jaxrnn.embeddings import Chunks, WordVocabulary, corpus_of, keep_rates, sentences_of
from jaxrnn.tasks.embeddings.network import Windows, WordModelSettings, WordNetwork, plain_words
from jaxrnn.tasks.embeddings.report import examine
from jaxrnn.tasks.kind import DataSettings, Kind
from jaxrnn.tasks.model import one_of
from jaxrnn.tasks.task import Task

__all__ = ["WORD2VEC", "Word2VecSettings", "word2vec"]

# by name: the text, and what it is
_CORPORA: dict[str, tuple[Callable[[], str], str]] = {
    "text8": (load_text8, "the beginning of text8"),
    "python": (python_documentation, "Python's documentation"),
}


@dataclasses.dataclass(frozen=True)
class Word2VecSettings(DataSettings):
    """Of word2vec: batch, the words of the text in a chunk, 2000; steps is to stay None.

    Fields: corpus, text8 or python (its documentation), None for text8 where it is at hand; text, a
    file in UTF-8 to read instead; window, words at most on either side; sample, the frequency from
    which on words are thinned out, 1 keeps all; least, how often a word has to come to be known.
    Shapes: none.
    Raises: TypeError or ValueError naming the field.

        >>> Word2VecSettings(window=2).sample
        0.001
    """

    corpus: str | None = None
    text: str | None = None
    window: int = 5
    sample: float = 1e-3
    least: int = 5

    def __post_init__(self) -> None:
        if self.corpus is not None:
            one_of("data.corpus", self.corpus, _CORPORA)
        if self.steps is not None:
            raise ValueError("data.steps: word2vec reads windows; set data.window instead.")
        if self.corpus is not None and self.text is not None:
            raise ValueError("data.corpus and data.text: give one of them.")
        for name in ("window", "least"):
            as_positive_int("data", name, getattr(self, name))
        as_positive("data", "sample", self.sample)


def word2vec(data: Word2VecSettings, seed: int = 0, codec: WordVocabulary | None = None) -> Task:
    """Return the task of telling a word from those around it, for the sake of the vectors.

    The text in small letters, without digits and marks; lines are sentences, long ones are cut
    every 1000 words. The last tenth of the sentences judges. The vocabulary is that of the others.

    Source: Mikolov et al. (2013), arXiv:1301.3781 and arXiv:1310.4546.
    Shapes: chunks, `Windows`, B = batch, C = 2 * window; what subsampling leaves out makes room for
    empty windows at the end.
    Args: seed, of the reach of windows and of what is left out. codec, counted before; it is kept.
    Raises: ValueError if the text is too short or can't be read; OSError without the file.

        >>> task = word2vec(Word2VecSettings(corpus="python", batch=100, window=2))
        >>> task.train(0).contexts.shape, task.codec.words[0]
        ((4, 100), 'the')
    """
    text, source = _read(data)
    sentences = sentences_of(plain_words(text))
    cut = len(sentences) * 9 // 10
    if not cut:
        raise ValueError(
            f"word2vec: {source} has {len(sentences)} sentences, expected at least 2. Give a "
            "longer text, in lines, or of more than 1000 words."
        )
    vocabulary = codec or WordVocabulary.of(sentences[:cut], data.least)
    batch = 2000 if data.batch is None else data.batch
    keep = keep_rates(vocabulary.counts, data.sample)
    trained, judged = (
        Chunks(corpus_of(vocabulary, part), keep, data.window, batch, seed=place)
        for part, place in ((sentences[:cut], seed), (sentences[cut:], 0))
    )

    def windows(chunks: Chunks, number: int) -> Windows:
        chunk = chunks.chunk_of(number)
        return Windows(chunk.centres[None], chunk.contexts.T, chunk.valid.T)

    evaluation = tuple(windows(judged, number) for number in range(judged.per_epoch))
    return Task(
        name="word2vec",
        title="Which words mean nearly the same?",
        source=f"{source}: {len(trained.corpus.ids):,} words to learn from, {len(vocabulary):,} "
        f"different ones",
        input_size=len(vocabulary),
        output_size=len(vocabulary),
        steps=2 * data.window,
        batch=batch,
        metric="nats per prediction",
        higher_is_better=False,
        train=lambda number: windows(trained, number),
        evaluation=evaluation,
        content=fingerprint(text),
        epoch=trained.per_epoch,
        codec=vocabulary,
        examine=lambda model, params: examine(model, params, trained.corpus.ids, evaluation),
    )


def _read(data: Word2VecSettings) -> tuple[str, str]:
    """Return a text, and what it is."""
    if data.text is not None:
        return read_text(data.text), os.path.basename(data.text)
    name = data.corpus or ("python" if find(TEXT8_PREFIX) is None else "text8")
    read, source = _CORPORA[name]
    return read(), source


def _first() -> dict[str, Any]:
    return {
        "model": {"hidden": 100},
        "optimizer": {"learning_rate": 0.01, "schedule": "cosine"},
        "training": {"updates": 1000, "evaluate_every": 250, "checkpoint_every": 250},
    }


WORD2VEC = Kind(
    topology="embeddings",
    summary="vectors of words, from a text of yours: skip-gram or CBOW",
    settings=Word2VecSettings,
    build=word2vec,
    first=_first,
    model=WordModelSettings,
    network=WordNetwork,
    presets={
        "quick": {
            "data": {"corpus": "python", "batch": 300},
            "model": {"hidden": 32},
            "optimizer": {"learning_rate": 0.03},
            "training": {"updates": 400, "evaluate_every": 200, "checkpoint_every": 200},
        },
        # 5 times through the beginning of text8
        "full": {
            "training": {"updates": 2700, "evaluate_every": 300, "checkpoint_every": 300},
        },
    },
)
