"""The grid of benchmarks/full_vs_truncated.py runs, prints a table and keeps every row."""

import json
import os
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "full_vs_truncated.py"


def test_the_small_grid(tmp_path):
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "--small", "--out", str(tmp_path)],
        capture_output=True, text=True, env={**os.environ, "JAX_PLATFORMS": "cpu"}, timeout=300,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    lines = (tmp_path / "full_vs_truncated.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    assert [(row["T"], row["method"]) for row in rows] == [
        (8, "full"), (8, "tbptt:2"), (16, "full"), (16, "tbptt:2"), (16, "tbptt:8"),
    ]  # fmt: skip
    for row in rows:
        assert row["ms_per_token"] > 0 and row["temp_bytes"] > 0
        assert (row["start"]["error"] == 0) == (row["method"] == "full")
        assert {"command", "date", "machine", "versions"} <= set(row)
    # what is cut less is less wrong, and takes more memory
    assert rows[4]["start"]["error"] < rows[3]["start"]["error"]
    assert rows[3]["temp_bytes"] < rows[4]["temp_bytes"] < rows[2]["temp_bytes"]
    table = (tmp_path / "full_vs_truncated.md").read_text(encoding="utf-8")
    assert table.count("tbptt:2 |") == 2 and "--small" in table
