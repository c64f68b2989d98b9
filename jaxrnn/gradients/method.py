"""The contract of every gradient method, and the two loops that use one.

A method is data, not a trainer: it consumes `length` steps, returns a gradient, and keeps some
memory. `accumulate` sums the gradients of all windows at frozen params, which is what proofs
compare. `online` makes one update per window, which is how methods are used.
"""

from functools import partial
from typing import Any, Protocol, cast, runtime_checkable

import jax
import jax.numpy as jnp
import optax
from jax import Array

from jaxrnn.arrays import describe
from jaxrnn.gradients.checks import check_carry, check_chunk, check_problem
from jaxrnn.gradients.problem import Chunk, Params, Problem, counted, windows
from jaxrnn.gradients.steps import add_wide, like, wide_zeros
from jaxrnn.randomness import map_clocks, tick, typed_key, without_key

__all__ = ["GradientMethod", "accumulate", "online"]


@runtime_checkable
class GradientMethod(Protocol):
    """How dL/dparams is obtained; a frozen dataclass of static numbers.

    Shapes: `length` is the number of steps k1 in a window, 0 for the whole chunk.

        >>> from jaxrnn.gradients import tbptt
        >>> isinstance(tbptt(4), GradientMethod)
        True
    """

    @property
    def length(self) -> int:
        """Steps consumed at a time, k1; 0 for all of them."""
        ...

    def init(self, problem: Problem, params: Params, state: Any, chunk: Chunk) -> Any:
        """Return the memory before the first window, with a field `state`.

        `chunk` is any stretch of the data, read for its shapes only.
        """
        ...

    def consume(
        self, problem: Problem, params: Params, memory: Any, chunk: Chunk, *, key: Array | None
    ) -> tuple[Any, Array, Params]:
        """Take one window: (memory, losses `[k1]`, gradient of their sum)."""
        ...


def _any(grads: Params) -> Array:
    """Tell whether anything in a gradient is not zero: a method may know of losses to come."""
    return jnp.stack([(leaf != 0).any() for leaf in jax.tree.leaves(grads)]).any()


def _keys(key: Array | None, count: int) -> Array | None:
    return None if key is None else jax.random.split(key, count)


def accumulate(
    method: GradientMethod,
    problem: Problem,
    params: Params,
    state: Any,
    chunk: Chunk,
    *,
    key: Array | None = None,
) -> tuple[Array, Params, Any]:
    """Sum the gradients of all windows of a chunk at frozen params.

        for each window: memory, losses, g = method.consume(...);  total += sum(losses);  grads += g

    Shapes: chunk `[T, *batch, ...]`; loss `[]`; grads those of params; T need not be a multiple of
    the method's length.
    Args: state, before the first step, a constant; None is `problem.cell.init_state`, which is
        differentiated too if it is learned. key, for methods that
        draw.
    Returns: (loss, grads, memory); `memory.state` is the state after the chunk.
    Raises: what the method raises.

        >>> from jaxrnn import Elman
        >>> from jaxrnn.gradients import bptt, tbptt
        >>> cell = Elman(2)
        >>> problem = Problem(cell, lambda head, ys, targets: ((ys - targets) ** 2).sum(-1))
        >>> params = Params(cell.init(jax.random.key(0), 3), None)
        >>> chunk = Chunk(jnp.ones((6, 4, 3)), jnp.zeros((6, 4, 2)))
        >>> full, _, _ = accumulate(bptt(), problem, params, None, chunk)
        >>> cut, _, _ = accumulate(tbptt(2), problem, params, None, chunk)
        >>> bool(abs(full - cut) < 1e-4)  # the same loss, another gradient
        True
    """
    _check_method("accumulate", method)
    key = None if key is None else typed_key(key, "accumulate: key")
    check_problem("accumulate", problem, params)
    given = state is not None
    state, chunk = check_chunk("accumulate", problem, params, state, chunk)
    if not given and start_is_learned(problem, params):
        chunk = from_the_start(chunk)
    return _accumulate(method, problem, params, state, chunk, key)


def _check_method(owner: str, method: Any) -> None:
    if isinstance(method, type) or not isinstance(method, GradientMethod):
        got = f"the class {method.__name__}" if isinstance(method, type) else repr(method)
        raise TypeError(
            f"{owner}: method should be a gradient method such as bptt() or tbptt(8), got {got}."
        )


def start_is_learned(problem: Problem, params: Params) -> bool:
    """Tell whether the initial state is computed from params.

    Shapes: none.

        >>> from jaxrnn import Elman
        >>> problem = Problem(Elman(2), lambda head, ys, targets: ys.sum(-1))
        >>> start_is_learned(problem, Params(problem.cell.init(jax.random.key(0), 3), None))
        False
    """
    start = jax.make_jaxpr(lambda p: without_key(problem.cell.init_state(p)))(params.cell).jaxpr
    used = {id(v) for eqn in start.eqns for v in eqn.invars} | {id(v) for v in start.outvars}
    return any(id(v) in used for v in start.invars)


def from_the_start(chunk: Chunk) -> Chunk:
    """Mark first steps as resets: the initial state is then made where it is differentiated.

    Shapes: resets `[T, *batch]`.

        >>> from_the_start(Chunk(jnp.ones((3, 1)), None)).resets.tolist()
        [True, False, False]
    """
    mask = jnp.ones(chunk.xs.shape[:-1], bool) if chunk.mask is None else chunk.mask
    first = mask & (jnp.cumsum(mask, axis=0, dtype=jnp.int32) == 1)
    return chunk._replace(resets=first if chunk.resets is None else first | chunk.resets)


def _end_of(memory: Any, chunk: Chunk, parts: Chunk) -> Any:
    """Set the clocks of the memory back to the last step that exists.

    Steps that don't exist, at the end of a past that is kept, go in front of it: a replay from a
    clock that was set back then reaches those that do at their own times.
    """
    extra = parts.xs.shape[0] * parts.xs.shape[1] - chunk.xs.shape[0]
    if not extra:
        return memory

    def in_front(node: Any) -> Any:
        if not _is_past(node):
            return node
        return jax.tree.map(lambda leaf: jnp.roll(leaf, extra, 0), node)

    memory = map_clocks(lambda clock: tick(clock, -extra), memory)
    return jax.tree.map(in_front, memory, is_leaf=_is_past)


def _is_past(node: Any) -> bool:
    return isinstance(node, Chunk)


@partial(jax.jit, static_argnums=(0, 1))
def _accumulate(
    method: GradientMethod, problem: Problem, params: Params, state: Any, chunk: Chunk, key: Any
) -> tuple[Array, Params, Any]:
    parts = windows(chunk, method.length or max(chunk.xs.shape[0], 1))
    memory = method.init(problem, params, state, chunk)
    if parts.xs.shape[0] == 1:  # no loop, no sum: the compiled program is the method's own
        part = jax.tree.map(lambda leaf: leaf[0], parts)
        part_key = None if key is None else jax.random.split(key, 1)[0]
        memory, losses, grads = method.consume(problem, params, memory, part, key=part_key)
        return losses.sum(), grads, _end_of(memory, chunk, parts)

    def body(carry: Any, inputs: Any) -> tuple[Any, Array]:
        memory, total = carry
        part, part_key = inputs
        memory, losses, grads = method.consume(problem, params, memory, part, key=part_key)
        return (memory, add_wide(total, grads)), losses.sum()

    keys = _keys(key, parts.xs.shape[0])
    (memory, grads), losses = jax.lax.scan(body, (memory, wide_zeros(params)), (parts, keys))
    return losses.sum(), like(params, grads), _end_of(memory, chunk, parts)


def online(
    method: GradientMethod,
    problem: Problem,
    optimizer: optax.GradientTransformation,
    params: Params,
    opt_state: Any,
    memory: Any,
    chunk: Chunk,
    *,
    key: Array | None = None,
) -> tuple[tuple[Params, Any, Any], Array]:
    """Make one optimiser step per window; the state is carried through the updates.

        for each window: memory, losses, g = method.consume(...);  params -= optimizer(g)

    A window in which no loss counts and whose gradient is zero makes no update: an optimiser with
    momentum would move all the same.

    Shapes: chunk `[T, *batch, ...]`; losses `[windows]`, each a weighted sum.
    Args: memory, from `method.init(problem, params, state, chunk)` or an earlier call; all three of
        params, opt_state and memory are pytrees, so a stream can be saved and resumed.
    Returns: ((params, opt_state, memory), losses).
    Raises: what the method raises.

        >>> from jaxrnn import Elman
        >>> from jaxrnn.gradients import tbptt
        >>> cell, method, optimizer = Elman(2), tbptt(2), optax.sgd(0.1)
        >>> problem = Problem(cell, lambda head, ys, targets: ((ys - targets) ** 2).sum(-1))
        >>> params = Params(cell.init(jax.random.key(0), 3), None)
        >>> chunk = Chunk(jnp.ones((6, 4, 3)), jnp.zeros((6, 4, 2)))
        >>> memory = method.init(problem, params, cell.init_state(params.cell, 4), chunk)
        >>> start = (params, optimizer.init(params), memory)
        >>> _, losses = online(method, problem, optimizer, *start, chunk)
        >>> bool(losses[-1] < losses[0])
        True
    """
    _check_method("online", method)
    key = None if key is None else typed_key(key, "online: key")
    check_problem("online", problem, params)
    if not hasattr(memory, "state"):
        raise TypeError(
            f"online: memory should be what {method!r}.init(problem, params, state, chunk) "
            f"returns, got {describe(memory)}."
        )
    _, chunk = check_chunk("online", problem, params, memory.state, chunk)
    return _online(method, problem, optimizer, params, opt_state, memory, chunk, key)


@partial(jax.jit, static_argnums=(0, 1, 2))
def _online(
    method: GradientMethod, problem: Problem, optimizer: Any, params: Params, opt_state: Any,
    memory: Any, chunk: Chunk, key: Any,
) -> tuple[tuple[Params, Any, Any], Array]:  # fmt: skip
    fresh = jax.eval_shape(partial(method.init, problem), params, memory.state, chunk)
    check_carry("online", "memory", fresh, memory, f"{method!r}.init(...)")
    fresh = jax.eval_shape(optimizer.init, params)
    check_carry("online", "opt_state", fresh, opt_state, "optimizer.init(params)")
    parts = windows(chunk, method.length or max(chunk.xs.shape[0], 1))

    def update(params: Params, opt_state: Any, grads: Params) -> tuple[Params, Any]:
        with jax.numpy_dtype_promotion("standard"):  # optax multiplies floats by counts of steps
            steps, opt_state = optimizer.update(grads, opt_state, params)
            return cast(Params, optax.apply_updates(params, steps)), opt_state

    def body(carry: Any, inputs: Any) -> tuple[Any, Array]:
        params, opt_state, memory = carry
        part, part_key = inputs
        memory, losses, grads = method.consume(problem, params, memory, part, key=part_key)
        counts = counted(part)
        if counts is None:
            params, opt_state = update(params, opt_state, grads)
        else:
            params, opt_state = jax.lax.cond(
                counts.any() | _any(grads), update, lambda p, o, g: (p, o), params, opt_state, grads
            )
        return (params, opt_state, memory), losses.sum()

    carry = (params, opt_state, memory)
    carry, losses = jax.lax.scan(body, carry, (parts, _keys(key, parts.xs.shape[0])))
    params, opt_state, memory = carry
    return (params, opt_state, _end_of(memory, chunk, parts)), losses
