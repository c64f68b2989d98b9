"""Recursive least squares: a ridge readout that is right after every step."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from jaxrnn.checks import as_number, as_positive_int
from jaxrnn.models.output import OutputParams
from jaxrnn.models.ridge import as_pairs, as_penalty, check_fits

__all__ = ["RLSState", "rls", "start_rls", "update_rls"]


class RLSState(NamedTuple):
    """What recursive least squares knows of the steps so far."""

    steps: Array  # [], old ones count less if there is forgetting
    h_mean: Array  # [H]
    y_mean: Array  # [O]
    inverse: Array  # [H, H], of the centred sum of h h, plus the penalty
    w_hy: Array  # [H, O]

    @property
    def output(self) -> OutputParams:
        """Params of an `Output` layer."""
        told = jnp.einsum("...h,...ho->...o", self.h_mean, self.w_hy)  # also under a batch of fits
        return OutputParams(self.w_hy, self.y_mean - told)


def start_rls(width: int, size: int, penalty: float | Array = 1e-6) -> RLSState:
    """Return the state before the first step, for H = width and O = size.

    Shapes: as `RLSState`, in JAX's default dtype; penalty `[]`.
    Raises: TypeError or ValueError if a size is no positive int or the penalty not above 0.

        >>> print(start_rls(2, 1, penalty=0.5).inverse)
        [[2. 0.]
         [0. 2.]]
    """
    width = as_positive_int("start_rls", "width", width)
    size = as_positive_int("start_rls", "size", size)
    if not isinstance(penalty, Array) and not as_penalty("start_rls", penalty) > 0:
        raise ValueError("start_rls: penalty must be above 0, got 0. It is what is inverted first.")
    inverse = jnp.eye(width) / penalty
    return RLSState(
        jnp.zeros(()), jnp.zeros(width), jnp.zeros(size), inverse, jnp.zeros((width, size))
    )


def update_rls(
    state: RLSState, h: Array, y: Array, forgetting: float | Array = 1.0
) -> tuple[RLSState, Array]:
    """Take one step: (state, error of the prediction made before y was known).

        error = y - (h @ w_hy + b_y)
        w_hy, b_y = argmin  sum_i forgetting^(t-i) |h_i @ w_hy + b_y - y_i|^2 + p_t |w_hy|^2

    p_t is the penalty, which is forgotten too: `penalty * forgetting^t`. The intercept is not
    penalised: h and y are centred by running means. Without forgetting it is `ridge` of all steps
    so far, to rounding, which adds up with the condition of the states; float32 soon drifts.
    Source: Haykin (2002), Adaptive Filter Theory, chapter 9; the centring is ours.
    Shapes: h `[H]`; y and error `[O]`; forgetting `[]`, above 0 and at most 1.

        >>> state = start_rls(1, 1, penalty=1e-6)
        >>> for h in (0.0, 1.0, 2.0):
        ...     state, error = update_rls(state, jnp.array([h]), jnp.array([3 * h + 1]))
        >>> print(state.output.w_hy.round(3), state.output.b_y.round(3), error.round(3))
        [[3.]] [1.] [0.]
    """
    before = forgetting * state.steps
    h_new, y_new = h - state.h_mean, y - state.y_mean
    error = y_new - h_new @ state.w_hy
    share = before / (before + 1)  # 0 at the first step: one point says nothing of a slope
    direction = state.inverse @ h_new
    gain = share * direction / (forgetting + share * (h_new @ direction))
    after = RLSState(
        before + 1,
        state.h_mean + h_new / (before + 1),
        state.y_mean + y_new / (before + 1),
        (state.inverse - jnp.outer(gain, direction)) / forgetting,
        state.w_hy + jnp.outer(gain, error),
    )
    return after, error


def rls(
    hs: Array,
    ys: Array,
    *,
    penalty: float | Array = 1e-6,
    forgetting: float | Array = 1.0,
    state: RLSState | None = None,
) -> tuple[RLSState, Array]:
    """Run `update_rls` over a stretch of data: (state, errors).

    Shapes: hs `[T, H]`; ys and errors `[T, O]`.
    Args: forgetting, above 0 and at most 1: steps older than about `1 / (1 - forgetting)` hardly
        count. state, of an earlier stretch; then the penalty is in it.
    Raises: ValueError for shapes that don't belong together, a state of other sizes, a penalty or
        a forgetting out of range; TypeError for dtypes that differ.

        >>> hs = jnp.array([[0.0], [1.0], [2.0]])
        >>> state, errors = rls(hs, 3 * hs + 1)
        >>> print(state.output.w_hy.round(3), errors.shape)
        [[3.]] (3, 1)
    """
    if jnp.ndim(hs) != 2:
        raise ValueError(
            f"rls: expected one stream, hs [T, H], got {jnp.shape(hs)}. For a batch use jax.vmap."
        )
    hs, ys = as_pairs("rls", hs, ys)
    if not isinstance(forgetting, Array):
        rate = as_number("rls", "forgetting", forgetting)
        if not 0 < rate <= 1:
            raise ValueError(
                f"rls: forgetting must be above 0 and at most 1, got {rate}. 1 forgets nothing."
            )
    if state is None:
        fresh = start_rls(hs.shape[1], ys.shape[1], penalty)
        state = RLSState(*(leaf.astype(hs.dtype) for leaf in fresh))
    check_fits("rls: the state is", state.w_hy, hs, ys)
    return _rls(state, hs, ys, forgetting)


@jax.jit
def _rls(state: RLSState, hs: Array, ys: Array, forgetting: Any) -> tuple[RLSState, Array]:
    def body(state: RLSState, pair: tuple[Array, Array]) -> tuple[RLSState, Array]:
        return update_rls(state, *pair, forgetting)

    return jax.lax.scan(body, state, (hs, ys))
