"""The help pages: diagnostics, keys, about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from musegen_daw.ui.context import AppContext
from musegen_daw.ui.settings.about import libraries, version_text
from musegen_daw.ui.widgets.basic import Card, ProgressLine, StatusLight, button, label
from musegen_daw.ui.widgets.plain import PlainLabel
from musegen_daw.ui.widgets.theme import LARGE, MEDIUM, SMALL
from musegen_daw.ui.work import JobContext, Workers

if TYPE_CHECKING:
    from musegen_daw.devices.findings import Finding


KEYS = (
    ("Everywhere", (
        ("Space", "start and stop the jam, or what the current page plays"),
        ("Ctrl+.  or  F12", "panic: all notes off"),
        ("Ctrl+1 … Ctrl+4", "Jam, Clips, Vocoder, Settings"),
        ("Tab, Shift+Tab", "next control, previous control"),
        ("Return", "press the focused button"),
        ("Esc", "cancel a job or MIDI learn, dismiss a message"),
        ("F1", "this page"),
        ("Ctrl+Q", "quit; everything is saved"),
    )),
    ("Jam", (
        ("T", "tap the tempo; with MIDI clock: mark the start of a bar"),
        ("F", "fill in the next bar"),
        ("H", "hold the pattern that plays"),
        ("F5 … F8", "recall section A to D; with Shift: store it"),
        ("1 … 9", "mute and unmute a voice, kick to ride"),
        ("Ctrl+K", "styles"),
        ("Arrow keys", "move the pad or the focused slider; Shift, or Page Up and Page Down: other steps"),
        ("A", "the pad: density as you play"),
        ("M, R", "show swing, style, program changes, latency and recording; record and stop"),
        ("Right click", "MIDI learn: map a knob or pad to a control, or unmap it"),
    )),
    ("Clips", (
        ("Ctrl+O, Ctrl+S", "open, save"),
        ("Ctrl+Z, Ctrl+Shift+Z", "undo, redo"),
        ("Ctrl+G, Ctrl+K", "generate drums; styles (there Ctrl+F: favourite, Ctrl+T: tap with Z, X, C)"),
        ("Ctrl+B", "bounce to WAV"),
        ("Click, drag", "add or remove a hit; up and down its velocity; Alt and sideways its timing"),
        ("Drag the ground, Shift+click", "select hits; Ctrl+A all, V a voice, Shift+B a bar, Esc none"),
        ("Ctrl+C, X, V, R", "copy, cut, paste and duplicate hits or bars; with copied files, Ctrl+V opens them"),
        ("Alt+← →, Ctrl+arrows", "the timing of hits; the selected hits by a cell or a voice"),
        ("+ −, E", "louder and softer; velocity lane"),
        ("M, S, Alt+↑ ↓", "mute, solo and level of the voice under the cursor"),
        ("L, B", "lock the voice, the bar"),
        ("In the plan: F, C, X, G", "fill, crash, stop; write the section again; Return selects it"),
        ("Right click", "all of these for a hit, a voice or a bar"),
    )),
    ("Vocoder", (("1, 2, 3", "Original, Vocoder, Griffin-Lim at the same position"),)),
)  # fmt: skip


class HealthPage(QWidget):
    """The diagnostics, which listen to every port for a second, so they run on request."""

    message = Signal(str)

    def __init__(self, context: AppContext) -> None:
        super().__init__()
        self._context = context
        self._workers = Workers(self)
        self._examine = button(
            "Run diagnostics",
            "Check ports, sound and models; takes a few seconds",
            "",
            "main",
            large=True,
        )
        self._examine.clicked.connect(self.examine)
        self._progress = ProgressLine()
        self._progress.cancelled.connect(self._cancel)
        self._card = Card("Diagnostics")
        self._card.setObjectName("findings")
        self._rows = QGridLayout()
        self._rows.setHorizontalSpacing(MEDIUM)
        self._rows.setVerticalSpacing(SMALL)
        self._rows.setColumnStretch(1, 1)
        self._card.body.addLayout(self._rows)
        self._card.hide()
        column = page_column(self)
        row = QHBoxLayout()
        row.addWidget(self._examine)
        row.addWidget(self._progress, 1)
        row.addStretch(1)
        column.addLayout(row)
        column.addWidget(
            label(
                "Listens to every MIDI input for a second, and sends every output a silent message.",
                "dim",
            )
        )
        column.addWidget(self._card)
        column.addStretch(1)

    def examine(self) -> None:
        self._examine.setEnabled(False)
        self._progress.begin("listening …")
        context = self._context
        self._workers.start(
            lambda task: _examined(task, context),
            succeeded=self.show_findings, failed=self.message.emit, ended=self._ended,
        )  # fmt: skip

    def show_findings(self, findings: Sequence[Finding]) -> None:
        while (item := self._rows.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        for row, finding in enumerate(findings):
            light = StatusLight(finding.subject)
            level = {"ok": "good", "note": "warn"}.get(finding.level.value, "bad")
            light.show_state(level, finding.subject)
            light.setFixedWidth(110)
            advice = f"\n→ {finding.advice}" if finding.advice else ""
            self._rows.addWidget(light, row, 0, Qt.AlignmentFlag.AlignTop)
            self._rows.addWidget(selectable_words(f"{finding.what}{advice}"), row, 1)
        self._card.show()

    def close_work(self) -> None:
        self._workers.close()

    def _cancel(self) -> None:
        self._workers.cancel()

    def _ended(self) -> None:
        self._examine.setEnabled(True)
        self._progress.end()


class KeysPage(QWidget):
    def __init__(self) -> None:
        super().__init__()
        column = page_column(self)
        for title, keys in KEYS:
            card = Card(title)
            rows = QGridLayout()
            rows.setHorizontalSpacing(LARGE)
            rows.setVerticalSpacing(SMALL)
            rows.setColumnStretch(1, 1)
            for row, (key, what) in enumerate(keys):
                words = label(key)
                words.setMinimumWidth(180)
                rows.addWidget(words, row, 0, Qt.AlignmentFlag.AlignTop)
                rows.addWidget(selectable_words(what), row, 1)
            card.body.addLayout(rows)
            column.addWidget(card)
        column.addStretch(1)


class AboutPage(QWidget):
    def __init__(self) -> None:
        super().__init__()
        column = page_column(self)
        card = Card("musegen-daw")
        card.body.addWidget(selectable_words(version_text()))
        card.body.addWidget(label("Made with these libraries, each under its own licence:", "dim"))
        rows = QGridLayout()
        rows.setHorizontalSpacing(LARGE)
        rows.setColumnStretch(2, 1)
        for row, library in enumerate(libraries()):
            for place, text in enumerate((library.name, library.version, library.licence)):
                rows.addWidget(selectable_words(text) if place == 2 else label(text), row, place)
        card.body.addLayout(rows)
        column.addWidget(card)
        column.addStretch(1)


def page_column(widget: QWidget) -> QVBoxLayout:
    column = QVBoxLayout(widget)
    column.setContentsMargins(MEDIUM, MEDIUM, MEDIUM, MEDIUM)
    column.setSpacing(MEDIUM)
    return column


def selectable_words(text: str) -> QLabel:
    made = PlainLabel(text)
    made.setWordWrap(True)
    made.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return made


def _examined(task: JobContext, context: AppContext) -> Sequence[Finding]:
    from musegen_daw import resource_paths as resources
    from musegen_daw.devices.sound_devices import output_devices
    from musegen_daw.jam.checkup import examine

    task.check()
    model_dir = resources.drum_model_dir()
    return examine(context.ports(), output_devices, lambda _folder: context.drum_generator(), model_dir)[1]
