"""A signal is a wish, the second one an order."""

import os
import signal
import subprocess
import sys
import threading

import pytest

from jaxrnn.training import asked_to_stop

SIGNALS = [(signal.SIGTERM, 143), (signal.SIGINT, 130)]


@pytest.mark.parametrize(("number", "code"), SIGNALS)
def test_f3_f5_the_block_is_finished_and_then_the_process_leaves(number, code):
    before = [signal.getsignal(n) for n, _ in SIGNALS]
    done = []
    with pytest.raises(SystemExit) as left, asked_to_stop() as asked:
        os.kill(os.getpid(), number)
        done.append(bool(asked))
    assert done == [True] and left.value.code == code
    assert [signal.getsignal(n) for n, _ in SIGNALS] == before


def test_without_a_signal_nothing_happens_and_errors_pass():
    before = [signal.getsignal(n) for n, _ in SIGNALS]
    with asked_to_stop() as asked:
        assert not asked
    with pytest.raises(KeyError), asked_to_stop():
        os.kill(os.getpid(), signal.SIGTERM)
        raise KeyError("the error is what counts")
    assert [signal.getsignal(n) for n, _ in SIGNALS] == before


def test_in_another_thread_it_does_nothing():
    found: list = []

    def run():
        before = signal.getsignal(signal.SIGTERM)
        with asked_to_stop() as asked:
            found.append((bool(asked), signal.getsignal(signal.SIGTERM) is before))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert found == [(False, True)]


def test_f4_the_second_signal_ends_the_process_at_once(tmp_path):
    code = (
        "import importlib.util, os, signal, sys\n"
        f"spec = importlib.util.spec_from_file_location('signals', {_source()!r})\n"
        "signals = importlib.util.module_from_spec(spec); spec.loader.exec_module(signals)\n"
        "with signals.asked_to_stop():\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
        "    print('saving', flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    for _ in range(10**6): pass\n"
        "    print('saved', flush=True)\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (ended.returncode, ended.stdout) == (130, "saving\n")


def _source():
    """The file alone: the package would load JAX, which this needs not."""
    return sys.modules["jaxrnn.training.signals"].__file__
