"""Twelve small classic time series."""

import os
from typing import NamedTuple

from jaxrnn.data.csv_table import Table, parse_table
from jaxrnn.data.source import DataFile, read

__all__ = ["SMALL_SERIES", "SmallSeries", "load_small_series"]

_RAW = "https://raw.githubusercontent.com/"
_BROWNLEE = f"{_RAW}jbrownlee/Datasets/d20fcb6402ae34e653d4513b00f39257bb37ed7f/"
_LAI = (
    f"{_RAW}laiguokun/multivariate-time-series-data/"
    "7f402f185cc2435b5e66aed13a3b560ed142e023/exchange_rate/"
)
_VEGA = f"{_RAW}vega/vega-datasets/cad85578e232704bb0453544742440038038c6a2/data/"
_UNCLEAR = "unclear: none stated"
_NOAA = "US public domain (NOAA)"
_FILES = {  # name: (sha256 of the uncompressed file, folder of its home, licence)
    "airline-passengers.csv": (
        "8cb51be753a718d9be5d76d7e238cc224792754676adc21faa59e954b0201621", _BROWNLEE, _UNCLEAR),
    "daily-min-temperatures.csv": (
        "8b9de63ed6789492bf497625e7f9beb96a63d367b4b0a21754006f749fa5e5da", _BROWNLEE, _UNCLEAR),
    "daily-max-temperatures.csv": (
        "4f4ab4d6134d9c0f8efb3d6af6edc30a0ad3c56573d0f20f45db010055d0371c", _BROWNLEE, _UNCLEAR),
    "monthly-sunspots.csv": (
        "c4ec8cc57d9f6fb6ecdb3e1f37f25b6f4badd5124c55931052b0cd2fc3bc71f3", _BROWNLEE, _UNCLEAR),
    "daily-total-female-births.csv": (
        "7a0c1bdb32d68f7fa359e561a4f7e1fe8fb2fc26a1ea624a434a97a63735dd72", _BROWNLEE, _UNCLEAR),
    "monthly-shampoo-sales.csv": (
        "f709eaa344b2d07039a49e2193cbff5e56206354f3a8203c0e02471beb39a451", _BROWNLEE, _UNCLEAR),
    "monthly-car-sales.csv": (
        "a4194226eb1d0eba5fd503e829b1279f1a10683d8009f2871aca05e7fb648f70", _BROWNLEE, _UNCLEAR),
    "monthly-mean-temp.csv": (
        "4190d815eb6d66f7c6abf25de2ef69addcf4647659fb94102215bd2dab1916ef", _BROWNLEE, _UNCLEAR),
    "exchange_rate.txt": (
        "0127465b51e3cd3c360f8eb2be30cfd294689a2a55903eb8245aafc396626c7f", _LAI, _UNCLEAR),
    "seattle-weather.csv": (
        "0845078a290b48e3149ab8639966824110a251db4e06fc144c06ebb534af23be", _VEGA, _NOAA),
    "weather.csv": (
        "27219f1ca8dbd94c9b6f4b9f4f52ab2f1eb33dfdcf719cd9fc6481ed50b74549", _VEGA, _NOAA),
    "co2-concentration.csv": (
        "c1a4a970864145940a28225cae288618b156cb32f9a2a1b6606ba7124134febb", _VEGA,
        "CC BY 4.0 (Scripps)"),
}  # fmt: skip
SMALL_SERIES = tuple(
    DataFile(
        "timeseries_small",
        name,
        sha256,
        # published compressed
        (f"{home}{name}.gz" if home == _LAI else home + name,),
        licence,
    )
    for name, (sha256, home, licence) in _FILES.items()
)
# the file itself names no columns; these are as its authors list them
_CURRENCIES = (
    "Australia", "Britain", "Canada", "Switzerland", "China", "Japan", "New Zealand", "Singapore",
)  # fmt: skip
_WORDS = {"seattle-weather.csv": ("weather",), "weather.csv": ("location", "date", "weather")}


class SmallSeries(NamedTuple):
    """Twelve tables: values float64 [N, D], with their times."""

    airline_passengers: Table  # [144, 1], thousands a month, 1949 to 1960
    daily_min_temperatures: Table  # [3650, 1], Melbourne, 1981 to 1990, Celsius
    daily_max_temperatures: Table  # [3650, 1]
    monthly_sunspots: Table  # [2820, 1], 1749 to 1983
    daily_total_female_births: Table  # [365, 1], California, 1959
    monthly_shampoo_sales: Table  # [36, 1]
    monthly_car_sales: Table  # [108, 1], Quebec, 1960 to 1968
    monthly_mean_temp: Table  # [240, 1], 1920 to 1939, Fahrenheit
    exchange_rate: Table  # [7588, 8], US dollars for one unit, daily, 1990 to 2016, no times
    seattle_weather: Table  # [1461, 4], 2012 to 2015; the word "weather"
    weather: Table  # [2922, 4], Seattle, then New York; words "location", "date", "weather"
    co2_concentration: Table  # [741, 2], Mauna Loa, monthly, 1958 to 2020, parts per million


def load_small_series(
    folder: str | os.PathLike[str] | None = None, *, download: bool = False
) -> SmallSeries:
    """Return twelve small time series: passengers, temperatures, sunspots, sales, rates, weather.

    Source: the Time Series Data Library, as copied by Brownlee; Lai et al. (2018), LSTNet, for the
    exchange rates; NOAA for the weather; Scripps for CO2.
    Shapes: as the fields of `SmallSeries` say.
    Args: folder, the one that holds the files, plain or .gz; None looks in
        `$JAXRNN_DATA/timeseries_small` and the cache. download, whether 1 MB may be fetched.
    Raises: FileNotFoundError saying how to supply the files; ValueError naming line and column of
        what is wrong in them.

        >>> load_small_series("no such folder")
        Traceback (most recent call last):
        FileNotFoundError: load_small_series: airline-passengers.csv of the data set...
    """
    owner = "load_small_series"
    tables = [
        parse_table(
            owner,
            read(owner, file, folder, download=download),
            file.name,
            words=_WORDS.get(file.name, ()),
            header=_CURRENCIES if file.name == "exchange_rate.txt" else None,
        )
        for file in SMALL_SERIES
    ]
    return SmallSeries(*tables)
