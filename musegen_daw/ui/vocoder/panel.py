"""The Vocoder panel: load audio or a mel, resynthesise, compare, save or drag out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from msgspec import Meta
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from musegen_daw import files
from musegen_daw.fields import Text, with_values
from musegen_daw.music.clip import Song
from musegen_daw.ui.context import AppContext
from musegen_daw.ui.panel import GOOD, INFO, WARN, Panel, reset_message
from musegen_daw.ui.settings.store import AppSettings
from musegen_daw.ui.vocoder.dialogs import SUFFIXES, ask_what_to_open, ask_where_to_save
from musegen_daw.ui.vocoder.facts import rows_of, scale_of, source_facts
from musegen_daw.ui.vocoder.mel_view import MelView
from musegen_daw.ui.vocoder.playback import LevelMeter, VocoderPlayback, VocoderPlaybackRow
from musegen_daw.ui.vocoder.shape_row import SEMITONES_RANGE, STRETCH_RANGE, ShapeRow
from musegen_daw.ui.vocoder.source_row import SourceRow, sentence_label
from musegen_daw.ui.vocoder.workbench import (
    CHOICES,
    GRIFFIN_LIM,
    VOCODER,
    LoadRequest,
    MelEdits,
    Workbench,
)
from musegen_daw.ui.widgets.drops import DragOut, DropOverlay, FileDrop, drag_out
from musegen_daw.ui.widgets.placeholder import EmptyPage
from musegen_daw.ui.widgets.theme import MEDIUM, SMALL
from musegen_daw.ui.widgets.visible_timer import VisibleTimer

if TYPE_CHECKING:
    from musegen_daw.vocoder.decoders import VocoderFacts

EMPTY_TITLE = "Drop audio or a mel here"
EMPTY_WORDS = "WAV, FLAC, OGG, MP3, or a mel as .npy. You can also open a file, or take the clip from Clips."

_FORMER_VOCODER = "GAN"  # in sessions of earlier versions

CurrentSong = Callable[[], tuple[str, Song] | None]


@dataclass(frozen=True, slots=True)
class _SavedChoices:
    path: Text = ""
    scale: Text = ""
    stretch: Annotated[float, Meta(ge=STRETCH_RANGE[0], le=STRETCH_RANGE[1])] = 1.0
    semitones: Annotated[float, Meta(ge=SEMITONES_RANGE[0], le=SEMITONES_RANGE[1])] = 0.0
    keep_formants: bool = False
    vocoder: Text = ""
    model: Text = ""  # of earlier versions, which saved it without being asked; not read
    choice: str = ""

    def __post_init__(self) -> None:
        if self.choice not in ("", _FORMER_VOCODER, *CHOICES):
            raise ValueError(f"there is no choice {self.choice!r:.40}")


class VocoderPanel(Panel):
    """`current_song` returns name and song of the clip in Clips, None without one.

    `drag` hands files to another program.
    """

    def __init__(
        self,
        context: AppContext,
        current_song: CurrentSong | None = None,
        drag: DragOut = drag_out,
    ) -> None:
        super().__init__()
        self._context, self._current_song = context, current_song
        self._workbench = Workbench(context, self)
        self._playback = VocoderPlayback(context)
        self._request: LoadRequest | None = None
        self._is_request_open = False
        self._wanted_model = ""
        self._audio_device = context.settings.current.audio_device
        self._models_dir: str | None = None
        self._make_widgets(drag)
        self._lay_out()
        self._connect()
        self._show_all()

    # Panel

    def activated(self) -> None:
        self._look_for_models()
        self._take_focus()

    def deactivated(self) -> None:
        self._playback.pause()

    def play_pressed(self) -> bool:
        if not self._playback.names:
            return False
        self._toggle()
        return True

    def escape_pressed(self) -> bool:
        if self._workbench.is_busy:
            self._workbench.cancel()
            return True
        if self._playback.loop is not None:
            self._set_loop(None)
            return True
        return False

    def close_work(self) -> None:
        self._timer.stop()
        self._playback.clear()
        self._workbench.close()

    def saved_state(self) -> dict[str, Any]:
        request = self._request
        return {
            "path": str(request.path) if request is not None and request.path is not None else "",
            "scale": (request.scale if request is not None else None) or "",
            "stretch": self._shape_row.stretch,
            "semitones": self._shape_row.semitones,
            "keep_formants": self._shape_row.keep_formants,
            "vocoder": self._wanted_model,
            "choice": self._playback.choice,
        }

    def restore_state(self, state: dict[str, Any]) -> None:
        """The file is read when the panel is shown."""
        saved, misfits = with_values(_SavedChoices(), state)
        self._shape_row.set_shape(saved.stretch, saved.semitones, keep_formants=saved.keep_formants)
        self._wanted_model = saved.vocoder
        if saved.choice:
            self._playback.prefer(VOCODER if saved.choice == _FORMER_VOCODER else saved.choice)
        if misfits:
            self.message.emit(reset_message(misfits), WARN)
        if saved.path:
            if files.is_file(Path(saved.path)):
                self._request = LoadRequest(Path(saved.path), scale=saved.scale or None)
                self._is_request_open = True
            else:
                self.message.emit(f"{saved.path} of the last session is no longer there.", WARN)

    # Actions

    def open_file(self, path: Path, scale: str | None = None) -> None:
        self._take(LoadRequest(path, scale=scale))

    def take_clip(self) -> None:
        found = self._current_song() if self._current_song is not None else None
        if found is None:
            self._show_error("There is no clip to take: open one in Clips first.")
            return
        name, song = found
        self._take(LoadRequest(song=song, name=name))

    def save_to(self, path: Path) -> None:
        if path.suffix.lower() != ".wav":
            path = path.with_name(path.name + ".wav")
        self._workbench.save(self._shown_result(), path)

    def _take(self, request: LoadRequest) -> None:
        self._request = request
        self._show_error("")
        models = self._source_row.models
        # Which model fits is known once all are.
        self._is_request_open = not models.are_known
        if models.are_known:
            self._workbench.load(request, models.eligible)
        else:
            self._look_for_models()
        self.state_changed.emit()

    def _look_for_models(self) -> None:
        folder = self._context.settings.current.models_dir
        if folder != self._models_dir:
            self._models_dir = folder
            self._workbench.look_for_models()

    def _toggle(self) -> None:
        self._playback.toggle()
        self._refresh()

    def _choose(self, name: str) -> None:
        model = self._model()
        if name == GRIFFIN_LIM and self._workbench.is_due(self._shape(), model, (name,)):
            self._playback.prefer(name)
            self._show_error("")
            self._workbench.add(self._shape(), model, name)
        self._playback.choose(name)
        self._show_all()
        self.state_changed.emit()

    def _make(self) -> None:
        self._show_error("")
        self._workbench.make(self._shape(), self._model(), self._methods())

    def _methods(self) -> tuple[str, ...]:
        """What is to be made: with the model, and with Griffin-Lim where that is heard or there is no model."""
        has_model = self._model() is not None
        is_heard = self._playback.choice == GRIFFIN_LIM
        return (*([VOCODER] if has_model else []), *([GRIFFIN_LIM] if is_heard or not has_model else []))

    def _reshaped(self) -> None:
        self._workbench.give_up_others(self._shape())
        self._show_all()
        self.state_changed.emit()

    def _set_loop(self, loop: tuple[float, float] | None) -> None:
        self._playback.set_loop(loop)
        self._show_all()

    def _switch_loop(self, is_on: bool) -> None:
        self._set_loop((0.0, self._playback.length_seconds) if is_on else None)

    def _loop_over(self, start: float, end: float) -> None:
        self._set_loop((start, end))
        if self._playback.loop is not None:
            self._playback.seek(start)

    def _ask_where_to_save(self) -> None:
        method, request = self._shown_result(), self._request
        if method:
            beside = request.path.parent if request is not None and request.path is not None else Path.home()
            ask_where_to_save(self, beside / f"{self._workbench.stem(method)}.wav", self.save_to)

    # Results

    def _models_found(self, models: tuple[Any, ...], troubles: tuple[str, ...]) -> None:
        place = self._models_dir or "resources/models of the program"
        self._source_row.models.show_models(models, troubles, self._wanted_model, place)
        if self._is_request_open and self._request is not None:
            self._take(self._request)
        self._show_all()

    def _model_picked(self, model: Any) -> None:
        """`model` is None for the one that fits the source."""
        self._wanted_model = "" if model is None else str(model.folder)
        source = self._workbench.source
        if (
            source is not None
            and self._request is not None
            and source.given.config != getattr(model, "mel", None)
        ):
            self._take(self._request)
        self._show_all()
        self.state_changed.emit()

    def _model(self) -> VocoderFacts | None:
        """The model that was picked, else the one that fits the source."""
        models, source = self._source_row.models, self._workbench.source
        if models.model is not None or source is None:
            return models.model
        fitting = (each for each in models.eligible if each.mel == source.given.config)
        return source.given.model or next(fitting, None)

    def _loaded(self) -> None:
        self._playback.clear()
        self._load_deck()
        if self.isVisible():
            self._take_focus()
        source = self._workbench.source
        if source is not None and source.given.note:
            self.message.emit(source.given.note, INFO)
        if self._model() is not None:
            self._workbench.make(self._shape(), self._model(), (VOCODER,))

    def _made(self, method: str) -> None:
        self._shape_row.drag.offer(None)
        self._load_deck()
        made = self._workbench.results[method]
        if made.rendition.peak > 1:
            self.message.emit(
                f"{method} clips: its peak is {made.rendition.peak:.2f} times full scale.",
                WARN,
            )

    def _written(self, path: Path, is_to_drag: bool) -> None:
        if is_to_drag:
            self._shape_row.drag.offer(path)
        else:
            self.message.emit(f"Saved {path}.", GOOD)

    def _busy_changed(self, is_busy: bool) -> None:
        had_focus = self._has_focus()
        if is_busy:
            self._shape_row.begin("Reading")
        else:
            self._shape_row.end()
        self._show_all()
        if (
            had_focus and not self._has_focus()
        ):  # Qt gives that of a hidden button to the next one of the window
            self._take_focus()

    def _has_focus(self) -> bool:
        focused = self.window().focusWidget()
        return focused is not None and self.isAncestorOf(focused) and focused.isEnabled()

    def _settings_changed(self, settings: AppSettings) -> None:
        if settings.audio_device != self._audio_device:
            self._audio_device = settings.audio_device
            if self._request is not None and self._workbench.source is not None:
                self._take(self._request)  # another device may have another sample rate
        if self.isVisible() and settings.models_dir != self._models_dir:
            self.activated()

    def _load_deck(self) -> None:
        source = self._workbench.source
        if source is not None:
            results = (self._workbench.results.get(method) for method in (VOCODER, GRIFFIN_LIM))
            sources = [
                source.given.original,
                *(made.rendition.source for made in results if made is not None),
            ]
            self._playback.load(
                [each for each in sources if each is not None], source.deck_rate_hz, source.given.seconds
            )
        self._show_all()

    # Display

    def _refresh(self) -> None:
        playback = self._playback
        self._playback_row.show_playing(playback.is_playing)
        self._playback_row.show_position(playback.position_seconds, playback.length_seconds)
        self._view.set_playhead(playback.position_seconds if playback.names else None)
        self._meter.show_levels(playback.levels)
        if playback.trouble != self._told_trouble:
            self._told_trouble = playback.trouble
            self._show_error(playback.trouble)

    def _show_all(self) -> None:
        source, playback, workbench = self._workbench.source, self._playback, self._workbench
        self._middle.setCurrentIndex(0 if source is None else 1)
        self._source_row.models.show_used(self._model())
        self._source_row.show_scale(scale_of(self._request))
        if source is not None:
            self._source_row.show_source(*source_facts(source))
            shown = workbench.results.get(self._shown_result())
            self._view.set_rows(
                rows_of(source, shown, playback.choice, workbench.is_busy, self._playback_row.is_difference)
            )
        self._view.set_loop(playback.loop)
        can_be_made = frozenset({GRIFFIN_LIM} if source is not None else ())
        self._playback_row.show_available(playback.names, can_be_made)
        self._playback_row.show_choice(playback.choice)
        self._playback_row.show_loop(playback.loop is not None)
        self._shape_row.show_due(
            source is not None,
            not workbench.is_busy and workbench.is_due(self._shape(), self._model(), self._methods()),
        )
        self._shape_row.show_result(self._shown_result())
        self._refresh()

    def _shape(self) -> MelEdits:
        row = self._shape_row
        return MelEdits(row.stretch, row.semitones, row.keep_formants)

    def _shown_result(self) -> str:
        """The result that is heard, else the last one that was, else the model's."""
        results = self._workbench.results
        if self._playback.choice in results:
            self._last_result = self._playback.choice
        return next((each for each in (self._last_result, VOCODER, GRIFFIN_LIM) if each in results), "")

    def _take_focus(self) -> None:
        (self._source_row if self._workbench.source is None else self._view).setFocus()

    def _failed(self, sentence: str) -> None:
        self._show_error(sentence)
        self._show_all()  # a mel that could not be read is read when its scale is named

    def _show_error(self, sentence: str) -> None:
        self._error.setText(sentence)
        self._error.setVisible(bool(sentence))

    def _make_widgets(self, drag: DragOut) -> None:
        self._told_trouble = ""
        self._last_result = ""
        self._source_row = SourceRow()
        self._source_row.clip.setVisible(self._current_song is not None)
        self._error = sentence_label()
        self._error.setObjectName("error")
        self._empty = EmptyPage(EMPTY_TITLE, EMPTY_WORDS)
        self._view, self._meter = MelView(), LevelMeter()
        self._playback_row, self._shape_row = VocoderPlaybackRow(), ShapeRow(drag)
        self._middle = QStackedWidget()
        self._drop = FileDrop(self, SUFFIXES, "audio or a mel spectrogram")
        self._veil = DropOverlay(self)
        self._timer = VisibleTimer(self)

    def _lay_out(self) -> None:
        seen = QWidget()
        row = QHBoxLayout(seen)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SMALL)
        row.addWidget(self._view, 1)
        row.addWidget(self._meter)
        self._middle.addWidget(self._empty)
        self._middle.addWidget(seen)
        column = QVBoxLayout(self)
        column.setContentsMargins(MEDIUM, MEDIUM, MEDIUM, MEDIUM)
        column.setSpacing(MEDIUM - 4)
        column.addWidget(self._source_row)
        column.addWidget(self._error)
        column.addWidget(self._middle, 1)
        column.addWidget(self._playback_row)
        column.addWidget(self._shape_row)

    def _connect(self) -> None:
        workbench, source, listen, shape = (
            self._workbench,
            self._source_row,
            self._playback_row,
            self._shape_row,
        )
        workbench.models_found.connect(self._models_found)
        workbench.loaded.connect(self._loaded)
        workbench.made.connect(self._made)
        workbench.written.connect(self._written)
        workbench.failed.connect(self._failed)
        workbench.progressed.connect(shape.progress.advance)
        workbench.busy_changed.connect(self._busy_changed)
        source.open.clicked.connect(lambda: ask_what_to_open(self, self.open_file))
        source.clip.clicked.connect(self.take_clip)
        source.models.picked.connect(self._model_picked)
        source.scale_chosen.connect(self._scale_chosen)
        listen.play_requested.connect(self._toggle)
        listen.chosen.connect(self._choose)
        listen.loop_switched.connect(self._switch_loop)
        listen.difference_switched.connect(lambda _is_on: self._show_all())
        shape.changed.connect(self._reshaped)
        shape.resynthesise.clicked.connect(self._make)
        shape.progress.cancelled.connect(workbench.cancel)
        shape.save.clicked.connect(self._ask_where_to_save)
        shape.drag.file_requested.connect(lambda: workbench.save_to_drag(self._shown_result()))
        shape.drag.taken.connect(lambda path: self.message.emit(f"Dragged out {path.name}.", GOOD))
        self._view.seek_requested.connect(self._playback.seek)
        self._view.loop_requested.connect(self._loop_over)
        self._drop.hovered.connect(lambda held: self._veil.say("Drop to resynthesise" if held else ""))
        self._drop.dropped.connect(lambda paths: self.open_file(paths[0]))
        self._drop.refused.connect(self._show_error)
        self._timer.timeout.connect(self._refresh)
        self._context.settings.changed.connect(self._settings_changed)

    def _scale_chosen(self, scale: str) -> None:
        if self._request is not None and self._request.path is not None:
            self.open_file(self._request.path, scale or None)
