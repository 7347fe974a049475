"""The takes of a clip: a strip of cards, and their generation on a worker."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QContextMenuEvent, QKeyEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QMenu, QScrollArea, QSizePolicy, QWidget

from musegen_daw.clips.document import ClipDocument, Take
from musegen_daw.clips.generating import Generation, check_can_generate, generation
from musegen_daw.clips.plan_edits import feel_of
from musegen_daw.drums.job import DrumWriter
from musegen_daw.drums.plan import BarKind
from musegen_daw.drums.request import DrumResult
from musegen_daw.music.clip import Clip
from musegen_daw.music.kit import VOICE_OF_PITCH, VOICES
from musegen_daw.ui.widgets.basic import label
from musegen_daw.ui.widgets.plain import plain_tip, set_name
from musegen_daw.ui.widgets.theme import (
    RADIUS,
    SMALL,
    SMALL_TEXT,
    font,
    is_style_change,
    mixed,
    theme,
    velocity_step,
)
from musegen_daw.ui.work import Job, JobContext, Workers

CARD_WIDTH, CARD_HEIGHT = 176, 76
_TEXT_HEIGHT = 34
_LINE_HEIGHT = 15
_SPARSE, _BUSY = 0.35, 0.65
_SOFT, _LOUD = 0.35, 0.65
NO_TAKES = "No takes yet: generate some (Ctrl+G), or click into the grid."


class TakeCard(QAbstractButton):
    """A thumbnail of a take with its style and its feel; checked while it is the current take."""

    def __init__(self, take: Take, strip: TakeStrip) -> None:
        super().__init__()
        self.take, self._strip = take, strip
        self._picture: QPixmap | None = None
        self._pictured: Clip | None = None
        self.setObjectName(f"take-{take.number}")
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setFixedSize(CARD_WIDTH, CARD_HEIGHT)
        self.show_take(take)

    def show_take(self, take: Take) -> None:
        if take.drums is not self.take.drums:
            self._picture = None
        self.take = take
        edited = ", edited" if take.is_edited else ""
        self.setAccessibleName(f"Take {take.number}, {self.caption()}, {feel_words(take)}{edited}")
        seed = "" if take.seed is None else f" Seed {take.seed}."
        likely = "" if take.log_likelihood is None else f" Log-likelihood {take.log_likelihood:.1f} a bar."
        self.setToolTip(
            plain_tip(
                f"Take {take.number}, {self.caption()}: {len(take.drums.notes)} hits{edited}.{seed}{likely} "
                "Right-click: more like this. Delete removes it"
            )
        )
        self.update()

    def caption(self) -> str:
        return self.take.style_name or self.take.origin

    def paintEvent(self, event: QPaintEvent) -> None:
        skin = theme()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        is_picked = self.isChecked()
        edge = skin.accent if is_picked else skin.dim if self.underMouse() else skin.line
        painter.setPen(QPen(QColor(edge), 2 if is_picked else 1))
        painter.setBrush(QColor(skin.raised if is_picked else skin.panel))
        area = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        painter.drawRoundedRect(area, RADIUS, RADIUS)
        if self._picture is None or self._picture.devicePixelRatio() != self.devicePixelRatioF():
            self._picture = self._drawn()
        painter.drawPixmap(SMALL, SMALL, self._picture)
        words = area.adjusted(SMALL - 1, area.height() - _TEXT_HEIGHT, -SMALL + 1, -2 - _LINE_HEIGHT)
        painter.setFont(font(SMALL_TEXT, bold=is_picked))
        painter.setPen(QColor(skin.text if is_picked else skin.dim))
        left, right = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
        middle = Qt.AlignmentFlag.AlignVCenter
        number = str(self.take.number)
        painter.drawText(words, int(right | middle), number)
        taken = painter.fontMetrics().horizontalAdvance(number) + 8
        if self.take.is_edited:
            painter.save()
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(skin.accent))
            painter.drawEllipse(QPointF(words.right() - taken, words.center().y()), 3, 3)
            painter.restore()
            taken += 8
        room = int(words.width()) - taken
        caption = painter.fontMetrics().elidedText(self.caption(), Qt.TextElideMode.ElideRight, room)
        painter.drawText(words, int(left | middle), caption)
        painter.setFont(font(SMALL_TEXT))
        painter.setPen(QColor(skin.dim))
        feel = words.translated(0, _LINE_HEIGHT)
        shown = painter.fontMetrics().elidedText(
            feel_words(self.take), Qt.TextElideMode.ElideRight, int(words.width())
        )
        painter.drawText(feel, int(left | middle), shown)
        if self.hasFocus():
            painter.setPen(QPen(QColor(skin.text), 1, Qt.PenStyle.DotLine))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(area.adjusted(3, 3, -3, -3), RADIUS - 2, RADIUS - 2)
        painter.end()

    def changeEvent(self, event: QEvent) -> None:
        if is_style_change(event):
            self._picture = None
        super().changeEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self._strip.forget_requested.emit(self.take.number)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = QMenu(self)
        more = menu.addAction("More like this", lambda: self._strip.more_requested.emit(self.take.number))
        more.setEnabled(bool(self.take.style_name))
        revert = menu.addAction(
            "Revert to generated", lambda: self._strip.revert_requested.emit(self.take.number)
        )
        revert.setEnabled(self.take.is_edited)
        if self.take.seed is not None:
            menu.addAction(
                f"Use this seed ({self.take.seed})", lambda: self._strip.seed_requested.emit(self.take.number)
            )
        menu.addAction("Delete this take", lambda: self._strip.forget_requested.emit(self.take.number))
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(event.globalPos() if not event.globalPos().isNull() else self.mapToGlobal(QPoint(8, 8)))

    def _drawn(self) -> QPixmap:
        """The hits by velocity; of a clip longer than the thumbnail is wide, the number of hits per pixel."""
        skin = theme()
        ratio = self.devicePixelRatioF()
        size = QSize(CARD_WIDTH - 2 * SMALL, CARD_HEIGHT - _TEXT_HEIGHT - SMALL - 2)
        picture = QPixmap(size * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(QColor(Qt.GlobalColor.transparent))
        drums = self.take.drums
        length, row_height = max(1, drums.length_ticks), size.height() / len(VOICES)
        width = size.width() * drums.ppq / 4 / length
        loudest: dict[tuple[int, int], int] = {}
        counts: Counter[tuple[int, int]] = Counter()
        for note in drums.notes:
            voice = VOICE_OF_PITCH.get(note.pitch)
            if voice is not None:
                place = voice, note.start_ticks * size.width() // length
                counts[place] += 1
                loudest[place] = max(loudest.get(place, 0), note.velocity)
        if width < 1:
            most = max(counts.values(), default=1)
            loudest = {place: 127 * count // most for place, count in counts.items()}
        width = max(1.0, width - 0.5)
        rects: dict[tuple[int, int], list[QRectF]] = {}
        for (voice, x), velocity in loudest.items():
            rect = QRectF(x, voice * row_height + 0.5, width, row_height - 1)
            rects.setdefault((voice, velocity_step(velocity)), []).append(rect)
        painter = QPainter(picture)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(mixed(skin.line, skin.panel, 0.25)))
        painter.drawRects(
            [QRectF(0, row * row_height, size.width(), row_height) for row in range(0, len(VOICES), 2)]
        )
        for (voice, step), of_colour in rects.items():
            painter.setBrush(QColor(skin.hit(voice, 1 + step * 127 // 5)))
            painter.drawRects(of_colour)
        painter.end()
        return picture


def feel_words(take: Take) -> str:
    """How a take plays in a few words, such as "busy, loud, 2 fills"; the number of hits where it has no plan."""
    if not len(take.plan):
        return f"{len(take.drums.notes)} hits"
    density, energy = feel_of(take.plan)
    fills = sum(bar.kind is BarKind.FILL for bar in take.plan)
    words = (
        "sparse" if density < _SPARSE else "busy" if density > _BUSY else "",
        "soft" if energy < _SOFT else "loud" if energy > _LOUD else "",
        "no fill" if fills == 0 else "one fill" if fills == 1 else f"{fills} fills",
    )
    return ", ".join(word for word in words if word)


class TakeStrip(QScrollArea):
    """All takes, the newest generation first, and of one generation the best fitting first."""

    picked = Signal(int)
    forget_requested = Signal(int)
    revert_requested = Signal(int)
    seed_requested = Signal(int)
    more_requested = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._cards: dict[int, TakeCard] = {}
        self._order: list[int] = []
        inner = QWidget()
        inner.setObjectName("scrolled")
        self._row = QHBoxLayout(inner)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(SMALL)
        self._hint = label(NO_TAKES, "dim")
        self._hint.setWordWrap(False)
        self._row.addWidget(self._hint)
        self._row.addStretch(1)
        self.setWidget(inner)
        self.setWidgetResizable(True)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(CARD_HEIGHT + 14)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        set_name(self, "Takes")

    @property
    def cards(self) -> tuple[TakeCard, ...]:
        return tuple(self._cards[number] for number in self._order)

    def show_takes(self, takes: Sequence[Take], picked: int | None) -> None:
        order = [take.number for take in takes]
        self._hint.setVisible(not order)
        for number in set(self._cards) - set(order):
            card = self._cards.pop(number)
            self._row.removeWidget(card)
            card.deleteLater()
        for take in takes:
            if take.number not in self._cards:
                self._cards[take.number] = self._card(take)
            card = self._cards[take.number]
            card.show_take(take)
            card.setChecked(take.number == picked)
        if order != self._order:
            for card in self._cards.values():
                self._row.removeWidget(card)
            for place, number in enumerate(order):
                self._row.insertWidget(place, self._cards[number])
            self._order = order
        if picked in self._cards:
            self.ensureWidgetVisible(self._cards[picked], SMALL, 0)

    def _card(self, take: Take) -> TakeCard:
        card = TakeCard(take, self)
        card.clicked.connect(lambda: self.picked.emit(card.take.number))
        return card


class TakeGeneration(QObject):
    """Writes takes on a worker, one generation at a time; `generator` loads the model when it is first called."""

    began = Signal(object)
    """The ClipDocument that takes are written for."""
    progressed = Signal(float, str)
    written = Signal(object, object)
    """The Generation and its DrumResult."""
    failed = Signal(str)
    ended = Signal()

    def __init__(self, generator: Callable[[], DrumWriter], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._generator = generator
        self._workers = Workers(self)
        self._job: Job | None = None

    @property
    def is_writing(self) -> bool:
        return self._job is not None

    def write(self, clip: ClipDocument, seed: int) -> None:
        """Write takes for a clip as it is now around what is locked; raises ProjectError if all of it is."""
        if self._job is not None:
            return
        check_can_generate(clip)

        def work(task: JobContext) -> tuple[Generation, DrumResult]:
            task.report(0.0, "Loading the drum model")
            generator = self._generator()
            asked = generation(clip, seed, generator.styles)
            result = generator.generate(
                asked.request,
                progress=task.progress("Writing drums"),
                cancelled=task.is_cancelled,
            )
            return asked, result

        self._job = self._workers.start(
            work,
            succeeded=lambda answer: self.written.emit(*answer),
            failed=self.failed.emit,
            progressed=self.progressed.emit,
            ended=self._ended,
        )
        self.began.emit(clip)

    def cancel(self) -> None:
        if self._job is not None:
            self._job.cancel()

    def close(self) -> None:
        self._workers.close()

    def _ended(self) -> None:
        self._job = None
        self.ended.emit()
