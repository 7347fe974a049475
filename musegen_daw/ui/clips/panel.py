"""The Clips panel: drop a clip, generate drums for it, edit and lock, regenerate the rest, take them out."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut

from musegen_daw import resource_paths as resources
from musegen_daw.clips import edits
from musegen_daw.clips.autosave import StateWriter, restored
from musegen_daw.clips.document import ClipDocument, Project
from musegen_daw.clips.editor import Change, Editor
from musegen_daw.clips.export import Bounce, mix, write_for_drag
from musegen_daw.clips.generating import MAX_SEED, Generation
from musegen_daw.clips.opening import add_sources, read_source, set_primer
from musegen_daw.clips.project_file import SUFFIX
from musegen_daw.drums.request import DrumResult
from musegen_daw.errors import MusegenError, ProjectError
from musegen_daw.fields import Text, with_values
from musegen_daw.music.clip import Song
from musegen_daw.sampler_maps import load_drum_map
from musegen_daw.ui.clips.drums_back import DrumsBack
from musegen_daw.ui.clips.files import ClipInputs, FileWork
from musegen_daw.ui.clips.grid_edits import GridEdits
from musegen_daw.ui.clips.panel_view import ClipTransport, PanelView
from musegen_daw.ui.clips.plan_work import PlanWork
from musegen_daw.ui.clips.playback import ClipPlayback
from musegen_daw.ui.clips.style_work import StyleWork
from musegen_daw.ui.clips.takes import TakeGeneration
from musegen_daw.ui.context import AppContext
from musegen_daw.ui.panel import BAD, GOOD, INFO, WARN, Panel
from musegen_daw.ui.widgets.drops import DragOut, drag_out
from musegen_daw.ui.widgets.plain import set_name
from musegen_daw.ui.widgets.theme import is_style_change
from musegen_daw.ui.widgets.visible_timer import VisibleTimer
from musegen_daw.ui.work import Workers

SESSION = f"clips{SUFFIX}"
DEMO = "demo"
ZOOM_STEP = 1.5


@dataclass(frozen=True, slots=True)
class _SavedChoices:
    profile: Text = ""
    lane: bool = False
    hears: Text = ""
    output: Text = ""


class ClipsPanel(Panel):
    """Shows an `Editor` and passes edits to it; generating, reading and rendering run on workers."""

    _autosave_failed = Signal(str)

    def __init__(self, context: AppContext, drag: DragOut = drag_out) -> None:
        super().__init__()
        self._context = context
        self.editor = Editor(Project(), self._show)
        self._autosave: StateWriter | None = None
        self._workers = Workers(self)
        self._shown: int | None = None
        self._is_closed = False
        self._preview: ClipDocument | None = None
        self._plays_preview = self._is_demo = False
        self.is_restored = False
        """Whether the last session has been read."""
        set_name(self, "Clips")
        self.view = PanelView(self, context, self._write_for_drag, drag)
        self.files = FileWork(self.view.actions.progress, self, context.compute)
        self.writer = TakeGeneration(context.drum_generator, self)
        self.playback = ClipPlayback(context, self)
        self.transport = ClipTransport(self.view, self.playback, self._clip, self)
        view = self.view
        self._edits = GridEdits(view.grid, view.ruler, view.lane, self.edit, self._clip, self._tell)
        self.plan_work = PlanWork(
            view.plan,
            view.pad,
            self._clip,
            self.edit,
            lambda: self.editor.end_step(),
            context.drum_generator,
            self,
        )
        self.style_work = StyleWork(
            view.generation.style_button,
            view.styles,
            self.plan_work,
            self._clip,
            self.edit,
            context.drum_generator,
            context.settings,
            self.playback,
            self,
        )
        self._inputs = ClipInputs(self, self.view, context.settings)
        self._drums_back = DrumsBack(context.drum_generator, self)
        self._timer = VisibleTimer(self)
        self._connect_edits()
        self._connect_work()
        self._add_keys()
        self._restore()

    def current_song(self) -> Song:
        """The current clip with its drums, as it would be bounced; raises ProjectError without a clip."""
        clip = self.editor.clip
        if clip is None:
            raise ProjectError("No clip is open in Clips: open one there first.")
        return mix(clip) if clip.drums.notes else Song(clip.song.clips, clip.time_map)

    # Panel

    def activated(self) -> None:
        (self.view.grid if self.editor.clip else self.view.side.open).setFocus()
        self.view.playback_row.refresh()
        self.view.side.refresh_maps(self.editor.clip)

    def deactivated(self) -> None:
        self.view.styles.close_browser()
        self.playback.stop()

    def play_pressed(self) -> bool:
        self.playback.toggle()
        return self.editor.clip is not None

    def escape_pressed(self) -> bool:
        if self.writer.is_writing or self.files.is_bouncing:
            self._cancel()
            return True
        was_playing = self.playback.is_playing
        self.playback.stop()
        return was_playing

    def close_work(self) -> None:
        if self._is_closed:
            return
        self._is_closed = True
        self._timer.stop()
        self._inputs.close()
        self._drums_back.close()
        self.view.playback_row.close_work()
        self.writer.close()
        self.view.styles.close_browser()
        self.plan_work.close()
        self.style_work.close()
        self.files.close()
        self._workers.close()
        self.playback.close()
        if self._autosave is not None:
            self._autosave.close()

    def saved_state(self) -> dict[str, Any]:
        """What belongs to no clip; the clips have a file of their own."""
        return {
            "profile": self.view.actions.chosen_profile.name,
            "hears": self.view.playback_row.part.key,
            "output": self.playback.output,
            "lane": self.view.ruler.lane.isChecked(),
        }

    def restore_state(self, state: dict[str, Any]) -> None:
        saved, _ = with_values(_SavedChoices(), state)
        self.view.actions.choose_profile(saved.profile)
        self.view.ruler.lane.setChecked(saved.lane)
        self.view.playback_row.part.choose(saved.hears)
        self.playback.select(self.view.playback_row.part.key)
        if saved.output:
            self.view.playback_row.output.choose_data(saved.output)
            self.playback.set_output(saved.output)

    # Display

    def _show(self) -> None:
        if self._is_closed:
            return
        editor, project = self.editor, self.editor.project
        if self._preview is not None and self._preview.identity == project.current:
            project = project.with_clip(self._preview)
        self.view.show_project(
            project, editor.undo_label, editor.redo_label, is_generating=self.writer.is_writing
        )
        self.plan_work.show_clip(project.clip)
        self.style_work.show_clip(editor.clip)
        self.transport.show_clip(project.clip, is_other=self._shown != project.current)
        self._shown = editor.project.current

    def _show_preview(self, preview: ClipDocument | None) -> None:
        """Show and play the clip as it would be, while the style browser is open; None: as it is."""
        if preview is None and self._preview is None:
            return
        self._preview = preview
        self._show()
        if preview is not None and not self.playback.is_playing:
            self._plays_preview = True
            self.playback.toggle()
        elif preview is None and self._plays_preview:
            self._plays_preview = False
            self.playback.stop()

    def _clip(self) -> ClipDocument | None:
        return self.editor.clip

    def _tell(self, words: str) -> None:
        self.message.emit(words, INFO)

    # Edits

    def edit(self, label: str, change: Change, *, joined: bool = False) -> None:
        """Edit the current clip, or say why that is not possible."""
        try:
            self.editor.edit(label, change, joined=joined)
        except MusegenError as error:
            self.message.emit(str(error), WARN)
            self._show()

    def _use_seed(self, number: int) -> None:
        clip = self.editor.clip
        take = next((take for take in clip.takes if take.number == number), None) if clip else None
        if take is not None and take.seed is not None:
            self.view.generation.seed.setText(str(take.seed))

    def _revert(self, number: int) -> None:
        self.edit(f"revert take {number}", lambda clip: edits.revert_take(edits.pick_take(clip, number)))

    # Work

    def generate(self) -> None:
        """Write new takes for the current clip around what is locked."""
        if self.editor.clip is not None:
            self._write_takes(self.editor.clip)

    def _write_takes(self, clip: ClipDocument) -> None:
        seed = self.view.generation.chosen_seed()
        try:
            self.writer.write(clip, secrets.randbelow(MAX_SEED) if seed is None else seed)
        except MusegenError as error:
            self.message.emit(str(error), WARN)

    def _more_like(self, number: int) -> None:
        """Write new takes in the style of a take."""
        clip = self.editor.clip
        take = next((take for take in clip.takes if take.number == number), None) if clip else None
        if clip is not None and take is not None:
            settings = replace(clip.settings, style=take.style, within_style=True)
            self._write_takes(replace(clip, settings=settings))

    def _began(self, clip: ClipDocument) -> None:
        self.view.actions.progress.begin("Writing drums")
        self.view.grid.set_regenerating(frozenset(range(len(clip.bars))) - clip.locked_bars)
        self._show()

    def _add_takes(self, asked: Generation, result: DrumResult) -> None:
        self.editor.edit("generate", lambda clip: asked.takes_in(clip, result), asked.identity)
        clip = self.editor.project.find(asked.identity)
        numbers = [take.number for take in clip.takes[-len(result.takes) :]] if clip is not None else []
        if len(numbers) > 1:
            words = f"Wrote takes {numbers[0]} to {numbers[-1]}, the best fitting first."
            self.message.emit(words, GOOD)
        elif numbers:
            self.message.emit(f"Wrote take {numbers[0]}.", GOOD)

    def _generated(self) -> None:
        self.view.grid.set_regenerating(frozenset())
        self.view.actions.progress.end()
        self._show()

    def _cancel(self) -> None:
        if self.writer.is_writing:
            self.writer.cancel()
            self.message.emit("Generation cancelled; the drums are unchanged.", INFO)
        self.files.cancel()

    def open_files(self, paths: list[Path]) -> None:
        """Open MIDI files as clips, or a project."""
        self.files.open_files(paths, self.editor.settings)

    def play_demo(self) -> None:
        """Open the bundled clip, write drums for it and play both."""
        self._is_demo = True
        self.open_files([resources.clips_dir() / f"{DEMO}.mid"])

    def _opened(self, clip: ClipDocument) -> None:
        self.editor.add(clip)
        if self._is_demo and clip.name == DEMO:
            self._is_demo = False
            self.generate()
            self.playback.toggle()

    def add_to_clip(self, paths: list[Path]) -> None:
        """Add the parts of MIDI files to the current clip; without one, open them."""
        clip = self.editor.clip
        if clip is None:
            self.open_files(paths)
            return

        def read() -> tuple[Change, str]:
            sources = [read_source(path) for path in paths]
            opened = add_sources(clip, sources)  # raises here if a file cannot be used
            remarks = opened.song.remarks[len(clip.song.remarks) :]
            return lambda document: add_sources(document, sources), " ".join(remarks)

        def done(result: tuple[Change, str]) -> None:
            change, remarks = result
            self.editor.edit("add tracks", change, clip.identity)
            if remarks:
                self.message.emit(remarks, WARN)

        self.files.change(read, done)

    def set_primer_file(self, path: Path) -> None:
        """Play like a drum loop: take its style, and continue it."""
        clip = self.editor.clip
        if clip is None:
            self.message.emit("Open a clip first; its drums will play like the loop.", INFO)
            return

        def read() -> Change:
            source = read_source(path)
            set_primer(clip, source)
            return lambda document: set_primer(edits.set_style(document, None), source)

        self.files.change(
            read, lambda change: self.editor.edit(f"style like {path.stem}", change, clip.identity)
        )

    def _open_project(self, project: Project, name: str) -> None:
        self.editor.replace_project(project, f"open project {name}")
        self.message.emit(f"Opened {name}. Undo restores the previous project.", GOOD)

    def _set_drum_map(self, name: str) -> None:
        if name:
            try:
                kit = load_drum_map(name)
            except MusegenError as error:
                self.message.emit(str(error), WARN)
                return
            self.edit("drum map", lambda clip: edits.set_drum_map(clip, kit))

    def _bounce(self, what: Bounce) -> None:
        soundfont = self._context.settings.current.soundfont
        if self.editor.clip is not None:
            self.files.ask_bounce(self.editor.clip, what, Path(soundfont) if soundfont else None)

    def _with_clip(self, work: Callable[[ClipDocument], None]) -> None:
        if self.editor.clip is not None:
            work(self.editor.clip)

    def _write_for_drag(self) -> Path:
        clip = self.editor.clip
        if clip is None:
            raise ProjectError("Open a clip first.")
        return write_for_drag(clip, self.view.actions.chosen_profile, self._context.data_dir / "dragged out")

    def _delivered(self, path: Path, was_dragged: bool) -> None:
        how = "Dragged out" if was_dragged else "Copied; paste it in a file manager or DAW:"
        self.message.emit(f"{how} {path.name}.", GOOD)

    # Session

    def _restore(self) -> None:
        path = self._context.data_dir / SESSION
        self._workers.start(lambda task: restored(path), succeeded=self._restored, failed=self._not_restored)

    def _restored(self, found: tuple[Project, str]) -> None:
        project, sentence = found
        self.is_restored = True
        self._autosave = StateWriter(self._context.data_dir / SESSION, self._autosave_failed.emit)
        opened_meanwhile = self.editor.project.clips
        self.editor = Editor(project, self._show, self._autosave)
        for clip in opened_meanwhile:
            self.editor.add(clip)
        if sentence:
            self.message.emit(sentence, WARN)
        self._show()

    def _not_restored(self, sentence: str) -> None:
        self.message.emit(f"The last session could not be restored. {sentence}", WARN)

    # Connections

    def _connect_edits(self) -> None:
        view = self.view
        view.side.show_requested.connect(lambda identity: self.editor.show(identity))
        view.side.close_requested.connect(lambda identity: self.editor.close_clip(identity))
        view.side.tracks.follow_requested.connect(
            lambda chosen: self.edit("tracks", lambda clip: edits.follow_parts(clip, chosen))
        )
        view.side.tempo_requested.connect(
            lambda bpm: self.edit("tempo", lambda clip: edits.set_tempo(clip, bpm), joined=True)
        )
        view.side.map_requested.connect(self._set_drum_map)
        for loops in (view.generation.style_button, view.styles):
            loops.loop_dropped.connect(self.set_primer_file)
            loops.refused.connect(lambda sentence: self.message.emit(sentence, WARN))
        for work in (self.plan_work, self.style_work):
            work.failed.connect(lambda sentence: self.message.emit(sentence, WARN))
            work.said.connect(self._tell)
        self.style_work.previewed.connect(self._show_preview)
        view.takes.more_requested.connect(self._more_like)
        view.generation.asked.connect(lambda label, change: self.edit(label, change, joined=True))
        view.generation.step_begins.connect(lambda: self.editor.end_step())
        view.takes.picked.connect(
            lambda number: self.edit(f"pick take {number}", lambda clip: edits.pick_take(clip, number))
        )
        view.takes.forget_requested.connect(
            lambda number: self.edit(f"delete take {number}", lambda clip: edits.forget_take(clip, number))
        )
        view.takes.revert_requested.connect(self._revert)
        view.takes.seed_requested.connect(self._use_seed)
        view.playback_row.undo.clicked.connect(lambda: self.editor.undo())
        view.playback_row.redo.clicked.connect(lambda: self.editor.redo())

    def _connect_work(self) -> None:
        actions, files, writer = self.view.actions, self.files, self.writer
        writer.began.connect(self._began)
        writer.progressed.connect(actions.progress.advance)
        writer.written.connect(self._add_takes)
        writer.failed.connect(lambda sentence: self.message.emit(sentence, BAD))
        writer.ended.connect(self._generated)
        self.transport.message.connect(lambda sentence: self.message.emit(sentence, BAD))
        self.view.playback_row.part.chosen.connect(self.state_changed)
        self.view.playback_row.output_chosen.connect(self.state_changed)
        self.view.ruler.lane.toggled.connect(self.state_changed)
        self._timer.timeout.connect(self.transport.update)
        self._inputs.opened.connect(self.open_files)
        self._inputs.added.connect(self.add_to_clip)
        self._inputs.message.connect(self.message)
        self._inputs.asked.connect(self._drums_back.answer)
        self._drums_back.message.connect(self.message)
        files.message.connect(self.message)
        files.opened.connect(self._opened)
        files.project_opened.connect(self._open_project)
        actions.progress.cancelled.connect(self._cancel)
        actions.generate.clicked.connect(self.generate)
        actions.bounce_requested.connect(self._bounce)
        actions.save_project_requested.connect(lambda: files.ask_save_project(self.editor.project))
        actions.save_drums_requested.connect(
            lambda split: self._with_clip(
                lambda clip: files.ask_save_drums(clip, actions.chosen_profile, split=split)
            )
        )
        actions.save_loop_requested.connect(
            lambda: self._with_clip(
                lambda clip: files.ask_save_drums(clip, actions.chosen_profile, loop=True)
            )
        )
        actions.save_all_requested.connect(lambda: self._with_clip(files.ask_save_all))
        actions.profile_changed.connect(self.state_changed)
        actions.drag.delivered.connect(self._delivered)
        actions.drag.failed.connect(lambda sentence: self.message.emit(sentence, WARN))
        self.view.side.open.clicked.connect(files.ask_open)
        self.view.demo.clicked.connect(self.play_demo)
        self._autosave_failed.connect(lambda sentence: self.message.emit(sentence, WARN))

    def _add_keys(self) -> None:
        axis = self.view.axis
        for keys, slot in (
            ("Ctrl+V", self._inputs.paste),
            ("Ctrl+=", lambda: axis.zoom(ZOOM_STEP, axis.width / 2)),
            ("Ctrl++", lambda: axis.zoom(ZOOM_STEP, axis.width / 2)),
            ("Ctrl+-", lambda: axis.zoom(1 / ZOOM_STEP, axis.width / 2)),
            ("Ctrl+0", axis.fit),
            ("Ctrl+Y", lambda: self.editor.redo()),
            ("Ctrl+U", lambda: self.edit("unlock all", edits.unlock_all)),
        ):
            QShortcut(QKeySequence(keys), self, context=_HERE).activated.connect(slot)

    # Appearance

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if is_style_change(event) and hasattr(self, "view"):
            self._show()


_HERE = Qt.ShortcutContext.WidgetWithChildrenShortcut
