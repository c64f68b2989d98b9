"""The Numenta Anomaly Benchmark: series in which something went wrong, and when."""

import os
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from jaxrnn import strict_json
from jaxrnn.data.archives import members
from jaxrnn.data.csv_table import Table, parse_table
from jaxrnn.data.source import DataFile, Recipe, read
from jaxrnn.data.tarball import tar_of

__all__ = ["NAB", "Watched", "load_nab"]

_HOME = "https://raw.githubusercontent.com/numenta/NAB/ea702d75cc2258d9d7dd35ca8e5e2539d71f3140/"
_LICENCE = "MIT"
_SERIES = {
    "artificialNoAnomaly": (
        "art_daily_no_noise art_daily_perfect_square_wave art_daily_small_noise art_flatline "
        "art_noisy"
    ),
    "artificialWithAnomaly": (
        "art_daily_flatmiddle art_daily_jumpsdown art_daily_jumpsup art_daily_nojump "
        "art_increase_spike_density art_load_balancer_spikes"
    ),
    "realAWSCloudwatch": (
        "ec2_cpu_utilization_24ae8d ec2_cpu_utilization_53ea38 ec2_cpu_utilization_5f5533 "
        "ec2_cpu_utilization_77c1ca ec2_cpu_utilization_825cc2 ec2_cpu_utilization_ac20cd "
        "ec2_cpu_utilization_c6585a ec2_cpu_utilization_fe7f93 ec2_disk_write_bytes_1ef3de "
        "ec2_disk_write_bytes_c0d644 ec2_network_in_257a54 ec2_network_in_5abac7 "
        "elb_request_count_8c0756 grok_asg_anomaly iio_us-east-1_i-a2eb1cd9_NetworkIn "
        "rds_cpu_utilization_cc0c53 rds_cpu_utilization_e47b3b"
    ),
    "realAdExchange": (
        "exchange-2_cpc_results exchange-2_cpm_results exchange-3_cpc_results "
        "exchange-3_cpm_results exchange-4_cpc_results exchange-4_cpm_results"
    ),
    "realKnownCause": (
        "ambient_temperature_system_failure cpu_utilization_asg_misconfiguration "
        "ec2_request_latency_system_failure machine_temperature_system_failure nyc_taxi "
        "rogue_agent_key_hold rogue_agent_key_updown"
    ),
    "realTraffic": (
        "TravelTime_387 TravelTime_451 occupancy_6005 occupancy_t4013 speed_6005 speed_7578 "
        "speed_t4013"
    ),
    "realTweets": (
        "Twitter_volume_AAPL Twitter_volume_AMZN Twitter_volume_CRM Twitter_volume_CVS "
        "Twitter_volume_FB Twitter_volume_GOOG Twitter_volume_IBM Twitter_volume_KO "
        "Twitter_volume_PFE Twitter_volume_UPS"
    ),
}
_NAMES = tuple(
    f"data/{group}/{name}.csv" for group, names in _SERIES.items() for name in names.split()
)


def _packed(contents: Sequence[bytes]) -> bytes:
    return tar_of(zip(_NAMES, contents, strict=True))


_DATA = DataFile(
    "nab",
    "nab_data.tar",
    "c7584ac400b144a57fb8d891ce537a8927866ed4865f6b613a02d5fbd653a8a8",
    (),
    _LICENCE,
    Recipe(
        f"the {len(_NAMES)} files data/*/*.csv of github.com/numenta/NAB, sorted, by "
        "jaxrnn.data.tarball.tar_of",
        tuple(_HOME + name for name in _NAMES),
        _packed,
    ),
)
_WINDOWS = DataFile(
    "nab",
    "combined_windows.json",
    "1e1fbc4601321aad8d0f8b3784c8134299379f68f6c1f7777565f8ffd57ab6b1",
    (f"{_HOME}labels/combined_windows.json",),
    _LICENCE,
)
NAB = (_DATA, _WINDOWS)


class Watched(NamedTuple):
    """A series that somebody watched, and the times at which it was not as it should be."""

    times: np.ndarray  # datetime64[s] [N]
    values: np.ndarray  # float64 [N]
    windows: np.ndarray  # datetime64[s] [W, 2], first and last moment of each anomaly
    anomalous: np.ndarray  # bool [N], whether a time lies in a window


def load_nab(
    folder: str | os.PathLike[str] | None = None, *, download: bool = False
) -> dict[str, Watched]:
    """Return the 58 series of the Numenta Anomaly Benchmark, by names like realTweets/....csv.

    Derived: the archive `nab_data.tar` is the CSV files of the published folder `data`, made by
    `tar_of`; a download does the same.

    Source: Lavin and Ahmad (2015), "Evaluating real-time anomaly detection algorithms".
    Shapes: times, values and anomalous `[N]`, 1127 to 22695 rows, 365558 in all; windows `[W, 2]`,
    116 in all. Times may be missing or, when the clock was put back, come twice.
    Args: folder, the one that holds `nab_data.tar` and `combined_windows.json`, plain or .gz; None
        looks in `$JAXRNN_DATA/nab` and the cache. download, whether 10 MB may be fetched.
    Raises: FileNotFoundError saying how to supply the files; ValueError naming file, line and
        column of what is wrong in them, or if a series has no windows, or a file of them no series.

        >>> load_nab("no such folder")
        Traceback (most recent call last):
        FileNotFoundError: load_nab: nab_data.tar of the data set 'nab' is not at hand...
    """
    archive, labels = (read("load_nab", file, folder, download=download) for file in NAB)
    windows = _windows(labels)
    tables = {
        name.removeprefix("data/"): parse_table("load_nab", content, name)
        for name, content in members(archive, _DATA.name)
        if name.endswith(".csv")
    }
    if odd := sorted(windows.keys() ^ tables.keys()):
        raise ValueError(
            f"load_nab: {_DATA.name} and {_WINDOWS.name} should name the same series, but only one "
            f"has {odd[0]!r}."
        )
    return {name: _watched(name, table, windows[name]) for name, table in tables.items()}


def _watched(name: str, table: Table, windows: list[list[str]]) -> Watched:
    if table.names != ("value",) or not table.times:
        raise ValueError(
            f"load_nab: {name} should have the columns timestamp and value, got {table.names}."
        )
    times = _moments(name, table.times)
    bounds = _moments(_WINDOWS.name, [moment for window in windows for moment in window])
    bounds = bounds.reshape(-1, 2)
    inside = (bounds[:, :1] <= times) & (times <= bounds[:, 1:])
    return Watched(times, table.values[:, 0], bounds, np.asarray(inside.any(axis=0)))


def _moments(name: str, texts: Sequence[str]) -> np.ndarray:
    try:
        return np.array([text[:19] for text in texts], "datetime64[s]")
    except ValueError as error:
        raise ValueError(f"load_nab: {name} has a time that is none: {error}.") from None


def _windows(content: bytes) -> dict[str, list[list[str]]]:
    windows = strict_json.parse(content, f"load_nab: {_WINDOWS.name}")
    if not all(map(_are_pairs, windows.values())):
        raise ValueError(
            f"load_nab: {_WINDOWS.name} should map names of series to lists of windows, each the "
            "times of its beginning and end."
        )
    return windows


def _are_pairs(windows: object) -> bool:
    return isinstance(windows, list) and all(
        isinstance(window, list) and len(window) == 2 and all(isinstance(t, str) for t in window)
        for window in windows
    )
