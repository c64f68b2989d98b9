"""What holds for every reader of one's own files: whatever lies there, one clear line."""

import gzip
import os
import struct

import numpy as np
import pytest

from jaxrnn.data.arrays_file import read_arrays
from jaxrnn.data.csv_table import read_table
from jaxrnn.data.own_text import read_text
from jaxrnn.data.wav import read_wav, read_wav_folder
from tests.data.tiny_series import npy, wav

READERS = {
    read_table: gzip.compress(b"a,b\n" + b"1,2\n" * 50),
    read_text: gzip.compress(b"To be, or not to be\n" * 50),
    read_wav: wav(struct.pack("<99h", *range(99))),
    read_arrays: npy(np.arange(99.0)),
}
every_reader = pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.__name__)


def one_line(reader, path, errors=ValueError):
    with pytest.raises(errors) as error:
        reader(path)
    text = str(error.value)
    assert text.startswith(f"{reader.__name__}: ") and os.fspath(path) in text
    assert "\n" not in text and len(text) < 600
    return text


@every_reader
def test_a_good_file_is_read(reader, tmp_path):
    (tmp_path / "good").write_bytes(READERS[reader])
    assert len(reader(tmp_path / "good")) > 0
    assert len(reader(os.fspath(tmp_path / "good"))) > 0


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: b"1",
        lambda content: content[:1],
        lambda content: content[: len(content) // 2],
        lambda content: np.random.RandomState(0).bytes(3000),
        lambda content: bytes(3000),
        lambda content: gzip.compress(content)[:40],
    ],
    ids=["empty", "a digit", "one byte", "half", "random", "zeros", "half a gzip"],
)
@every_reader
def test_f17_e69_a_damaged_file(reader, damage, tmp_path):
    path = tmp_path / "a_file.wav"
    path.write_bytes(damage(READERS[reader]))
    one_line(reader, path)
    if reader is read_wav:
        with pytest.raises(ValueError, match=r"read_wav_folder: .*a_file.wav") as error:
            read_wav_folder(tmp_path)
        assert "\n" not in str(error.value)


@every_reader
def test_f12_a_folder_and_nothing_at_all(reader, tmp_path):
    assert "is a folder" in one_line(reader, tmp_path, IsADirectoryError)
    (tmp_path / "mine.csv").touch()
    text = one_line(reader, tmp_path / "mime.csv", FileNotFoundError)
    assert "Did you mean 'mine.csv'?" in text
    one_line(reader, tmp_path / "no" / "such", FileNotFoundError)


@every_reader
def test_a_device_is_not_read_for_ever(reader):
    assert "is a device" in one_line(reader, "/dev/zero", OSError)


def test_f12_a_folder_of_sounds_that_is_none(tmp_path):
    (tmp_path / "file").touch()
    assert "is a file" in one_line(read_wav_folder, tmp_path / "file", NotADirectoryError)
    assert "no folder" in one_line(read_wav_folder, tmp_path / "no", FileNotFoundError)
