"""Safetensors: every array comes back, the bytes are reproducible, hostile files are refused."""

import json
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import safetensors.numpy

from jaxrnn import tensor_file
from jaxrnn.tensor_file import as_array, check_width, digest, from_bytes, header, to_bytes


def samples():
    rng = np.random.default_rng(0)
    arrays = {
        name: np.frombuffer(rng.bytes(12 * jnp.dtype(name).itemsize), jnp.dtype(name)).reshape(3, 4)
        for name in tensor_file.DTYPES.values()
        if name != "bool"
    }
    return arrays | {
        "bool": rng.integers(0, 2, (3, 4)).astype(bool),
        "scalar": np.asarray(7, "int32"),
        "empty": np.zeros((3, 0, 2), "float32"),
    }


def assert_identical(found, expected):
    assert set(found) == set(expected)
    for name, array in expected.items():
        assert (found[name].dtype, found[name].shape) == (array.dtype, array.shape), name
        assert found[name].tobytes() == array.tobytes(), name


def test_every_dtype_comes_back_bit_for_bit():
    assert_identical(from_bytes(to_bytes(samples())), samples())


def test_strided_and_foreign_arrays_are_not_scrambled():
    square = np.arange(12, dtype="float32").reshape(3, 4)
    given = {
        "transposed": square.T, "fortran": np.asfortranarray(square), "strided": square[::2, 1::2],
        "swapped": square.astype(">f4"),
    }  # fmt: skip
    found = from_bytes(to_bytes(given))
    for name, array in given.items():
        np.testing.assert_array_equal(found[name], array)
    assert_identical(safetensors.numpy.load(to_bytes({"w": square.T})), {"w": square.T.copy()})


def test_equal_arrays_give_equal_bytes_in_any_order_and_process():
    arrays = {name: np.arange(4, dtype="float32") + i for i, name in enumerate("cabd")}
    data = to_bytes(arrays, {"made by": "hand"})
    assert to_bytes(dict(sorted(arrays.items())), {"made by": "hand"}) == data
    assert [name for name in header(data) if name != "__metadata__"] == ["a", "b", "c", "d"]
    code = (
        "import sys, numpy as np; from jaxrnn.tensor_file import to_bytes\n"
        "arrays = {n: np.arange(4, dtype='float32') + i for i, n in enumerate('cabd')}\n"
        "sys.stdout.buffer.write(to_bytes(arrays, {'made by': 'hand'}))"
    )
    again = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert again.stdout == data
    with pytest.raises(ValueError, match="one entry"):
        to_bytes(arrays, {"a": "1", "b": "2"})


def test_digest_sees_name_dtype_shape_and_bytes():
    base = {"a": np.zeros(4, "float32"), "b": np.ones(2, "int32")}
    others = (
        {"c": base["a"], "b": base["b"]},
        {**base, "a": base["a"].astype("int32")},
        {**base, "a": base["a"].reshape(2, 2)},
        {**base, "a": -base["a"]},
    )
    digests = {digest("", arrays) for arrays in (base, *others)} | {digest("x", base)}
    assert len(digests) == 6
    assert digest("", dict(reversed(base.items()))) == digest("", base)


def test_arrays_that_a_file_cannot_hold():
    with pytest.raises(ValueError, match=r"save: a.b has dtype complex128, which .*complex64"):
        as_array("save", "a.b", np.ones(2, "complex128"))
    with pytest.raises(ValueError, match="save: a has dtype object"):
        as_array("save", "a", np.array([None]))
    with pytest.raises(TypeError, match="save: a is traced: save can't run inside jit"):
        jax.jit(lambda a: as_array("save", "a", a))(jnp.ones(2))


def test_64_bits_need_x64():
    wide = {"b": np.ones(2, "int64"), "a": np.ones(2), "c": np.ones(2, "float32")}
    with jax.enable_x64(True):
        check_width(wide)
    with jax.enable_x64(False), pytest.raises(ValueError, match=r"^a, b is 64 bits.*JAX_ENABLE"):
        check_width(wide)


# -- hostile files ---------------------------------------------------------------------------------


def file(head, body=b""):
    raw = head if isinstance(head, bytes) else json.dumps(head).encode()
    return len(raw).to_bytes(8, "little") + raw + body


def entry(begin, end, shape=(1,), dtype="F32"):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": [begin, end]}


ONE = b'"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}'
HOSTILE = {
    "empty": (b"", "the file is empty"),
    "one byte": (b"\0", "no safetensors file .1 bytes"),
    "header of 2^40": ((2**40).to_bytes(8, "little") + b"{}", "would have 1099511627776 bytes"),
    "overlap": (file({"a": entry(0, 4), "b": entry(2, 6)}, bytes(6)), "overlaps b"),
    "same place": (file({"a": entry(0, 4), "b": entry(0, 4)}, bytes(4)), "overlaps b"),
    "hole": (file({"a": entry(0, 4), "b": entry(8, 12)}, bytes(12)), "a hole before b"),
    "hole at the start": (file({"a": entry(4, 8)}, bytes(8)), "a hole before a"),
    "trailing bytes": (file({"a": entry(0, 4)}, bytes(8)), r"expected \d+ bytes, found \d+"),
    "too short": (file({"a": entry(0, 4)}, bytes(3)), r"expected \d+ bytes, found \d+"),
    "duplicate keys": (file(b"{" + ONE + b"," + ONE + b"}", bytes(4)), "duplicate key 'w'"),
    "NaN in metadata": (file(b'{"__metadata__":{"a":NaN}}'), "NaN is not a finite number"),
    "number in metadata": (file(b'{"__metadata__":{"a":1}}'), "damaged: "),
    "unknown dtype": (file({"a": entry(0, 4, dtype="F31")}, bytes(4)), "a has dtype 'F31'"),
    "dtype of half bytes": (file({"a": entry(0, 1, (2,), "F4")}, b"\0"), "a has dtype 'F4'"),
    "another size": (file({"a": entry(0, 4, (2,))}, bytes(4)), "a needs 8 bytes and has 4"),
    "2^50 elements": (file({"a": entry(0, 4, (2**50,))}, bytes(4)), f"a needs {2**52} bytes"),
    "overflow": (file({"a": entry(0, 0, (2**62, 2**62))}), "a needs .* bytes and has 0"),
    "backwards": (file({"a": entry(4, 0, (0,))}), "a needs 0 bytes and has -4"),
    "negative": (file({"a": entry(0, 4, (-1,))}, bytes(4)), "a has no plain dtype, shape"),
    "no offsets": (file({"a": {"dtype": "F32", "shape": []}}), "a has no plain dtype, shape"),
    "more fields": (file({"a": entry(0, 4) | {"x": 1}}, bytes(4)), "a has no plain dtype"),
    "bool for a size": (file({"a": entry(0, 4, (True,))}, bytes(4)), "a has no plain dtype"),
    "entry a number": (file({"a": 3}), "a has no plain dtype"),
    "dtype a list": (file({"a": entry(0, 4, dtype=["F32"])}, bytes(4)), "a has dtype"),
    "tab after the header": (file(b"{}\t"), "no JSON object"),
    "deep": (file(b'{"a":' * 10_000), "nested more than"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_f22_hostile_files(name):
    data, message = HOSTILE[name]
    with pytest.raises(ValueError, match=message):
        from_bytes(data)


def test_f22_random_bytes_and_halves():
    rng = np.random.default_rng(0)
    data = to_bytes({"w": np.ones((3, 4), "float32")})
    for size in range(len(data)):
        with pytest.raises(ValueError):
            from_bytes(data[:size])
        with pytest.raises(ValueError):
            from_bytes(rng.bytes(size))
