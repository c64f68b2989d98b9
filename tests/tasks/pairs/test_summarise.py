"""Titles of texts: what is read of Python's library, what leads, what a run leaves."""

import json

import numpy as np

from jaxrnn.cli import main
from jaxrnn.tasks.pairs.corpora import PairCorpus
from jaxrnn.tasks.pairs.docstrings import docstring_corpus, titled
from jaxrnn.tasks.pairs.summarise import SummariseSettings, best_lead, lead, summarise

FILE = b'''"""A module.

Of some use.
"""


class C:
    """One line alone."""

    async def f(self):
        """Do it
        in two lines.

        No title.
        """

    def g(self):
        """Go.

        At once,
        and   fast.
        """
'''


def test_titles_are_first_lines_that_stand_alone():
    assert sorted(titled(FILE)) == [("At once, and fast.", "Go."), ("Of some use.", "A module.")]
    assert titled(b"def (:") == []


def test_a_sample_is_the_same_each_time_and_parts_share_no_file():
    corpus = docstring_corpus(most=60)
    assert corpus == docstring_corpus(most=60)
    parts = [set(part) for part in corpus[:3]]
    assert all(parts) and not (parts[0] & parts[1] or parts[0] & parts[2] or parts[1] & parts[2])


def test_the_best_lead_is_chosen_on_the_part_that_judges():
    dev, test = [("a b c d e", "a b c")], [("a b", "a")]
    assert best_lead(PairCorpus(test, dev, test, "a test")) == 3
    assert lead("a  b\nc", 2) == "a b"


def test_texts_are_cut_and_titles_written(tmp_path):
    path = tmp_path / "my.tsv"
    path.write_text("".join(f"{'word ' * 30}{n}\ttitle {n}\n" for n in range(30)))
    task = summarise(SummariseSettings(pairs=str(path), steps=12, tokens="words", batch=4))
    chunk = task.train(0)
    assert chunk.source.shape == (12, 4) and chunk.target.shape == (3, 4)
    assert (chunk.target == task.codec.end).sum(0).tolist() == [1, 1, 1, 1]


def test_a_quick_run_and_what_it_leaves(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["train", "summarise", "--preset", "quick", "--out", "run"]) == 0
    assert "test ROUGE-L, beam 2" in capsys.readouterr().out
    found = json.loads((tmp_path / "run/result.json").read_text())["findings"]
    assert [finding["name"].split(",")[0] for finding in found] == [
        "test ROUGE-1", "test ROUGE-2", "test ROUGE-L",
    ]  # fmt: skip
    for finding in found:
        rivals = finding["baselines"]
        assert len(rivals) == 2 and all(0 <= rival <= 100 for rival in rivals.values())
        first = next(value for name, value in rivals.items() if name.startswith("the first"))
        assert finding["goal"] == first and np.isfinite(finding["value"])
    assert (tmp_path / "run/picture.svg").exists()
