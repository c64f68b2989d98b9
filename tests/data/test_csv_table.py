"""Tables of one's own: what is read, and what is refused with file, line and column."""

import codecs
import gzip

import numpy as np
import pytest

from jaxrnn.data.csv_table import parse_table, read_table


def write(tmp_path, text, name="my.csv"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize("separator", [",", ";", "\t", ", "])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("packed", [False, True])
def test_separators_ends_and_gzip(tmp_path, separator, end, packed):
    rows = [["date", "load", '"price"'], ["2024-01-01", "5", "-1e-3"], ["2024-01-02", "+7", ".5"]]
    text = end.join(separator.join(row) for row in rows).encode()
    table = read_table(write(tmp_path, gzip.compress(text) if packed else text))
    assert table.names == ("load", "price") and table.values.dtype == np.float64
    assert table.values.tolist() == [[5, -0.001], [7, 0.5]]
    assert table.times == ("2024-01-01", "2024-01-02") and table.words == {}
    assert table.column("price").tolist() == [-0.001, 0.5]


def test_byte_order_mark_blank_lines_and_quotes(tmp_path):
    text = codecs.BOM_UTF8 + b'\n\na,"b, of course"\n1,"2"\n\t3 , 4\n\n,\n'
    table = read_table(write(tmp_path, text))
    assert table.names == ("a", "b, of course") and table.values.tolist() == [[1, 2], [3, 4]]


def test_some_columns_in_the_order_they_are_asked_for(tmp_path):
    path = write(tmp_path, "sky,a,b,note\nblue,1,2,x\ngrey,3,4,y\n")
    table = read_table(path, columns=["b", "a"])
    assert table.names == ("b", "a") and table.values.tolist() == [[2, 1], [4, 3]]
    assert table.times == ("blue", "grey")


@pytest.mark.parametrize(
    ("text", "names", "times"),
    [
        ("time,x\n0,1\n1,2\n", ("x",), ("0", "1")),  # by its name, though they are numbers
        ("t,x\n0,1\n1,2\n", ("t", "x"), ()),
        ("t,x\n1st,1\n2nd,2\n", ("x",), ("1st", "2nd")),
        (",x\n0,1\n1,2\n", ("column 1", "x"), ()),  # as pandas writes the number of the row
    ],
)
def test_what_is_a_column_of_times(tmp_path, text, names, times):
    table = read_table(write(tmp_path, text))
    assert (table.names, table.times) == (names, times)


def test_a_column_of_times_may_be_asked_for_as_numbers(tmp_path):
    table = read_table(write(tmp_path, "time,x\n0,1\n1,2\n"), columns=("time",))
    assert table.values.tolist() == [[0], [1]] and table.times == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "is empty"),
        ("\n\n", "is empty"),
        ("a,b\n", "has no rows below its names of columns, 'a', 'b'"),
        ("a,b\n1,2\n", "has 1 row below its names, expected at least 2"),
        ("1,2\n3,4\n", r"line 1: expected the names of the columns, got numbers: '1', '2'"),
        ("a,b,a\n1,2,3\n", "line 1: two columns are called 'a'"),
        ("date\nmonday\ntuesday\n", "has no column of numbers"),
        ("a,b\n1,2\n3\n4,5\n", r"line 3: expected 2 cells, one for each column, got 1: '3'"),
        ('a,b\n1,2\n3,"4\n5,6\n', "line 3: can't tell where its cells end. Is a quote"),
        (f"a,b\n1,2\n3,{'4' * 140000}\n", "line 3: a cell has more than 131072 characters"),
        ("a,b\n1,2\n3,4,5\n", "line 3: expected 2 cells, one for each column, got 3"),
        ("a,b\n1,2\n\n3,4\n", "line 3: expected 2 cells, one for each column, got 0"),
        ("a,b\n1,2\n3,low\n", "line 3, column 'b': expected a finite number, got 'low'"),
        ("a,b\n1,2\nx,4\n", "line 3, column 'a': expected a finite number, got 'x'"),
        ("a,b\n1,2\n3,1_000\n", "line 3, column 'b': expected a finite number, got '1_000'"),
        ("a,b\n1,2\n3,-inf\n", "line 3, column 'b': expected a finite number, got '-inf'"),
        ("a,b\n1,2\n3,1e999\n", "line 3, column 'b': expected a finite number, got '1e999'"),
        ("a;b\n1;2\n3;4,5\n", "line 3, column 'b': .*got '4,5'. Write decimals with a point"),
        ("a,b\n1,2\n3,\n5,\n7,8\n", "line 3, .*'b': a value is missing, the cell is ''; 2 of 4"),
        ("a,b\n1,NA\n3,4\n5,nan\n", "line 2, .*'b': a value is missing, the cell is 'NA'; 2 of 3"),
        (b"a,b\n1,2\n3,\xff\n", "line 3, column 3: expected utf-8 text, got the byte 0xff"),
        ("a,b\n1,2\n".encode("utf-16"), "line 1, column 1: expected utf-8 text"),
    ],
)
def test_f17_e69_what_is_wrong_is_named(tmp_path, text, message):
    path = write(tmp_path, text)
    with pytest.raises(ValueError, match=f"read_table: .*my.csv.*{message}") as error:
        read_table(path)
    assert "\n" not in str(error.value)


def test_e69_a_word_of_many_bytes_is_not_printed_whole(tmp_path):
    with pytest.raises(ValueError, match="expected a finite number") as error:
        read_table(write(tmp_path, "a\n1\n" + "x" * 9000))
    assert len(str(error.value)) < 400


def test_a_column_is_asked_for_once(tmp_path):
    with pytest.raises(ValueError, match="the column 'b' is asked for twice"):
        read_table(write(tmp_path, "a,b\n1,2\n3,4\n"), columns=("b", "a", "b"))


def test_the_nearest_column(tmp_path):
    path = write(tmp_path, "date,load,price\nm,1,2\nt,3,4\n")
    with pytest.raises(ValueError, match=r"has no column 'laod'. Did you mean 'load'\? It has 'da"):
        read_table(path, columns=["laod"])
    with pytest.raises(ValueError, match="Table.column: .* no column 'x'. It has 'load', 'price'"):
        read_table(path).column("x")
    with pytest.raises(TypeError, match="columns should be a sequence of names, got 'load' alone"):
        read_table(path, columns="load")


def test_words_and_a_header_from_outside():
    table = parse_table("load", b"1,x\n2,y\n", "f", header=("n", "letter"), words=("letter",))
    assert table.values.tolist() == [[1], [2]] and table.words == {"letter": ("x", "y")}
