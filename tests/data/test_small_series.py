"""The twelve small series, from tiny files and from the real ones if they are there."""

from jaxrnn.data.small_series import load_small_series
from tests.data import tiny_series
from tests.data.samples import SHARED

SHAPES = {
    "airline_passengers": (144, 1), "daily_min_temperatures": (3650, 1),
    "daily_max_temperatures": (3650, 1), "monthly_sunspots": (2820, 1),
    "daily_total_female_births": (365, 1), "monthly_shampoo_sales": (36, 1),
    "monthly_car_sales": (108, 1), "monthly_mean_temp": (240, 1), "exchange_rate": (7588, 8),
    "seattle_weather": (1461, 4), "weather": (2922, 4), "co2_concentration": (741, 2),
}  # fmt: skip


def test_tables_with_times_words_or_neither(tmp_path):
    series = load_small_series(tiny_series.write(tmp_path, tiny_series.small_series()))
    assert series.monthly_shampoo_sales.times == ("1-01", "1-02")
    assert series.monthly_shampoo_sales.column("Sales").tolist() == [266.0, 145.9]
    assert series.exchange_rate.column("Australia").tolist() == [0.5, 0.6]
    assert series.exchange_rate.names[-1] == "Singapore" and series.exchange_rate.times == ()
    assert series.seattle_weather.names == ("precipitation",)
    assert series.seattle_weather.words == {"weather": ("drizzle",)}
    assert series.weather.words["location"] == ("New York",)
    assert series.weather.values.tolist() == [[4.5]]


def test_small_series_as_published_if_they_are_there():
    if not (SHARED / "timeseries_small").is_dir():
        return
    series = load_small_series(SHARED / "timeseries_small")
    assert {name: table.values.shape for name, table in series._asdict().items()} == SHAPES
    assert series.airline_passengers.values[[0, -1], 0].tolist() == [112, 432]
    assert series.monthly_sunspots.times[-1] == "1983-12"
    assert set(series.weather.words["location"]) == {"Seattle", "New York"}
    assert series.exchange_rate.values[0, 0] == 0.7855
    assert series.co2_concentration.times[0] == "1958-03-01"
