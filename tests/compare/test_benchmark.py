"""Each script in benchmarks/ that compares methods runs, prints a table and keeps every row."""

import json
import os
import subprocess
import sys
from pathlib import Path

SCRIPTS = Path(__file__).parents[2] / "benchmarks"


def run(name, out, *options):
    """Run a script; return its rows, its table and what it printed."""
    done = subprocess.run(
        [sys.executable, str(SCRIPTS / f"{name}.py"), *options, "--out", str(out)],
        capture_output=True, text=True, env={**os.environ, "JAX_PLATFORMS": "cpu"}, timeout=300,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    lines = (out / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    for row in rows:
        assert {"command", "date", "machine", "versions"} <= set(row)
    return rows, (out / f"{name}.md").read_text(encoding="utf-8"), done.stdout


def test_full_vs_truncated(tmp_path):
    rows, table, printed = run("full_vs_truncated", tmp_path, "--small")
    assert [(row["T"], row["method"]) for row in rows] == [
        (8, "full"), (8, "tbptt:2"), (16, "full"), (16, "tbptt:2"), (16, "tbptt:8"),
        (8, "full"), (8, "rtrl"), (8, "uoro"),
    ]  # fmt: skip
    for row in rows:
        assert row["ms_per_token"] > 0 and row["temp_bytes"] > 0
        assert (row["start"]["error"] == 0) == (row["method"] == "full")
    # what is cut less is less wrong, and takes more memory
    assert rows[4]["start"]["error"] < rows[3]["start"]["error"]
    assert rows[3]["temp_bytes"] < rows[4]["temp_bytes"] < rows[2]["temp_bytes"]
    # the small cells have every method, exact ones and others
    assert rows[6]["start"]["error"] < 1e-5 < rows[7]["start"]["error"]
    assert table.count("tbptt:2 |") == 2 and "--small" in table
    for text in (table, printed):
        assert "elman: diagonal_rtrl: needs units that see only themselves" in text


def test_full_vs_truncated_of_named_methods(tmp_path):
    options = ("--small", "--methods", "snap:1,tbptt:2:4")
    rows, table, _ = run("full_vs_truncated", tmp_path, *options)
    assert [row["method"] for row in rows] == ["full", "snap:1", "tbptt:2:4"]
    assert "Left out" not in table


def test_gradient_methods(tmp_path):
    rows, table, printed = run("gradient_methods", tmp_path, "--small")
    found = {row["method"]: row for row in rows}
    assert list(found) == ["full", "tbptt:2", "rtrl", "uoro"]
    for at in ("start", "trained"):
        errors = {name: row[at]["error"] for name, row in found.items()}
        assert errors["full"] < 1e-6 and errors["rtrl"] < 1e-5
        assert 1e-2 < errors["tbptt:2"] < errors["uoro"]
        # only what draws has a spread
        assert [row[at]["std"] > 0 for row in rows] == [False, False, False, True]
    assert [row["draws"] for row in rows] == [1, 1, 1, 4]
    assert all(row["temp_bytes"] > 0 and row["ms_per_step"] > 0 for row in rows)
    assert "diagonal_rtrl: needs units that see only themselves" in table
    assert "diagonal_rtrl: needs units" in printed
    assert (tmp_path / "gradient_methods.png").stat().st_size > 10_000


def test_truncation_cliff(tmp_path):
    rows, table, _ = run("truncation_cliff", tmp_path, "--small")
    parts = {part: [r for r in rows if r["part"] == part] for part in {r["part"] for r in rows}}
    cut, whole, full = (
        next(r for r in parts["cliff"] if r["k2_over_d"] == share) for share in (0.5, 2.0, None)
    )
    # a window over the whole sequence is full BPTT; a shorter one learns something else
    assert abs(whole["loss"] - full["loss"]) < 1e-3 * full["loss"]
    assert abs(cut["loss"] - full["loss"]) > 1e-3 * full["loss"]
    away = {r["method"]: (r["away"], r["theta"]) for r in parts["influence balancing"]}
    assert away["tbptt:1:10"][0] and not away["rtrl"][0]
    assert abs(away["rtrl"][1] + 1 / 6) < 1e-3
    (solving,) = parts["solving"]
    assert solving["curve"][-1][-1] == solving["mse"] > 0
    assert solving["solved"] == (solving["mse"] < 0.01)
    assert "## Influence balancing" in table and table.count("| adding") == 3
    assert (tmp_path / "truncation_cliff.png").stat().st_size > 10_000


def test_echo_state(tmp_path):
    rows, table, _ = run("echo_state", tmp_path, "--small")
    found = {row["task"]: row for row in rows if row["library"] == "jaxrnn"}
    assert set(found) == {"narma10", "mackey_glass17"}
    assert all(0 < row["median"] < 0.3 for row in found.values())  # predicting the mean gives 1
    assert "echo_state.png" in table
    assert (tmp_path / "echo_state.png").read_bytes().startswith(b"\x89PNG")
