"""Treebanks in the CoNLL-U format: sentences whose words have a part of speech and a head."""

import dataclasses
import os
from collections.abc import Iterator
from typing import NamedTuple

from jaxrnn.data.lines import lines_of
from jaxrnn.data.source import DataFile, read

__all__ = [
    "UD_ENGLISH_EWT", "UD_KOREAN_GSD", "Multiword", "Sentence", "Sentences", "Treebank", "Word",
    "load_ud_english_ewt", "load_ud_korean_gsd", "read_conllu",
]  # fmt: skip

_LICENCE = "CC BY-SA 4.0"
_RAW = "https://raw.githubusercontent.com/UniversalDependencies/"
_ENGLISH_HOMES = (f"{_RAW}UD_English-EWT/15d613d8447b3478787d4c278730a1e48a945efb/",)
_KOREAN_HOMES = tuple(  # the repository got another name
    f"{_RAW}{name}/17aee7fe92b7b9d66494c0b641b65495987c6c85/"
    for name in ("UD_Korean-GSD", "UD_Korean")
)
_ENGLISH_SUMS = {
    "en_ewt-ud-train.conllu": "3fb78e2b55482c8ee00caa653af436c88c9e5bc9a73ce26e4ae3ddc79d2b7e7b",
    "en_ewt-ud-dev.conllu": "531a54ff90d6ab12201c5a50c3e78e6ddac4de69abc4bce5d275d3cd29efe2b6",
    "en_ewt-ud-test.conllu": "e266e515a0a7547657ed3d90d9ba46487d6bd251f27ad4269d4e8a427c8555cd",
}
_KOREAN_SUMS = {
    "ko_gsd-ud-train.conllu": "2ed449cf0a91283c526fab93e0cb89736eb4fecaa9d0ed7b45ecf4fb14e3faa0",
    "ko_gsd-ud-dev.conllu": "e5fb7a0fef26f7172751b2791112bbc9ae560940e4f1250b6a33f25716b5bbca",
    "ko_gsd-ud-test.conllu": "875b8cf2223767c44c641c63a87fe266725c3e5ff0d7080732f7d5ba98eb4a19",
}
UD_ENGLISH_EWT = tuple(
    DataFile("ud_english_ewt", name, sha256, tuple(h + name for h in _ENGLISH_HOMES), _LICENCE)
    for name, sha256 in _ENGLISH_SUMS.items()
)
UD_KOREAN_GSD = tuple(
    DataFile("ud_korean_gsd", name, sha256, tuple(h + name for h in _KOREAN_HOMES), _LICENCE)
    for name, sha256 in _KOREAN_SUMS.items()
)

_COLUMNS = ("ID", "FORM", "LEMMA", "UPOS", "XPOS", "FEATS", "HEAD", "DEPREL", "DEPS", "MISC")


class Word(NamedTuple):
    """A word of a sentence: the ten columns of CoNLL-U, `_` where there is nothing.

    id counts from 1; head is the id of another word, 0 for the root, None for `_`.
    """

    id: int
    form: str
    lemma: str
    upos: str
    xpos: str
    feats: str
    head: int | None
    deprel: str
    deps: str
    misc: str


class Multiword(NamedTuple):
    """How several words are written as one: the words first .. last are written as form."""

    first: int
    last: int
    form: str


class Sentence(NamedTuple):
    """A sentence of a treebank: its words, what is written together, comments without `# `."""

    words: tuple[Word, ...]
    multiwords: tuple[Multiword, ...]
    comments: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Sentences:
    """The sentences of a file, parsed anew each time they are asked for, one after the other.

    Fields: content, of the file; name, of the file, for errors.
    Shapes: none.
    Raises: as `read_conllu`, when the wrong line is reached.

        >>> sentences = Sentences(b"1\\tGo\\tgo\\tVERB\\tVB\\t_\\t0\\troot\\t_\\t_\\n", "a.conllu")
        >>> [word.form for sentence in sentences for word in sentence.words]
        ['Go']
    """

    content: bytes = dataclasses.field(repr=False)
    name: str

    def __iter__(self) -> Iterator[Sentence]:
        """Return the sentences, in the order of the file."""
        return read_conllu(self.content, self.name)


class Treebank(NamedTuple):
    """The three parts of a treebank, each parsed when it is asked for."""

    train: Sentences
    dev: Sentences
    test: Sentences


def read_conllu(content: bytes, name: str = "content") -> Iterator[Sentence]:
    """Return the sentences of a CoNLL-U file, one after the other.

    Empty nodes (`8.1`), which belong to the enhanced graph alone, are passed over.

    Source: Universal Dependencies, format CoNLL-U.
    Shapes: none. Args: name, of the file, for errors.
    Raises: ValueError naming file, line and column: not 10 columns, an empty one, ids that do not
        count up from 1, a head that is no word of the sentence, bytes that are not UTF-8.

        >>> lines = b"# text = Go\\n1\\tGo\\tgo\\tVERB\\tVB\\t_\\t0\\troot\\t_\\t_\\n\\n"
        >>> [(s.comments, s.words[0].upos) for s in read_conllu(lines)]
        [(('text = Go',), 'VERB')]
    """
    block: list[tuple[int, str]] = []
    for number, line in lines_of("read_conllu", content, name):
        if line.strip():
            block.append((number, line))
        elif block:
            yield _sentence(block, name)
            block = []
    if block:
        yield _sentence(block, name)


def load_ud_english_ewt(
    folder: str | os.PathLike[str] | None = None, *, download: bool = False
) -> Treebank:
    """Return UD English EWT: 12544, 2001 and 2077 sentences of the web, 17 parts of speech.

    Source: Silveira et al. (2014); the English Web Treebank, version of 2025-05-10. CC BY-SA 4.0.
    Shapes: none; 204577, 25147 and 25094 words.
    Args: folder, the one that holds `en_ewt-ud-*.conllu`, plain or .gz; None looks in
        `$JAXRNN_DATA/ud_english_ewt` and the cache. download, whether 18 MB may be fetched.
    Raises: FileNotFoundError saying how to supply the files; ValueError for a damaged file, one
        with a wrong line when that line is reached.

        >>> load_ud_english_ewt("no such folder")
        Traceback (most recent call last):
        FileNotFoundError: load_ud_english_ewt: en_ewt-ud-train.conllu of the data set...
    """
    return _treebank("load_ud_english_ewt", UD_ENGLISH_EWT, folder, download)


def load_ud_korean_gsd(
    folder: str | os.PathLike[str] | None = None, *, download: bool = False
) -> Treebank:
    """Return UD Korean GSD: 4400, 950 and 989 sentences, 16 parts of speech.

    A word is an eojeol; its XPOS and LEMMA are those of its morphemes, joined by `+`.

    Source: Chun et al. (2018); Universal Dependencies 2.8 of 2021-05-13. CC BY-SA 4.0.
    Shapes: none; 56687, 11958 and 11677 words.
    Args: folder, the one that holds `ko_gsd-ud-*.conllu`, plain or .gz; None looks in
        `$JAXRNN_DATA/ud_korean_gsd` and the cache. download, whether 5 MB may be fetched.
    Raises: FileNotFoundError saying how to supply the files; ValueError for a damaged file, one
        with a wrong line when that line is reached.

        >>> load_ud_korean_gsd("no such folder")
        Traceback (most recent call last):
        FileNotFoundError: load_ud_korean_gsd: ko_gsd-ud-train.conllu of the data set...
    """
    return _treebank("load_ud_korean_gsd", UD_KOREAN_GSD, folder, download)


def _treebank(
    owner: str,
    files: tuple[DataFile, ...],
    folder: str | os.PathLike[str] | None,
    download: bool,
) -> Treebank:
    return Treebank(
        *(Sentences(read(owner, file, folder, download=download), file.name) for file in files)
    )


def _sentence(block: list[tuple[int, str]], name: str) -> Sentence:
    words: list[Word] = []
    lines: list[int] = []  # of the words
    multiwords: list[Multiword] = []
    for number, line in block:
        if line.startswith("#"):
            continue
        columns = _columns(line, number, name)
        if "." in columns[0]:
            continue
        if "-" in columns[0]:
            first, last = (_whole(part, number, 0, name) for part in columns[0].split("-", 1))
            multiwords.append(Multiword(first, last, columns[1]))
            continue
        words.append(_word(columns, len(words) + 1, number, name))
        lines.append(number)
    for word, number in zip(words, lines, strict=True):
        if word.head is not None and word.head > len(words):
            _fail(
                name, number, 6, f"a head from 0 to {len(words)}, the sentence's words", word.head
            )
    comments = tuple(line[1:].strip() for _, line in block if line.startswith("#"))
    return Sentence(tuple(words), tuple(multiwords), comments)


def _columns(line: str, number: int, name: str) -> list[str]:
    columns = line.split("\t")
    if len(columns) != len(_COLUMNS):
        raise ValueError(
            f"read_conllu: {name}, line {number}: expected {len(_COLUMNS)} columns separated by a "
            f"tab, got {len(columns)}: {line[:60]!r}."
        )
    if "" in columns:
        _fail(name, number, columns.index(""), "something, or _ for nothing", "")
    return columns


def _word(columns: list[str], expected: int, number: int, name: str) -> Word:
    own = _whole(columns[0], number, 0, name)
    if own != expected:
        _fail(name, number, 0, f"{expected}, the next word of the sentence", own)
    head = None if columns[6] == "_" else _whole(columns[6], number, 6, name)
    _, form, lemma, upos, xpos, feats, _, deprel, deps, misc = columns
    return Word(own, form, lemma, upos, xpos, feats, head, deprel, deps, misc)


def _whole(cell: str, number: int, column: int, name: str) -> int:
    if not (cell.isascii() and cell.isdigit() and len(cell) < 10):
        _fail(name, number, column, "a whole number", cell[:40])
    return int(cell)


def _fail(name: str, number: int, column: int, expected: str, got: object) -> None:
    raise ValueError(
        f"read_conllu: {name}, line {number}, column {column + 1} ({_COLUMNS[column]}): expected "
        f"{expected}, got {got!r}."
    )
