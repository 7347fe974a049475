"""Every way to end only asks for the end; what is lost on the way is silenced first."""

import signal
import subprocess
import sys
import threading

import pytest

from musegen_daw.cli.endings import Endings, last_resort


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_asks_for_the_end_and_is_as_before_afterwards(number):
    before = signal.getsignal(number)
    with Endings() as endings:
        assert not endings.asked
        signal.raise_signal(number)
        signal.raise_signal(number)
        assert endings.asked
        signal.raise_signal(signal.SIGTSTP)  # does not suspend
    assert signal.getsignal(number) is before


def test_nohup_is_respected():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with Endings() as endings:
            signal.raise_signal(signal.SIGHUP)
            assert not endings.asked
    finally:
        signal.signal(signal.SIGHUP, before)


def test_an_exception_lost_on_a_thread_silences(monkeypatch):
    calls = []
    monkeypatch.setattr(threading, "excepthook", lambda args: calls.append(args.exc_type))
    with last_resort(lambda: calls.append("silence")):
        thread = threading.Thread(target=lambda: 1 / 0)
        thread.start()
        thread.join()
        assert threading.excepthook is not None
    assert calls == ["silence", ZeroDivisionError]


def test_the_hooks_are_as_before_afterwards():
    before = sys.excepthook, threading.excepthook
    with last_resort(print):
        assert (sys.excepthook, threading.excepthook) != before
    assert (sys.excepthook, threading.excepthook) == before


@pytest.mark.parametrize("end", ["raise ValueError", "sys.exit(3)"])
def test_a_program_that_ends_within_silences(end):
    script = (
        "import sys; from musegen_daw.cli.endings import last_resort\n"
        f"context = last_resort(lambda: print('silence')); context.__enter__(); {end}"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=300)
    assert done.returncode in (1, 3)
    assert done.stdout.startswith("silence\n")


def test_a_program_that_ends_later_does_not():
    script = (
        "from musegen_daw.cli.endings import last_resort\nwith last_resort(lambda: print('silence')): pass"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stdout) == (0, "")
