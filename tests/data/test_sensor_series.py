"""Series with classes and the .ts format, from tiny files and from the real ones."""

import numpy as np
import pytest

from jaxrnn.data.sensor_series import load_sensor_series, parse_ts
from tests.data import tiny_series
from tests.data.samples import SHARED

HEADER = "@dimensions 2\n@classLabel true no yes\n@data\n"


def test_three_sets(tmp_path):
    sets = load_sensor_series(tiny_series.write(tmp_path, tiny_series.sensor_series()))
    motions = sets.basic_motions.train
    assert motions.series[0].tolist() == [[1, 4], [2, 5], [3, 6]]
    assert motions.classes == ("Run", "Rest") and motions.labels.tolist() == [1, 0]
    vowels = sets.japanese_vowels
    assert [s.shape for s in vowels.train.series] == [(2, 1), (1, 1)]
    assert vowels.test.series[0].tolist() == [[-0.001], [2.0]]
    rooms = sets.room_changes
    assert rooms.series[0].tolist() == [[-0.5, 0.25], [0.0, 1.0]]
    assert rooms.labels.tolist() == [1, 0] and rooms.labels.dtype == np.int32
    assert rooms.places.tolist() == [1, 3] and rooms.paths.tolist() == [6, 2]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is no .ts file, or truncated: it has no line @data"),
        (HEADER, "has no series after @data"),
        ("1,2:3,4:yes\n" + HEADER, "line 1: expected a line of the header"),
        (HEADER.replace("2", "two"), "@dimensions should be a number"),
        (HEADER.replace("2", "0"), "@dimensions should be a number"),
        (HEADER.replace("true", "false"), "has no classes"),
        ("@timeStamps true\n" + HEADER, "says @timestamps true, which is not read"),
        ("@missing true\n" + HEADER, "says @missing true, which is not read"),
        (HEADER + "1,2:3,4:maybe\n", r"line 4: expected a class of \('no', 'yes'\).*got 'maybe'"),
        (HEADER + "1,2:3,4:yes\n1,2:yes\n", "line 5: expected 2 dimensions of one length, got 1"),
        (HEADER + "1,2:3,4,5:yes\n", r"line 4: .* got 2 with \[2, 3\] steps"),
        (HEADER + "1,2:3,?:yes\n", r"line 4, column 4: expected a number, got '\?'"),
        (HEADER + "1,2:nan,4:yes\n", "line 4, column 3: expected a number, got 'nan'"),
        (HEADER + "1,2:3,4:yes\n1,2:3,", "line 5: expected a class"),  # cut off
    ],
)
def test_f17_bad_ts_files_are_named(text, message):
    with pytest.raises(ValueError, match=f"load: my.ts.*{message}"):
        parse_ts("load", text.encode(), "my.ts")


def test_ts_with_comments_blank_lines_and_windows_ends():
    text = "#one\r\n\r\n@classLabel true a b\r\n@data\r\n1,2:b\r\n\r\n"
    found = parse_ts("load", text.encode(), "my.ts")
    assert found.series[0].tolist() == [[1.0], [2.0]] and found.labels.tolist() == [1]


def test_sensor_series_as_published_if_they_are_there():
    if not (SHARED / "sensor_classification").is_dir():
        return
    motions, vowels, rooms = load_sensor_series(SHARED / "sensor_classification")
    for part in motions:
        assert {s.shape for s in part.series} == {(100, 6)}
        assert np.bincount(part.labels).tolist() == [10] * 4
    assert motions.train.classes == ("Standing", "Running", "Walking", "Badminton")
    assert [len(part.series) for part in vowels] == [270, 370]
    lengths = [[len(s) for s in part.series] for part in vowels]
    assert [(min(n), max(n)) for n in lengths] == [(7, 26), (7, 29)]
    assert vowels.train.series[0].shape[1] == 12 and len(vowels.train.classes) == 9
    assert len(rooms.series) == 314 and sum(map(len, rooms.series)) == 13197
    assert {s.shape[1] for s in rooms.series} == {4}
    assert np.bincount(rooms.labels).tolist() == [156, 158]
    assert np.bincount(rooms.places)[1:].tolist() == [104, 106, 104]
