"""The golden file and the exchange of weights against the torch that is installed."""

import jax
import jax.numpy as jnp
import make_torch
import numpy as np
import pytest
import torch
import torch_cases as cases
from torch.nn.utils import parametrizations, prune

from jaxrnn.interop.torch import from_torch, state_from_torch, state_to_torch, to_torch
from jaxrnn.models import RNN

GRID = cases.grid()


@pytest.fixture(autouse=True)
def x64():
    with jax.enable_x64(True):
        yield


@pytest.fixture(scope="module")
def golden():
    with np.load(cases.GOLDEN) as file:
        return dict(file)


def tensors(arrays):
    return {name: torch.from_numpy(array) for name, array in arrays.items()}


def nonlinearity(case):
    return "relu" if case.kind == "rnn_relu" else "tanh"


def assert_close(ours, theirs, atol=1e-12):
    theirs = theirs.detach().numpy() if isinstance(theirs, torch.Tensor) else theirs
    np.testing.assert_allclose(np.asarray(ours), theirs, rtol=0, atol=atol)


@pytest.mark.parametrize("case", GRID, ids=lambda case: case.id)
def test_golden_file_is_what_this_torch_computes(case, golden):
    assert_close(cases.pack(case, make_torch.compute(case)), golden[case.id])


@pytest.mark.parametrize("case", GRID, ids=lambda case: case.id)
def test_exported_weights_give_torch_the_same_outputs(case, golden):
    module = make_torch.make_module(case)
    exported = to_torch(*from_torch(module.state_dict(), nonlinearity=nonlinearity(case)))
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.fill_(torch.nan)  # so that what is not loaded shows
        module.load_state_dict(tensors(exported))
        results = make_torch.run_module(case, module, tensors(cases.inputs(case)))
    expected = cases.unpack(case, golden[case.id])
    for name, tensor in results.items():
        assert_close(tensor, expected[name])


@pytest.mark.parametrize(
    "case", [c for c in GRID if c.layers == 3 and c.bidirectional and c.bias], ids=lambda c: c.id
)
def test_dropout_module_in_eval_mode(case):
    module = make_torch.make_module(case, dropout=0.3).eval()
    given = cases.inputs(case)
    with torch.no_grad():
        expected = make_torch.run_module(case, module, tensors(given))
    rnn, params = from_torch(module.state_dict(), nonlinearity=nonlinearity(case), dropout=0.3)
    assert rnn.dropout == 0.3
    state = state_from_torch(rnn, given["h0"], given.get("c0"))
    lengths = jnp.array(cases.LENGTHS) if case.ragged else None
    state, ys = rnn.apply(params, jnp.asarray(given["xs"]), state, lengths=lengths)
    assert_close(ys, expected["output"])
    states = state_to_torch(rnn, state)
    for ours, name in zip(
        states if case.kind == "lstm" else (states,), ("h_n", "c_n"), strict=False
    ):
        assert_close(ours, expected[name])


def test_three_layers_both_directions_128_to_256():
    torch.manual_seed(0)
    module = torch.nn.LSTM(128, 256, num_layers=3, bidirectional=True, dtype=torch.float64)
    xs, h, c = torch.randn(6, 4, 128), torch.randn(6, 4, 256), torch.randn(6, 4, 256)
    xs, h, c = (tensor.double() for tensor in (xs, h, c))
    with torch.no_grad():
        output, (h_n, c_n) = module(xs, (h, c))
    rnn, params = from_torch(module.state_dict())
    state, ys = rnn.apply(params, jnp.asarray(xs.numpy()), state_from_torch(rnn, h, c))
    assert ys.shape == tuple(output.shape) == (6, 4, 512)
    assert state.h.shape == state.c.shape == tuple(h_n.shape) == (6, 4, 256)
    for ours, theirs in ((ys, output), *zip(state_to_torch(rnn, state), (h_n, c_n), strict=True)):
        assert_close(ours, theirs)


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
@pytest.mark.parametrize("bias", [True, False])
def test_e63_a_network_made_here_runs_in_torch(kind, bias):
    module = getattr(torch.nn, kind)(3, 5, num_layers=2, bidirectional=True, bias=bias)
    rnn, _ = from_torch(module.double().state_dict())
    params = jax.tree.map(lambda a: a.astype(jnp.float64), rnn.init(jax.random.key(0), 3))
    module.load_state_dict(tensors(to_torch(rnn, params)))
    xs = cases.draw(GRID[0], "xs", (6, 4, 3))
    with torch.no_grad():
        assert_close(rnn.apply(params, jnp.asarray(xs))[1], module(torch.from_numpy(xs))[0])


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16], ids=str)
def test_half_precision_keeps_its_bits_there_and_back(dtype):
    weights = torch.nn.GRU(3, 5, bias=False).to(dtype).state_dict()
    rnn, params = from_torch(weights)
    assert f"torch.{params.first.w_x.dtype}" == str(dtype)
    module = torch.nn.GRU(3, 5, bias=False).to(dtype)
    module.load_state_dict(tensors(to_torch(rnn, params)))
    for name, weight in module.state_dict().items():
        assert weight.dtype == dtype and torch.equal(weight, weights[name])


def test_params_that_require_grad_are_taken():
    parameters = dict(torch.nn.GRU(3, 5).named_parameters())
    assert from_torch(parameters)[0] == RNN(from_torch(parameters)[0].cell)


def test_e62_data_parallel():
    module = torch.nn.DataParallel(torch.nn.LSTM(3, 5))
    assert next(iter(module.state_dict())) == "module.weight_ih_l0"
    rnn, params = from_torch(module.state_dict())
    assert_close(to_torch(rnn, params)["weight_ih_l0"], module.module.weight_ih_l0)


@pytest.mark.parametrize(
    ("wrap", "unwrap", "message"),
    [
        (parametrizations.weight_norm, torch.nn.utils.parametrize.remove_parametrizations,
         "parametrizations.weight_norm.*remove_parametrizations"),
        (parametrizations.spectral_norm, torch.nn.utils.parametrize.remove_parametrizations,
         "parametrizations.spectral_norm.*remove_parametrizations"),
        (parametrizations.orthogonal, torch.nn.utils.parametrize.remove_parametrizations,
         "parametrizations.orthogonal.*remove_parametrizations"),
        (prune.identity, prune.remove, "prune.*utils.prune.remove"),
        (torch.nn.utils.spectral_norm, torch.nn.utils.remove_spectral_norm,
         "spectral_norm.*utils.remove_spectral_norm"),
    ],
)  # fmt: skip
def test_e62_what_the_message_says_removes_the_wrapper(wrap, unwrap, message):
    module = torch.nn.LSTM(3, 5)
    wrap(module, "weight_hh_l0")
    with pytest.raises(ValueError, match=f"got weight_hh_l0 under torch.nn.utils.{message}"):
        from_torch(module.state_dict())
    unwrap(module, "weight_hh_l0")
    assert from_torch(module.state_dict())[0].cell.hidden_size == 5


@pytest.mark.filterwarnings("ignore:.*weight_norm.*is deprecated:FutureWarning")
def test_e62_old_weight_norm():
    module = torch.nn.utils.weight_norm(torch.nn.LSTM(3, 5), "weight_hh_l0")
    with pytest.raises(
        ValueError, match=r"weight_norm.*remove_weight_norm\(module, 'weight_hh_l0'"
    ):
        from_torch(module.state_dict())
    torch.nn.utils.remove_weight_norm(module, "weight_hh_l0")
    assert from_torch(module.state_dict())[0].cell.hidden_size == 5
