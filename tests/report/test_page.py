"""The page stands alone, names what it shows, and its sentences follow the numbers."""

import base64
import copy
import html.parser
import re
import subprocess
import sys

import pytest

from jaxrnn.compare import compare, describe_environment, parse_methods, results
from jaxrnn.report import comparison_page, comparison_table
from jaxrnn.report.findings import headline, online, reach, same_updates
from jaxrnn.report.style import colours
from jaxrnn.report.terminal import Narrator, table_text
from tests.compare import tiny


@pytest.fixture(scope="module")
def record():
    methods = parse_methods("full,tbptt:2,tbptt:2:4")
    tasks = [
        compare(tiny.stream(), methods=methods, updates=3),
        compare(tiny.at_the_end(name="end"), methods=methods, updates=3),
    ]
    return results("jaxrnn compare --seed 0", describe_environment(), tasks)


@pytest.fixture(scope="module")
def text(record):
    return comparison_page(record)


class Parser(html.parser.HTMLParser):
    """Collects tags and images, and checks that tags are closed in order."""

    VOID = ("meta", "img", "br")

    def __init__(self):
        super().__init__()
        self.open, self.images, self.seen = [], [], []

    def handle_starttag(self, tag, attrs):
        self.seen.append(tag)
        if tag == "img":
            self.images.append(dict(attrs))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page_is_whole_and_fetches_nothing(text):
    parser = Parser()
    parser.feed(text)
    assert parser.open == []
    assert not {"script", "link", "iframe", "a"} & set(parser.seen)
    assert "http" not in text and "url(" not in text and "@import" not in text
    # A, B, C and costs; the other task has no C of its own
    assert len(parser.images) == 4 + 3
    for image in parser.images:
        assert image["alt"]
        data = image["src"].removeprefix("data:image/svg+xml;base64,")
        assert base64.b64decode(data).lstrip().startswith(b"<?xml")


def test_the_page_names_methods_questions_and_circumstances(text, record):
    for word in (
        "full", "tbptt:2", "tbptt:2:4", "A. How wrong is the gradient?",
        "B. What does the wrong gradient cost?", "C. How does it do in use?",
        "jaxrnn compare --seed 0", record["environment"]["date"], "learning rate 0.02",
        "T = 6, B = 3", "Loss scale", "clipped at global norm 1", "seed 0",
        "full over a segment of 6 steps",
    ):  # fmt: skip
        assert word in text, word


def test_what_a_user_types_cannot_break_the_page(record):
    evil = copy.deepcopy(record)
    evil["command"] = evil["tasks"][0]["title"] = "<script>alert('&')</script>"
    evil["tasks"][0]["methods"][1]["name"] = "<b>"
    assert "<script" not in comparison_page(evil) and "&lt;script&gt;" in comparison_page(evil)


def test_numbers_that_are_none_are_shown_as_such(record):
    lost = copy.deepcopy(record)
    for method in lost["tasks"][0]["methods"]:
        for cadence in ("same_updates", "online"):
            run = method[cadence]
            run.update(temp_bytes=None, final_loss=None, final_score=None, finite=False)
            run["loss"] = [run["loss"][0], None, None, None]
            run["score"] = [None] * 4
        for audit in method["audit"]:
            audit.update(error=None, cosine=None)
    for profile in lost["tasks"][0]["lag_profile"]:
        profile["norm_by_lag"] = [None] * tiny.T
    page = comparison_page(lost)
    assert "diverged, its loss is no longer a number" in page and "not told" in page
    assert "nan" not in re.sub(r"base64,[^\"]*", "", page)


def test_the_table_has_a_row_for_every_run(record):
    table = comparison_table(record["tasks"][0])
    assert [(letter, len(rows)) for letter, _, rows in table.groups] == [("B", 3), ("C", 3)]
    names = [row[0] for _, _, rows in table.groups for row in rows]
    assert names == ["full", "tbptt:2", "tbptt:2:4"] * 2
    assert [rows[1][1] for _, _, rows in table.groups] == ["3", "9"]  # updates of tbptt:2
    assert [len(rows) for _, _, rows in comparison_table(record["tasks"][1]).groups] == [3, 0]
    assert "tbptt:2:4" in table_text("Title", table)


def small(full, cut, *, same_run=False):
    """A record with two methods, of given final losses in B and C."""

    def runs(name, k2, losses, updates):
        made = [
            {
                "final_loss": loss, "final_score": 0.5, "finite": loss is not None,
                "loss": [loss], "score": [0.5], "updates": n, "temp_bytes": 10 * k2,
            }
            for loss, n in zip(losses, (10, updates), strict=True)
        ]  # fmt: skip
        audit = [{"error": 0.1, "cosine": 0.99}, {"error": 0.25, "cosine": 0.9}]
        return {
            "name": name, "k1": k2, "k2": k2, "audit": audit, "same_run": same_run,
            "same_updates": made[0], "online": made[1],
        }  # fmt: skip

    methods = [runs("full", 8, full, 10), runs("tbptt:2", 2, cut, 40)]
    return {"T": 8, "B": 4, "stream": True, "metric": "accuracy", "methods": methods}


def test_sentences_follow_the_numbers():
    task = small((1.0, 1.0), (1.2, 0.8))
    assert headline(task) == (
        "Cutting the gradient after 2 of 8 steps (tbptt:2) leaves it 25 % wrong at the end of "
        "training and takes 4.0 times less memory. With the same updates it ends at a loss of "
        "1.20, full BPTT at 1.00. At its own cadence, 40 updates instead of 10 on the same "
        "tokens, it ends at 0.800."
    )
    assert same_updates(task)[1] == "Lowest at the end: full."
    assert online(task)[1] == "Lowest at the end: tbptt:2."
    near = small((1.0, 1.0), (0.99, 0.99))
    assert same_updates(near)[1] == (
        "Lowest at the end: tbptt:2; full is within 2 % of it, too close to call."
    )
    assert "diverged" in same_updates(small((1.0, 1.0), (None, None)))[0]
    assert len(online(small((1.0, 1.0), (1.0, 1.0), same_run=True))) == 1


def test_the_reach_of_a_loss_is_read_from_its_profile():
    def said(*norms):
        return reach({"lag_profile": [{"norm_by_lag": list(norms)}]})[0]

    assert "falls below 1 % of its size at lag 1 by lag 2" in said(1.0, 0.001, 0.0001)
    assert "at lag 3 still 5.0 times its size at lag 1" in said(1.0, 0.001, 5.0)


def test_a_method_has_one_colour():
    def task(*names):
        return {"methods": [{"name": n} for n in names]}

    shades = colours([task("full", "a", "b"), task("full", "b", "c", "d")])
    assert shades["full"] == "#1a1a1a"
    assert len(set(shades.values())) == len(shades) == 5


def test_plain_lines_come_by_quarters(capsys):
    with Narrator(live=False) as narrator:
        compare(tiny.stream(), methods=parse_methods("full,tbptt:2"), updates=8, tell=narrator)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "tiny: compiling 2 methods"
    assert [line.split("%")[0] for line in lines[1:]] == [
        "tiny:  25 ", "tiny:  50 ", "tiny:  75 ", "tiny: 100 ",
    ]  # fmt: skip
    assert re.search(r"B full \d.*, tbptt:2 \d.*   C tbptt:2 \d", lines[-1])


def test_the_bar_draws(capsys):
    with Narrator(live=True) as narrator:
        compare(tiny.stream(), methods=parse_methods("full"), updates=1, tell=narrator)
    assert "tiny" in capsys.readouterr().out


def test_the_room_does_not_import_matplotlib_before_it_draws():
    code = "import sys, jaxrnn.report, jaxrnn.compare; print('matplotlib' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "False"
