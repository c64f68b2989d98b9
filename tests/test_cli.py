"""The command line as a person meets it: files, exit codes, one line for an error."""

import errno
import json
import os
import signal
import subprocess
import sys

import pytest

import jaxrnn.compare
from jaxrnn.cli import main

MODULE = [sys.executable, "-m", "jaxrnn.cli"]
ENVIRONMENT = {**os.environ, "JAX_PLATFORMS": "cpu", "PYTHONIOENCODING": "utf-8"}
QUICK = ["compare", "--task", "sine", "--steps", "2", "--methods", "full,tbptt:5"]

MODEL = """
import jaxrnn

def build(input_size):
    return jaxrnn.GRU(3 * input_size)

class Broken(jaxrnn.Elman):
    def step(self, params, state, u):
        return undefined_name

def broken(input_size):
    return Broken(4)

class Forgetful(jaxrnn.Elman):
    def step(self, params, state, u):
        return state

def forgetful(input_size):
    return Forgetful(4)

class TooLong(jaxrnn.Elman):
    def step(self, params, state, u):
        if u.shape[0] == 8:  # the batch of the task, not of the trial
            raise RuntimeError("not like this")
        return super().step(params, state, u)

def too_long(input_size):
    return TooLong(4)
"""


def run(*words, **environment):
    return subprocess.run(
        [*MODULE, *words], capture_output=True, text=True, env={**ENVIRONMENT, **environment},
        timeout=300,
    )  # fmt: skip


def test_a_run_leaves_results_a_report_and_a_table(tmp_path):
    (tmp_path / "mine.py").write_text(MODEL)
    out = tmp_path / "made" / "here"
    done = run(*QUICK, "--model", f"{tmp_path / 'mine.py'}:build", "--seed", "3", "--out", str(out))
    assert (done.returncode, done.stderr) == (0, "")
    assert "sine: 100 %" in done.stdout and "tbptt:5" in done.stdout and str(out) in done.stdout
    assert "on cpu (" in done.stdout and "seed 3" in done.stdout
    report = (out / "report.html").read_text(encoding="utf-8")
    assert "tbptt:5" in report and "http" not in report
    record = json.loads((out / "results.json").read_text(encoding="utf-8"))
    check_schema(record)
    assert record["command"].startswith("jaxrnn compare --task sine --steps 2")
    assert record["tasks"][0]["cell"].startswith("GRU(hidden_size=3")
    assert record["tasks"][0]["seed"] == 3 and record["tasks"][0]["steps"] == 2


def check_schema(record):
    assert set(record) == {"format", "kind", "command", "environment", "tasks"}
    assert record["format"] == 1
    environment = {"platform", "device", "cpu", "cores", "system", "versions", "date"}
    assert set(record["environment"]) == environment
    for task in record["tasks"]:
        assert set(task) == {
            "task", "title", "source", "metric", "higher_is_better", "stream", "T", "B",
            "input_size", "output_size", "model", "cell", "parameters", "seed", "steps", "tokens",
            "optimizer", "loss_scale", "methods", "lag_profile",
        }  # fmt: skip
        for method in task["methods"]:
            assert set(method) == {
                "name", "method", "k1", "k2", "gradient_temp_bytes", "audit", "same_run",
                "same_updates", "online",
            }  # fmt: skip
            assert all(set(a) == {"at", "updates", "error", "cosine"} for a in method["audit"])
            for one in (method["same_updates"], method["online"]):
                curves = {"tokens", "seconds", "updates_made", "loss", "score", "train_loss"}
                assert set(one) == curves | {
                    "cadence", "updates", "compile_seconds", "temp_bytes", "ms_per_step",
                    "ms_per_token", "train_seconds", "final_loss", "final_score", "finite",
                }  # fmt: skip
                assert len({len(one[c]) for c in curves}) == 1


def start(*words):
    """Start the command line with the SIGINT of a shell in front, whatever runs the tests."""
    code = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "from jaxrnn.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", code, *words]
    return subprocess.Popen(command, stdout=pipe, stderr=pipe, env=ENVIRONMENT, text=True)


def test_a_closed_pipe_ends_quietly_and_the_work_is_done(tmp_path):
    with start(*QUICK, "--out", str(tmp_path)) as process:
        process.stdout.readline()
        process.stdout.close()
        errors = process.stderr.read()
    assert (process.returncode, errors) == (0, "")
    assert (tmp_path / "report.html").exists()


def test_an_interrupt_is_one_line_and_130(tmp_path):
    with start("compare", "--task", "text", "--out", str(tmp_path)) as process:
        next(line for line in process.stdout if "compiling" in line)
        process.send_signal(signal.SIGINT)
        errors = process.stderr.read()
    assert (process.returncode, errors) == (130, "interrupted\n")


def test_a_missing_device_is_one_line_naming_those_there_are():
    done = run("compare", "--device", "tpu")
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.count("\n") == 1 and "Available: cpu." in done.stderr
    done = run("compare", JAX_PLATFORMS="nonsense")
    assert done.returncode == 1 and done.stderr.count("\n") == 1
    assert "JAX_PLATFORMS=nonsense" in done.stderr


def test_x64_is_one_line():
    done = run(*QUICK, JAX_ENABLE_X64="1")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "error: the tasks are float32, but x64 is on: unset JAX_ENABLE_X64.\n"


def test_help_teaches_and_version_tells(capsys):
    assert main([]) == 0
    assert "compare" in capsys.readouterr().out
    assert main(["compare", "--help"]) == 0
    text = capsys.readouterr().out
    assert "Examples" in text and "tbptt:16:32" in text and "mine.py:build" in text
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == "jaxrnn 0.1.0\n"


@pytest.mark.parametrize(
    "words, message",
    [
        (["--bogus"], "No such option"),
        (["--task", "txt"], "got 'txt'. Did you mean 'text'?"),
        (["--task", "sine,"], "temporal_order, got ''"),
        (["--methods", "tbptt:8:4"], "k2=4 is smaller than k1=8"),
        (["--methods", "newton"], "expected one of full, tbptt"),
        (["--cell", "lstmm"], "Did you mean 'lstm'?"),
        (["--hidden", "0"], "--hidden"),
        (["--steps", "none"], "--steps"),
        (["--seed", "-1"], "--seed"),
        (["--learning-rate", "nan"], "expected a number above 0, got nan"),
        (["--device", "cuda"], "expected one of cpu, gpu, tpu, auto, got 'cuda'"),
        (["--model", "mine.py"], "expected FILE.py:FUNCTION"),
        (["--model", "mine.py:build", "--layers", "2"], "leave out --cell, --hidden"),
    ],
)
def test_usage_errors_are_one_line_and_2(words, message, capsys):
    assert main(["compare", *words]) == 2
    shown = capsys.readouterr()
    assert shown.out == "" and shown.err.count("\n") == 1
    assert shown.err.startswith("error: ") and message in shown.err


def test_file_errors_are_one_line_and_1(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    (tmp_path / "mine.py").write_text(MODEL)
    out = ["--out", str(tmp_path / "out")]
    for words, message in (
        (["--out", str(tmp_path / "file")], "can't write there (File exists)"),
        (["--out", str(tmp_path / "file" / "below")], "can't write there (Not a directory)"),
        ([*out, "--model", f"{tmp_path / 'none.py'}:build"], "does not exist"),
        ([*out, "--model", f"{tmp_path}:build"], "is a directory"),
        ([*out, "--model", f"{tmp_path / 'mine.py'}:other"], "has no function 'other'"),
        ([*out, "--model", f"{tmp_path / 'mine.py'}:broken"], "mine.py, line 9: NameError"),
        (
            [*out, "--model", f"{tmp_path / 'mine.py'}:forgetful"],
            "mine.py: TypeError: Forgetful.step",
        ),
        (
            [*out, "--model", f"{tmp_path / 'mine.py'}:too_long"],
            "mine.py, line 24: RuntimeError: not",
        ),
    ):
        assert main([*QUICK, *words]) == 1
        errors = capsys.readouterr().err
        assert errors.count("\n") == 1 and message in errors


def test_a_method_that_does_not_fit_is_one_line(tmp_path, capsys):
    out = ["--task", "sine", "--out", str(tmp_path)]
    assert main(["compare", *out, "--methods", "full,eprop"]) == 1  # two layers: no recur
    error = capsys.readouterr().err
    assert error.startswith("error: eprop: needs recur and update") and error.count("\n") == 1
    assert main(["compare", *out, "--methods", "full,rtrl", "--hidden", "512"]) == 1
    error = capsys.readouterr().err
    assert error.startswith("error: rtrl: the influence matrix") and "bytes" in error


@pytest.mark.parametrize("cell", ["elman", "gru"])
def test_every_method_by_its_name(tmp_path, cell):
    methods = (
        "full,tbptt:4,tbptt:2:6,folded_tbptt:4,adaptive_tbptt:2:8,artbp:4,dni:4,rtrl,snap:1,uoro,"
        "kf_rtrl,eprop,rflo,rflo:1:3,forward_gradient"
    )
    words = ["--task", "sine", "--cell", cell, "--hidden", "3", "--layers", "1", "--steps", "2"]
    assert main(["compare", *words, "--methods", methods, "--out", str(tmp_path)]) == 0
    record = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    rows = record["tasks"][0]["methods"]
    assert [m["name"] for m in rows] == methods.split(",")
    assert all(m["same_updates"]["finite"] for m in rows)
    errors = {m["name"]: m["audit"][0]["error"] for m in rows}
    assert errors["rtrl"] < 1e-5 < 1e-3 < errors["snap:1"]


@pytest.mark.parametrize("kind", [ValueError, TypeError, OSError, RuntimeError, KeyError])
def test_a_mistake_of_ours_keeps_its_traceback(tmp_path, monkeypatch, kind):
    def wrong(*args, **options):
        raise kind("deep inside")

    monkeypatch.setattr(jaxrnn.compare, "compare", wrong)
    with pytest.raises(kind, match="deep inside"):
        main([*QUICK, "--out", str(tmp_path)])


def test_too_little_memory_and_a_full_disk_are_one_line(tmp_path, monkeypatch, capsys):
    def too_large(*args, **options):
        raise RuntimeError("RESOURCE_EXHAUSTED: Out of memory")

    def full(*args):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(jaxrnn.compare, "compare", too_large)
        assert main([*QUICK, "--out", str(tmp_path)]) == 1
    assert capsys.readouterr().err == "error: RuntimeError: RESOURCE_EXHAUSTED: Out of memory\n"
    monkeypatch.setattr(jaxrnn.compare, "write_results", full)
    assert main([*QUICK, "--out", str(tmp_path)]) == 1
    assert "can't write there (No space left on device)" in capsys.readouterr().err


def test_data_that_is_damaged_is_one_line(tmp_path, monkeypatch, capsys):
    (tmp_path / "tinyshakespeare").mkdir()
    (tmp_path / "tinyshakespeare" / "input.txt.gz").write_bytes(b"\x1f\x8b nothing")
    monkeypatch.setenv("JAXRNN_DATA", str(tmp_path))
    assert main(["compare", "--task", "text", "--out", str(tmp_path / "out")]) == 1
    errors = capsys.readouterr().err
    assert errors.count("\n") == 1 and "input.txt.gz is damaged" in errors


def test_a_report_that_fails_leaves_the_old_one(tmp_path, monkeypatch):
    (tmp_path / "report.html").write_text("old")
    real = os.replace

    def interrupted(source, target):
        if str(target).endswith("report.html"):
            raise KeyboardInterrupt
        real(source, target)

    monkeypatch.setattr(os, "replace", interrupted)
    assert main([*QUICK, "--out", str(tmp_path)]) == 130
    assert (tmp_path / "report.html").read_text() == "old"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["report.html", "results.json"]


LOOKS = {
    "audit": ("audit.json", "keep the gradient within 10 %", ["--methods", "all", "--draws", "2"]),
    "diagnose": ("diagnose.json", "of a loss's gradient lies within", []),
}


@pytest.mark.parametrize("name", LOOKS)
def test_a_look_into_gradients_leaves_a_record_a_page_and_a_table(name, tmp_path, capsys):
    file, sentence, more = LOOKS[name]
    small = ["--task", "sine", "--hidden", "3", "--layers", "1", "--steps", "2"]
    assert main([name, *small, *more, "--out", str(tmp_path)]) == 0
    shown = capsys.readouterr()
    assert shown.err == "" and sentence in shown.out and str(tmp_path / file) in shown.out
    record = json.loads((tmp_path / file).read_text(encoding="utf-8"))
    assert record["kind"] == f"jaxrnn {name}" and record["command"].startswith(f"jaxrnn {name} ")
    assert [m["at"] for m in record["tasks"][0]["moments"]] == ["start", "trained"]
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "http" not in page and "<img" in page
    if name == "audit":
        assert record["tasks"][0]["left_out"].keys() == {"diagonal_rtrl"}
        assert "left out: diagonal_rtrl" in shown.out
        assert len(record["tasks"][0]["moments"][0]["methods"]) == 15


@pytest.mark.parametrize(
    "words, code, message",
    [
        (["audit", "--tolerance", "0"], 2, "expected a number above 0, got 0.0"),
        (["audit", "--methods", "newton"], 2, "expected one of full, tbptt"),
        (["audit", "--draws", "0"], 2, "(see jaxrnn audit --help)"),
        (["audit", "--task", "gallery"], 2, "expected one of digits, text, sine"),
        (["diagnose", "--task", "galery"], 2, "Did you mean 'gallery'?"),
        (["diagnose", "--steps", "-1"], 2, "(see jaxrnn diagnose --help)"),
        (["audit", "--task", "sine", "--methods", "eprop"], 1, "eprop: needs recur and update"),
        (["diagnose", "--task", "sine", "--model", "none.py:build"], 1, "does not exist"),
    ],
)
def test_errors_of_the_looks_are_one_line(words, code, message, tmp_path, capsys):
    assert main([*words, "--out", str(tmp_path)]) == code
    error = capsys.readouterr().err
    assert error.startswith("error: ") and error.count("\n") == 1 and message in error


def test_a_users_own_cell_is_audited_and_diagnosed(tmp_path, capsys):
    (tmp_path / "mine.py").write_text(MODEL)
    model = ["--task", "sine", "--steps", "0", "--model", f"{tmp_path / 'mine.py'}:build"]
    for name, (file, _, _) in LOOKS.items():
        assert main([name, *model, "--out", str(tmp_path / name)]) == 0
        record = json.loads((tmp_path / name / file).read_text(encoding="utf-8"))
        assert record["tasks"][0]["cell"].startswith("GRU(hidden_size=3")
        assert len(record["tasks"][0]["moments"]) == 1


def test_the_gallery_beside_a_task_or_alone(tmp_path, monkeypatch, capsys):
    network = {"name": "a", "profile": [1.0, 0.5], "verdict": "survives"}
    drawn = {
        "T": 2, "B": 1, "D": 1, "H": 1, "updates": 3, "faded": 1e-3,
        "starts": [{"family": "RNN", "networks": [network]}],
        "cures": [{"name": "b", "kind": "vanishing", "before": network, "after": network}],
        "clipping": [{"name": "none", "norm": 2.0, "cosine": 1.0}],
    }  # fmt: skip
    monkeypatch.setattr("jaxrnn.diagnose.gallery", lambda tell: drawn)
    assert main(["diagnose", "--task", " gallery", "--out", str(tmp_path / "a")]) == 0
    assert sorted(p.name for p in (tmp_path / "a").iterdir()) == ["diagnose.json", "gallery.html"]
    assert "In 1 of 1 networks the gradient survives" in capsys.readouterr().out
    small = ["--hidden", "3", "--layers", "1", "--steps", "0", "--out", str(tmp_path / "b")]
    assert main(["diagnose", "--task", "sine, gallery", *small]) == 0
    names = ["diagnose.json", "gallery.html", "report.html"]
    assert sorted(p.name for p in (tmp_path / "b").iterdir()) == names
    record = json.loads((tmp_path / "b" / "diagnose.json").read_text(encoding="utf-8"))
    assert record["gallery"] == drawn and len(record["tasks"]) == 1


def test_an_audit_of_training_that_diverged_is_one_line(tmp_path, capsys):
    words = ["--task", "sine", "--hidden", "3", "--steps", "2", "--learning-rate", "1e38"]
    assert main(["audit", *words, "--out", str(tmp_path)]) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "the learning rate be too high" in error


def test_download_shows_the_licence_and_says_what_failed(monkeypatch, capsys):
    import jaxrnn.data
    from jaxrnn.data import Entry

    asked = []

    def load(folder=None, *, download=False):
        asked.append(download)
        if len(asked) > 1:
            raise FileNotFoundError("load_plays: no network")

    home = "https://example.org"
    plays = Entry("plays", "All plays", "public domain", home, (), load, "37 plays")
    monkeypatch.setattr(jaxrnn.data, "data_set", lambda name: plays)
    assert main(["download", "plays"]) == 0
    out = capsys.readouterr().out
    assert "licence: public domain" in out and "37 plays" in out and asked == [True]
    assert main(["download", "plays"]) == 1
    assert "no network" in capsys.readouterr().err
