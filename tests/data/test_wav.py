"""WAV files, against SciPy's reader, and what is refused."""

import io
import struct

import numpy as np
import pytest

from jaxrnn.data.wav import parse_wav, read_wav, read_wav_folder
from tests.data.tiny_series import riff, wav

RANDOM = np.random.RandomState(0)
INTEGERS = RANDOM.randint(-(2**31), 2**31, (50, 2))


def encoded(bits):
    """Return the integers with fewer bits, as bytes, and what they should become."""
    if bits == 8:
        samples = (INTEGERS >> 24) + 128
        return samples.astype(np.uint8).tobytes(), (samples - 128) / 128
    samples = INTEGERS >> (32 - bits)
    wide = samples.astype("<i4").view(np.uint8).reshape(-1, 4)
    return wide[:, : bits // 8].tobytes(), (samples / 2.0 ** (bits - 1))


@pytest.mark.parametrize("bits", [8, 16, 24, 32])
def test_integers_of_every_width(bits):
    body, expected = encoded(bits)
    rate, wave = parse_wav("load", wav(body, bits=bits, channels=2, rate=11025), "my.wav")
    assert rate == 11025 and wave.dtype == np.float32 and wave.shape == (50, 2)
    np.testing.assert_array_equal(wave, expected.astype(np.float32))


@pytest.mark.parametrize("dtype", ["<f4", "<f8"])
def test_floats(dtype):
    samples = RANDOM.randn(7).astype(dtype)
    content = wav(samples.tobytes(), bits=8 * samples.itemsize, kind=3)
    np.testing.assert_array_equal(parse_wav("load", content, "my.wav")[1], samples.astype("f4"))


@pytest.mark.parametrize("dtype", ["u1", "i2", "i4", "f4", "f8"])
def test_files_that_scipy_writes(tmp_path, dtype):
    from scipy.io import wavfile

    samples = (RANDOM.rand(33, 3) * 100).astype(dtype)
    wavfile.write(tmp_path / "my.wav", 16000, samples)
    rate, wave = read_wav(tmp_path / "my.wav")
    scale = {"u1": 128, "i2": 2**15, "i4": 2**31}.get(dtype, 1)
    expected = (samples.astype(np.float64) - (128 if dtype == "u1" else 0)) / scale
    assert rate == 16000
    np.testing.assert_allclose(wave, expected, rtol=1e-7)


def test_other_parts_and_the_extensible_form():
    subformat = struct.pack("<HHIH14s", 22, 16, 0, 1, b"\0\0\0\0\x10\0\x80\0\0\xaa\0\x38\x9b\x71")
    form = struct.pack("<HHIIHH", 0xFFFE, 1, 8000, 16000, 2, 16) + subformat
    content = riff((b"LIST", b"odd"), (b"fmt ", form), (b"data", b"\0\x40"), (b"more", b"x"))
    assert parse_wav("load", content, "my.wav")[1].tolist() == [0.5]
    from scipy.io import wavfile

    rate, samples = wavfile.read(io.BytesIO(riff((b"fmt ", form), (b"data", b"\0\x40"))))
    assert (rate, samples.tolist()) == (8000, [16384])


FORM = struct.pack("<HHIIHH", 1, 1, 8000, 16000, 2, 16)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is no WAV file: .*got an empty file"),
        (b"RIFX" + wav(b"\0\0")[4:], "is no WAV file: .*got 52 49 46 58"),
        (wav(b"\0\0" * 9)[:-1], "is truncated: its part b'data' should have 18 bytes, got 17"),
        (wav(b"\0\0")[:30], "is truncated: its part b'fmt ' should have 16 bytes, got 10"),
        (riff((b"fmt ", FORM)), "is truncated: it has no samples"),
        (riff((b"data", b"\0\0"), (b"fmt ", FORM)), "has its samples before their format"),
        (riff((b"fmt ", FORM[:8]), (b"data", b"")), "has a format of 8 bytes"),
        (wav(b""), "has 0 bytes of samples, expected a multiple of 2"),
        (wav(b"\0\0\0"), "has 3 bytes of samples, expected a multiple of 2"),
        (wav(b"\0\0", kind=2), "is of format 2 with 16 bits, expected PCM"),
        (wav(b"\0\0", bits=12), "is of format 1 with 12 bits"),
        (wav(b"\0\0", channels=0), "has a broken header: 0 channels"),
        (wav(b"\0\0", rate=0), "has a broken header: .*rate 0"),
        (wav(np.float32([0, np.nan]).tobytes(), bits=32, kind=3), "the sample 1 is nan"),
        (wav(np.float64([1e300]).tobytes(), bits=64, kind=3), "the sample 0 is inf"),
    ],
)
def test_f17_what_is_wrong_is_named(content, message):
    with pytest.raises(ValueError, match=f"load: my.wav.*{message}"):
        parse_wav("load", content, "my.wav")


def test_a_folder_with_labels_in_subfolders_and_in_names(tmp_path):
    (tmp_path / "cat" / "old").mkdir(parents=True)
    for name, value in (("cat/b.wav", 1), ("cat/old/a.WAV", 2), ("dog_1.wav", 3)):
        (tmp_path / name).write_bytes(wav(struct.pack("<h", value)))
    (tmp_path / "note.txt").write_text("hello")
    found = read_wav_folder(tmp_path)
    assert found.rate == 8000 and found.labels == ("cat", "cat", "dog")
    assert found.files == ("cat/b.wav", "cat/old/a.WAV", "dog_1.wav")
    assert [wave[0] * 2**15 for wave in found.waves] == [1, 2, 3]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("nolabel.wav", wav(b"\0\0"), "nolabel.wav has no label"),
        ("_x.wav", wav(b"\0\0"), "_x.wav has no label"),
        (
            "z_1.wav",
            wav(b"\0\0", rate=4000),
            "z_1.wav has 4000 samples a second and 1 channels, but",
        ),
        ("z_1.wav", wav(b"\0\0" * 2, channels=2), "z_1.wav has 8000 .* and 2 channels"),
        ("z_1.wav", b"RIFF", "z_1.wav is no WAV file"),
    ],
)
def test_a_folder_with_an_odd_file(tmp_path, name, content, message):
    (tmp_path / "a_1.wav").write_bytes(wav(b"\0\0"))
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=f"read_wav_folder: .*{message}"):
        read_wav_folder(tmp_path)


def test_a_folder_without_wav_files(tmp_path):
    with pytest.raises(ValueError, match="no WAV file is in"):
        read_wav_folder(tmp_path)
