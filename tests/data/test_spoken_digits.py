"""Spoken digits, from tiny files and from the real ones if they are there."""

import hashlib
import io
import tarfile

import numpy as np
import pytest

from jaxrnn.data import source
from jaxrnn.data.archives import members
from jaxrnn.data.log_mel import log_mel
from jaxrnn.data.spoken_digits import SPOKEN_DIGITS, load_spoken_digits
from jaxrnn.data.tarball import tar_of
from tests.data import tiny_series
from tests.data.samples import SHARED


def as_github_sends_it(files):
    """Return an archive of a whole repository: a comment, a folder, and files nobody asked for."""
    target = io.BytesIO()
    with tarfile.open(
        fileobj=target, mode="w", format=tarfile.PAX_FORMAT, pax_headers={"comment": "26eb9aaf"}
    ) as archive:
        folder = tarfile.TarInfo("free-spoken-digit-dataset-26eb9aaf")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        for name, content in [("README.md", b"read me"), ("other/0_ann_0.wav", b""), *files]:
            info = tarfile.TarInfo(f"{folder.name}/{name}")
            info.size, info.mtime = len(content), 1234567
            archive.addfile(info, io.BytesIO(content))
    return target.getvalue()


def test_split_and_labels(tmp_path):
    digits = load_spoken_digits(tiny_series.write(tmp_path, tiny_series.spoken_digits()))
    assert digits.rate == 8000
    assert digits.train.takes.tolist() == [10, 5] * 4
    assert digits.test.takes.tolist() == [0, 4] * 4
    assert digits.test.speakers == ("ann", "ann", "bob", "bob") * 2
    assert digits.train.digits.tolist() == [0] * 4 + [7] * 4
    assert digits.train.digits.dtype == np.uint8
    wave = digits.train.waves[-1]
    assert wave.dtype == np.float32 and wave.tolist() == [7 / 32768, 5 / 32768, -1.0]


def test_f25_a_download_takes_the_recordings_out_of_the_repository():
    files = sorted(members(tiny_series.spoken_digits()["recordings.tar"], "tiny"))
    recipe = SPOKEN_DIGITS.recipe
    assert recipe is not None
    assert recipe.make([as_github_sends_it(reversed(files))]) == tar_of(files)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("ten_ann_0.wav", tiny_series.wav(b"\0\0"), "expected names digit_speaker_take.wav"),
        ("1_ann_0.wav", tiny_series.wav(b"\0\0" * 2, channels=2), "should have one channel, got 2"),
        ("1_ann_0.wav", tiny_series.wav(b"\0\0", rate=16000), r"at one rate, got rates \[8000, 16"),
    ],
)
def test_odd_recordings(tmp_path, name, content, message):
    archive = tar_of([("recordings/0_ann_0.wav", tiny_series.wav(b"\0\0")), (name, content)])
    with pytest.raises(ValueError, match=message):
        load_spoken_digits(tiny_series.write(tmp_path, {"recordings.tar": archive}))


def test_an_archive_without_recordings(tmp_path):
    folder = tiny_series.write(tmp_path, {"recordings.tar": tar_of([("note.txt", b"none")])})
    with pytest.raises(ValueError, match="got rates of no file"):
        load_spoken_digits(folder)


def test_spoken_digits_as_published_if_they_are_there():
    if not (SHARED / "fsdd").is_dir():
        return
    digits = load_spoken_digits(SHARED / "fsdd")
    assert digits.rate == 8000
    assert np.bincount(digits.train.digits).tolist() == [270] * 10
    assert np.bincount(digits.test.digits).tolist() == [30] * 10
    assert len(set(digits.train.speakers)) == 6
    lengths = [len(wave) for wave in digits.train.waves + digits.test.waves]
    assert round(sum(lengths) / 8000) == 1312 and max(lengths) == 18262
    assert log_mel(digits.test.waves[0], 8000).shape[1] == 40
    content = source.read("test", SPOKEN_DIGITS, SHARED / "fsdd")
    made = tar_of(sorted(members(content, "fsdd")))
    assert hashlib.sha256(made).hexdigest() == SPOKEN_DIGITS.sha256
