"""The gallery tells the classic story, and its page shows it."""

import pytest

from jaxrnn.compare import describe_environment
from jaxrnn.diagnose import gallery
from jaxrnn.report.gallery import gallery_page, gallery_words


@pytest.fixture(scope="module")
def drawn():
    return gallery()


def ends(drawn, family):
    networks = next(f for f in drawn["starts"] if f["family"] == family)["networks"]
    return {n["name"]: n["verdict"] for n in networks}


def test_the_classic_story(drawn):
    tanh, lstm, gru = (ends(drawn, f) for f in ("tanh RNN", "LSTM", "GRU"))
    assert tanh["tanh, small start (0.5 x orthogonal)"] == "vanishes"
    assert tanh["tanh, orthogonal start"] == "survives"
    assert ends(drawn, "relu RNN")["relu, identity start"] == "survives"
    assert lstm["forget bias 0"] == "vanishes" and gru["update bias 0"] == "vanishes"
    assert lstm["chrono start, T = 100"] == gru["chrono start, T = 100"] == "survives"
    assert set(ends(drawn, "Orthogonal for good").values()) == {"survives"}
    assert ends(drawn, "Echo state network")["spectral radius 0.5"] == "vanishes"


def test_cures_bring_the_gradient_back(drawn):
    for cure in drawn["cures"]:
        assert cure["before"]["verdict"] != "survives", cure["name"]
    cured = {c["name"]: c["after"]["verdict"] for c in drawn["cures"]}
    assert [name for name, word in cured.items() if word != "survives"] == ["norm stabiliser"]


def test_clipping_by_norm_alone_keeps_the_direction(drawn):
    found = {c["name"]: c for c in drawn["clipping"]}
    assert found["none"]["norm"] > 1 and found["by norm, 1"]["norm"] == pytest.approx(1)
    assert found["by norm, 1"]["cosine"] == pytest.approx(1)
    assert found["by value, 0.1"]["cosine"] < 0.999
    assert found["cotangent, 0.01"]["norm"] < found["none"]["norm"]


def test_the_page_stands_alone(drawn):
    results = {"command": "c", "environment": describe_environment(), "gallery": drawn}
    page = gallery_page(results)
    assert "http" not in page and page.count("<img") == 3 and gallery_words(drawn) in page
