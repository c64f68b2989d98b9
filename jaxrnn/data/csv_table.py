"""Tables of numbers in text: CSV files, yours or those of a data set."""

import contextlib
import csv
import io
import os
import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from jaxrnn.data.lines import decoded
from jaxrnn.data.own_file import content_of
from jaxrnn.spelling import did_you_mean

__all__ = ["Table", "parse_table", "read_table"]

_SEPARATORS = ",;\t"
_MISSING = frozenset(("", "na", "nan", "n/a", "<na>", "null", "none", "?", "-"))
_TIMES = frozenset(("date", "datetime", "time", "timestamp"))  # names of a column of times


class Table(NamedTuple):
    """Columns of numbers, with what stood beside them in words."""

    names: tuple[str, ...]  # D of them
    values: np.ndarray  # float64 [N, D]
    times: tuple[str, ...]  # N of them as they are written, or none
    words: dict[str, tuple[str, ...]]  # other columns of strings, N of them each

    def column(self, name: str) -> np.ndarray:
        """Return the numbers of one column, float64 `[N]`.

        Raises: ValueError with the nearest name if there is no such column of numbers.
        """
        return self.values[:, _places("Table.column", "this table", self.names, [name])[0]]


def read_table(path: str | os.PathLike[str], *, columns: Sequence[str] | None = None) -> Table:
    r"""Return the columns of a CSV file of your own, plain or gzip.

    The first row names the columns; cells are separated by comma, semicolon or tab, whichever the
    first row has most. The first column is left as it is written, in `times`, if it is called
    date, datetime, time or timestamp, or if none of its cells is a number. Every other column has
    to be numbers. A missing value (an empty cell, NA, nan ...) is refused, for a network would
    turn all that follows into NaN.

    Shapes: values float64 `[N, D]`, D the number of `columns`, N at least 2.
    Args: columns, names of those to read, in this order; None reads all but the times.
    Raises: OSError if there is no such file or it is a folder; ValueError naming file, line,
        column and the cell that is no finite number; for a row of another length, a missing or
        doubtful row of names, fewer than 2 rows, what is not UTF-8; and with the nearest name if
        there is no such column.

        >>> import pathlib, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = pathlib.Path(folder, "my.csv")
        ...     _ = path.write_text("date,load,price\n2024-01-01,5,0.5\n2024-01-02,7,0.25\n")
        ...     table = read_table(path)
        >>> table.names, table.values.tolist(), table.times[1]
        (('load', 'price'), [[5.0, 0.5], [7.0, 0.25]], '2024-01-02')
        >>> table.column("laod")
        Traceback (most recent call last):
        ValueError: Table.column: this table has no column 'laod'. Did you mean 'load'?...
    """
    content = content_of("read_table", path, "a table as CSV text")
    table = parse_table("read_table", content, str(path), columns=columns)
    if len(table.values) < 2:
        raise ValueError(
            f"read_table: {path} has 1 row below its names, expected at least 2: one to read and "
            "one to predict."
        )
    return table


def parse_table(
    owner: str,
    content: bytes,
    name: str,
    *,
    columns: Sequence[str] | None = None,
    words: Sequence[str] = (),
    header: Sequence[str] | None = None,
) -> Table:
    r"""Return the table in the content of a CSV file; the rules are those of `read_table`.

    Shapes: values float64 `[N, D]`, N at least 1.
    Args: owner, the function that asks, and name, of the file: both for errors. columns, of
        numbers, all that are not `words` or times if None. words, columns to leave as strings.
        header, the names of the columns if the file doesn't begin with them.
    Raises: ValueError as `read_table`.

        >>> table = parse_table("load", b"day;rain;sky\n1;0.5;grey\n2;0;blue\n", "sky.csv",
        ...                     words=["sky"])
        >>> table.names, table.values.tolist(), table.words["sky"]
        (('day', 'rain'), [[1.0, 0.5], [2.0, 0.0]], ('grey', 'blue'))
    """
    if isinstance(columns, str):
        raise TypeError(f"{owner}: columns should be a sequence of names, got {columns!r} alone.")
    rows = _rows(owner, decoded(owner, content, name), name)
    names = _header(owner, name, *rows.pop(0)) if header is None else tuple(header)
    if not rows:
        raise ValueError(
            f"{owner}: {name} has no rows below its names of columns, {_shown(names)}."
        )
    _check_lengths(owner, name, rows, len(names))
    lines = [line for line, _ in rows]
    cells = list(zip(*(row for _, row in rows), strict=True))
    has_times = (
        names[0] not in words and names[0] not in (columns or ()) and _is_time(names[0], cells[0])
    )
    if columns is None:
        columns = [n for i, n in enumerate(names) if n not in words and not (has_times and i == 0)]
        if not columns:
            raise ValueError(f"{owner}: {name} has no column of numbers, only {_shown(names)}.")
    places = _places(owner, name, names, columns)
    numbers = [_numbers(owner, name, lines, names[place], cells[place]) for place in places]
    return Table(
        tuple(columns),
        np.stack(numbers, axis=1) if numbers else np.zeros((len(rows), 0)),
        cells[0] if has_times else (),
        {names[place]: cells[place] for place in _places(owner, name, names, words)},
    )


def _rows(owner: str, text: str, name: str) -> list[tuple[int, list[str]]]:
    """Return (number of the line, cells) of each row, at least one."""
    first = text.lstrip("\r\n").partition("\n")[0]
    separator = max(_SEPARATORS, key=first.count)
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True, strict=True
    )
    rows: list[tuple[int, list[str]]] = []
    try:
        for row in reader:
            if rows or any(row):  # blank lines at the beginning are passed over
                rows.append((reader.line_num, [cell.strip() for cell in row]))
    except csv.Error:
        first = rows[-1][0] + 1 if rows else 1
        wrong = io.StringIO(text, newline="").readlines()[first - 1 : reader.line_num]
        raise ValueError(f"{owner}: {name}, line {first}: {_wrong_row(''.join(wrong))}") from None
    while rows and not any(rows[-1][1]):  # and at the end
        rows.pop()
    if not rows:
        raise ValueError(f"{owner}: {name} is empty, expected a row of names and rows of numbers.")
    return rows


def _wrong_row(row: str) -> str:
    """Say why a row has no cells; a quote that is never closed runs on to the end of the file."""
    hint = 'Is a quote (") not closed, or not doubled within a cell?'
    limit = csv.field_size_limit()
    if len(row) > limit:
        return f"a cell has more than {limit} characters. {hint}"
    return f"can't tell where its cells end. {hint}"


def _check_lengths(owner: str, name: str, rows: list[tuple[int, list[str]]], count: int) -> None:
    for line, cells in rows:
        if len(cells) != count:
            raise ValueError(
                f"{owner}: {name}, line {line}: expected {count} cells, one for each column, "
                f"got {len(cells)}: {_shown(cells)}. Is the row cut off, or a separator in a "
                "cell?"
            )


def _header(owner: str, name: str, line: int, cells: list[str]) -> tuple[str, ...]:
    if all(_number(cell) is not None for cell in cells):
        raise ValueError(
            f"{owner}: {name}, line {line}: expected the names of the columns, got numbers: "
            f"{_shown(cells)}. Write a first row of names."
        )
    # a name is missing where other programs wrote the number of the row
    names = tuple(cell or f"column {place}" for place, cell in enumerate(cells, 1))
    for place, one in enumerate(names):
        if one in names[:place]:
            raise ValueError(
                f"{owner}: {name}, line {line}: two columns are called {one!r}. Rename one."
            )
    return names


def _is_time(name: str, cells: Sequence[str]) -> bool:
    return name.lower() in _TIMES or all(_number(cell) is None for cell in cells)


def _places(owner: str, name: str, names: Sequence[str], wanted: Sequence[str]) -> list[int]:
    for place, one in enumerate(wanted):
        if one in wanted[:place]:
            raise ValueError(f"{owner}: {name}: the column {one!r} is asked for twice.")
        if one not in names:
            raise ValueError(
                f"{owner}: {name} has no column {one!r}.{did_you_mean(one, names)} It has "
                f"{_shown(names)}."
            )
    return [list(names).index(one) for one in wanted]


def _shown(cells: Sequence[str]) -> str:
    return ", ".join(repr(cell[:40]) for cell in cells[:10]) + (" ..." if len(cells) > 10 else "")


def _number(cell: str) -> float | None:
    """Return the number, which may be nan or inf, or None if it is none."""
    try:
        return float(cell) if "_" not in cell else None  # Python takes 1_000 for a number
    except ValueError:
        return None


def _numbers(
    owner: str, name: str, lines: list[int], column: str, cells: Sequence[str]
) -> np.ndarray:
    with contextlib.suppress(ValueError):  # the fast way, if nothing is wrong
        array = np.array(list(map(float, cells)))
        if np.isfinite(array).all() and "_" not in "".join(cells):
            return array
    numbers = [_number(cell) for cell in cells]
    array = np.array([np.nan if number is None else number for number in numbers])
    first = int(np.flatnonzero(~np.isfinite(array))[0])
    where = f"{owner}: {name}, line {lines[first]}, column {column!r}"
    raise ValueError(f"{where}: {_what_is_wrong(cells[first], cells)}")


def _what_is_wrong(cell: str, cells: Sequence[str]) -> str:
    if cell.lower() in _MISSING:
        count = sum(one.lower() in _MISSING for one in cells)
        return (
            f"a value is missing, the cell is {cell!r}; {count} of {len(cells)} cells of this "
            "column are. Fill them before, with the value before or a mean, or leave the rows out."
        )
    hint = " Or name the columns to read, without this one."
    if re.fullmatch(r"[-+]?[\d.]*,[\d.,]*", cell):
        hint = " Write decimals with a point, and thousands without a comma."
    return f"expected a finite number, got {cell[:40]!r}.{hint}"
