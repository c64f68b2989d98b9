"""What stands at the end of a run: examined once, shown only of the weights that it was."""

import importlib
import json

import pytest

from jaxrnn.cli import main
from jaxrnn.runs import RunFolder
from jaxrnn.runs.examining import examined

TRAIN = [
    "train", "sine", "--hidden", "3", "--layers", "1", "--set", "training.evaluate_every=2",
    "--set", "training.checkpoint_every=2",
]  # fmt: skip


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("examined") / "run"
    assert main([*TRAIN, "--steps", "4", "--out", str(folder)]) == 0
    return folder


def test_findings_and_pictures_are_kept_and_on_the_page(run):
    found = examined(RunFolder(run))
    assert found.step in (2, 4) and "test MSE" in found.lines[0]
    assert list(found.pictures) == ["picture.svg"]
    page = (run / "report.html").read_text()
    assert "test MSE" in page and found.pictures["picture.svg"] in page


def test_the_test_set_is_not_looked_at_again(run, monkeypatch, capsys):
    def refuse(*args):
        raise AssertionError("it was examined again")

    monkeypatch.setattr(importlib.import_module("jaxrnn.tasks.series.sine"), "_examine", refuse)
    assert main(["resume", "--run", str(run)]) == 0
    assert "test MSE" in capsys.readouterr().out


@pytest.mark.parametrize("broken", ["", "{}", '{"step":4,"findings":[{"a":1}],"files":[]}'])
def test_a_result_that_can_not_be_read_is_none(tmp_path, broken):
    (tmp_path / "result.json").write_text(broken)
    assert examined(RunFolder(tmp_path)) is None


def test_a_codec_that_is_gone_is_written_anew(run):
    codec = (run / "codec.json").read_bytes()
    (run / "codec.json").unlink()
    assert main(["resume", "--run", str(run)]) == 0
    assert (run / "codec.json").read_bytes() == codec


def test_findings_of_older_weights_are_not_on_the_page(run):
    record = json.loads((run / "result.json").read_text())
    (run / "result.json").write_text(json.dumps({**record, "step": 1}))
    assert main(["resume", "--run", str(run)]) == 0  # it is examined again
    assert json.loads((run / "result.json").read_text())["step"] == record["step"]


def test_an_examination_that_fails_leaves_the_page(run, monkeypatch, capsys):
    def fail(folder, parts):
        raise OverflowError("a perplexity beyond all floats")

    monkeypatch.setattr("jaxrnn.runs.training.examine", fail)
    (run / "report.html").unlink()
    assert main(["resume", "--run", str(run)]) == 1
    assert "beyond all floats" in capsys.readouterr().err
    assert (run / "report.html").exists()
