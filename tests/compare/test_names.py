"""Methods, cells and models by name."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxrnn import GRU, LSTM, Elman, Stack
from jaxrnn.compare import default_methods, load_cell, make_cell, parse_method, parse_methods
from jaxrnn.compare import methods as methods_module
from jaxrnn.compare.methods import within
from jaxrnn.gradients import Chunk, Params, Problem, accumulate, bptt, tbptt


def test_methods_have_names():
    assert parse_method("full").method == bptt()
    assert parse_method("tbptt:8").method == tbptt(8)
    assert parse_method(" tbptt:16:32 ").method == tbptt(16, 32)


@pytest.mark.parametrize(
    "text, message",
    [
        ("tbpt:8", "expected one of full, tbptt, .*, got 'tbpt:8'. Did you mean 'tbptt'?"),
        ("", "expected one of full, tbptt, .*, got ''"),
        ("tbptt", r"expected tbptt:k1\[:k2\], with numbers for the names, got 'tbptt'"),
        ("tbptt:1:2:3", r"expected tbptt:k1\[:k2\]"),
        ("full:3", "expected full, with numbers for the names, got 'full:3'"),
        ("tbptt:x", "'tbptt:x': expected a number after the colon, got 'x'"),
        ("tbptt:", "expected a number after the colon, got ''"),
        ("tbptt:2.5", "'tbptt:2.5': tbptt: k1 should be of type int, got: float"),
        ("tbptt:0", "k1 must be greater than zero"),
        ("tbptt:-4", "k1 must be greater than zero"),
        ("tbptt:8:4", "k2=4 is smaller than k1=8"),
    ],
)
def test_malformed_methods_are_refused(text, message):
    with pytest.raises(ValueError, match=message):
        parse_method(text)


def test_full_is_the_reference_and_comes_first():
    names = [m.name for m in parse_methods("tbptt:4,full,tbptt:2")]
    assert names == ["full", "tbptt:4", "tbptt:2"]
    assert [m.name for m in parse_methods("tbptt:4")] == ["full", "tbptt:4"]
    with pytest.raises(ValueError, match="'tbptt:4:4' is the same method as 'tbptt:4'"):
        parse_methods("tbptt:4,tbptt:4:4")


def test_default_lengths_are_parts_of_the_segment():
    assert [m.name for m in default_methods(28)] == ["full", "tbptt:3", "tbptt:7", "tbptt:14"]
    assert [m.name for m in default_methods(2)] == ["full", "tbptt:1"]


def test_a_new_method_is_one_line(monkeypatch):
    monkeypatch.setitem(methods_module.METHODS, "half", lambda k: tbptt(k, 2 * k))
    assert parse_method("half:3").method == tbptt(3, 6)


def test_cells_have_names():
    assert make_cell("elman", 4) == Elman(4)
    assert make_cell("GRU", 4) == GRU(4)
    assert make_cell("gru-reset-before", 4).hidden_size == 4
    assert make_cell("lstm", 4, layers=3) == Stack((LSTM(4),) * 3)
    with pytest.raises(ValueError, match="got 'lstn'. Did you mean 'lstm'?"):
        make_cell("lstn", 4)
    with pytest.raises(ValueError, match="hidden must be greater than zero"):
        make_cell("lstm", 0)


MODEL = """
import dataclasses
import helper_of_the_model
import jax
import jax.numpy as jnp
from jaxrnn import GRU, AllStates

@dataclasses.dataclass(frozen=True)
class Options:
    size: int

def build(input_size):
    return GRU(helper_of_the_model.WIDTH * Options(input_size).size)

def broken(input_size):
    return undefined_name

def wrong(input_size):
    return 3

def tree(input_size):
    return AllStates(GRU(4))

class NoGradient(GRU):
    def step(self, params, state, u):
        stop = lambda i_and_u: i_and_u[0] < jnp.max(u)
        _, u = jax.lax.while_loop(stop, lambda i_and_u: (i_and_u[0] + 1, i_and_u[1] / 2), (0., u))
        return super().step(params, state, u)

def no_gradient(input_size):
    return NoGradient(4)
"""


@pytest.fixture
def model(tmp_path):
    (tmp_path / "helper_of_the_model.py").write_text("WIDTH = 2")
    (tmp_path / "mine.py").write_text(MODEL)
    return tmp_path / "mine.py"


def test_a_user_file_is_loaded(model):
    assert load_cell(f"{model}:build", 3) == GRU(6)


def test_what_is_wrong_with_a_user_file_is_said_in_one_line(model, tmp_path):
    with pytest.raises(ValueError, match=r"has no function 'other'.*It has: .*build"):
        load_cell(f"{model}:other", 3)
    with pytest.raises(ValueError, match=r"mine.py, line 16: NameError: name 'undefined_name'"):
        load_cell(f"{model}:broken", 3)
    with pytest.raises(TypeError, match="cell should be a Cell, got 3"):
        load_cell(f"{model}:wrong", 3)
    with pytest.raises(ValueError, match="expected FILE.py:FUNCTION"):
        load_cell(str(model), 3)
    with pytest.raises(ValueError, match="TypeError: AllStates: the output is a "):
        load_cell(f"{model}:tree", 3)
    with pytest.raises(ValueError, match="Reverse-mode differentiation does not work"):
        load_cell(f"{model}:no_gradient", 3)
    with pytest.raises(FileNotFoundError, match="does not exist"):
        load_cell(f"{tmp_path / 'none.py'}:build", 3)
    (tmp_path / "bad.py").write_text("def build(:\n")
    with pytest.raises(ValueError, match=r"bad.py, line 1: SyntaxError"):
        load_cell(f"{tmp_path / 'bad.py'}:build", 3)


@pytest.mark.parametrize("text", ["tbptt:50", "tbptt:3:50", "tbptt:9:50", "dni:50", "rflo:50"])
def test_a_window_longer_than_the_chunk_is_the_chunk(text):
    """The same numbers, also of the state, without the steps that don't exist."""
    cell = Elman(3)
    params = Params(cell.init(jax.random.key(0), 2), None)
    problem = Problem(cell, lambda head, ys, targets: jnp.square(ys - targets).sum(-1))
    chunk = Chunk(jax.random.normal(jax.random.key(1), (5, 2, 2)), jnp.ones((5, 2, 3)))
    method = parse_method(text).method
    short = within(method, 5)
    assert "50" in repr(method) and "50" not in repr(short)
    runs = [accumulate(one, problem, params, None, chunk) for one in (method, short)]
    if text.count(":") == 2:
        runs = [run[:2] for run in runs]  # what such a window remembers for the next chunk differs
    for want, got in zip(*(jax.tree.leaves(run) for run in runs), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("text", ["full", "rtrl", "tbptt:3:5", "artbp:50"])
def test_other_windows_are_left_as_they_are(text):
    method = parse_method(text).method
    assert within(method, 5) == method


def test_on_a_stream_windows_that_overlap_reach_into_chunks_before():
    method = parse_method("tbptt:3:50").method
    assert within(method, 5, stream=True) is method
