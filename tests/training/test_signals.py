"""A signal is a wish, the second one an order."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from jaxrnn.training import asked_to_stop
from jaxrnn.training.signals import second_ends

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


def test_f4_the_second_signal_does_not_wait_for_native_code():
    """Python's own handlers would wait until a compilation, here a long sum, is over."""
    code = (
        "import hashlib, importlib.util, os, signal, threading, time\n"
        f"spec = importlib.util.spec_from_file_location('signals', {_source()!r})\n"
        "signals = importlib.util.module_from_spec(spec); spec.loader.exec_module(signals)\n"
        "def send():\n"
        "    for number in (signal.SIGINT, signal.SIGTERM):\n"
        "        time.sleep(0.2); os.kill(os.getpid(), number)\n"
        "with signals.asked_to_stop():\n"
        "    threading.Thread(target=send, daemon=True).start()\n"
        "    hashlib.pbkdf2_hmac('sha256', b'a', b'b', 2**28)\n"
        "    print('compiled', flush=True)\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stdout) == (143, "")


def test_one_signal_is_no_order_and_the_pipe_is_taken_back():
    before = signal.set_wakeup_fd(-1)
    signal.set_wakeup_fd(before)
    with pytest.raises(KeyboardInterrupt), second_ends():
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(1)
    after = signal.set_wakeup_fd(before)
    assert after == before


def _source():
    """The file alone: the package would load JAX, which this needs not."""
    return sys.modules["jaxrnn.training.signals"].__file__
