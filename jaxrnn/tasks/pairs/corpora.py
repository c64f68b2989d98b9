"""Pairs of texts by name, or from a file of your own: sentences and their translations."""

import csv
import io
import os
from collections.abc import Callable, Sequence
from typing import NamedTuple

from jaxrnn.data import load_korean_english, load_multi30k
from jaxrnn.data.hash_split import hash_split
from jaxrnn.data.lines import decoded
from jaxrnn.data.own_file import content_of

__all__ = ["TRANSLATIONS", "Pair", "PairCorpus", "read_pairs", "split_pairs"]

Pair = tuple[str, str]  # (source, target)


class PairCorpus(NamedTuple):
    """Pairs (source, target): what is learned, what judges, what examines; source, in words."""

    train: Sequence[Pair]
    dev: Sequence[Pair]
    test: Sequence[Pair]
    source: str


def split_pairs(pairs: Sequence[Pair], families: Sequence[str], source: str) -> PairCorpus:
    """Return pairs split by a hash of their families: 80 % to train on, a tenth each for the rest.

    Shapes: none.
    Args: families, as many, equal for pairs that belong together; source, what they are, in words.
    Raises: ValueError for fewer than 3 families.

        >>> corpus = split_pairs([("a", "1"), ("b", "2"), ("c", "3")], "abc", "a test")
        >>> len(corpus.train), len(corpus.dev), len(corpus.test)
        (1, 1, 1)
    """
    split = hash_split(families)
    train, dev, test = ([pairs[place] for place in part] for part in split)
    return PairCorpus(train, dev, test, source)


def read_pairs(path: str | os.PathLike[str]) -> PairCorpus:
    r"""Return the pairs in a file of two columns, source and target, plain or gzip.

    Separated by a tab, where quotes are text; or, if the first line has no tab, by a comma, with
    quotes around a text that holds one. Empty lines are left out. All pairs of one source stay
    together when they are split.

    Shapes: none.
    Raises: OSError if there is no such file; ValueError naming file and line of a row with other
        than two columns, or an empty one; for what is not UTF-8; or for fewer than 3 sources.

        >>> import pathlib, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = pathlib.Path(folder, "my.tsv")
        ...     _ = path.write_text("".join(f"{n}\t{n + 1}\n" for n in range(20)))
        ...     corpus = read_pairs(path)
        >>> len(corpus.train), corpus.source, corpus.train[0]
        (16, 'my.tsv', ('0', '1'))
    """
    owner, name = "read_pairs", os.path.basename(path)
    text = decoded(owner, content_of(owner, path, "two columns, source and target"), name)
    tabs = "\t" in text.split("\n", 1)[0]
    quoting = csv.QUOTE_NONE if tabs else csv.QUOTE_MINIMAL
    rows = csv.reader(
        io.StringIO(text, newline=""), delimiter="\t" if tabs else ",", quoting=quoting
    )
    pairs: list[Pair] = []
    try:
        for row in rows:
            cells = [cell.strip() for cell in row]
            if not any(cells):
                continue
            if len(cells) != 2 or not all(cells):
                raise ValueError(
                    f"{owner}: {name}, line {rows.line_num}: expected two columns, a source and a "
                    f"target, separated by a {'tab' if tabs else 'comma or a tab'}, got "
                    f"{len(cells)}: {' | '.join(cells)[:60]!r}. Put quotes around a text with "
                    "commas."
                )
            pairs.append((cells[0], cells[1]))
    except csv.Error as error:
        raise ValueError(f"{owner}: {name}, line {rows.line_num}: {error}.") from None
    sources = [source for source, _ in pairs]
    if len(set(sources)) < 3:
        raise ValueError(
            f"{owner}: {name} has {len(set(sources))} different sources, expected at least 3: one "
            "to train on, one to judge, one to examine."
        )
    return split_pairs(pairs, sources, name)


def _multi30k(language: str) -> Callable[[], PairCorpus]:
    def load() -> PairCorpus:
        captions = load_multi30k()
        train, dev, test = (
            list(zip(part.en, getattr(part, language), strict=True))
            for part in (captions.train, captions.val, captions.test_2016)
        )
        return PairCorpus(train, dev, test, f"Multi30k, en-{language}")

    return load


def _tatoeba() -> PairCorpus:
    pairs = load_korean_english().tatoeba
    return split_pairs(list(zip(pairs.en, pairs.ko, strict=True)), pairs.en, "Tatoeba, en-ko")


_ONES = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen " \
    "fifteen sixteen seventeen eighteen nineteen"  # fmt: skip
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_EINER = "null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn " \
    "fünfzehn sechzehn siebzehn achtzehn neunzehn"  # fmt: skip
_ZEHNER = "zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig"


def _english(n: int) -> str:
    if n < 20:
        return _ONES.split()[n]
    if n < 100:
        return _TENS.split()[n // 10 - 2] + (f"-{_english(n % 10)}" if n % 10 else "")
    rest = f" and {_english(n % 100)}" if n % 100 else ""
    return f"{_english(n // 100)} hundred{rest}"


def _german(n: int) -> str:
    if n < 20:
        return _EINER.split()[n]
    if n < 100:
        tens = _ZEHNER.split()[n // 10 - 2]
        return f"{_stem(n % 10)}und{tens}" if n % 10 else tens
    return f"{_stem(n // 100)}hundert{_german(n % 100) if n % 100 else ''}"


def _stem(n: int) -> str:
    return "ein" if n == 1 else _german(n)


def _numbers() -> PairCorpus:
    pairs = [(_english(n), _german(n)) for n in range(1000)]
    sources = [source for source, _ in pairs]
    return split_pairs(pairs, sources, "the numbers below 1000 in words, en-de")


# by name; a new set is one line
TRANSLATIONS: dict[str, Callable[[], PairCorpus]] = {
    "multi30k_en_de": _multi30k("de"),
    "multi30k_en_fr": _multi30k("fr"),
    "tatoeba_en_ko": _tatoeba,
    "numbers": _numbers,
}
