"""`python -m benchmarks.hostile_worker DEED FILE`: one reader at one file, in a process of its own."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path

from musegen_daw.errors import MusegenError

try:
    import resource
except ImportError:  # not on Windows
    resource = None

MAX_ADDRESS_BYTES = 8 << 30
# processor seconds beyond those of the same command at a valid file, and peak memory
MAX_SECONDS, MAX_MIB = 2.0, 1_024.0


def run(deed: str, path: Path) -> str:
    """Do `deed` to the file at `path`; returns a sentence about what came of it, raises what the reader raises."""
    if deed == "midi":
        from musegen_daw.midi.file import read_midi
        from musegen_daw.music.parts import clip_bars

        song = read_midi(path)
        return f"read: {len(song.clips)} clips, {len(clip_bars(song.time_map, song.clips))} bars"
    if deed == "drums":
        from musegen_daw.midi.file import read_midi_song
        from musegen_daw.music.clip import Clip, Note

        given = read_midi_song(path)
        drums = Clip((Note(38, 90, 0, 60),), 1_920, given.song.time_map.ppq, is_drum=True)
        return f"written: {len(given.with_drums(drums))} and {len(given.with_more_drums(drums))} bytes"
    if deed in ("generate", "bounce"):
        return _command(deed, path)
    if deed == "soundfont":
        from musegen_daw.playback.synth.soundfont import open_soundfont

        return f"read: {sum(map(len, open_soundfont(path).presets.values()))} zones"
    if deed == "drum map":
        from musegen_daw.resource_paths import load_drum_map

        return f"read: {load_drum_map(str(path)).name}"
    if deed == "controls":
        from musegen_daw.jam.control.control_map import load_control_map

        return f"read: {load_control_map(path.stem, path.parent)}"
    if deed == "config":
        from musegen_daw.vocoder.mel import MelConfig
        from training.common.config import load_config

        return f"read: {load_config(MelConfig, path)}"
    if deed in ("plan", "session", "window", "model"):
        return _json(deed, path)
    if deed == "audio":
        from musegen_daw.audio.file import read_mono

        return f"read: {sum(map(len, read_mono(path, 22_050)))} samples"
    assert deed in ("mel", "mutants")
    return _mels(path, is_many=deed == "mutants")


def _json(deed: str, path: Path) -> str:
    if deed == "plan":
        from musegen_daw.cli.drum_options import read_plan

        return f"read: {len(read_plan(path))} bars"
    if deed == "session":
        from musegen_daw.clips.project_file import recover_project

        project, troubles = recover_project(path)
        return f"read: {len(project.clips)} clips, {len(troubles)} damaged"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if deed == "window":
            from musegen_daw.ui.saved_session import FILE_NAME, load

            shutil.copy(path, folder / FILE_NAME)
            return f"read: {load(folder)}"
        from musegen_daw.models.spec import SIDECAR, load_spec

        shutil.copy(path, folder / SIDECAR)
        return f"read: {load_spec(folder, 'drums').name}"


def _command(deed: str, path: Path) -> str:
    from musegen_daw.cli.main import main

    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / ("out.mid" if deed == "generate" else "out.wav")
        status = main([deed, str(path), "-o", str(output)])
        size = output.stat().st_size if output.exists() else 0
    return f"status {status}, {size} bytes"


def _mels(path: Path, *, is_many: bool) -> str:
    from benchmarks.hostile_inputs import unframed
    from musegen_daw.vocoder.mel import MelConfig
    from musegen_daw.vocoder.mel_file import load_mel

    if not is_many:
        return f"read: {load_mel(path, MelConfig(), lambda said: None).shape}"
    ends = Counter[str]()
    with tempfile.TemporaryDirectory() as folder:
        mutant = Path(folder) / "mutant.npy"
        for data in unframed(path.read_bytes()):
            mutant.write_bytes(data)
            try:
                load_mel(mutant, MelConfig(), lambda said: None)
                ends["read"] += 1
            except MusegenError:
                ends["refused"] += 1
            except Exception as error:  # noqa: BLE001 - counting these is what this is for
                ends[f"RAW {type(error).__name__}"] += 1
    return ", ".join(f"{count} {end}" for end, count in ends.items())


def limit_memory() -> None:
    """Limit the address space of this process to MAX_ADDRESS_BYTES."""
    if resource is not None:
        resource.setrlimit(resource.RLIMIT_AS, (MAX_ADDRESS_BYTES, MAX_ADDRESS_BYTES))


def main() -> int:
    """Run it within limits; prints the sentence."""
    limit_memory()
    deed, path = sys.argv[1], Path(sys.argv[2])
    if deed == "make":
        from benchmarks.hostile_inputs import make

        make(path)
        return 0
    try:
        print(run(deed, path))
    except MusegenError as error:
        print(f"refused: {error}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
