"""The style browser: search, hear and choose a style, the best fitting first."""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, pi, sin
from pathlib import Path
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QColor, QHideEvent, QKeyEvent, QMouseEvent, QPainter, QPolygonF, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from musegen_daw.drums.style import Style
from musegen_daw.drums.style_choices import StyleChoice, matching
from musegen_daw.drums.tapping import TAPPED
from musegen_daw.suffixes import MIDI_SUFFIXES
from musegen_daw.ui.widgets.basic import button, label
from musegen_daw.ui.widgets.drops import FileDrop
from musegen_daw.ui.widgets.groove_picture import groove_picture
from musegen_daw.ui.widgets.plain import set_name
from musegen_daw.ui.widgets.theme import MEDIUM, RADIUS, SMALL, SMALL_TEXT, TARGET, TEXT, font, mixed, theme

AUTOMATIC = "Automatic"
AUTOMATIC_WORDS = "takes in different styles that fit the part"
WIDTH, HEIGHT = 560, 430
ROW_HEIGHT = 40
HOVER_MILLISECONDS, KEY_MILLISECONDS = 280, 120
TAP_KEYS = ("Z", "X", "C")
_STAR, _PICTURE, _FIT = 30, 150, 54
_CHOICE = Qt.ItemDataRole.UserRole

Index = QModelIndex | QPersistentModelIndex


class StyleList(QAbstractListModel):
    """The styles that match the search; row 0 is None, for automatic."""

    def __init__(self, parent: QObject, automatic: tuple[str, str]) -> None:
        super().__init__(parent)
        self.automatic, self.automatic_words = automatic
        self._every: tuple[StyleChoice, ...] = ()
        self._shown: list[StyleChoice | None] = [None]
        self._text, self._only_favourites = "", False
        self.favourites: frozenset[str] = frozenset()

    def set_choices(self, choices: Sequence[StyleChoice]) -> None:
        self._every = tuple(choices)
        self._show()

    def search(self, text: str, *, only_favourites: bool) -> None:
        self._text, self._only_favourites = text, only_favourites
        self._show()

    def set_favourites(self, names: frozenset[str]) -> None:
        self.favourites = names
        if self._only_favourites:
            self._show()
        else:
            self.dataChanged.emit(self.index(0), self.index(len(self._shown) - 1))

    def choice(self, index: Index) -> StyleChoice | None:
        return self._shown[index.row()] if index.isValid() else None

    def row_of(self, name: str) -> int:
        """The row of a style, that of automatic where it is not shown."""
        return next((row for row, own in enumerate(self._shown) if own is not None and own.name == name), 0)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802 - the signature of Qt
        return 0 if parent.isValid() else len(self._shown)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        own = self.choice(index)
        if role == _CHOICE:
            return own
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return self.automatic if own is None else own.name
        if role == Qt.ItemDataRole.AccessibleTextRole:
            if own is None:
                return f"{self.automatic}: {self.automatic_words}"
            star = ", favourite" if own.name in self.favourites else ""
            return f"{own.name}, fits {own.fit:.0%}{star}"
        return None

    def _show(self) -> None:
        self.beginResetModel()
        found = matching(self._every, self._text)
        if self._only_favourites:
            found = tuple(choice for choice in found if choice.name in self.favourites)
        first: list[StyleChoice | None] = [] if self._text.strip() else [None]
        self._shown = [*first, *found]
        self.endResetModel()


class _Row(QStyledItemDelegate):
    """Star, name, the groove, and a bar for how well it fits."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(WIDTH - 40, ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        skin = theme()
        own: StyleChoice | None = index.data(_CHOICE)
        state, area = option.state, QRectF(option.rect)  # type: ignore[attr-defined]
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        is_current = bool(state & QStyle.StateFlag.State_Selected)
        if is_current or state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(mixed(skin.fill, skin.panel, 0.22) if is_current else skin.raised))
            painter.drawRoundedRect(area.adjusted(1, 1, -1, -1), RADIUS, RADIUS)
        middle = Qt.AlignmentFlag.AlignVCenter
        name_area = area.adjusted(_STAR, 0, -(_PICTURE + _FIT + 2 * MEDIUM if own else SMALL), 0)
        painter.setFont(font(TEXT, bold=is_current))
        painter.setPen(QColor(skin.text))
        metrics = painter.fontMetrics()
        model = index.model()
        assert isinstance(model, StyleList)
        name = model.automatic if own is None else own.name
        shown = metrics.elidedText(name, Qt.TextElideMode.ElideRight, round(name_area.width()))
        painter.drawText(name_area, int(middle | Qt.AlignmentFlag.AlignLeft), shown)
        if own is None:
            painter.setFont(font(SMALL_TEXT))
            painter.setPen(QColor(skin.dim))
            rest = name_area.adjusted(metrics.horizontalAdvance(name) + MEDIUM, 0, 0, 0)
            painter.drawText(rest, int(middle | Qt.AlignmentFlag.AlignLeft), model.automatic_words)
            painter.restore()
            return
        is_favourite = own.name in model.favourites
        _draw_star(painter, QPointF(area.left() + _STAR / 2 + 1, area.center().y()), is_favourite)
        size = QSize(_PICTURE, ROW_HEIGHT - 10)
        ratio = painter.device().devicePixelRatioF() if painter.device() else 1.0
        left = area.right() - _FIT - MEDIUM - _PICTURE
        painter.drawPixmap(QPointF(left, area.top() + 5), groove_picture(own.style, size, ratio))
        bar = QRectF(area.right() - _FIT - SMALL + 2, area.center().y() - 3, _FIT, 6)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(skin.line))
        painter.drawRoundedRect(bar, 3, 3)
        painter.setBrush(QColor(skin.good))
        painter.drawRoundedRect(QRectF(bar.left(), bar.top(), max(6.0, bar.width() * own.fit), 6), 3, 3)
        painter.restore()


class StyleBrowser(QFrame):
    """A panel over the others; `open_at` shows it above the button that opens it.

    `auditioned` carries the Style to hear (None: automatic) as the mouse rests or the arrow keys move, `chosen` the
    one that was chosen, `favourites_changed` the names of all favourites, `loop_dropped` the path of a drum loop whose
    style is wanted. `tapped` carries an index into `drums.tapping.TAPPED`, `taps_cleared` that all taps are forgotten.
    `closed` is emitted however it is closed.
    """

    auditioned = Signal(object)
    chosen = Signal(object)
    favourites_changed = Signal(object)
    loop_dropped = Signal(object)
    refused = Signal(str)
    tapped = Signal(int)
    taps_cleared = Signal()
    closed = Signal()

    def __init__(
        self,
        parent: QWidget,
        automatic: tuple[str, str] = (AUTOMATIC, AUTOMATIC_WORDS),
        *,
        is_live: bool = False,
    ) -> None:
        """`automatic` are the name and the explanation of the choice of no style.

        In a browser that `is_live` styles are chosen without being heard first, for they would be heard by all.
        """
        super().__init__(parent)
        self._page, self._is_live = parent, is_live
        set_name(self, "Styles")
        self.setProperty("look", "card")
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setAutoFillBackground(True)
        self._model = StyleList(self, automatic)
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search: bossa, half time, ride, four on the floor…")
        self.search.setClearButtonEnabled(True)
        for clear in self.search.findChildren(QToolButton):
            set_name(clear, "Clear the search")
        set_name(self.search, "Search styles")
        self.only_favourites = button("Favourites", "Show only favourites", checkable=True)
        self.tap = button("Tap", "Tap a rhythm to find the styles nearest to it", "Ctrl+T", checkable=True)
        self.pads = tuple(
            button(f"{name} ({key})", f"Tap the {name} along with the part: {key}")
            for name, key in zip(TAPPED, TAP_KEYS, strict=True)
        )
        self.clear_taps = button("Clear", "Forget all taps and begin again (Backspace)")
        self.list = QListView()
        self.list.setModel(self._model)
        self.list.setItemDelegate(_Row(self.list))
        self.list.setMouseTracking(True)
        self.list.setUniformItemSizes(True)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.list.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        set_name(self.list, "Found styles")
        hearing = "" if is_live else "Rest on a style or use the arrow keys to hear it.  "
        self._hint = label(
            f"{hearing}Enter: choose.  Ctrl+F: favourite.  Drop a drum loop here to play like it.", "dim"
        )
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._audition)
        self._heard: Style | None = None
        self._anchor: QWidget | None = None
        self._tap_row = QWidget()
        self._lay_out()
        self._connect()
        self.hide()

    @property
    def names(self) -> tuple[str, ...]:
        """What is listed, from the top."""
        return tuple(self._model.index(row).data() for row in range(self._model.rowCount()))

    @property
    def current_name(self) -> str:
        return str(self.list.currentIndex().data() or "")

    def set_choices(self, choices: Sequence[StyleChoice]) -> None:
        """List styles, which should be sorted by how well they fit; what is selected stays."""
        name = self.current_name
        self._model.set_choices(choices)
        self._select(self._model.row_of(name))

    def set_favourites(self, names: frozenset[str]) -> None:
        self._model.set_favourites(names)

    def select(self, name: str) -> None:
        """Select a style, or automatic."""
        self._select(self._model.row_of(name))

    def open_at(self, anchor: QWidget, current: str) -> None:
        """Show it above `anchor`, with the style `current` ("" for automatic) selected and the search empty."""
        parent = self._page
        self._anchor = anchor
        corner = anchor.mapTo(parent, QPoint(0, 0))
        size = QSize(min(WIDTH, parent.width() - 2 * SMALL), min(HEIGHT, parent.height() - 2 * SMALL))
        left = min(max(SMALL, corner.x()), parent.width() - size.width() - SMALL)
        above = corner.y() - size.height() - SMALL
        below = corner.y() + anchor.height() + SMALL
        top = (
            above
            if above >= SMALL
            else below
            if below + size.height() <= parent.height() - SMALL
            else max(SMALL, parent.height() - size.height() - SMALL)
        )
        self.setGeometry(QRect(QPoint(left, top), size))
        self.search.clear()
        self.tap.setChecked(False)
        self._select(self._model.row_of(current))
        self._heard = None
        self._timer.stop()
        self.show()
        self.raise_()
        self.search.setFocus()

    def close_browser(self) -> None:
        if self.isVisible():
            self._timer.stop()
            self.hide()
            self.closed.emit()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        application = QApplication.instance()
        if application is not None:  # clicks on other widgets do not come by the window
            application.installEventFilter(self)

    def hideEvent(self, event: QHideEvent) -> None:
        application = QApplication.instance()
        if application is not None:
            application.removeEventFilter(self)
        super().hideEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.search and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            return self._search_key(event)
        if watched is self.list.viewport() and isinstance(event, QMouseEvent):
            return self._list_click(event)
        if (
            isinstance(event, QMouseEvent)
            and event.type() == QEvent.Type.MouseButtonPress
            and isinstance(watched, QWidget)
            and watched.window() is self.window()
            and not any(_is_over(each, event) for each in (self, self._anchor))
        ):
            self.close_browser()
        return False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close_browser()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._choose()
        elif event.key() == Qt.Key.Key_F and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._toggle_favourite(self.list.currentIndex())
        elif self.tap.isChecked() and event.text().upper() in TAP_KEYS:
            if not event.isAutoRepeat():
                self.tapped.emit(TAP_KEYS.index(event.text().upper()))
        elif self.tap.isChecked() and event.key() in (Qt.Key.Key_Backspace, Qt.Key.Key_Delete):
            self.taps_cleared.emit()
        elif event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            self._search_key(event)
        else:
            super().keyPressEvent(event)

    def _search_key(self, event: QKeyEvent) -> bool:
        if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_PageDown, Qt.Key.Key_PageUp):
            step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: 8, Qt.Key.Key_PageUp: -8}
            row = self.list.currentIndex().row() + step[Qt.Key(event.key())]
            self._select(min(self._model.rowCount() - 1, max(0, row)))
            self._timer.start(KEY_MILLISECONDS)
            return True
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape) or (
            event.key() == Qt.Key.Key_F and event.modifiers() & Qt.KeyboardModifier.ControlModifier
        ):
            self.keyPressEvent(event)
            return True
        return False

    def _list_click(self, event: QMouseEvent) -> bool:
        if event.button() != Qt.MouseButton.LeftButton:
            return False
        index = self.list.indexAt(event.position().toPoint())
        if event.type() == QEvent.Type.MouseButtonRelease and index.isValid():
            if event.position().x() < _STAR and self._model.choice(index) is not None:
                self._toggle_favourite(index)
            else:
                self.list.setCurrentIndex(index)
                self._choose()
            return True
        return event.type() == QEvent.Type.MouseButtonPress

    def _set_tapping(self, is_on: bool) -> None:
        """Keys tap while this is on, and search again after it."""
        self._tap_row.setVisible(is_on)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        (self if is_on else self.search).setFocus()
        self.taps_cleared.emit()

    def _hovered(self, index: QModelIndex) -> None:
        self.list.setCurrentIndex(index)
        self._timer.start(HOVER_MILLISECONDS)

    def _audition(self) -> None:
        choice = self._model.choice(self.list.currentIndex())
        style = choice.style if choice is not None else None
        if self.isVisible() and style != self._heard and not self._is_live:
            self._heard = style
            self.auditioned.emit(style)

    def _choose(self) -> None:
        index = self.list.currentIndex()
        if not index.isValid():
            return
        choice = self._model.choice(index)
        self._timer.stop()
        self.hide()
        self.chosen.emit(choice.style if choice is not None else None)
        self.closed.emit()

    def _toggle_favourite(self, index: Index) -> None:
        choice = self._model.choice(index)
        if choice is not None:
            self.set_favourites(self._model.favourites ^ {choice.name})
            self.favourites_changed.emit(self._model.favourites)

    def _searched(self) -> None:
        name = self.current_name
        text = self.search.text()
        self._model.search(text, only_favourites=self.only_favourites.isChecked())
        self._select(0 if text.strip() else self._model.row_of(name))
        if text.strip():
            self._timer.start(HOVER_MILLISECONDS)

    def _select(self, row: int) -> None:
        self.list.setCurrentIndex(self._model.index(row))
        self.list.scrollTo(self._model.index(row))

    def _connect(self) -> None:
        self.search.textChanged.connect(self._searched)
        self.only_favourites.toggled.connect(self._searched)
        self.list.entered.connect(self._hovered)
        self.tap.toggled.connect(self._set_tapping)
        self.clear_taps.clicked.connect(self.taps_cleared)
        for voice, pad in enumerate(self.pads):
            pad.pressed.connect(lambda voice=voice: self.tapped.emit(voice))
            pad.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.clear_taps.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.search.installEventFilter(self)
        self.list.viewport().installEventFilter(self)
        drop = FileDrop(self, MIDI_SUFFIXES, "a drum loop as a MIDI file")
        drop.dropped.connect(self._dropped)
        drop.refused.connect(self.refused)

    def _dropped(self, paths: list[Path]) -> None:
        self.close_browser()
        self.loop_dropped.emit(paths[0])

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(SMALL)
        top.addWidget(self.search, 1)
        top.addWidget(self.tap)
        self.tap.setVisible(not self._is_live)
        top.addWidget(self.only_favourites)
        taps = QHBoxLayout(self._tap_row)
        taps.setContentsMargins(0, 0, 0, 0)
        taps.setSpacing(SMALL)
        for pad in self.pads:
            pad.setMinimumHeight(TARGET)
            taps.addWidget(pad, 1)
        taps.addWidget(self.clear_taps)
        self._tap_row.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(SMALL, SMALL, SMALL, SMALL)
        column.setSpacing(SMALL)
        column.addLayout(top)
        column.addWidget(self._tap_row)
        column.addWidget(self.list, 1)
        column.addWidget(self._hint)


def _is_over(widget: QWidget | None, event: QMouseEvent) -> bool:
    return widget is not None and widget.rect().contains(
        widget.mapFromGlobal(event.globalPosition().toPoint())
    )


def _draw_star(painter: QPainter, centre: QPointF, is_full: bool) -> None:
    skin = theme()
    points = [
        QPointF(
            centre.x() + radius * sin(pi * corner / 5),
            centre.y() - radius * cos(pi * corner / 5),
        )
        for corner in range(10)
        for radius in ((7.5 if corner % 2 == 0 else 3.2),)
    ]
    painter.setPen(QColor(skin.accent if is_full else skin.dim))
    painter.setBrush(QColor(skin.fill) if is_full else Qt.BrushStyle.NoBrush)
    painter.drawPolygon(QPolygonF(points))
