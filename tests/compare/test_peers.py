"""benchmarks/peers.py: what disagrees gets no time, and every framework that is here gets a row."""

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

SCRIPTS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def peers(monkeypatch):
    monkeypatch.syspath_prepend(SCRIPTS)
    import peers

    return peers


def answering(peers, change):
    """Return a stand-in for a process: it answers the true results, changed."""

    class Child:
        name, hello = "linen", {"lacks": {"lstm": "no such cell"}}

        def ask(self, *, file, results, **_):
            from peer_layers.case import load

            found = peers.reference(load(file))
            found |= {"forward": found["ys"]} | change(found)
            np.savez(results, **{name: a for name, a in found.items() if a is not None})
            return {"compile_seconds": {}, "engine": None, "seconds": {}}

    return Child()


def check(peers, tmp_path, cell, change):
    case, file = peers.draw(cell, 2, 3, 4, 5), tmp_path / "case.npz"
    peers.save(file, case)
    job = peers.Job(cell, peers.Shape(2, 3, 4, 5))
    return peers.checked(answering(peers, change), job, file, peers.reference(case))


def test_only_what_agrees_is_timed(peers, tmp_path):
    assert check(peers, tmp_path, "gru", lambda found: {}).error == 0
    for name in ("forward", "ys", "xs", "w_x", "w_h", "b", "b_hn"):
        for wrong in (1.001, math.nan):
            change = lambda found, n=name, w=wrong: {n: w * found.get(n, found["ys"])}  # noqa: E731
            told = check(peers, tmp_path, "gru", change)
            assert told.startswith(f"2x3x4x5: disagrees, {name} by "), told
        told = check(peers, tmp_path, "gru", lambda found, n=name: {n: None})
        assert told == f"2x3x4x5: gave no {name}; no time is taken"
    assert check(peers, tmp_path, "lstm", lambda found: {}) == "no such cell"


def test_options_teach(peers):
    import typer

    with pytest.raises(typer.BadParameter, match="Did you mean 'lstm'"):
        peers.parsed("--cells", "lstn", ("lstm", "gru"))
    with pytest.raises(typer.BadParameter, match="'8x10x64' should be BxTxIxH"):
        peers.parsed_shapes("1x2x3x4,8x10x64")
    assert peers.parsed_shapes("1x2x3x4, 1x2x3x4") == (peers.Shape(1, 2, 3, 4),)


def test_small_run(tmp_path):
    options = ("--small", "--cells", "gru", "--peers", "linen,haiku,jaxrnn-scan")
    done = subprocess.run(
        [sys.executable, str(SCRIPTS / "peers.py"), *options, "--out", str(tmp_path)],
        capture_output=True, text=True, env={**os.environ, "JAX_PLATFORMS": "cpu"}, timeout=300,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    rows = [json.loads(line) for line in (tmp_path / "peers.jsonl").read_text("utf-8").splitlines()]
    kinds = [(row["peer"], row["B"], row["mode"]) for row in rows]
    two = [(2, "forward"), (2, "f+b"), (4, "forward"), (4, "f+b")]
    assert sorted(kinds) == sorted((p, *k) for p in ("linen", "jaxrnn-scan") for k in two)
    for row in rows:
        assert {"command", "date", "machine", "versions", "compile_seconds"} <= set(row)
        assert 0 < row["ms_min"] <= row["ms"] and 0 < row["error"] < 1e-5
        assert min(lap for laps in row["samples_ms"] for lap in laps) > 0
        assert row["us_per_step"] == pytest.approx(1000 * row["ms"] / row["T"])
    table = (tmp_path / "peers.md").read_text("utf-8")
    assert "JAX/ours: geometric mean" in table and "Left out:" in table
    # not installed, or without this kind of GRU: either way it is said
    assert "haiku: pip install dm-haiku" in table or "haiku, gru: hk.GRU resets before" in table
    assert (tmp_path / "peers.png").read_bytes().startswith(b"\x89PNG")
