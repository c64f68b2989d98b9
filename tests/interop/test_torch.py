"""Weights from and to torch, against torch's own numbers, without torch."""

import itertools
import subprocess
import sys
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch_cases as cases

from jaxrnn.cells import (
    GRU,
    LSTM,
    Elman,
    ElmanState,
    GRUResetBefore,
    GRUState,
    LayerNormCarryLSTM,
    LayerNormLSTM,
    LearnedState,
    LSTMState,
    Residual,
    Zoneout,
)
from jaxrnn.interop.torch import from_torch, state_from_torch, state_to_torch, to_torch
from jaxrnn.models import RNN, RNNParams, RNNState

GRID = cases.grid()
SMALL = [case for case in GRID if case.layers == 2 and not case.ragged]


@pytest.fixture(autouse=True)
def x64():
    with jax.enable_x64(True):
        yield


@pytest.fixture(scope="module")
def golden():
    with np.load(cases.GOLDEN) as file:
        return dict(file)


def load(case, weights=None):
    nonlinearity = "relu" if case.kind == "rnn_relu" else "tanh"
    return from_torch(
        cases.weights(case) if weights is None else weights, nonlinearity=nonlinearity
    )


def load_inputs(rnn, case):
    given = cases.inputs(case)
    state = state_from_torch(rnn, given["h0"], given.get("c0"))
    return jnp.asarray(given["xs"]), state, jnp.array(cases.LENGTHS) if case.ragged else None


def named_state(rnn, state, names):
    state = state_to_torch(rnn, state)
    return dict(zip(names, state if isinstance(state, tuple) else (state,), strict=False))


# --- (a) torch's numbers --------------------------------------------------------------------------


# nearly all the time goes into compiling, and XLA's last optimisations are a third of that
@partial(jax.jit, static_argnums=0, compiler_options={"xla_backend_optimization_level": 0})
def forward_and_backward(rnn, params, xs, state, lengths, dys, dfinal):
    def functional(params, xs, state):
        final, ys = rnn.apply(params, xs, state, lengths=lengths)
        pairs = zip(jax.tree.leaves((ys, final)), jax.tree.leaves((dys, dfinal)), strict=True)
        return sum(jnp.vdot(a, b) for a, b in pairs), (final, ys)

    return jax.grad(functional, argnums=(0, 1, 2), has_aux=True)(params, xs, state)


def torch_bias_gradients(case, grads):
    """Each of torch's two biases gets the gradient of our one, except in the GRU's n-part."""
    for name in [name for name in grads if name.startswith("bias_hh")]:
        shared = 2 * cases.H if case.kind == "gru" else None
        grads[name][:shared] = grads[name.replace("_hh_", "_ih_")][:shared]
    return grads


def jaxrnn_results(case):
    rnn, params = load(case)
    xs, state, lengths = load_inputs(rnn, case)
    out = cases.cotangents(case)
    dfinal = state_from_torch(rnn, out["h_n"], out.get("c_n"))
    (dparams, dxs, dstate), (final, ys) = forward_and_backward(
        rnn, params, xs, state, lengths, jnp.asarray(out["output"]), dfinal
    )
    grads = {"xs": np.asarray(dxs), **named_state(rnn, dstate, ("h0", "c0"))}
    grads |= torch_bias_gradients(case, to_torch(rnn, dparams))
    results = {"output": np.asarray(ys), **named_state(rnn, final, ("h_n", "c_n"))}
    return results | {f"grad {name}": grad for name, grad in grads.items()}


@pytest.mark.parametrize("case", GRID, ids=lambda case: case.id)
def test_outputs_states_and_every_gradient_are_torchs(case, golden):
    ours, theirs = jaxrnn_results(case), cases.unpack(case, golden[case.id])
    assert set(ours) == set(theirs)
    for name, expected in theirs.items():
        assert ours[name].dtype == np.float64
        np.testing.assert_allclose(ours[name], expected, rtol=0, atol=1e-10, err_msg=name)


def test_golden_file_holds_the_whole_grid_and_says_its_torch(golden):
    assert set(golden) == {case.id for case in GRID} | {"torch_version"}
    assert len(GRID) == 120
    assert golden["torch_version"] == "2.13.0"
    assert cases.GOLDEN.stat().st_size < 900_000


WRONG_ORDERS = [
    (case, order)
    for case in GRID
    if case.layers == 1 and case.bias and not (case.bidirectional or case.ragged or case.proj)
    for order in list(itertools.permutations(range(cases.GATES[case.kind])))[1:]
]


@pytest.mark.parametrize(
    ("case", "order"), WRONG_ORDERS, ids=lambda v: v.id if isinstance(v, cases.Case) else str(v)
)
def test_e61_each_wrong_gate_order_is_caught(case, order, golden):
    def permuted(array):
        return array.reshape(len(order), cases.H, -1)[list(order)].reshape(array.shape)

    rnn, params = load(case, {name: permuted(w) for name, w in cases.weights(case).items()})
    xs, state, _ = load_inputs(rnn, case)
    _, ys = rnn.apply(params, xs, state)
    assert abs(ys - cases.unpack(case, golden[case.id])["output"]).max() > 1e-3


# --- round trips ----------------------------------------------------------------------------------


@pytest.mark.parametrize("case", SMALL, ids=lambda case: case.id)
def test_e63_weights_round_trip(case):
    rnn, params = load(case)
    weights = cases.weights(case)
    exported = to_torch(rnn, params)
    assert list(exported) == list(weights)
    n = 2 * cases.H if case.kind == "gru" else None
    for name, array in exported.items():
        expected = weights[name].copy()
        if name.startswith("bias_ih"):
            expected[:n] += weights[name.replace("_ih_", "_hh_")][:n]
        if name.startswith("bias_hh"):
            expected[:n] = 0
        np.testing.assert_array_equal(array, expected, err_msg=name)
        assert array.flags.c_contiguous and array.flags.writeable
    again, params_again = load(case, exported)
    assert again == rnn
    jax.tree.map(np.testing.assert_array_equal, params_again, params)


@pytest.mark.parametrize("kind", cases.GATES)
def test_e63_no_bias_imports_exports_and_round_trips(kind):
    case = cases.Case(kind, 2, True, False, 0, False)
    rnn, params = load(case)
    assert rnn.cell.bias is False
    assert params.first.forward.b is None and params.rest.backward.b is None
    exported = to_torch(rnn, params)
    assert not [name for name in exported if name.startswith("bias")]
    for name, array in cases.weights(case).items():
        np.testing.assert_array_equal(exported[name], array)


def test_network_and_layout_are_read_off_names_and_shapes():
    rnn, params = from_torch(
        cases.weights(cases.Case("lstm", 3, True, True, 2, False)), dropout=0.3
    )
    assert rnn == RNN(LSTM(5, proj_size=2), num_layers=3, bidirectional=True, dropout=0.3)
    shapes = jax.eval_shape(partial(rnn.init, input_size=3), jax.random.key(0))
    assert jax.tree.structure(params) == jax.tree.structure(shapes)
    jax.tree.map(lambda a, b: np.testing.assert_equal(a.shape, b.shape), params, shapes)
    assert load(cases.Case("rnn_relu", 1, False, True, 0, False))[0] == RNN(
        Elman(5, activation="relu")
    )
    assert load(cases.Case("gru", 1, False, False, 0, False))[0] == RNN(GRU(5, bias=False))


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "bfloat16"])
def test_dtype_is_kept_but_for_bfloat16_which_torch_would_refuse(dtype):
    case = cases.Case("gru", 2, False, True, 0, False)
    weights = {name: w.astype(jnp.dtype(dtype)) for name, w in cases.weights(case).items()}
    rnn, params = from_torch(weights)
    assert {str(leaf.dtype) for leaf in jax.tree.leaves(params)} == {dtype}
    exported = to_torch(rnn, params)
    expected = "float32" if dtype == "bfloat16" else dtype
    assert {str(array.dtype) for array in exported.values()} == {expected}
    # no value changes: each bfloat16 is a float32
    np.testing.assert_array_equal(exported["weight_hh_l1"].astype(dtype), weights["weight_hh_l1"])
    np.testing.assert_array_equal(
        exported["weight_hh_l1"], weights["weight_hh_l1"].astype(expected)
    )
    state = GRUState(jnp.ones((2, 4, cases.H), dtype))
    assert str(state_to_torch(rnn, state).dtype) == expected


def test_float64_is_rounded_to_float32_with_x64_off():
    weights = cases.weights(cases.Case("lstm", 2, False, True, 0, False))
    with jax.enable_x64(False):
        _, params = from_torch(weights)
        assert {str(leaf.dtype) for leaf in jax.tree.leaves(params)} == {"float32"}
        np.testing.assert_array_equal(params.first.w_x, weights["weight_ih_l0"].T.astype("float32"))


def test_params_and_states_are_copies():
    weights = {"weight_ih_l0": np.ones((1, 1)), "weight_hh_l0": np.ones((1, 1))}
    h = np.ones((1, 1, 1))
    rnn, params = from_torch(weights)
    state = state_from_torch(rnn, h)
    for array in (*weights.values(), h):
        array[:] = 7
    assert params.first.w_x == params.first.w_h == state.h == 1
    to_torch(rnn, params)["weight_ih_l0"][:] = 7
    state_to_torch(rnn, state)[:] = 7
    assert params.first.w_x == state.h == 1


class FakeTensor:
    """As much of a tensor as is asked of one."""

    def __init__(self, array):
        self.array = array

    def detach(self):
        return self

    def numpy(self):
        return self.array


def test_values_may_be_tensors():
    case = cases.Case("lstm", 2, True, True, 2, False)
    _, params = from_torch({name: FakeTensor(w) for name, w in cases.weights(case).items()})
    jax.tree.map(np.testing.assert_array_equal, params, load(case)[1])


def test_f31_torch_is_never_imported():
    program = (
        "import sys; sys.modules['torch'] = None; import numpy as np; import jaxrnn;"
        "sd = {'weight_ih_l0': np.ones((2, 3), 'f'), 'weight_hh_l0': np.ones((2, 2), 'f')};"
        "rnn, params = jaxrnn.interop.torch.from_torch(sd);"
        "print(*jaxrnn.interop.torch.to_torch(rnn, params))"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert run.stdout.split() == ["weight_ih_l0", "weight_hh_l0"], run.stderr


# --- states ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", SMALL, ids=lambda case: case.id)
@pytest.mark.parametrize("batched", [True, False])
def test_states_round_trip(case, batched):
    rnn, params = load(case)
    given = cases.inputs(case)
    h, c = (None if a is None else a if batched else a[:, 0] for a in map(given.get, ("h0", "c0")))
    state = state_from_torch(rnn, h, c)
    expected = jax.eval_shape(lambda: rnn.init_state(params, cases.B if batched else ()))
    assert jax.tree.structure(state) == jax.tree.structure(expected)
    back = state_to_torch(rnn, state)
    for ours, theirs in zip(back if case.kind == "lstm" else (back,), (h, c), strict=False):
        np.testing.assert_array_equal(ours, theirs)
        assert ours.flags.c_contiguous and ours.flags.writeable


def test_state_of_a_network_with_dropout_carries_a_clock():
    case = cases.Case("lstm", 3, True, True, 0, False)
    rnn, params = from_torch(cases.weights(case), dropout=0.5)
    given = cases.inputs(case)
    state = state_from_torch(rnn, given["h0"], given["c0"])
    assert isinstance(state, RNNState) and int(state.clock.t) == 0
    final, ys = rnn.apply(params, jnp.asarray(given["xs"]), state)
    plain, expected = load(case)[0].apply(params, jnp.asarray(given["xs"]), state.layers)
    np.testing.assert_array_equal(ys, expected)
    for ours, theirs in zip(state_to_torch(rnn, final), plain, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_half_precision_state_becomes_float32():
    rnn = RNN(GRU(2))
    assert state_from_torch(rnn, np.ones((1, 4, 2), "float16")).h.dtype == jnp.float32
    assert state_from_torch(rnn, np.ones((1, 4, 2), "float64")).h.dtype == jnp.float64


@pytest.mark.parametrize(
    ("h", "c", "message"),
    [
        (
            (4, 2, 2),
            (4, 2, 5),
            r"h: Expected hidden size \(2, 2, 2\), got \[4, 2, 2\]; c: Expected",
        ),
        (
            (2, 4, 5),
            (2, 4, 2),
            r"h: Expected .*\(2, 4, 2\), got \[2, 4, 5\]; c: .*\(2, 4, 5\), got",
        ),
        ((2, 4, 2), (2, 3, 5), r"from_torch: c: Expected hidden size \(2, 4, 5\), got \[2, 3, 5\]"),
        ((2, 4, 2), (2, 1, 5), r"c: Expected hidden size \(2, 4, 5\), got \[2, 1, 5\]"),
        ((2, 2), (2, 4, 5), r"c: Expected hidden size \(2, 5\), got \[2, 4, 5\]"),
        ((2,), (2, 5), r"h: Expected hidden size \(2, B, 2\), got \[2\].*never batch-first"),
    ],
)
def test_state_shapes_are_checked(h, c, message):
    rnn = RNN(LSTM(5, proj_size=2), num_layers=2)
    with pytest.raises(ValueError, match=message):
        state_from_torch(rnn, np.ones(h), np.ones(c))
    with pytest.raises(ValueError, match=message.replace("from_torch", "state_to_torch")):
        state_to_torch(rnn, LSTMState(jnp.ones(h), jnp.ones(c)))


def test_state_of_the_wrong_kind_is_refused():
    h, c = np.ones((1, 4, 5)), np.ones((1, 4, 5))
    with pytest.raises(
        TypeError, match="state_from_torch: c: expected both h and c for LSTM, got no"
    ):
        state_from_torch(RNN(LSTM(5)), h)
    with pytest.raises(TypeError, match="state_from_torch: c: expected h alone for GRU, got a c"):
        state_from_torch(RNN(GRU(5)), h, c)
    with pytest.raises(TypeError, match=r"h: expected one array, got tuple of 2.*two arguments"):
        state_from_torch(RNN(LSTM(5)), (h, c))
    with pytest.raises(TypeError, match="h: expected an array of a floating dtype, got int64"):
        state_from_torch(RNN(GRU(5)), np.ones((1, 4, 5), int))
    with pytest.raises(TypeError, match=r"state: expected LSTMState\(h, c\), got tuple"):
        state_to_torch(RNN(LSTM(5)), (h, c))
    with pytest.raises(TypeError, match=r"state: expected ElmanState\(h\), got GRUState"):
        state_to_torch(RNN(Elman(5)), GRUState(h))
    assert state_to_torch(RNN(Elman(5)), ElmanState(jnp.asarray(h))).shape == (1, 4, 5)


# --- errors of the import -------------------------------------------------------------------------


def lstm_weights(**changed):
    weights = cases.weights(cases.Case("lstm", 2, True, True, 0, False))
    return weights | {name: np.ones(shape) for name, shape in changed.items()}


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"weight_ih_l0": (15, 3)}, r"weight_ih_l0: expected \(20, 3\), got \(15, 3\)"),
        ({"weight_ih_l0": (20,)}, r"weight_ih_l0: expected \(20, 20\), got \(20,\)"),
        ({"weight_ih_l0_reverse": (20, 4)}, r"weight_ih_l0_reverse: expected \(20, 3\), got"),
        ({"weight_ih_l1": (20, 5)}, r"weight_ih_l1: expected \(20, 10\), got \(20, 5\)"),
        ({"weight_hh_l0": (5, 20)}, r"weight_hh_l0: expected \(rows, H\).*got \(5, 20\)"),
        ({"weight_hh_l0": (20,)}, r"weight_hh_l0: expected \(rows, H\).*got \(20,\)"),
        ({"weight_hh_l0": (0, 0)}, r"weight_hh_l0: expected \(rows, H\).*got \(0, 0\)"),
        ({"weight_hh_l1": (20, 4)}, r"weight_hh_l1: expected \(20, 5\), got \(20, 4\)"),
        ({"bias_hh_l1": (20, 1)}, r"bias_hh_l1: expected \(20,\), got \(20, 1\)"),
    ],
)
def test_e59_weight_of_the_wrong_shape(changed, message):
    with pytest.raises(ValueError, match=f"from_torch: size mismatch for {message}"):
        from_torch(lstm_weights(**changed))


def test_e59_every_mismatch_is_listed_and_projections_are_checked():
    with pytest.raises(ValueError, match=r"for weight_ih_l0: .*; size mismatch for bias_ih_l1: "):
        from_torch(lstm_weights(weight_ih_l0=(1, 3), bias_ih_l1=(3,)))
    weights = cases.weights(cases.Case("lstm", 2, False, True, 2, False))
    with pytest.raises(ValueError, match=r"size mismatch for weight_hr_l1: expected \(2, 5\), got"):
        from_torch(weights | {"weight_hr_l1": np.ones((3, 5))})
    gru = cases.weights(cases.Case("gru", 1, False, True, 0, False))
    with pytest.raises(ValueError, match=r"weight_hh_l0: expected \(rows, P\).*Only LSTM can have"):
        from_torch(gru | {"weight_hr_l0": np.ones((2, 5))})


def test_e60_all_missing_and_all_unexpected_names_are_listed():
    weights = lstm_weights(foo=(1,), bar=(2,))
    del weights["weight_hh_l0"], weights["bias_ih_l1_reverse"]
    with pytest.raises(ValueError) as error:
        from_torch(weights)
    message = str(error.value)
    assert "missing: weight_hh_l0, bias_ih_l1_reverse; unexpected: bar, foo." in message
    assert "num_layers=2, bidirectional=True, bias=True" in message


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ([], "missing: weight_ih_l0, weight_hh_l0; unexpected: none"),
        (["weight"], "missing: weight_ih_l0, weight_hh_l0; unexpected: weight"),
        (["weight_ih_l0"], "missing: weight_hh_l0; unexpected: none"),
        (["weight_ih_l0", "weight_hh_l0", "weight_ih_l999999"], "unexpected: weight_ih_l999999"),
        (["weight_ih_l0", "weight_hh_l0", "weight_ih_l" + "9" * 5000], "unexpected: weight_ih_l99"),
        (["weight_ih_l0", "weight_hh_l0", "bias_ih_l0"], "missing: bias_hh_l0; unexpected: none"),
        (["weight_ih", "weight_hh"], "unexpected: weight_hh, weight_ih. These look like .*_l0"),
        (["rnn.weight_ih_l0", "rnn.weight_hh_l0", "fc.bias"], "unexpected: fc.bias. Keep .*'rnn.'"),
    ],
)
def test_e60_names_that_are_no_network(names, message):
    with pytest.raises(ValueError, match=f"from_torch: state_dict: .*{message}"):
        from_torch({name: np.ones((2, 2)) for name in names})


@pytest.mark.parametrize("prefix", ["module.", "lstm.", "encoder.rnn.", "module._orig_mod.rnn."])
def test_e62_a_common_prefix_is_removed(prefix):
    rnn, params = from_torch({prefix + name: w for name, w in lstm_weights().items()})
    expected, expected_params = from_torch(lstm_weights())
    assert rnn == expected
    jax.tree.map(np.testing.assert_array_equal, params, expected_params)


def test_e62_two_prefixes_are_refused():
    both = {p + name: w for p in ("encoder.", "decoder.") for name, w in lstm_weights().items()}
    with pytest.raises(ValueError, match=r"one network, got 2.*'decoder.', 'encoder.'.*Take one"):
        from_torch(both)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["weight_hh_l0_g", "weight_hh_l0_v"], "weight_hh_l0 under .*weight_norm.*remove_weight_n"),
        (["weight_ih_l0_orig", "weight_ih_l0_u", "weight_ih_l0_v"], "remove_spectral_norm"),
        (["weight_ih_l0_orig", "weight_ih_l0_mask"], r"prune.remove\(module, 'weight_ih_l0'\)"),
        (["weight_hh_l0_raw"], "weight_hh_l0 under weight drop"),
        (["parametrizations.weight_ih_l0.original0", "parametrizations.weight_ih_l0.original1"],
         r"weight_ih_l0 under .*parametrizations.weight_norm.*remove_parametrizations\(module, 'w"),
        (["parametrizations.weight_ih_l0.original", "parametrizations.weight_ih_l0.0._u"],
         "parametrizations.spectral_norm"),
        (["parametrizations.weight_ih_l0.original"], "torch.nn.utils.parametrize. Remove"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("prefix", ["", "module.", "encoder.rnn."])
def test_e62_wrapped_weights_are_refused_by_the_wrappers_name(names, message, prefix):
    weights = lstm_weights(**dict.fromkeys(names, (20, 5)))
    with pytest.raises(ValueError, match=f"from_torch: state_dict: expected plain.*{message}"):
        from_torch({prefix + name: w for name, w in weights.items()})


def test_wrong_arguments_of_the_import():
    with pytest.raises(ValueError, match=r"Unknown nonlinearity 'relux'. Select from tanh, relu"):
        from_torch(lstm_weights(), nonlinearity="relux")
    with pytest.raises(ValueError, match=r"nonlinearity: expected none for LSTM \(4 gate blocks\)"):
        from_torch(lstm_weights(), nonlinearity="relu")
    with pytest.raises(ValueError, match=r"dropout should be a number in range \[0, 1\]"):
        from_torch(lstm_weights(), dropout=1.5)
    with pytest.raises(TypeError, match=r"state_dict: expected a mapping .*got LSTM. Pass module"):
        from_torch(LSTM(3))
    with pytest.raises(TypeError, match="state_dict: expected a mapping from names"):
        from_torch({0: np.ones(3)})
    with pytest.raises(TypeError, match=r"one dtype .*float32 \(bias_ih_l1\), float64 \("):
        from_torch(lstm_weights() | {"bias_ih_l1": np.ones(20, np.float32)})
    with pytest.raises(
        TypeError, match="weight_hh_l0: expected an array of a floating dtype, got int8"
    ):
        from_torch(lstm_weights() | {"weight_hh_l0": np.ones((20, 5), np.int8)})


# --- errors of the export -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "error", "message"),
    [
        (
            LSTM(3, peephole=True),
            ValueError,
            "peephole=False, got LSTM with peephole=True",
        ),
        (LSTM(3, coupled=True), ValueError, "coupled=False, got LSTM with coupled=True"),
        (Elman(3, activation="gelu"), ValueError, "'tanh' or 'relu', got Elman with .*'gelu'"),
        (GRUResetBefore(3), TypeError, "got GRUResetBefore: it resets before"),
        (LayerNormLSTM(3), TypeError, "got LayerNormLSTM: .*no layer normalisation"),
        (LayerNormCarryLSTM(3), TypeError, "got LayerNormCarryLSTM: .*no layer normalisation"),
        (Residual(LSTM(3)), TypeError, r"got Residual\(LSTM\): torch.nn has no such wrapper"),
        (Zoneout(GRU(3), 0.1), TypeError, r"got Zoneout\(GRU\): torch.nn has no such wrapper"),
        (LearnedState(GRU(3)), TypeError, r"got LearnedState\(GRU\): torch.nn has no such wrapper"),
    ],
    ids=lambda v: v if isinstance(v, str) else None,
)
def test_what_torch_cannot_hold_is_refused_by_name(cell, error, message):
    rnn = RNN(cell)
    params = rnn.init(jax.random.key(0), 3)
    with pytest.raises(error, match=f"to_torch: rnn.cell: expected .*{message}"):
        to_torch(rnn, params)
    with pytest.raises(error, match=message):
        state_from_torch(rnn, np.ones((1, 4, 3)))
    with pytest.raises(error, match=message):
        state_to_torch(rnn, rnn.init_state(params, 4))


def test_activations_given_as_functions_are_exported():
    rnn = RNN(Elman(2, activation=jnp.tanh))
    assert set(to_torch(rnn, rnn.init(jax.random.key(0), 3))) >= {"weight_ih_l0", "bias_hh_l0"}


def test_params_of_another_network_are_refused():
    rnn = RNN(GRU(2), num_layers=2)
    params = rnn.init(jax.random.key(0), 3)
    with pytest.raises(TypeError, match=r"to_torch: rnn: expected an RNN, got GRU. Wrap a single"):
        to_torch(GRU(2), params.first)
    for other in (params.first, RNNParams(params.first, None), {"first": params.first}, None):
        with pytest.raises(TypeError, match="to_torch: params: expected PyTreeDef"):
            to_torch(rnn, other)
    wide = params._replace(rest=params.rest._replace(w_h=jnp.ones((1, 3, 6))))
    with pytest.raises(ValueError, match=r"params.rest.w_h: expected \(1, 2, 6\), got \(1, 3, 6\)"):
        to_torch(rnn, wide)


def test_e67_weights_that_are_no_numbers_are_named():
    weights = {k: v.copy() for k, v in cases.weights(SMALL[0]).items()}
    names = list(weights)
    weights[names[0]].flat[:2] = np.nan
    weights[names[1]].flat[0] = -np.inf
    size = weights[names[0]].size
    with pytest.raises(ValueError, match=rf"{names[0]} \(2 of {size} entries\), {names[1]} \(1 of"):
        from_torch(weights)
    with pytest.warns(UserWarning, match="weights are not finite"):
        _, params = from_torch(weights, allow_nonfinite=True)
    assert sum(int((~jnp.isfinite(leaf)).sum()) for leaf in jax.tree.leaves(params)) == 3
