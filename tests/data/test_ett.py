"""ETT-small, from tiny files and from the real ones if they are there."""

from jaxrnn.data.ett import ETT_SPLIT, load_ett
from tests.data import tiny_series
from tests.data.samples import SHARED


def test_two_transformers(tmp_path):
    both = load_ett(tiny_series.write(tmp_path, tiny_series.ett()))
    assert both.h1.names == ("HUFL", "HULL", "MUFL", "MULL", "LUFL", "LULL", "OT")
    assert both.h1.values[3].tolist() == [3, 1, 2, 3, 4, 5, 3.5]
    assert both.h1.column("OT").tolist() == [0.5, 1.5, 2.5, 3.5]
    assert both.h1.times[1] == "2016-07-01 01:00:00" and both.h2.times[0][:4] == "2017"


def test_ett_as_published_if_it_is_there():
    if not (SHARED / "ett_small").is_dir():
        return
    both = load_ett(SHARED / "ett_small")
    for table in both:
        assert table.values.shape == (17420, 7) and len(table.times) == 17420
        assert ETT_SPLIT[-1] < len(table.values)
    assert both.h1.column("OT")[0] == 30.5310001373291
    assert both.h1.times[-1] == both.h2.times[-1] == "2018-06-26 19:00:00"
