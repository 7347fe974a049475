"""What the Vocoder panel makes without being asked, what it makes on request, and where the focus stays meanwhile."""

import threading

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QSpinBox, QWidget

from musegen_daw.ui.vocoder import jobs
from musegen_daw.vocoder.decoder import MelDecoder
from musegen_daw.vocoder.mel import MelConfig


class SlowDecoder(MelDecoder):
    """Decodes until it is cancelled or let go."""

    def __init__(self):
        super().__init__("slow", MelConfig())
        self.began, self.goes_on = threading.Event(), threading.Event()

    def _decode(self, mel):
        self.began.set()
        while not self.goes_on.wait(0.01):
            yield np.zeros(0, np.float32)
        yield np.zeros(mel.shape[1] * self.mel.hop_length, np.float32)


def test_griffin_lim_is_made_when_it_is_chosen_and_not_before(page, source):
    methods = []
    page.progress_bar.valueChanged.connect(
        lambda value: methods.append(page.progress_bar.accessibleName().partition("  ")[0])
    )
    page.panel.open_file(source("clip.wav"))
    page.wait_for_results()
    assert "Griffin-Lim" not in methods
    assert page.choice == "Vocoder"
    page.key(Qt.Key.Key_3, widget=page.view)
    assert page.choice == "Vocoder"  # until there is something else to hear
    page.until(lambda: page.choice == "Griffin-Lim" and not page.is_busy)
    assert "Griffin-Lim" in methods
    assert page.view.rows[1].title.startswith("Griffin-Lim")
    page.listen_to("Vocoder")
    page.listen_to("Griffin-Lim")
    assert not page.is_busy  # it is there


def test_another_stretch_gives_up_what_is_made_and_can_be_made_at_once(page, source, decoders):
    decoder = SlowDecoder()
    quick, decoders.open = decoders.open, lambda folder: decoder
    page.panel.open_file(source("clip.wav"))
    page.until(decoder.began.is_set)
    decoders.open = quick
    page.find("stretch").setValue(1.5)
    page.until(lambda: not page.is_busy and page.is_visible("resynthesise"))
    assert page.find("resynthesise").property("look") == "main"
    page.click("resynthesise")
    page.until(lambda: page.view.rows[1].stretch == 1.5)


def test_a_slow_griffin_lim_does_not_stand_before_another_stretch(ready, monkeypatch):
    slow = SlowDecoder()
    monkeypatch.setattr(jobs, "GriffinLim", lambda *given, **options: slow)
    ready.find("stretch").setValue(0.8)
    ready.click("resynthesise")
    ready.until(lambda: ready.view.rows[1].stretch == 0.8 and not ready.is_busy)
    ready.listen_to("Griffin-Lim")
    ready.until(slow.began.is_set)
    ready.find("stretch").setValue(1.2)
    ready.until(lambda: not ready.is_busy)
    ready.click("resynthesise")
    ready.until(lambda: ready.view.rows[1].stretch == 1.2)


def test_the_focus_stays_in_the_panel_when_a_job_ends(ready):
    window = QWidget()
    ready.qtbot.addWidget(window)
    tempo = QSpinBox()
    row = QHBoxLayout(window)
    row.addWidget(tempo)
    row.addWidget(ready.panel)
    window.show()
    again = ready.find("resynthesise")
    again.setFocus()
    ready.find("stretch").setValue(1.1)
    again.click()
    assert window.focusWidget() is not tempo
    ready.until(lambda: not ready.is_busy)
    assert window.focusWidget() is again
    again.click()
    ready.find("cancel").setFocus()
    ready.click("cancel")
    ready.until(lambda: not ready.is_busy)
    assert window.focusWidget() is again
    ready.panel.setParent(None)


def test_the_focus_stays_where_nothing_has_been_read(page, source):
    window = QWidget()
    page.qtbot.addWidget(window)
    tempo = QSpinBox()
    row = QHBoxLayout(window)
    row.addWidget(tempo)
    row.addWidget(page.panel)
    window.show()
    page.panel.open_file(source("clip.wav"))
    page.find("cancel").setFocus()
    page.click("cancel")
    page.until(lambda: not page.is_busy)
    assert window.focusWidget() is not tempo
    assert page.panel.isAncestorOf(window.focusWidget())
    page.panel.setParent(None)
