"""How wrong a network's forecasts of whole series are, each row seen once and in order."""

import functools
from collections.abc import Sequence
from typing import Any

import jax
import numpy as np
from jax import Array

from jaxrnn.drivers import scan
from jaxrnn.tasks.model import Model

__all__ = ["forecast_errors", "said"]

_BLOCK = 512  # rows at a time: the state goes on, so one shape is compiled
_LARGEST = 6.0  # of what is forecast, squashed: no sinh of more


def said(model: Model, params: Any, xs: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Return what a model says at each row, side by side, the state carried to the end.

    Shapes: xs float32 `[N_i]`, a series each; results float32 `[N_i]`.

        >>> from jaxrnn.tasks.model import ModelSettings, make_model
        >>> model = make_model(ModelSettings("gru", 3), input_size=1, output_size=1)
        >>> params = model.init(jax.random.key(0))
        >>> [one.shape for one in said(model, params, [np.ones(5), np.ones(700)])]
        [(5,), (700,)]
    """
    state = model.cell.init_state(params.cell, len(xs))
    found: list[list[np.ndarray]] = [[] for _ in xs]
    for first in range(0, max(map(len, xs)), _BLOCK):
        block = np.zeros((_BLOCK, len(xs), 1), np.float32)
        for place, one in enumerate(xs):
            part = one[first : first + _BLOCK]
            block[: len(part), place, 0] = part
        state, outputs = _go_on(model, params, state, block)
        for place, one in enumerate(xs):
            found[place].append(np.asarray(outputs[: max(len(one) - first, 0), place, 0]))
    return [np.concatenate(parts) for parts in found]


@functools.partial(jax.jit, static_argnums=0)
def _go_on(model: Model, params: Any, state: Any, xs: Array) -> tuple[Any, Array]:
    state, ys = scan(model.cell, params.cell, state, xs)
    return state, model.output.apply(params.head, ys)


def forecast_errors(
    model: Model, params: Any, series: Sequence[np.ndarray], ahead: int
) -> list[np.ndarray]:
    """Return how far each row is from what was forecast of it `ahead` rows before.

        x = arcsinh(z),   error[t] = |z[t] - sinh(x[t - ahead] + output[t - ahead])|

    Shapes: series float64 `[N_i]`, scaled; results `[N_i]`, 0 for rows that nobody forecast.

        >>> from jaxrnn.tasks.model import ModelSettings, make_model
        >>> model = make_model(ModelSettings("gru", 3), input_size=1, output_size=1)
        >>> params = jax.tree.map(lambda leaf: 0 * leaf, model.init(jax.random.key(0)))
        >>> forecast_errors(model, params, [np.array([1.0, 2.0, 4.0])], 1)[0].round(4).tolist()
        [0.0, 1.0, 2.0]
    """
    squashed = [np.arcsinh(z) for z in series]
    errors = []
    for z, x, one in zip(series, squashed, said(model, params, squashed), strict=True):
        forecast = np.sinh(np.clip(x + one, -_LARGEST, _LARGEST))
        error = np.zeros(len(z))
        error[ahead:] = np.abs(z[ahead:] - forecast[: max(len(z) - ahead, 0)])
        errors.append(error)
    return errors
