"""What forecasts are worth: errors beside those of simple rivals, intervals, a picture."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from jaxrnn.gradients import Chunk
from jaxrnn.tasks.examination import Examination, Finding
from jaxrnn.tasks.model import Model
from jaxrnn.tasks.pictures import as_svg
from jaxrnn.tasks.series.at_end import answers
from jaxrnn.tasks.series.forecast_codec import ForecastCodec

__all__ = ["Series", "examine", "margins", "seasonal"]

_HELD = 0.9  # of the values an interval should hold
_SHOWN = 300  # rows in the picture


class Series(NamedTuple):
    """What is forecast, and what it is measured on."""

    codec: ForecastCodec
    values: np.ndarray  # float32 [N], the target, scaled
    windows: Callable[[int, int], list[Chunk]]
    cuts: tuple[int, int, int]  # ends of training, validation, test part
    season: int  # rows, 0 for none
    times: tuple[str, ...]


def margins(errors: np.ndarray) -> np.ndarray:
    """Return for each horizon what 90 % of new errors will not be beyond, either way.

        the ceil(0.9 (n + 1))-th smallest of n errors, the largest if n is small

    Source: Lei et al. (2018), "Distribution-free predictive inference for regression".
    Shapes: errors `[n, H]`; result `[H]`.

        >>> margins(np.arange(20.0)[:, None] - 10).tolist()
        [9.0]
    """
    sizes = np.sort(np.abs(errors), 0)
    place = int(np.ceil(_HELD * (len(sizes) + 1)))
    return sizes[min(place, len(sizes)) - 1]


def seasonal(values: np.ndarray, origins: np.ndarray, horizon: int, season: int) -> np.ndarray:
    """Return the forecast of who says what was there a season before.

    Shapes: values `[N]`; origins int `[n]`, the last row that is known; result `[n, H]`.

        >>> seasonal(np.arange(10), np.array([7]), 4, 3).tolist()
        [[5, 6, 7, 5]]
    """
    ahead = np.arange(1, horizon + 1)
    back = season * -(-ahead // season)  # whole seasons, so that only known rows are said
    return values[origins[:, None] + ahead - back]


def examine(series: Series, model: Model, params: Any) -> Examination:
    """Forecast the test part from each of its rows, and measure.

    Shapes: none.
    Returns: errors in the column's own units, the share that its intervals hold, predictions.csv
    and picture.svg.

        >>> import jax
        >>> from jaxrnn.tasks.series.forecast import ForecastSettings, forecast
        >>> from jaxrnn.tasks.model import ModelSettings, make_model
        >>> task = forecast(ForecastSettings(steps=8))
        >>> model = make_model(ModelSettings("gru", 4), input_size=1, output_size=1)
        >>> found = task.examine(model, model.init(jax.random.key(0)))
        >>> [finding.name for finding in found.findings][:2], sorted(found.files)
        (['test MAE, 1 row ahead', 'test RMSE, 1 row ahead'], ['picture.svg', 'predictions.csv'])
    """
    train, judged, tested = series.cuts
    horizon, unit = series.codec.horizon, series.codec.scale[series.codec.place]
    width = margins(_said(series, model, params, train, judged)[1] * unit)
    said, errors, origins = _said(series, model, params, judged, tested)
    errors = errors * unit
    rivals = {"persistence": series.values[origins][:, None]}
    if series.season and origins[0] >= series.season:
        rivals["seasonal naive"] = seasonal(series.values, origins, horizon, series.season)
    truth = said - errors / unit
    rival_errors = {name: (values - truth) * unit for name, values in rivals.items()}
    ahead = "1 row ahead" if horizon == 1 else f"1 to {horizon} rows ahead"
    findings = [
        Finding(
            f"test {name}, {ahead}", measure(errors), False,
            {rival: measure(one) for rival, one in rival_errors.items()},
        )
        for name, measure in (("MAE", _mae), ("RMSE", _rmse))
    ]  # fmt: skip
    held = float((np.abs(errors) <= width).mean())
    findings.append(Finding(f"share of the test in the intervals for {_HELD:.0%}", held, True))
    shown = _Shown(series, origins, said, truth, width)
    return Examination(
        tuple(findings), {"predictions.csv": _table(shown), "picture.svg": _picture(shown)}
    )


def _mae(errors: np.ndarray) -> float:
    return float(np.abs(errors).mean())


def _rmse(errors: np.ndarray) -> float:
    return float(np.sqrt(np.square(errors).mean()))


def _said(
    series: Series, model: Model, params: Any, first: int, end: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return (forecasts, their errors, origins) of the rows of a part; scaled."""
    chunks = series.windows(first, end)
    relative = answers(model, params, chunks).astype(np.float64)
    true = np.concatenate([np.asarray(chunk.targets[-1], np.float64) for chunk in chunks])
    origins = np.arange(first - 1, first - 1 + len(relative))
    return series.values[origins][:, None] + relative, relative - true, origins


class _Shown(NamedTuple):
    series: Series
    origins: np.ndarray  # [n]
    said: np.ndarray  # [n, H], scaled
    truth: np.ndarray  # [n, H], scaled
    width: np.ndarray  # [H], in the column's own units


def _table(shown: _Shown) -> str:
    """Return the forecasts of the furthest row as lines."""
    codec, times = shown.series.codec, shown.series.times
    lines = [f"time,truth,forecast {codec.horizon} ahead,low,high"]
    columns = codec.values(shown.truth[:, -1]), codec.values(shown.said[:, -1])
    for origin, true, value in zip(shown.origins, *columns, strict=True):
        row = origin + codec.horizon
        when = times[row] if times else str(row)
        low, high = value - shown.width[-1], value + shown.width[-1]
        lines.append(f"{when},{true:.6g},{value:.6g},{low:.6g},{high:.6g}")
    return "\n".join(lines) + "\n"


def _picture(shown: _Shown) -> str:
    from jaxrnn.report.style import look, new_figure, top_legend

    codec = shown.series.codec
    part = slice(-_SHOWN, None)
    at = (shown.origins + codec.horizon)[part]
    truth, said = (codec.values(values[part, -1]) for values in (shown.truth, shown.said))
    with look():
        figure, axes = new_figure(7.0, 3.2, 1, 1)
        width = shown.width[-1]
        axes = axes[0, 0]
        axes.fill_between(
            at, said - width, said + width, color="#b9c7d8", linewidth=0,
            label=f"holds {_HELD:.0%} of the rows that judged",
        )  # fmt: skip
        axes.plot(at, truth, color="#4d4d4d", linewidth=1, label=codec.target)
        axes.plot(
            at, said, color="#c8553d", linewidth=1, label=f"forecast {codec.horizon} ahead"
        )  # fmt: skip
        axes.set_xlabel("row")
        axes.set_ylabel(codec.target)
        top_legend(figure, axes)
        return as_svg(figure)
