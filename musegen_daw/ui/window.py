"""The main window: transport, navigation, one page in view, status line."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QColor,
    QDragEnterEvent,
    QDragMoveEvent,
    QDropEvent,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QShortcut,
)
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QButtonGroup,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QScrollArea,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from musegen_daw.suffixes import MIDI_SUFFIXES
from musegen_daw.ui import saved_session
from musegen_daw.ui.autosave import Autosave
from musegen_daw.ui.context import AppContext
from musegen_daw.ui.jam.control import JamControl
from musegen_daw.ui.jam.transport_bar import TransportBar
from musegen_daw.ui.panel import BAD, INFO, WARN, Page, Panel, reset_message
from musegen_daw.ui.settings.store import AppSettings
from musegen_daw.ui.widgets.drops import DropOverlay, FileDrop, local_paths
from musegen_daw.ui.widgets.icons import app_icon, icon
from musegen_daw.ui.widgets.look import apply_theme
from musegen_daw.ui.widgets.plain import plain_tip, set_name
from musegen_daw.ui.widgets.status_line import StatusLine
from musegen_daw.ui.widgets.theme import SMALL, SMALL_TEXT, TINY, font, is_style_change, theme

NAVIGATION_WIDTH = 84
_BUTTON = QSize(NAVIGATION_WIDTH - 12, 64)


class Navigation(QWidget):
    """One button for each page; `chosen` carries its key, clicked or with files dragged over it.

    `dropped` carries files that were dropped beside or on a button.
    """

    chosen = Signal(str)
    dropped = Signal(list)

    def __init__(self, pages: Sequence[Page]) -> None:
        super().__init__()
        self._pages = tuple(pages)
        self._buttons: dict[str, QToolButton] = {}
        group = QButtonGroup(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(6, SMALL, 6, SMALL)
        column.setSpacing(TINY)
        for page in self._pages:
            made = QToolButton()
            made.setText(page.title)
            made.setToolTip(plain_tip(f"{page.title} ({page.shortcut})"))
            set_name(made, page.title)
            made.setCheckable(True)
            made.setProperty("look", "page")
            made.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
            made.setIconSize(QSize(24, 24))
            made.setFixedSize(_BUTTON)
            made.setFont(font(SMALL_TEXT))
            made.clicked.connect(lambda _checked, key=page.key: self.chosen.emit(key))
            group.addButton(made)
            column.addWidget(made)
            self._buttons[page.key] = made
        column.addStretch(1)
        self.setObjectName("navigation")
        self.setAcceptDrops(True)
        self.setFixedWidth(NAVIGATION_WIDTH)
        self._draw_icons()

    def show_page(self, key: str) -> None:
        self._buttons[key].setChecked(True)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        event.setAccepted(event.mimeData().hasUrls())

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        under = self.childAt(event.position().toPoint())
        key = next((key for key, each in self._buttons.items() if each is under), None)
        if key is not None and not self._buttons[key].isChecked():
            self.chosen.emit(key)
        event.accept()

    def dropEvent(self, event: QDropEvent) -> None:
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
        self.dropped.emit(local_paths(event.mimeData()))

    def show_waiting(self, keys: frozenset[str]) -> None:
        """Mark the pages on which a warning or an error waits."""
        for page in self._pages:
            made, waits = self._buttons[page.key], page.key in keys
            made.setText(f"{page.title} •" if waits else page.title)
            made.setAccessibleDescription("A message waits on this page." if waits else "")

    def changeEvent(self, event: QEvent) -> None:
        if is_style_change(event):
            self._draw_icons()
        super().changeEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(theme().panel))
        painter.fillRect(self.width() - 1, 0, 1, self.height(), QColor(theme().line))
        painter.end()

    def _draw_icons(self) -> None:
        skin = theme()
        for page in self._pages:
            self._buttons[page.key].setIcon(icon(page.icon, skin.dim, skin.accent))


TITLE = "musegen-daw"
USUAL_SIZE = (1280, 720)
LEAST_SIZE = (900, 520)
JAM, CLIPS, SETTINGS = "jam", "clips", "settings"
"""Keys of the pages: of the jam, of the first one that is shown, and of the one with settings and help."""

WINDOW, APP_SETTINGS = "window", "app settings"
"""Keys of the saved session beside those of the pages."""


class Window(QWidget):
    """Makes each panel when it is first needed, the others when idle; restores and saves the session.

    `control` holds the jam and is closed with the window. `begun` is emitted when the first panel is shown,
    `files_dropped` carries files with one of the suffixes `opens` that were dropped where no panel takes them.
    """

    begun = Signal()
    files_dropped = Signal(list)

    def __init__(
        self,
        context: AppContext,
        pages: Sequence[Page],
        control: JamControl,
        opens: Sequence[str] = MIDI_SUFFIXES,
    ) -> None:
        super().__init__()
        self._context, self._control = context, control
        self._pages = {page.key: page for page in pages}
        self._panels: dict[str, Panel] = {}
        self._state, self._trouble = saved_session.load(context.data_dir)
        self._is_closed = False
        self._absence = ""
        self._restore_settings()
        self.setWindowTitle(TITLE)
        self.setWindowIcon(app_icon())
        self.setMinimumSize(*LEAST_SIZE)
        self._transport = TransportBar(control)
        self._navigation = Navigation(pages)
        self._stack = QStackedWidget()
        self.line = StatusLine()
        self._drop = FileDrop(self, opens, "MIDI files or a project")
        self._areas: dict[str, QScrollArea] = {}
        for page in pages:
            area = QScrollArea()
            area.setObjectName(f"{page.key}-page")
            area.setWidgetResizable(True)
            area.setFrameShape(QFrame.Shape.NoFrame)
            area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            self._areas[page.key] = area
            self._stack.addWidget(area)
        self._lay_out()
        self._veil = DropOverlay(self)
        self._autosave = Autosave(context.data_dir, self.state, self)
        self._connect()
        self._restore_window()

    @property
    def page(self) -> str:
        return next(key for key, area in self._areas.items() if area is self._stack.currentWidget())

    def panel(self, key: str) -> Panel:
        """The panel of a page; it is made and restored when first asked for."""
        if key not in self._panels:
            panel = self._panels[key] = self._pages[key].make(self._context)
            panel.message.connect(lambda sentence, level: self.line.say(sentence, level, key))
            self._areas[key].setWidget(_held(panel))
            panel.restore_state(self._state.get(key, {}))
            panel.state_changed.connect(self._autosave.touch)
        return self._panels[key]

    def go_to(self, key: str) -> None:
        old = self._panels.get(self.page)
        panel = self.panel(key)
        if old is not None and old is not panel:
            old.deactivated()
        self._stack.setCurrentWidget(self._areas[key])
        self._navigation.show_page(key)
        self._transport.show_in_jam(key == JAM)
        self.line.show_page(key)
        panel.activated()
        self._autosave.touch()

    def state(self) -> saved_session.State:
        """The session to save; panels that were not made keep their saved state."""
        state = {key: dict(value) for key, value in self._state.items()}
        state.update({key: panel.saved_state() for key, panel in self._panels.items()})
        state[APP_SETTINGS] = self._context.settings.current.as_dict()
        size = self.normalGeometry().size() if self.isMaximized() else self.size()
        state[WINDOW] = {
            "place": self.page, "width": size.width(), "height": size.height(), "maximized": self.isMaximized(),
        }  # fmt: skip
        return state

    def begin(self) -> None:
        """Make the first panel; to be called after the window is shown, so that it appears at once."""
        page = str(self._state.get(WINDOW, {}).get("place", ""))
        first = CLIPS if CLIPS in self._pages else next(iter(self._pages))
        self.go_to(page if page in self._pages else first)
        if self._trouble:
            self.line.say(self._trouble, WARN)
        self.begun.emit()
        QTimer.singleShot(0, self, self._make_next)

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self._is_closed:
            self._is_closed = True
            state = self.state()
            try:
                self._control.close()
                for panel in self._panels.values():
                    panel.close_work()
            finally:
                self._autosave.close(state)
        super().closeEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        focused = self.focusWidget()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if isinstance(focused, QAbstractButton):
                focused.click()
            elif isinstance(focused, QComboBox):
                focused.showPopup()
        elif event.key() == Qt.Key.Key_Escape:
            panel = self._panels.get(self.page)
            if panel is None or not panel.escape_pressed():
                self.line.clear()
        else:
            super().keyPressEvent(event)

    def _play(self) -> None:
        panel = self._panels.get(self.page)
        if panel is None or not panel.play_pressed():
            self._control.toggle()

    def _lay_out(self) -> None:
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(self._navigation)
        middle.addWidget(self._stack, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._transport)
        column.addLayout(middle, 1)
        column.addWidget(self.line)

    def _connect(self) -> None:
        self._navigation.chosen.connect(self.go_to)
        self._navigation.dropped.connect(self._drop.take)
        self._drop.dropped.connect(self.files_dropped)
        self._drop.refused.connect(lambda sentence: self.line.say(sentence, WARN))
        self._drop.hovered.connect(lambda on: self._veil.say("Drop to open in Clips" if on else ""))
        self.line.waiting.connect(self._navigation.show_waiting)
        self._control.message.connect(lambda sentence: self.line.say(sentence, INFO))
        self._control.reported.connect(lambda sentence: self.line.say(sentence, INFO, JAM))
        self._control.settled.connect(self.line.withdraw)
        self._control.unavailable.connect(self._say_absent)
        self._control.opened.connect(self._take_back)
        self._autosave.failed.connect(lambda sentence: self.line.say(sentence, BAD))
        self._context.settings.changed.connect(self._settings_changed)
        for page in self._pages.values():
            shortcut = QShortcut(QKeySequence(page.shortcut), self)
            shortcut.activated.connect(lambda key=page.key: self.go_to(key))
        for keys, slot in (("F12", self._control.panic), ("Ctrl+Q", self.close), ("F1", self._help)):
            QShortcut(QKeySequence(keys), self).activated.connect(slot)
        space = QShortcut(QKeySequence(Qt.Key.Key_Space), self)  # text fields take it first
        space.setAutoRepeat(False)
        space.activated.connect(self._play)

    def _say_absent(self, sentence: str) -> None:
        self._absence = sentence
        self.line.say(sentence, BAD, JAM)

    def _take_back(self) -> None:
        self.line.withdraw(self._absence)

    def _help(self) -> None:
        if SETTINGS in self._pages:
            self.go_to(SETTINGS)

    def _make_next(self) -> None:
        waiting = next((key for key in self._pages if key not in self._panels), None)
        if waiting is not None and not self._is_closed:
            self.panel(waiting)
            QTimer.singleShot(0, self, self._make_next)

    def _restore_settings(self) -> None:
        saved = self._state.pop(APP_SETTINGS, {})
        settings, passed_over = AppSettings.from_dict(saved)
        if passed_over:
            self._trouble = reset_message(passed_over)
        self._context.settings.change(**settings.as_dict())

    def _restore_window(self) -> None:
        saved = self._state.get(WINDOW, {})
        width, height = (saved.get(name) for name in ("width", "height"))
        if isinstance(width, int) and isinstance(height, int):
            screen = self.screen().availableSize()
            self.resize(
                min(max(width, LEAST_SIZE[0]), screen.width()),
                min(max(height, LEAST_SIZE[1]), screen.height()),
            )
        else:
            self.resize(*USUAL_SIZE)
        if saved.get("maximized") is True:
            self.setWindowState(Qt.WindowState.WindowMaximized)

    def _settings_changed(self, settings: AppSettings) -> None:
        app = QApplication.instance()
        if isinstance(app, QApplication):
            apply_theme(app, settings.theme)
        self._autosave.touch()


class _Column(QVBoxLayout):
    """A layout that lets text wrap without asking for the preferred height of all its widgets."""

    def hasHeightForWidth(self) -> bool:
        return False


def _held(panel: Panel) -> QWidget:
    """Holds a panel at its minimum height, so that a page scrolls only if it must."""
    holder = QWidget()
    holder.setObjectName("scrolled")
    column = _Column(holder)
    column.setContentsMargins(0, 0, 0, 0)
    column.addWidget(panel)
    return holder
