"""The anomaly benchmark, from tiny files and from the real ones if they are there."""

import hashlib
import json

import numpy as np
import pytest

from jaxrnn.data import source
from jaxrnn.data.archives import members
from jaxrnn.data.nab import NAB, load_nab
from tests.data import tiny_series
from tests.data.samples import SHARED


def test_series_and_windows(tmp_path):
    series = load_nab(tiny_series.write(tmp_path, tiny_series.nab()))
    assert list(series) == ["real/a.csv", "real/b.csv"]
    watched = series["real/a.csv"]
    assert watched.times[1] - watched.times[0] == np.timedelta64(5, "m")
    assert watched.values.tolist() == [m / 2 for m in range(0, 60, 5)]
    assert watched.windows.shape == (1, 2)
    assert np.flatnonzero(watched.anomalous).tolist() == [2, 3, 4]  # both ends belong to it
    assert series["real/b.csv"].windows.shape == (0, 2)
    assert not series["real/b.csv"].anomalous.any() and len(series["real/b.csv"].anomalous) == 12


@pytest.mark.parametrize(
    ("windows", "message"),
    [
        ({"real/a.csv": []}, "same series, but only one has 'real/b.csv'"),
        ({"real/a.csv": 3, "real/b.csv": []}, "should map names of series to lists of windows"),
        ({"real/a.csv": [["2014"]], "real/b.csv": []}, "should map names of series to lists"),
        ({"real/a.csv": [["soon", "late"]], "real/b.csv": []}, "has a time that is none"),
        ([], "no JSON object"),
    ],
)
def test_windows_that_do_not_fit(tmp_path, windows, message):
    files = tiny_series.nab() | {"combined_windows.json": json.dumps(windows)}
    with pytest.raises(ValueError, match=f"load_nab: .*{message}"):
        load_nab(tiny_series.write(tmp_path, files))


def test_f25_a_download_packs_the_published_files(monkeypatch):
    asked = []
    monkeypatch.setattr(source, "_fetch", lambda url: asked.append(url) or b"timestamp,value\n")
    with pytest.raises(FileNotFoundError, match="sha256"):  # of another content
        load_nab(download=True)
    assert len(asked) == len(set(asked)) == 58
    assert asked[0].endswith("/data/artificialNoAnomaly/art_daily_no_noise.csv")


def test_nab_as_published_if_it_is_there():
    if not (SHARED / "nab").is_dir():
        return
    series = load_nab(SHARED / "nab")
    assert len(series) == 58
    assert sum(len(watched.values) for watched in series.values()) == 365558
    assert sum(len(watched.windows) for watched in series.values()) == 116
    taxi = series["realKnownCause/nyc_taxi.csv"]
    assert len(taxi.windows) == 5 and taxi.anomalous.sum() == 5 * 207
    assert sum(watched.anomalous.any() for watched in series.values()) == 52
    archive = dict(members(source.read("test", NAB[0], SHARED / "nab"), "nab"))
    recipe = NAB[0].recipe
    assert recipe is not None
    assert [url.split("/data/")[1] for url in recipe.urls] == [n[5:] for n in archive]
    made = recipe.make(list(archive.values()))
    assert hashlib.sha256(made).hexdigest() == NAB[0].sha256
