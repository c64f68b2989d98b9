"""How wrong a network's forecasts of whole series are, each row seen once and in order."""

import functools
from collections.abc import Sequence
from typing import Any

import jax
import numpy as np
from jax import Array

from jaxrnn.drivers import scan
from jaxrnn.tasks.anomaly.series import Sensor, inputs, scaled
from jaxrnn.tasks.model import Model

__all__ = ["forecast_errors", "said"]

_BLOCK = 512  # rows at a time: the state goes on, so one shape is compiled
_LARGEST = 6.0  # of what is forecast, squashed: no sinh of more


def said(model: Model, params: Any, xs: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Return what a model says at each row, side by side, the state carried to the end.

    Shapes: xs float32 `[N_i, D]`, a series each; results float32 `[N_i, O]`.

        >>> from jaxrnn.tasks.model import ModelSettings, make_model
        >>> model = make_model(ModelSettings("gru", 3), input_size=1, output_size=1)
        >>> params = model.init(jax.random.key(0))
        >>> [one.shape for one in said(model, params, [np.ones((5, 1)), np.ones((700, 1))])]
        [(5, 1), (700, 1)]
    """
    state = model.cell.init_state(params.cell, len(xs))
    found: list[list[np.ndarray]] = [[] for _ in xs]
    for first in range(0, max(map(len, xs)), _BLOCK):
        block = np.zeros((_BLOCK, len(xs), model.input_size), np.float32)
        for place, one in enumerate(xs):
            part = one[first : first + _BLOCK]
            block[: len(part), place] = part
        state, outputs = _go_on(model, params, state, block)
        for place, one in enumerate(xs):
            found[place].append(np.asarray(outputs[: max(len(one) - first, 0), place]))
    return [np.concatenate(parts) for parts in found]


@functools.partial(jax.jit, static_argnums=0)
def _go_on(model: Model, params: Any, state: Any, xs: Array) -> tuple[Any, Array]:
    state, ys = scan(model.cell, params.cell, state, xs)
    return state, model.output.apply(params.head, ys)


def forecast_errors(
    model: Model, params: Any, sensors: Sequence[Sensor], horizons: Sequence[int]
) -> list[np.ndarray]:
    """Return how far each row is from what was forecast of it, h rows before for each horizon h.

        z = scaled values,   x = arcsinh(z)
        errors[t] = |z[t] - sinh(x[t - h] + output[t - h])|

    Shapes: results `[N_i, horizons]`, 0 for rows that nobody forecast.

        >>> from jaxrnn.tasks.anomaly.series import made_sensors
        >>> from jaxrnn.tasks.model import ModelSettings, make_model
        >>> model = make_model(ModelSettings("gru", 3), input_size=3, output_size=2)
        >>> params = model.init(jax.random.key(0))
        >>> forecast_errors(model, params, made_sensors()[:1], (1, 6))[0].shape
        (1200, 2)
    """
    values = [scaled(sensor) for sensor in sensors]
    squashed = [np.arcsinh(z) for z in values]
    xs = [inputs(x, sensor.season) for x, sensor in zip(squashed, sensors, strict=True)]
    errors = []
    for z, x, outputs in zip(values, squashed, said(model, params, xs), strict=True):
        forecast = np.sinh(np.clip(x[:, None] + outputs, -_LARGEST, _LARGEST))
        error = np.zeros(outputs.shape)
        for place, ahead in enumerate(horizons):
            error[ahead:, place] = np.abs(z[ahead:] - forecast[:-ahead, place])
        errors.append(error)
    return errors
