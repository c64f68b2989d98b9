"""Texts with a class each: what the sets for sentence classification hold."""

from typing import NamedTuple

import numpy as np

from jaxrnn.data.lines import lines_of, number_in

__all__ = ["Labelled", "LabelledSplits", "checked_label", "read_labelled"]


class Labelled(NamedTuple):
    """Texts and the class of each."""

    texts: tuple[str, ...]
    labels: np.ndarray  # int32 [N]


class LabelledSplits(NamedTuple):
    """A set of labelled texts as its authors split it; dev is empty if they made none."""

    train: Labelled
    dev: Labelled
    test: Labelled


def read_labelled(
    owner: str, content: bytes, name: str, classes: int, encoding: str = "utf-8"
) -> Labelled:
    """Return the texts of a file with `label text` in each line, separated by a space.

    Shapes: labels int32 `[N]`, for N lines.
    Args: owner, the function that asks, and name, of the file: both for errors. classes, how many
        there are, numbered from 0.
    Raises: ValueError naming file, line and column of a wrong label, no text, or a wrong byte.

        >>> read_labelled("load", b"1 good\\n0 very bad\\n", "train.txt", 2)
        Labelled(texts=('good', 'very bad'), labels=array([1, 0], dtype=int32))
    """
    texts, labels = [], []
    for number, line in lines_of(owner, content, name, encoding):
        label, _, text = line.partition(" ")
        labels.append(checked_label(owner, name, number, 1, label, classes))
        if not text.strip():
            raise ValueError(
                f"{owner}: {name}, line {number}, column 2: expected a text after the label, got "
                f"{line[:60]!r}."
            )
        texts.append(text.strip())
    return Labelled(tuple(texts), np.array(labels, np.int32))


def checked_label(owner: str, name: str, line: int, column: int, cell: str, classes: int) -> int:
    """Return the class in a cell of a table.

    Shapes: none.
    Args: owner, name, of the file, line and column, from 1, all for errors.
    Raises: ValueError naming file, line and column of what is no number from 0 to classes - 1.

        >>> checked_label("load", "train.txt", 7, 1, "4", 5)
        4
    """
    label = int(number_in(owner, name, line, column, cell, int))
    if not 0 <= label < classes:
        raise ValueError(
            f"{owner}: {name}, line {line}, column {column}: expected a label from 0 to "
            f"{classes - 1}, got {label}."
        )
    return label
