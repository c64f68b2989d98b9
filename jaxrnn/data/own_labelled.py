"""Texts of your own, with a class each."""

import csv
import io
import os
from typing import NamedTuple

from jaxrnn.data.lines import decoded
from jaxrnn.data.own_file import content_of

__all__ = ["NamedTexts", "read_labelled_texts"]

_COLUMNS = ("label", "text")


class NamedTexts(NamedTuple):
    """Texts, and the name of the class of each."""

    texts: tuple[str, ...]
    labels: tuple[str, ...]


def read_labelled_texts(path: str | os.PathLike[str]) -> NamedTexts:
    r"""Return the rows of a file with two columns, a label and a text, plain or gzip.

    Separated by a tab, `label<TAB>text`, where quotes are text; or, if the first line has no tab,
    by a comma, with quotes around a text that holds one. A first row `label` and `text` names the
    columns, in either order. Empty lines are left out.

    Shapes: none.
    Raises: OSError if there is no such file or it is a folder; ValueError naming file and line of
        a row with other than two columns, or an empty one; for what is not UTF-8; or without rows.

        >>> import pathlib, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = pathlib.Path(folder, "my.csv")
        ...     _ = path.write_text('text,label\n"good, very",yes\nbad,no\n')
        ...     read_labelled_texts(path)
        NamedTexts(texts=('good, very', 'bad'), labels=('yes', 'no'))
    """
    owner, name = "read_labelled_texts", os.path.basename(path)
    text = decoded(owner, content_of(owner, path, "two columns, label and text"), name)
    tabs = "\t" in text.split("\n", 1)[0]
    quoting = csv.QUOTE_NONE if tabs else csv.QUOTE_MINIMAL
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter="\t" if tabs else ",", quoting=quoting
    )
    columns, texts, labels = _COLUMNS, [], []
    try:
        for row in reader:
            cells = [cell.strip() for cell in row]
            if not any(cells):
                continue
            if len(cells) != 2 or not all(cells):
                raise ValueError(
                    f"{owner}: {name}, line {reader.line_num}: expected two columns, a label and "
                    f"a text, separated by a {'tab' if tabs else 'comma or a tab'}, got "
                    f"{len(cells)}: {' | '.join(cells)[:60]!r}. Put quotes around a text with "
                    "commas."
                )
            if not texts and {cell.lower() for cell in cells} == set(_COLUMNS):
                columns = tuple(cell.lower() for cell in cells)
                continue
            found = dict(zip(columns, cells, strict=True))
            texts.append(found["text"])
            labels.append(found["label"])
    except csv.Error as error:
        raise ValueError(f"{owner}: {name}, line {reader.line_num}: {error}.") from None
    if not texts:
        raise ValueError(f"{owner}: {name} has no rows, expected a label and a text in each.")
    return NamedTexts(tuple(texts), tuple(labels))
