"""Labelled texts by name, from a file of your own, or made up."""

import unicodedata
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from jaxrnn.data import load_nsmc, load_sst2, load_surnames
from jaxrnn.data.hash_split import hash_split
from jaxrnn.data.labelled import Labelled, LabelledSplits
from jaxrnn.data.own_labelled import read_labelled_texts

__all__ = ["CORPORA", "LabelledCorpus", "by_spelling", "corpus", "own_corpus"]


class LabelledCorpus(NamedTuple):
    """Labelled texts in three parts, the names of the classes, and where they are from."""

    parts: LabelledSplits
    names: tuple[str, ...]
    source: str


def by_spelling(texts: Sequence[str], labels: Sequence[str], source: str) -> LabelledCorpus:
    """Return a corpus split by a hash of the spelling, whatever its case.

    Shapes: none.
    Raises: ValueError for fewer than 2 classes, or a class that the training part lacks.

        >>> made = by_spelling(["a", "A", "b", "c", "d"], ["x", "y", "x", "y", "x"], "a test")
        >>> [part.texts for part in made.parts], made.names
        ([('a', 'A', 'b'), ('c',), ('d',)], ('x', 'y'))
    """
    names = tuple(sorted(set(labels)))
    if len(names) < 2:
        raise ValueError(f"{source} has the classes {names}: expected at least 2.")
    spellings = [unicodedata.normalize("NFC", text).casefold() for text in texts]
    numbers = np.array([names.index(label) for label in labels], np.int32)
    split = hash_split(spellings)
    missing = np.setdiff1d(numbers, numbers[split.train])
    if len(missing):
        raise ValueError(
            f"{source} has too few texts of the class {names[missing[0]]!r}: none of them is in "
            "the eight tenths that are trained on."
        )
    parts = (Labelled(tuple(texts[int(i)] for i in part), numbers[part]) for part in split)
    return LabelledCorpus(LabelledSplits(*parts), names, source)


def own_corpus(path: str) -> LabelledCorpus:
    """Return the corpus in a file of two columns, label and text, split by spelling.

    Shapes: none. Raises: as `read_labelled_texts` and `by_spelling`.

        >>> own_corpus("no/such.tsv")
        Traceback (most recent call last):
        FileNotFoundError: read_labelled_texts: there is no file no/such.tsv, expected two...
    """
    found = read_labelled_texts(path)
    return by_spelling(found.texts, found.labels, path)


def _sst2() -> LabelledCorpus:
    return LabelledCorpus(load_sst2(), ("negative", "positive"), "SST-2, sentences alone")


def _nsmc() -> LabelledCorpus:
    return LabelledCorpus(load_nsmc(), ("negative", "positive"), "a sample of NSMC's crawl")


def _surnames() -> LabelledCorpus:
    found = load_surnames()
    names = [name for some in found.values() for name in some]
    labels = [language for language, some in found.items() for _ in some]
    return by_spelling(names, labels, "surnames of 18 languages, split by their spelling")


def _made_reviews() -> LabelledCorpus:
    """Return sentences in which what is not good is bad: the words alone do not tell."""
    texts, labels = [], []
    for thing in ("film", "plot", "cast", "end", "music", "hero", "scene", "joke"):
        for word in ("good", "bright", "clever", "bad", "dull", "silly"):
            for degree in ("very ", "quite ", "rather ", "really "):
                for negated in ("", "not "):
                    texts.append(f"the {thing} is {negated}{degree}{word}")
                    good = (word in ("good", "bright", "clever")) != bool(negated)
                    labels.append("positive" if good else "negative")
    return by_spelling(texts, labels, "made-up reviews")


def _made_names() -> LabelledCorpus:
    """Return names of two syllables and an ending that tells the language."""
    endings = {"Elvish": ("iel", "wen"), "Dwarvish": ("ur", "in"), "Orcish": ("ash", "og")}
    stems = [a + b + c + d for a in "bdgt" for b in "aeo" for c in "lmnr" for d in "dkl"]
    texts = [(stem + end).capitalize() for two in endings.values() for end in two for stem in stems]
    labels = [language for language, two in endings.items() for _ in two for _ in stems]
    return by_spelling(texts, labels, "made-up names")


CORPORA: dict[str, Callable[[], LabelledCorpus]] = {
    "sst2": _sst2,
    "nsmc": _nsmc,
    "made-reviews": _made_reviews,
    "surnames": _surnames,
    "made-names": _made_names,
}


def corpus(name: str, text: str | None) -> LabelledCorpus:
    """Return the texts of a file of your own, or else those of that name.

    Shapes: none.
    Raises: FileNotFoundError saying how to supply the data; as `own_corpus`.

        >>> corpus("made-names", None).names
        ('Dwarvish', 'Elvish', 'Orcish')
    """
    return CORPORA[name]() if text is None else own_corpus(text)
