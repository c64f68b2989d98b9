"""Sentences whose words have a tag: treebanks by name, or CoNLL-U files of your own."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from jaxrnn.data import Sentence, load_ud_english_ewt, load_ud_korean_gsd, read_conllu
from jaxrnn.data.own_file import content_of, folder_of
from jaxrnn.spelling import did_you_mean

__all__ = ["MADE", "TREEBANKS", "Tagged", "TaggedParts", "made_sentences", "read_tagged"]

MADE = "made"  # a treebank that is always there
_PARTS = (("train",), ("dev", "valid"), ("test",))  # by what their files' names contain
_OWNER = "read_tagged"


class Tagged(NamedTuple):
    """A sentence: its words, and as many tags."""

    words: tuple[str, ...]
    tags: tuple[str, ...]


class TaggedParts(NamedTuple):
    """What is learned, what judges, what examines; source, in words."""

    train: list[Tagged]
    dev: list[Tagged]
    test: list[Tagged]
    source: str


def made_sentences(seed: int, count: int) -> list[Tagged]:
    """Return sentences of a small grammar, of made-up words.

    The ending of a name, of an adjective or of an adverb tells what it is, so that it is known
    though the word is new; "sail" and its like are a noun after "the", a verb after "they".

    Shapes: none.

        >>> sentence = made_sentences(0, 1)[0]
        >>> len(sentence.words) == len(sentence.tags), sentence.tags[-1]
        (True, 'PUNCT')
    """
    draw = np.random.default_rng(seed)
    return [_made(draw) for _ in range(count)]


def _made(draw: np.random.Generator) -> Tagged:
    def stem() -> str:
        return "".join(draw.choice(list("bdfgklmnprst")) + draw.choice(list("aeiou")) for _ in "ab")

    def one_of(*words: str) -> str:
        return str(draw.choice(words))

    both = ("sail", "walk", "light", "play", "work", "plan")  # a noun or a verb
    subject = [
        [(one_of("they", "you", "we"), "PRON")],
        [(stem().capitalize() + "in", "PROPN"), ("and", "CCONJ"), ("I", "PRON")],
    ][draw.integers(2)]
    adverb = [(stem() + "ly", "ADV")] if draw.integers(2) else []
    adjective = [(stem() + "ous", "ADJ")] if draw.integers(2) else []
    found = [
        *subject, *adverb, (one_of(*both), "VERB"), (one_of("the", "a"), "DET"), *adjective,
        (one_of(*both), "NOUN"), (one_of(".", "!"), "PUNCT"),
    ]  # fmt: skip
    words, tags = zip(*found, strict=True)
    return Tagged(words, tags)


def _made_parts() -> tuple[list[Tagged], ...]:
    return tuple(made_sentences(seed, count) for seed, count in enumerate((400, 100, 100)))


def _treebank(load: Callable[[], Any]) -> Callable[[], tuple[list[Tagged], ...]]:
    return lambda: tuple(_tagged(part, part.name) for part in load())


# by name, with what it is; a new treebank is one line
TREEBANKS: dict[str, tuple[str, Callable[[], tuple[list[Tagged], ...]]]] = {
    "ewt": ("UD English EWT", _treebank(load_ud_english_ewt)),
    "ko_gsd": ("UD Korean GSD", _treebank(load_ud_korean_gsd)),
    MADE: ("sentences of a small grammar", _made_parts),
}


def read_tagged(treebank: str) -> TaggedParts:
    """Return a treebank by its name, or that of a folder with CoNLL-U files of your own.

    The folder has one file each for three parts, `*train*.conllu`, `*dev*.conllu` (or `valid`) and
    `*test*.conllu`, plain or `.gz`. Words are the syntactic ones; tags are the column UPOS.

    Source: Universal Dependencies, format CoNLL-U.
    Shapes: none.
    Raises: ValueError if there is no such name or folder, a part has no or two files, a file has a
        wrong line, no sentence, or a word without a tag; OSError without the data.

        >>> parts = read_tagged("made")
        >>> len(parts.train), parts.source
        (400, 'sentences of a small grammar')
        >>> read_tagged("etw")
        Traceback (most recent call last):
        ValueError: data.treebank: expected one of ewt, ko_gsd, made, or a folder with CoNLL-U...
    """
    if treebank in TREEBANKS:
        source, load = TREEBANKS[treebank]
        train, dev, test = load()
        return TaggedParts(train, dev, test, source)
    if treebank and not Path(treebank).expanduser().exists():
        raise ValueError(
            f"data.treebank: expected one of {', '.join(TREEBANKS)}, or a folder with CoNLL-U "
            f"files, got {treebank!r}.{did_you_mean(treebank, TREEBANKS)}"
        )
    folder = folder_of(_OWNER, treebank, "a folder with CoNLL-U files")
    files = [_file(folder, names) for names in _PARTS]
    train, dev, test = (
        _tagged(read_conllu(content_of(_OWNER, file, "a CoNLL-U file"), file.name), file.name)
        for file in files
    )
    return TaggedParts(train, dev, test, folder.resolve().name)


def _file(folder: Path, names: tuple[str, ...]) -> Path:
    found = sorted(
        path
        for path in folder.iterdir()
        if path.name.removesuffix(".gz").endswith(".conllu")
        and any(name in path.name.lower() for name in names)
    )
    if len(found) != 1:
        got = ", ".join(path.name for path in found) or "none"
        raise ValueError(
            f"{_OWNER}: {folder}: expected one file *{'* or *'.join(names)}*.conllu, got {got}."
        )
    return found[0]


def _tagged(sentences: Iterable[Sentence], name: str) -> list[Tagged]:
    found = [
        Tagged(tuple(w.form for w in s.words), tuple(w.upos for w in s.words))
        for s in sentences
        if s.words
    ]
    if not found:
        raise ValueError(f"{_OWNER}: {name} has no sentence.")
    for place, sentence in enumerate(found, 1):
        if "_" in sentence.tags:
            word = sentence.words[sentence.tags.index("_")]
            raise ValueError(
                f"{_OWNER}: {name}: the word {word!r:.40} of sentence {place} has no tag in column "
                "4 (UPOS). Words to learn from need one."
            )
    return found
