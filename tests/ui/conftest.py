"""The window's tests run without a screen; a thread, timer or window that outlives its test fails it."""

import gc
import threading

import pytest
import shiboken6
from PySide6.QtCore import QCoreApplication, QEvent, QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from musegen_daw.ui.widgets.look import apply_theme
from musegen_daw.ui.work import Workers
from tests.ui.doubles import PATIENCE_SECONDS, make_context

PATIENCE_MILLISECONDS = 1000 * PATIENCE_SECONDS


class PatientBot(QtBot):
    """Waits as long as a busy computer may need; what never comes still fails."""

    def waitSignal(self, signal, *, timeout=PATIENCE_MILLISECONDS, **options):
        return super().waitSignal(signal, timeout=timeout, **options)

    def waitUntil(self, callback, *, timeout=PATIENCE_MILLISECONDS):
        super().waitUntil(callback, timeout=timeout)


@pytest.fixture(scope="session")
def qapp_args():
    return ["musegen-daw"]


@pytest.fixture
def qtbot(qapp, request):
    """Qt's hands and eyes."""
    return PatientBot(request)


@pytest.fixture(autouse=True)
def nothing_is_left_behind(qapp):
    """Fail for Python threads, jobs, running timers and windows that were not there before the test."""
    apply_theme(qapp, "dark")
    threads = set(threading.enumerate())
    yield
    # Without a screen Qt keeps what is on it beyond the end of Python, and then ends the program over it.
    QApplication.clipboard().clear()
    for window in QApplication.topLevelWidgets():
        window.close()
        window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    qapp.processEvents()
    gc.collect()
    left = {thread for thread in set(threading.enumerate()) - threads if not _is_foreign(thread)}
    assert not left
    mine = [
        each
        for each in gc.get_objects()
        if issubclass(type(each), QTimer | Workers) and shiboken6.isValid(each)
    ]
    assert not [each for each in mine if isinstance(each, QTimer) and each.isActive()]
    assert not [each for each in mine if isinstance(each, Workers) and each.is_busy]


@pytest.fixture
def context(tmp_path):
    """The parts of a program without MIDI system, sound device or vocoder, with a drummer of its own."""
    data_dir = tmp_path / "data"
    data_dir.mkdir()
    return make_context(data_dir)


def _is_foreign(thread):
    # Python makes such an entry for a thread of Qt's pool that has run Python code, and keeps it.
    # The time limit of graphs watches for a minute after the last of them has run.
    return isinstance(thread, threading._DummyThread) or thread.name == "time limit"
