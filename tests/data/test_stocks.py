"""Prices, from tiny files and from the real ones if they are there."""

import numpy as np

from jaxrnn.data.stocks import load_stocks
from tests.data import tiny_series
from tests.data.samples import SHARED


def test_four_tables(tmp_path):
    stocks = load_stocks(tiny_series.write(tmp_path, tiny_series.stocks()))
    assert stocks.sp500.values.tolist() == [[1.5, 2.0], [2.0, 3.0]]
    assert stocks.vix.times == ("1990-01-02",)
    assert stocks.shares.words["symbol"] == ("MSFT", "AAPL")
    assert stocks.shares.words["date"][1] == "Mar 1 2010"
    assert stocks.shares.column("price").tolist() == [39.81, 223.02]


def test_a_figure_that_is_not_known_is_nan(tmp_path):
    monthly = load_stocks(tiny_series.write(tmp_path, tiny_series.stocks())).sp500_monthly
    np.testing.assert_array_equal(monthly.values, [[4.44, np.nan], [7000, 30]])


def test_stocks_as_published_if_they_are_there():
    if not (SHARED / "stocks").is_dir():
        return
    stocks = load_stocks(SHARED / "stocks")
    shapes = [table.values.shape for table in stocks]
    assert shapes == [(5105, 6), (9235, 4), (1866, 9), (560, 1)]
    assert stocks.sp500.times[0] == "2000-01-03" and stocks.sp500.times[-1] == "2020-04-17"
    assert set(stocks.shares.words["symbol"]) == {"MSFT", "AMZN", "IBM", "GOOG", "AAPL"}
    assert np.isfinite(stocks.sp500_monthly.column("SP500")).all()
    ratio = stocks.sp500_monthly.column("PE10")
    assert np.isnan(ratio[:120]).all() and np.isfinite(ratio[120:1800]).all()
    assert np.isnan(ratio[-1])
