"""Behaviour at the edges, E1-E10: how cells and networks are made."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxrnn import (
    GRU,
    LSTM,
    RNN,
    Dropout,
    Elman,
    GRUResetBefore,
    LayerNorm,
    LayerNormLSTM,
    Output,
    RecurrentDropout,
    Residual,
    Stack,
    WeightDrop,
    Zoneout,
    scan,
)  # fmt: skip

SIZED = (Elman, LSTM, GRU, GRUResetBefore, LayerNormLSTM)


@pytest.mark.parametrize("make", SIZED)
@pytest.mark.parametrize("size", [0, -1])
def test_e1_hidden_size_below_one(make, size):
    message = f"{make.__name__}: hidden_size must be greater than zero, got {size}"
    with pytest.raises(ValueError, match=message):
        make(size)


@pytest.mark.parametrize("make", SIZED)
@pytest.mark.parametrize("size, kind", [(2.0, "float"), ("4", "str"), (True, "bool")])
def test_e2_hidden_size_of_another_type(make, size, kind):
    with pytest.raises(TypeError, match=f"hidden_size should be of type int, got: {kind}"):
        make(size)


def test_e2_numpy_integers_are_integers():
    assert LSTM(np.int64(4)) == LSTM(4)
    assert type(LSTM(np.int64(4)).hidden_size) is int


@pytest.mark.parametrize("model", [make(2) for make in SIZED] + [RNN(LSTM(2)), Output(2)])
@pytest.mark.parametrize("size", [0, -1])
def test_e3_input_size_below_one(model, size):
    with pytest.raises(ValueError, match=f"input_size must be greater than zero, got {size}"):
        model.init(jax.random.key(0), size)


def test_e4_num_layers_below_one():
    with pytest.raises(ValueError, match="num_layers must be greater than zero, got 0"):
        RNN(LSTM(2), num_layers=0)


@pytest.mark.parametrize(
    "call",
    [
        lambda: LSTM(2, bias=0),
        lambda: GRU(2, bias=1),
        lambda: Elman(2, bias="no"),
        lambda: LSTM(2, peephole=1),
        lambda: RNN(LSTM(2), bidirectional="yes"),
        lambda: scan(LSTM(2), None, None, jnp.ones((3, 2)), reverse=1),
        lambda: RNN(LSTM(2)).apply(
            RNN(LSTM(2)).init(jax.random.key(0), 2), jnp.ones((3, 2)), train=1
        ),
    ],
)
def test_e5_flags_must_be_bool(call):
    with pytest.raises(TypeError, match="should be of type bool, got"):
        call()


@pytest.mark.parametrize("rate", [1.5, -0.1, float("nan"), True, "0.5"])
@pytest.mark.parametrize(
    "make",
    [
        lambda rate: RNN(LSTM(2), 2, dropout=rate),
        lambda rate: Dropout(LSTM(2), rate),
        lambda rate: Zoneout(LSTM(2), rate),
        lambda rate: WeightDrop(LSTM(2), rate),
    ],
)
def test_e6_dropout_outside_its_range(make, rate):
    with pytest.raises(ValueError, match=r"should be a number in range \[0, 1\].*got"):
        make(rate)


@pytest.mark.parametrize("rate", [0, 1, 0.0, 1.0, np.float32(0.5), jnp.array(0.5)])
def test_e6_both_ends_are_allowed(rate):
    assert Dropout(LSTM(2), rate).rate == float(rate)


def test_e7_unknown_activation_names_the_choices_and_the_nearest():
    with pytest.raises(ValueError, match="Unknown nonlinearity 'sigmoidd'. Select from .*relu"):
        Elman(2, activation="sigmoidd")
    with pytest.raises(ValueError, match="Did you mean 'sigmoid'"):
        Output(2, activation="sigmoidd")


def test_e8_projection_must_be_narrower():
    with pytest.raises(ValueError, match=r"proj_size=4, hidden_size=4"):
        LSTM(4, proj_size=4)
    with pytest.raises(ValueError, match="proj_size"):
        LSTM(4, proj_size=-1)
    with pytest.raises(TypeError, match="proj_size should be of type int"):
        LSTM(4, proj_size=2.0)


@pytest.mark.parametrize("make", [Elman, GRU, GRUResetBefore])
def test_e8_only_lstm_has_a_projection(make):
    with pytest.raises(ValueError, match="only LSTM has a projection"):
        make(4, proj_size=2)


def test_e9_dropout_with_one_layer_warns():
    with pytest.warns(UserWarning, match=r"dropout acts between layers.*num_layers=1"):
        RNN(LSTM(2), dropout=0.5)


@pytest.mark.parametrize("rnn", [RNN(LSTM(2), 2, dropout=0.5), RNN(Dropout(LSTM(2), 0.5))])
def test_e10_active_dropout_needs_a_key(rnn):
    params, xs = rnn.init(jax.random.key(0), 3), jnp.ones((4, 2, 3))
    with pytest.raises(ValueError, match="needs a key"):
        rnn.apply(params, xs, train=True)
    for wrong in (0, "key", jnp.zeros(2), np.zeros((2, 2), np.uint32)):
        with pytest.raises(TypeError, match="expected one key made by jax.random.key"):
            rnn.apply(params, xs, train=True, key=wrong)
    old = rnn.apply(params, xs, train=True, key=jax.random.PRNGKey(3))[1]
    new = rnn.apply(params, xs, train=True, key=jax.random.key(3))[1]
    assert bool((old == new).all())


def test_wrappers_refuse_what_they_cannot_wrap():
    with pytest.raises(TypeError, match="LayerNorm: cell should be a SplitCell.*no recur, update"):
        LayerNorm(GRUResetBefore(3))
    with pytest.raises(TypeError, match="RecurrentDropout"):
        RecurrentDropout(GRUResetBefore(3), 0.5)
    with pytest.raises(TypeError, match="the class LSTM, not an instance"):
        RNN(LSTM)
    with pytest.raises(ValueError, match="Residual.init: y has 4 features and x has 3"):
        Residual(LSTM(4)).init(jax.random.key(0), 3)
    with pytest.raises(TypeError, match="no field w_h"):
        WeightDrop(Stack((LSTM(4),)), 0.5).init(jax.random.key(0), 3)
    with pytest.raises(ValueError, match="c_rate"):
        Zoneout(GRU(4), 0.1, 0.1).init_state(GRU(4).init(jax.random.key(0), 3))
    with pytest.raises(ValueError, match="Stack: cells is empty"):
        Stack(())
    with pytest.raises(ValueError, match="forget_bias is given, but bias=False"):
        LSTM(4, bias=False, forget_bias=1.0)


@pytest.mark.parametrize("make", SIZED)
def test_the_initializer_must_be_a_scheme(make):
    with pytest.raises(
        TypeError, match=f"{make.__name__}: initializer should be a Scheme, got: str"
    ):
        make(2, initializer="torch")


def test_eps_must_be_positive():
    for make in (lambda eps: LayerNormLSTM(2, eps=eps), lambda eps: LayerNorm(GRU(2), eps)):
        with pytest.raises(ValueError, match="eps must be greater than zero, got 0"):
            make(0)
        with pytest.raises(TypeError, match="eps should be a number, got: str"):
            make("1e-5")


def test_a_cell_with_an_array_field_is_refused():
    import dataclasses

    @dataclasses.dataclass(frozen=True)
    class Bad(Elman):
        scale: object = None

    bad = Bad(2, scale=jnp.ones(2))
    with pytest.raises(TypeError, match="can't be hashed.*static"):
        scan(bad, bad.init(jax.random.key(0), 3), None, jnp.ones((4, 3)))
