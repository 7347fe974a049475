"""News of other threads: on the window's thread, the newest of each topic, and a pulse that rests out of sight."""

import threading

from musegen_daw.ui.bridge import Bridge, VisibleTimer
from PySide6.QtCore import QThread
from PySide6.QtWidgets import QApplication, QWidget


def test_a_flood_of_other_threads_is_told_in_order_and_only_the_newest(qtbot):
    bridge, told, threads = Bridge(), [], set()

    def hear(topic, value):
        told.append((topic, value))
        threads.add(QThread.currentThread())

    bridge.told.connect(hear)

    def flood(topic):
        for value in range(10_000):
            bridge.tell(topic, value)

    workers = [threading.Thread(target=flood, args=(topic,)) for topic in ("input", "output")]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    qtbot.waitUntil(lambda: {("input", 9999), ("output", 9999)} <= set(told))
    QApplication.processEvents()
    for topic in ("input", "output"):
        values = [value for of, value in told if of == topic]
        assert values == sorted(values)
        assert len(values) < 1000
    assert threads == {bridge.thread()}


def test_a_pulse_beats_only_while_its_widget_can_be_seen(qtbot):
    widget = QWidget()
    qtbot.addWidget(widget)
    pulse = VisibleTimer(widget, 5)
    assert not pulse.isActive()
    widget.show()
    with qtbot.waitSignal(pulse.timeout):
        pass
    widget.hide()
    assert not pulse.isActive()
