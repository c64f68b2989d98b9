"""The Python blocks of the guides run, top to bottom, as one program."""

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parent.parent / "docs"


@pytest.mark.parametrize("page", ["own-cell.md"])
def test_the_code_of_a_guide_runs(page, tmp_path, monkeypatch):
    text = (DOCS / page).read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, flags=re.S)
    assert len(blocks) > 3
    # a real module: the cell of the guide is pickled by the contract suite
    (tmp_path / "guide.py").write_text("\n".join(blocks), encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    module = __import__("guide")
    assert module.MGU(4) == module.MGU(4)
