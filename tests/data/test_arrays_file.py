"""NumPy arrays of one's own: nothing is unpickled, nothing is made that isn't there."""

import gzip
import io
import pickle
import zipfile

import numpy as np
import pytest

from jaxrnn.data.arrays_file import parse_npy, read_arrays
from tests.data.tiny_series import npy


def header(shape, descr="'<f4'", order="False", version=1):
    text = f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}".encode()
    return b"\x93NUMPY" + bytes([version, 0]) + len(text).to_bytes(2, "little") + text


@pytest.mark.parametrize(
    "array",
    [
        np.arange(12, dtype=np.int64).reshape(3, 4), np.float32(1.5), np.zeros((0, 3)),
        np.array([True, False]), np.arange(6, dtype=">f8").reshape(2, 3),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)), np.array([1 + 2j]),
        np.arange(3, dtype=np.uint8), np.float16([1, 2]),
    ],
    ids=lambda array: f"{array.dtype} {array.shape}",
)  # fmt: skip
def test_what_numpy_writes(tmp_path, array):
    array = np.asarray(array)
    np.save(tmp_path / "my.npy", array)
    np.savez_compressed(tmp_path / "my.npz", x=array, y=array[..., None])
    (tmp_path / "other.npy.gz").write_bytes(gzip.compress(npy(array)))
    (got,) = read_arrays(tmp_path / "my.npy").values()
    assert got.dtype == array.dtype.newbyteorder("=") and got.dtype.isnative
    np.testing.assert_array_equal(got, array)
    both = read_arrays(tmp_path / "my.npz")
    assert list(both) == ["x", "y"]
    np.testing.assert_array_equal(both["y"], array[..., None])
    assert list(read_arrays(tmp_path / "other.npy.gz")) == ["other"]
    got[...] = 1  # not bound to the file


class Marker:
    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return open, (self.path, "w")


@pytest.mark.parametrize("kind", ["pickle", "npy", "npz"])
def test_f21_a_pickle_is_never_loaded(tmp_path, kind):
    marker, path = tmp_path / "marker", tmp_path / f"my.{kind}"
    objects = np.array([Marker(marker)], object)
    if kind == "pickle":
        path.write_bytes(pickle.dumps(Marker(marker)))
    elif kind == "npy":
        np.save(path, objects, allow_pickle=True)
    else:
        np.savez(path, allow_pickle=True, x=objects)
    expected = "no file of NumPy arrays" if kind == "pickle" else "an array of object"
    with pytest.raises(ValueError, match=f"read_arrays: .*{expected}"):
        read_arrays(path)
    assert not marker.exists()
    if kind == "pickle":  # the marker does work
        pickle.loads(path.read_bytes()).close()
        assert marker.exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (header(f"({2**50},)") + bytes(8), f"promises {2**52} bytes for an array of shape"),
        (header(f"({2**40}, {2**40})"), "is truncated: its header promises"),
        (header(f"(0, {2**70})"), "has a damaged header"),
        (header("(-1,)") + bytes(4), "its header promises -4 bytes"),
        (header("(-1, -1)") + bytes(4), "its header promises 4 bytes"),
        (header("(2,)") + bytes(12), "is too long: its header promises 8 bytes"),
        (header("(2,)") + bytes(7), "is truncated: its header promises 8 bytes"),
        (header("(2,)", "'|O'") + bytes(16), "holds an array of object"),
        (header("(2,)", "'<U1'") + bytes(8), "expected numbers or booleans"),
        (header("(2,)", "[('a', '<f4'), ('b', '|O')]") + bytes(24), "expected numbers or booleans"),
        (header("(2,)", "'<f99'"), "has a damaged header"),
        (header("('2',)"), "has a damaged header"),
        (header("(" * 5000), "has a damaged header"),
        (header("open('x')"), "has a damaged header"),
        (header("(2,)", version=9), "has a damaged header|version"),
        (header("(2,)")[:12], "has a damaged header"),
        (b"\x93NUMPY", "has a damaged header"),
    ],
)
def test_f23_a_header_is_held_against_the_bytes(content, message, tmp_path):
    with pytest.raises(ValueError, match=f"load: x.npy.*{message}") as error:
        parse_npy("load", content, "x.npy")
    assert "\n" not in str(error.value)
    with zipfile.ZipFile(tmp_path / "my.npz", "w") as archive:
        archive.writestr("x.npy", content)
    with pytest.raises(ValueError, match=f"read_arrays: x.npy in .*my.npz .*{message}"):
        read_arrays(tmp_path / "my.npz")


def test_f23_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path):
    path = tmp_path / "my.npz"
    np.savez_compressed(path, x=np.zeros(10**6))
    assert path.stat().st_size < 10_000
    with pytest.raises(ValueError, match=r"my.npz is refused: .*more than the limit of 1000000 by"):
        read_arrays(path, limit=10**6)
    assert read_arrays(path)["x"].shape == (10**6,)


@pytest.mark.parametrize("member", ["../x.npy", "/x.npy", "a\\x.npy"])
def test_f24_a_member_that_leads_elsewhere(tmp_path, member):
    with zipfile.ZipFile(tmp_path / "my.npz", "w") as archive:
        archive.writestr(member, npy(np.zeros(2)))
    with pytest.raises(ValueError, match="my.npz is refused: its member"):
        read_arrays(tmp_path / "my.npz")


def test_an_archive_without_arrays_and_one_with_something_else(tmp_path):
    with zipfile.ZipFile(tmp_path / "my.npz", "w"):
        pass
    with pytest.raises(ValueError, match="holds no array"):
        read_arrays(tmp_path / "my.npz")
    with zipfile.ZipFile(tmp_path / "my.npz", "w") as archive:
        archive.writestr("note.txt", "hello there")
    with pytest.raises(ValueError, match=r"note.txt in .*my.npz is no file of NumPy arrays"):
        read_arrays(tmp_path / "my.npz")


def test_f7_f23_random_damage_to_a_header_never_ends_in_another_error():
    content = npy(np.arange(20.0).reshape(4, 5))
    random = np.random.RandomState(0)
    for _ in range(300):
        damaged = bytearray(content)
        damaged[random.randint(6, 128)] = random.randint(256)
        try:
            got = parse_npy("load", bytes(damaged), "x.npy")
        except ValueError as error:
            assert str(error).startswith("load: x.npy")
        else:
            assert got.nbytes == 160  # another name for the same number of bytes


def test_parse_npy_from_memory():
    file = io.BytesIO()
    np.lib.format.write_array(file, np.arange(3), version=(2, 0))
    assert parse_npy("load", file.getvalue(), "x").tolist() == [0, 1, 2]
