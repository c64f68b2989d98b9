"""From a layer of any framework on JAX to the two programs that are timed."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from jaxrnn.compiled import compile_program
from peer_layers.case import Case, Results

__all__ = ["Layer", "Programs", "jax_programs"]

Program = Callable[[], Any]


class Programs(NamedTuple):
    """What a framework runs; a program returns when its results are there.

    Fields: forward, the outputs; gradients, the outputs and the gradients of all weights and of the
    input; results, what they find, in our layout; compile_seconds of the two, None if there is no
    compiler.
    """

    forward: Program
    gradients: Program
    results: Callable[[], tuple[np.ndarray, Results]]
    compile_seconds: tuple[float, float] | None


class Layer(NamedTuple):
    """A layer as a pure function; the framework's own layout of params and input.

    Fields: apply(params, xs) -> ys; params; ours, from what is like params to arrays in our layout;
    batch_major, whether xs and ys have the batch first.
    """

    apply: Callable[[Any, Any], Any]
    params: Any
    ours: Callable[[Any], Results]
    batch_major: bool = False


def jax_programs(layer: Layer, case: Case) -> Programs:
    """Return the programs, compiled."""

    def turned(a: Any) -> Any:
        return a.swapaxes(0, 1) if layer.batch_major else a

    def both(params: Any, xs: Any, d_ys: Any) -> Any:
        ys, pullback = jax.vjp(layer.apply, params, xs)
        return ys, *pullback(d_ys)

    params = jax.tree.map(jnp.asarray, layer.params)
    xs, d_ys = jnp.asarray(turned(case.xs)), jnp.asarray(turned(case.d_ys))
    forward = compile_program(layer.apply, params, xs)
    gradients = compile_program(both, params, xs, d_ys)

    def run_forward() -> Any:
        return jax.block_until_ready(forward.call(params, xs))

    def run_both() -> Any:
        return jax.block_until_ready(gradients.call(params, xs, d_ys))

    def results() -> tuple[np.ndarray, Results]:
        ys, d_params, d_xs = run_both()
        found = {"ys": turned(ys), "xs": turned(d_xs), **layer.ours(d_params)}
        arrays = {name: np.asarray(a) for name, a in found.items()}
        return np.asarray(turned(run_forward())), arrays

    return Programs(run_forward, run_both, results, (forward.seconds, gradients.seconds))
