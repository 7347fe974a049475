"""Settings and help: DAW routing, settings, diagnostics, keys, about."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QScrollArea, QTabWidget, QVBoxLayout, QWidget

from musegen_daw import reaper_script
from musegen_daw.fields import Text, with_values
from musegen_daw.ui.context import AppContext
from musegen_daw.ui.panel import GOOD, WARN, Panel
from musegen_daw.ui.settings.connect import RoutingPage, likely_daw_of, ports_here
from musegen_daw.ui.settings.form import SettingsForm
from musegen_daw.ui.settings.help_pages import (
    AboutPage,
    HealthPage,
    KeysPage,
)
from musegen_daw.ui.settings.map_editor import MapEditor
from musegen_daw.ui.widgets.theme import SMALL
from musegen_daw.ui.work import Workers


@dataclass(frozen=True, slots=True)
class _SavedChoices:
    daw: Text = ""
    tab: int = 0


class SettingsPanel(Panel):
    """`begin_requested` asks for the jam; the settings themselves are saved by the window."""

    begin_requested = Signal()

    def __init__(self, context: AppContext) -> None:
        super().__init__()
        self._context = context
        self._workers = Workers(self)
        self._routing = RoutingPage()
        self._form = SettingsForm(context)
        self.health = HealthPage(context)
        self._maps = MapEditor(context)
        self._tabs = QTabWidget()
        self._tabs.setObjectName("tabs")
        self._tabs.setDocumentMode(True)
        self._tabs.tabBar().setDrawBase(False)
        for title, page in (
            ("Connect a DAW", self._routing), ("Settings", self._form), ("Diagnostics", self.health),
            ("Keys", KeysPage()), ("About", AboutPage()), ("Drum maps", self._maps),
        ):  # fmt: skip
            self._tabs.addTab(_scrolled(page), title)
        column = QVBoxLayout(self)
        column.setContentsMargins(SMALL, SMALL, SMALL, 0)
        column.addWidget(self._tabs)
        self._form.message.connect(lambda sentence: self.message.emit(sentence, WARN))
        self._maps.message.connect(lambda sentence: self.message.emit(sentence, WARN))
        self._maps.saved.connect(self._map_saved)
        self.health.message.connect(lambda sentence: self.message.emit(sentence, WARN))
        self._routing.begin_requested.connect(self.begin_requested)
        self._routing.daw_chosen.connect(self.state_changed)
        self._routing.ports_chosen.connect(self._use_ports)
        self._routing.script_requested.connect(self._install_script)
        self._tabs.currentChanged.connect(lambda _index: self.state_changed.emit())

    def activated(self) -> None:
        self._tabs.tabBar().setFocus()
        self._form.refresh()
        self._maps.refresh()
        self._workers.start(lambda task: likely_daw_of(self._context), succeeded=self._routing.suggest_daw)
        self._workers.start(
            lambda task: ports_here(self._context),
            succeeded=lambda found: self._routing.show_ports(
                found.to_program, found.from_program, found.sentence, found.loops
            ),
            failed=lambda sentence: self.message.emit(sentence, WARN),
        )

    def deactivated(self) -> None:
        self._maps.rest()

    def close_work(self) -> None:
        for each in (self._form, self.health, self._maps):
            each.close_work()
        self._workers.close()

    def saved_state(self) -> dict[str, Any]:
        return {"tab": self._tabs.currentIndex(), "daw": self._routing.chosen_daw}

    def restore_state(self, state: dict[str, Any]) -> None:
        """Back to that page and that DAW."""
        saved, _ = with_values(_SavedChoices(tab=self._tabs.currentIndex()), state)
        self._routing.choose_daw(saved.daw)
        if 0 <= saved.tab < self._tabs.count():
            self._tabs.setCurrentIndex(saved.tab)

    def show_page(self, index: int) -> None:
        self._tabs.setCurrentIndex(index)

    def _use_ports(self, input_name: str, output_name: str) -> None:
        self._context.settings.change(input_port=input_name, output_port=output_name)
        self.message.emit(f"The jam hears {input_name} and plays to {output_name}.", GOOD)

    def _map_saved(self, name: str) -> None:
        """List it, and let the jam read it again where it uses it."""
        self._form.refresh_maps()
        settings = self._context.settings
        if settings.current.drum_map == name:
            settings.change(drum_map="")
            settings.change(drum_map=name)

    def _install_script(self) -> None:
        self._workers.start(
            lambda task: reaper_script.install(),
            succeeded=self._script_installed,
            failed=lambda sentence: self.message.emit(sentence, WARN),
        )

    def _script_installed(self, script: Path) -> None:
        """Watch the folder that it shares with this program, unless another is watched."""
        settings, shared = self._context.settings, str(reaper_script.exchange_folder())
        if settings.current.watched_dir in {"", shared}:
            settings.change(watched_dir=shared, watched_writes_back=True)
            self.message.emit(f"Wrote {script}; this window answers it while it is open.", GOOD)
        else:
            self.message.emit(
                f"Wrote {script}. To answer it, set the watched folder to {shared}, or run: musegen-daw watch",
                WARN,
            )


def _scrolled(page: QWidget) -> QScrollArea:
    page.setObjectName("scrolled")
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(page)
    return area
