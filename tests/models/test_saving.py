"""`save` and `load`: every network comes back bit for bit, every bad file is named."""

import base64
import dataclasses
import errno
import functools
import json
import os
import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import safetensors.numpy

from jaxrnn import (
    GRU,
    LSTM,
    RNN,
    ClipCotangent,
    Dropout,
    Elman,
    LayerNorm,
    LayerNormLSTM,
    LearnedState,
    Output,
    Residual,
    Stack,
    Zoneout,
    cells,
    initializers,
)
from jaxrnn.models import description, leaves, saving
from jaxrnn.models.batch_major import BatchMajor
from jaxrnn.models.saving import load, save
from tests.subjects import EVERY_CELL

D = 3
NETWORKS = (
    RNN(ClipCotangent(GRU(3), 0.5)),
    cells.Embedded(cells.MixedPrecision(GRU(3)), D, 2),
    RNN(cells.MixedPrecisionSplit(LSTM(4)), num_layers=2),
    *EVERY_CELL,
    Elman(4, activation="relu", initializer=initializers.IDENTITY),
    GRU(4, initializer=initializers.chrono(50.0)),
    LayerNormLSTM(4, eps=1e-4),
    Dropout(Zoneout(LayerNorm(LSTM(4, bias=False)), 0.1), 1 / 3),
    RNN(LSTM(4)),
    RNN(LSTM(4, bias=False), num_layers=3, bidirectional=True, dropout=0.5),
    RNN(Stack((LearnedState(GRU(4)), LSTM(5))), num_layers=2),
    BatchMajor(RNN(Residual(LayerNormLSTM(D)), num_layers=2)),
    Output(4, activation="softmax", bias=False),
)


def filled(network, width=D, dtype="float32"):
    """Params of distinct numbers, so that no two leaves could change places unseen."""
    rng = np.random.default_rng(0)
    tree = leaves.template(network, width)
    return jax.tree.map(lambda s: jnp.asarray(rng.normal(size=s.shape), dtype), tree)


def assert_identical(a, b):
    assert jax.tree.structure(a) == jax.tree.structure(b)
    for x, y in zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True):
        assert (x.dtype, x.shape) == (y.dtype, y.shape)
        assert np.asarray(x).tobytes() == np.asarray(y).tobytes()


def round_trip(path, network, params, **options):
    save(path, network, params)
    return load(path, **options)


@pytest.mark.parametrize("network", NETWORKS, ids=repr)
def test_round_trip(tmp_path, network):
    params = filled(network)
    again, loaded = round_trip(tmp_path / "a.safetensors", network, params)
    assert again == network and type(again) is type(network)
    assert_identical(loaded, params)


def test_every_class_of_the_library_is_known():
    classes = (*vars(cells).values(), *vars(initializers).values(), RNN, BatchMajor, Output)
    dataclass_types = {c for c in classes if isinstance(c, type) and dataclasses.is_dataclass(c)}
    assert dataclass_types == set(description.KNOWN.values())
    # and each is in one of the networks that round-trip here
    assert set().union(*map(saving._classes, NETWORKS)) == dataclass_types


def test_e63_the_loaded_network_computes_the_same(tmp_path):
    rnn = RNN(LSTM(4, bias=False), num_layers=2, bidirectional=True)
    params = filled(rnn)
    again, loaded = round_trip(tmp_path / "a", rnn, params)
    xs = jax.random.normal(jax.random.key(1), (5, 2, D), "float32")
    assert_identical(again.apply(loaded, xs), rnn.apply(params, xs))


@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "float8_e4m3fn", "complex64", "int32"])
def test_dtypes(tmp_path, dtype):
    params = filled(GRU(4), dtype=dtype)
    _, loaded = round_trip(tmp_path / "a", GRU(4), params)
    assert_identical(loaded, params)


def test_float64_needs_x64(tmp_path):
    params = jax.tree.map(lambda a: np.asarray(a, "float64") / 3, filled(GRU(4)))
    with jax.enable_x64(False):
        save(tmp_path / "a", GRU(4), params)
        with pytest.raises(ValueError, match=r"a: b, b_hn, w_h, w_x is 64 bits.*JAX_ENABLE_X64"):
            load(tmp_path / "a")
    with jax.enable_x64(True):
        assert_identical(load(tmp_path / "a")[1], params)


def test_leaves_of_mixed_dtypes_and_special_values(tmp_path):
    values = np.array([0x7FC00001, 0x80000000, 1, 0x7F800000], "uint32").view("float32")
    params = filled(Elman(4))._replace(b=jnp.asarray(values), w_x=jnp.ones((D, 4), jnp.bfloat16))
    assert_identical(round_trip(tmp_path / "a", Elman(4), params)[1], params)


def test_strided_arrays_are_not_scrambled(tmp_path):
    rng = np.random.default_rng(0)
    w_x = rng.normal(size=(4, D)).astype("float32").T
    w_h = np.asfortranarray(rng.normal(size=(4, 4)).astype("float32"))
    b = rng.normal(size=8).astype(">f4")[::2]
    params = cells.ElmanParams(w_x, w_h, b)
    _, loaded = round_trip(tmp_path / "a", Elman(4), params)
    jax.tree.map(np.testing.assert_array_equal, loaded, params)
    read = safetensors.numpy.load_file(tmp_path / "a")
    np.testing.assert_array_equal(read["w_x"], w_x)


def test_other_tools_read_it_and_files_are_reproducible(tmp_path):
    rnn = RNN(LSTM(4), num_layers=2, bidirectional=True)
    params = filled(rnn)
    save(tmp_path / "a", rnn, params)
    save(tmp_path / "b", rnn, params)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    read = safetensors.numpy.load_file(tmp_path / "a")
    np.testing.assert_array_equal(read["rest.backward.w_h"], params.rest.backward.w_h)
    assert len(read) == 12


# -- the user's own classes ------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Tap:
    """Not a cell at all: a dict and a tuple of params, a scalar, and a kernel [D + H, 4H]."""

    hidden: int
    taps: tuple = (1, 2.0, None, ("x", True))

    def init(self, key, input_size):
        kernel = jnp.zeros((input_size + self.hidden, 4 * self.hidden))
        return {"kernel": kernel, "gains": (jnp.zeros(()), None, jnp.zeros((0, 2)))}


@dataclasses.dataclass(frozen=True)
class Wrapped:
    inner: Tap
    computed: int = dataclasses.field(init=False, default=7)

    def init(self, key, input_size):
        if input_size != self.inner.hidden:
            raise ValueError("as wide as it is hidden")
        return self.inner.init(key, input_size)


@dataclasses.dataclass(frozen=True)
class Bare:
    def init(self, key, input_size):
        return jnp.zeros((input_size,)) if input_size > 1 else ()


@pytest.mark.parametrize("network, width", [(Tap(5), 11), (Wrapped(Tap(5)), 5), (Bare(), 9)])
def test_own_classes(tmp_path, network, width):
    params = filled(network, width)
    types = (Tap, Wrapped, Bare)
    again, loaded = round_trip(tmp_path / "a", network, params, types=types)
    assert again == network
    assert_identical(loaded, params)
    assert saving._header((tmp_path / "a").read_bytes())  # strict JSON
    with pytest.raises(ValueError, match=rf"unknown class '{type(network).__name__}'.*types=\("):
        load(tmp_path / "a")


def test_a_network_without_params(tmp_path):
    assert round_trip(tmp_path / "a", Bare(), (), types=(Bare,)) == (Bare(), ())


def test_types_are_classes_of_their_own_name(tmp_path):
    impostor = dataclasses.make_dataclass("LSTM", [], frozen=True)
    with pytest.raises(ValueError, match="two classes are called LSTM"):
        load(tmp_path / "a", types=(impostor,))
    impostor.init = lambda self, key, input_size: ()
    with pytest.raises(ValueError, match="two classes are called LSTM"):
        save(tmp_path / "a", impostor(), ())
    with pytest.raises(TypeError, match="Pass the class, not an instance"):
        load(tmp_path / "a", types=(Tap(3),))


def test_numpy_numbers_in_fields(tmp_path):
    network = LayerNormLSTM(4, eps=np.float32(0.25))
    again, _ = round_trip(tmp_path / "a", network, filled(network))
    assert again == network


def test_dropout_of_one_layer_does_not_warn_again(tmp_path):
    with pytest.warns(UserWarning, match="no effect with num_layers=1"):
        rnn = RNN(GRU(4), dropout=0.5)
    assert round_trip(tmp_path / "a", rnn, filled(rnn))[0] == rnn


# -- what can't be written -------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Inf:
    clip: float = float("inf")

    def init(self, key, input_size):
        return ()


@pytest.mark.parametrize(
    "network, message",
    [
        (Elman(4, activation=jnp.tanh), "network.activation: .*Use the activation's name, 'tanh'"),
        (RNN(Elman(4, activation=jnp.cos)), r"network.cell.activation: .* activation by its name"),
        (GRU(4, initializer=initializers.Scheme(bias=jnp.cos)), "network.initializer.bias"),
        (Inf(), "network.clip: inf can't be written"),
        (Inf(float("nan")), "network.clip: nan can't be written"),
    ],
)
def test_a_field_that_cannot_be_written(tmp_path, network, message):
    with pytest.raises(ValueError, match=message):
        save(tmp_path / "a", network, ())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "network, params, message",
    [
        (GRU(5), filled(GRU(4)), r"size mismatch for w_x: expected \(\d+, 15\), got \(3, 12\)"),
        (LSTM(4), filled(LSTM(4))._replace(b=None), "params are not those of .*missing b"),
        (LSTM(4, bias=False), filled(LSTM(4)), "unexpected b"),
        (Elman(4), filled(Elman(4))._asdict(), "the structure .*ElmanParams"),
        (Residual(GRU(4)), filled(GRU(5)), "no input_size fits .*Residual.init: y has 4"),
        (Elman(4), {"a": {"b": np.ones(2)}, "a.b": np.ones(2)}, "two leaves .* 'a.b'"),
        (Elman(4), filled(Elman(4))._replace(b=np.ones(4, "complex128")), "params.b has dtype"),
        (Elman(4), filled(Elman(4))._replace(b=jax.random.key(0)), "params.b has dtype key<"),
    ],
)
def test_e59_e60_params_of_another_network(tmp_path, network, params, message):
    with pytest.raises(ValueError, match=message):
        save(tmp_path / "a", network, params)
    assert list(tmp_path.iterdir()) == []


def test_not_a_network_or_traced(tmp_path):
    with pytest.raises(TypeError, match=r"got GRUParams\. The order is save"):
        save(tmp_path / "a", filled(GRU(4)), GRU(4))
    with pytest.raises(TypeError, match=r"a network or a cell .*got the class GRU"):
        save(tmp_path / "a", GRU, filled(GRU(4)))
    with pytest.raises(TypeError, match=r"params.w_x is traced"):
        jax.jit(functools.partial(save, tmp_path / "a", GRU(4)))(filled(GRU(4)))


# -- files -----------------------------------------------------------------------------------------


def test_f11_the_old_file_survives_a_failed_write(tmp_path, monkeypatch):
    path = tmp_path / "a"
    save(path, GRU(4), filled(GRU(4)))
    before = path.read_bytes()

    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match=rf"No space left.*writing \d+ bytes.*{path.name}") as caught:
        save(path, GRU(5), filled(GRU(5)))
    assert caught.value.errno == errno.ENOSPC
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_f12_paths(tmp_path):
    params = filled(GRU(4))
    save(tmp_path / "new" / "folder" / "a", GRU(4), params)
    os.symlink(tmp_path / "new" / "folder" / "a", tmp_path / "link")
    save(tmp_path / "link", GRU(5), filled(GRU(5)))
    assert (tmp_path / "link").is_symlink()
    assert load(tmp_path / "new" / "folder" / "a")[0] == GRU(5)
    for place in (tmp_path, tmp_path / "link" / "a", tmp_path / ("long" * 100)):
        with pytest.raises(OSError, match=f"save: .*{place.name}"):
            save(place, GRU(4), params)
    with pytest.raises(OSError, match=f"not a file.*{tmp_path.name}"):
        load(tmp_path)
    with pytest.raises(FileNotFoundError, match="absent"):
        load(tmp_path / "absent")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["link", "new"]


@pytest.fixture
def whole(tmp_path):
    network = RNN(LSTM(2, forget_bias=0.5), num_layers=2)
    save(tmp_path / "whole", network, filled(network))
    return (tmp_path / "whole").read_bytes()


def assert_refused(path, data, message):
    path.write_bytes(data)
    with pytest.raises(ValueError, match=rf"(?s)^load: {re.escape(str(path))}: .*(?:{message})"):
        load(path)


def test_f6_truncated(tmp_path, whole):
    assert_refused(tmp_path / "a", b"", "empty")
    assert_refused(
        tmp_path / "a", whole[: len(whole) // 100 + 9], "expected at least .* bytes, found"
    )
    assert_refused(
        tmp_path / "a", whole[: len(whole) * 99 // 100], f"expected {len(whole)} bytes, found"
    )
    assert_refused(
        tmp_path / "a", whole + b"\0", f"expected {len(whole)} bytes, found {len(whole) + 1}"
    )
    for size in (*range(0, len(whole), 11), *range(len(whole) - 9, len(whole))):
        assert_refused(tmp_path / "a", whole[:size], "the file is empty|cut off")


# in a text a flip may also make another text: bad JSON, another name, another version
SAYS_SO = (
    "damaged|cut off|no safetensors file|no strict JSON|no JSON object|not written by jaxrnn|"
    "in format version"
)


@pytest.mark.parametrize("flip", [0x01, 0x20, 0x29, 0xFF])
def test_f7_one_byte_flipped_anywhere(tmp_path, whole, flip):
    for position in range(len(whole)):
        data = bytearray(whole)
        data[position] ^= flip
        assert_refused(tmp_path / "a", bytes(data), SAYS_SO)


def test_f21_garbage_and_foreign_files(tmp_path):
    rng = np.random.default_rng(0)
    for size in (1, 7, 8, 9, 100, 10_000):
        assert_refused(tmp_path / "a", rng.bytes(size), "no safetensors file")
    assert_refused(tmp_path / "a", b"PK\x03\x04" + bytes(100), "no safetensors file")
    assert_refused(tmp_path / "a", b"<!DOCTYPE html><html>", "no safetensors file")
    foreign = safetensors.numpy.save({"w": np.ones(3)}, {"format": "pt"})
    assert_refused(tmp_path / "a", foreign, "not written by jaxrnn.save.*jaxrnn.interop")


def with_header(text, body=b""):
    raw = text if isinstance(text, bytes) else text.encode()
    return len(raw).to_bytes(8, "little") + raw + body


ONE = '"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}'


@pytest.mark.parametrize(
    "data, message",
    [
        ((2**40).to_bytes(8, "little") + b"{}", "no safetensors file"),
        (with_header("{" + ONE + "}", bytes(8)), "expected 66 bytes, found 70"),
        (with_header("{" + ONE + "," + ONE + "}", bytes(4)), "duplicate key 'w'"),
        (with_header('{"__metadata__":{"a":NaN}}'), "NaN is not a finite number"),
        (with_header('{"__metadata__":{"a":1e999}}'), "1e999 is not a finite number"),
        (with_header('{"__metadata__":' + "1" * 5000 + "}"), "an integer of 5000 digits"),
        (with_header('{"a":' * 100_000), "no strict JSON"),
        (with_header("{} \t"), "no JSON object"),
        (with_header("[]"), "no safetensors file"),
        (with_header(b'{"\xff":1}'), "no strict JSON"),
        (with_header('{"__metadata__":{"jaxrnn":7}}'), "not written by jaxrnn"),
        (with_header('{"__metadata__":{"jaxrnn":"[1]"}}'), "no JSON object"),
        (with_header('{"__metadata__":{"jaxrnn":"{\\"version\\":2}"}}'), "version 2, this .* 1"),
        (with_header('{"__metadata__":{"jaxrnn":"{\\"version\\":1}"}}'), "no SHA-256"),
    ],
)
def test_f15_f22_headers(tmp_path, data, message):
    assert_refused(tmp_path / "a", data, message)


def forge(arrays, **changes):
    """A file whose digest is right, whatever else it says."""
    fields = {"hidden_size": 4}
    header = {
        "version": 1, "input_size": D, "network": {"type": "Elman", "fields": fields}, "sha256": "",
    }  # fmt: skip
    header |= changes
    header["sha256"] = saving._digest(saving._json(header), arrays)
    return safetensors.numpy.save(arrays, {"jaxrnn": saving._json(header)})


ELMAN = {name: np.asarray(a) for name, a in leaves.named_leaves(filled(Elman(4))).items()}


def elman(**fields):
    return {"type": "Elman", "fields": fields}


def nested(depth):
    inner = elman(hidden_size=4)
    for _ in range(depth):
        inner = {"type": "AllStates", "fields": {"cell": inner}}
    return inner


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"network": elman(hidden_size=5)}, r"mismatch for w_x: expected \(3, 5\), got \(3, 4\)"),
        ({"input_size": 7}, r"size mismatch for w_x: expected \(7, 4\), got \(3, 4\)"),
        ({"network": elman(hidden_size=4, bias=False)}, "unexpected b"),
        ({"network": elman(hidden_size=-1)}, "hidden_size must be greater than zero, got -1"),
        ({"network": elman(hidden_size="4")}, "Elman can't be made: .*of type int, got: str"),
        ({"network": elman(hidden_sise=4)}, "no field hidden_sise. Did you mean 'hidden_size'"),
        ({"network": elman(hidden_size=4, activation="tan")}, "Unknown nonlinearity 'tan'"),
        ({"network": elman()}, "Elman can't be made"),
        ({"network": elman(hidden_size=4, initializer="x")}, "initializer should be a Scheme"),
        (
            {"network": elman(hidden_size=2**62)},
            "no params of Elman.hidden_size=4611686018427387904",
        ),
        ({"network": elman(hidden_size=elman(hidden_size=4))}, "of type int, got: Elman"),
        ({"network": {"type": "os.system", "fields": {}}}, "unknown class 'os.system'"),
        ({"network": {"type": ["Elman"], "fields": {}}}, "unknown class"),
        ({"network": {"type": "Elman"}}, "expected an object with type and fields"),
        ({"network": {"type": "Scheme", "fields": {}}}, "no network with an input_size"),
        ({"network": None}, "no network with an input_size"),
        ({"input_size": "3"}, "no network with an input_size"),
        ({"input_size": True}, "of type int, got: bool"),
        ({"input_size": 0}, "input_size must be greater than zero, got 0"),
        ({"network": nested(100)}, "nested more than 64 levels deep"),
    ],
)
def test_f10_a_description_that_does_not_fit(tmp_path, changes, message):
    assert_refused(tmp_path / "a", forge(ELMAN, **changes), message)


def test_f10_arrays_of_another_model(tmp_path):
    (tmp_path / "a").write_bytes(forge(ELMAN))
    assert load(tmp_path / "a")[0] == Elman(4)
    assert load(tmp_path / "a")[1].b.tolist() == ELMAN["b"].tolist()
    other = {"w_x": ELMAN["w_x"], "gain": np.ones(2)}
    assert_refused(tmp_path / "a", forge(other), "missing w_h, b; unexpected gain")


# The first file of format version 1: it must be readable for ever.
GOLDEN = (
    "8AIAAAAAAAB7Il9fbWV0YWRhdGFfXyI6eyJqYXhybm4iOiJ7XCJ2ZXJzaW9uXCI6MSxcImlucHV0X3NpemVcIjoxLFwi"
    "bmV0d29ya1wiOntcInR5cGVcIjpcIlJOTlwiLFwiZmllbGRzXCI6e1wiY2VsbFwiOntcInR5cGVcIjpcIkVsbWFuXCIs"
    "XCJmaWVsZHNcIjp7XCJoaWRkZW5fc2l6ZVwiOjIsXCJhY3RpdmF0aW9uXCI6XCJyZWx1XCIsXCJiaWFzXCI6dHJ1ZSxc"
    "ImluaXRpYWxpemVyXCI6e1widHlwZVwiOlwiU2NoZW1lXCIsXCJmaWVsZHNcIjp7XCJrZXJuZWxcIjp7XCJ0eXBlXCI6"
    "XCJHbG9yb3RcIixcImZpZWxkc1wiOnt9fSxcInJlY3VycmVudFwiOntcInR5cGVcIjpcIk9ydGhvZ29uYWxcIixcImZp"
    "ZWxkc1wiOntcImdhaW5cIjoxLjB9fSxcImJpYXNcIjp7XCJ0eXBlXCI6XCJGb3JnZXRcIixcImZpZWxkc1wiOntcImJp"
    "YXNcIjoxLjB9fX19fX0sXCJudW1fbGF5ZXJzXCI6MSxcImJpZGlyZWN0aW9uYWxcIjpmYWxzZSxcImRyb3BvdXRcIjow"
    "LjB9fSxcInNoYTI1NlwiOlwiZGYwZTRjZWU2NmE0YTAxZGM4Njc4OTAyYzc4MTVjOGI3ZTZkMmQyMGM5MjEyNjFlOTQx"
    "Yzg2ZTk1YWMyYTk4YVwifSJ9LCJmaXJzdC5iIjp7ImR0eXBlIjoiRjMyIiwic2hhcGUiOlsyXSwiZGF0YV9vZmZzZXRz"
    "IjpbMCw4XX0sImZpcnN0LndfaCI6eyJkdHlwZSI6IkYzMiIsInNoYXBlIjpbMiwyXSwiZGF0YV9vZmZzZXRzIjpbOCwy"
    "NF19LCJmaXJzdC53X3giOnsiZHR5cGUiOiJGMzIiLCJzaGFwZSI6WzEsMl0sImRhdGFfb2Zmc2V0cyI6WzI0LDMyXX19"
    "IAAAAL8AAIA+AABAQAAAgEAAAKBAAADAQAAAgD8AAABA"
)


def test_f15_golden_file_of_version_1(tmp_path):
    path = tmp_path / "golden.safetensors"
    path.write_bytes(base64.b64decode(GOLDEN))
    rnn, params = load(path)
    assert rnn == RNN(Elman(2, activation="relu"))
    assert params.first.w_x.tolist() == [[1.0, 2.0]]
    assert params.first.w_h.tolist() == [[3.0, 4.0], [5.0, 6.0]]
    assert params.first.b.tolist() == [-0.5, 0.25]
    assert params.rest is None
    header = json.loads(saving._header(path.read_bytes())["__metadata__"]["jaxrnn"])
    assert header["input_size"] == 1
