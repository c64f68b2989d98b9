"""The Python blocks of the README and the guides run, top to bottom, as one program."""

import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize(
    "page",
    [
        "README.md",
        "docs/own-cell.md",
        "docs/gradients.md",
        "docs/training.md",
        "docs/word2vec.md",
    ],
)
def test_the_code_of_a_page_runs(page, tmp_path, monkeypatch):
    text = (ROOT / page).read_text(encoding="utf-8")
    code = "\n".join(re.findall(r"```python\n(.*?)```", text, flags=re.S))
    assert code.count("\n") > 20
    # a real module: the cell of the guide is pickled by the contract suite
    name = "page_" + re.sub(r"\W", "_", page)
    (tmp_path / f"{name}.py").write_text(code, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    module = importlib.import_module(name)
    assert module.jax is not None


def test_the_table_of_tasks_is_the_one_that_is_kept():
    kept = (ROOT / "benchmarks/results/tasks.md").read_text(encoding="utf-8").splitlines()
    shown = (ROOT / "docs/tasks.md").read_text(encoding="utf-8").splitlines()
    rows = [line for line in kept if line.startswith(("| ", "* "))]
    assert len(rows) > 4 and set(rows) <= set(shown)
