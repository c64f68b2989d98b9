"""What `jax` can do with the engine: jit, vmap, second derivatives; what it refuses, and how."""

from concurrent.futures import ThreadPoolExecutor

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxrnn import native
from tests.native.sequences import KINDS, by_engine, by_scan, distance, draw, with_gradients

CLOSE = 1e-5


def loss_of(run):
    return lambda *args: sum(jnp.sum(jnp.sin(a)) for a in jax.tree.leaves(run(*args)))


def squared_gradient(run):
    """The norm of a gradient: its own gradient is a second derivative."""
    gradient = jax.grad(loss_of(run), argnums=(0, 1, 2))
    return lambda *args: sum(jnp.sum(jnp.square(a)) for a in jax.tree.leaves(gradient(*args)))


@pytest.mark.parametrize("kind", KINDS)
def test_the_second_derivative_is_the_scans(kind):
    args = draw(kind, 4, 3, 2, 5)
    mask = np.random.default_rng(0).random((4, 3)) < 0.8
    second = [
        jax.jit(jax.grad(squared_gradient(run), argnums=(0, 1, 2)))(*args)
        for run in (by_engine(kind, mask), by_scan(kind, mask))
    ]
    assert distance(*second) < CLOSE


def test_the_second_derivative_passes_an_inner_jit():
    args = draw("gru", 4, 3, 2, 5)
    norm = jax.jit(squared_gradient(jax.jit(by_engine("gru"))))
    expected = jax.grad(squared_gradient(by_scan("gru")))(*args)
    assert distance(jax.grad(norm)(*args), expected) < CLOSE


@pytest.mark.parametrize("wrap", [lambda f: f, jax.jit], ids=["eager", "jit"])
@pytest.mark.parametrize(
    "ask",
    [
        lambda f, x: jax.jvp(f, (x,), (x,)),
        lambda f, x: jax.jacfwd(f)(x),
        lambda f, x: jax.hessian(f)(x),
        lambda f, x: jax.jit(lambda x: jax.linearize(f, x)[1](x))(x),
    ],
    ids=["jvp", "jacfwd", "hessian", "linearize"],
)
def test_forward_mode_names_the_engine_that_has_it(ask, wrap):
    params, state, xs = draw("elman", 3, 2, 2, 4)
    f = wrap(lambda xs: loss_of(by_engine("elman"))(params, state, xs))
    with pytest.raises(TypeError, match="engine=scan"):
        ask(f, xs)


def test_vmap_is_a_loop_of_calls():
    params, state, xs = draw("lstm", 4, 3, 2, 5)
    several = jnp.stack([xs, -xs, 2 * xs])

    def mapped(run):
        over = jax.vmap(loss_of(run), in_axes=(None, None, 0))
        return jax.value_and_grad(lambda *args: over(*args).sum(), argnums=(0, 2))

    got = jax.jit(mapped(by_engine("lstm")))(params, state, several)
    assert distance(got, jax.jit(mapped(by_scan("lstm")))(params, state, several)) < CLOSE


def test_checkpoint_and_an_outer_scan():
    params, state, xs = draw("gru", 4, 3, 2, 5)

    def chunks(run):
        def loss(params, state):
            state, ys = jax.lax.scan(
                lambda s, x: jax.checkpoint(lambda s: run(params, s, x))(s),
                state, jnp.stack([xs, -xs]),
            )  # fmt: skip
            return jnp.sum(ys * ys) + jnp.sum(state.h)

        return jax.jit(jax.grad(loss, argnums=(0, 1)))(params, state)

    assert distance(chunks(by_engine("gru")), chunks(by_scan("gru"))) < CLOSE


def test_gradients_of_the_weights_alone_are_the_same():
    params, state, xs = draw("lstm", 4, 3, 2, 5)
    loss = loss_of(by_engine("lstm"))
    alone = jax.jit(jax.grad(loss))(params, state, xs)
    together = jax.jit(jax.grad(loss, argnums=(0, 2)))(params, state, xs)[0]
    assert distance(alone, together) == 0


@pytest.mark.parametrize("kind", KINDS)
def test_bits_depend_neither_on_threads_nor_on_company(kind):
    # large enough for a second thread; the same number comes out however the tasks are shared
    args = draw(kind, 40, 12, 40, 64)
    run = jax.jit(lambda *args: with_gradients(by_engine(kind), *args))
    first = run(*args)
    with ThreadPoolExecutor(4) as pool:
        for other in pool.map(lambda _: run(*args), range(12)):
            assert distance(other, first) == 0
    alone = by_engine(kind)(args[0], jax.tree.map(lambda a: a[:1], args[1]), args[2][:, :1])
    assert distance(alone[1], first[0][1][:, :1]) == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"w_x": (3, 20)}, r"w_x should have shape \[2, 20\], got shape \[3, 20\]"),
        ({"w_h": (5, 19)}, r"w_h should have shape \[5, 20\], got shape \[5, 19\]"),
        ({"b": (19,)}, r"b should have shape \[20\], got shape \[19\]"),
        ({"c0": (4, 5)}, r"c0 should have shape \[3, 5\], got shape \[4, 5\]"),
        ({"valid": (3, 4)}, r"valid should be bool \[4, 3\], got shape \[3, 4\]"),
        ({"starts": (3, 4), "anew": 1}, r"starts should be bool \[4, 3\], got shape \[3, 4\]"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_wrong_arrays_are_refused_by_name(change, message):
    params, state, xs = draw("lstm", 4, 3, 2, 5)
    args = {**params._asdict(), "h0": state.h, "c0": state.c, "xs": xs}
    args = {name: args[name] for name in ("w_x", "w_h", "b", "h0", "c0", "xs")}
    options = {"anew": tuple(state)} if change.pop("anew", 0) else {}
    args.update({name: jnp.zeros(shape) for name, shape in change.items()})
    with pytest.raises(jax.errors.JaxRuntimeError, match=message):
        jax.block_until_ready(native.lstm(**args, **options))


def test_other_dtypes_are_refused_by_name():
    params, state, xs = draw("gru", 4, 3, 2, 5)
    with pytest.raises(jax.errors.JaxRuntimeError, match="xs should be float32"):
        half = xs.astype(jnp.bfloat16)
        jax.block_until_ready(native.gru(*params, state.h, half))
