"""The readers of the files of a musician and of the app's settings, with a few valid files of each kind."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.file_mutations import JSON, Reader, bundled
from benchmarks.hostile_inputs import midi, npy, soundfont, wav
from musegen_daw import resource_paths as resources


def _midi_files() -> list[bytes]:
    bar = midi(
        [b"\x00\xff\x58\x04\x03\x02\x18\x08\x00\xff\x51\x03\x07\xa1\x20\x00\x90\x3c\x5a\x60\x80\x3c\x40"]
    )
    sysex = midi(
        [
            b"\x00\xf0\x05\x7e\x7f\x09\x01\xf7\x00\xc0\x21\x00\x90\x3c\x5a\x60\x90\x3c\x00",
            b"\x00\xff\x06\x01a",
        ]
    )
    rmid = (
        b"RIFF" + (len(bar) + 12).to_bytes(4, "little") + b"RMIDdata" + len(bar).to_bytes(4, "little") + bar
    )
    return [*bundled("clips", "*.mid")()[:2], *bundled("grooves", "*.mid")()[:2], bar, sysex, rmid]


def _read_midi(path: Path) -> None:
    from musegen_daw.midi.file import read_midi_song
    from musegen_daw.music.clip import Clip, Note
    from musegen_daw.music.parts import clip_bars

    given = read_midi_song(path)
    clip_bars(given.song.time_map, given.song.clips)
    given.with_drums(Clip((Note(38, 90, 0, 60),), 1_920, given.song.time_map.ppq, is_drum=True))


def _audio_files() -> list[bytes]:
    import soundfile

    tone = np.sin(np.arange(2_000) / 9).astype(np.float32) / 2
    found = [wav(4_000, bytes(4_000)), wav(400, bytes(400), before=b"fact\x04\0\0\0\0\0\0\0")]
    for kind, subtype in (
        ("WAV", "PCM_24"),
        ("WAV", "FLOAT"),
        ("FLAC", "PCM_16"),
        ("OGG", "VORBIS"),
        ("MP3", None),
    ):
        file = io.BytesIO()
        soundfile.write(file, tone, 22_050, format=kind, subtype=subtype)
        found.append(file.getvalue())
    return found


def _read_audio(path: Path) -> None:
    from musegen_daw.audio.file import read_mono

    for _ in read_mono(path, 22_050):
        pass


def _mel_files() -> list[bytes]:
    file = io.BytesIO()
    np.save(file, np.full((96, 4), -3.0, np.float32))
    return [file.getvalue(), npy("(96, 4)", count=384), npy("(1, 4, 96)", "'<f8'", count=768)]


def _read_mel(path: Path) -> None:
    from musegen_daw.vocoder.mel import MelConfig
    from musegen_daw.vocoder.mel_file import load_mel

    load_mel(path, MelConfig(), lambda said: None)


def _soundfonts() -> list[bytes]:
    return [soundfont(1, 1, 1), soundfont(2, 2, 3), soundfont(3, 1, 2, keys=(0, 60), shared=5)]


def _read_soundfont(path: Path) -> None:
    from musegen_daw.music.clip import Clip, Note, Song
    from musegen_daw.music.time import TimeMap
    from musegen_daw.playback.synth.soundfont import open_soundfont
    from musegen_daw.playback.synth.synth import render_blocks

    font = open_soundfont(path)
    song = Song((Clip((Note(60, 90, 0, 24),), 24, 480),), TimeMap(480))
    for number, _ in enumerate(render_blocks(song, font, 8_000)):
        if number > 1:
            break


def _read_drum_map(path: Path) -> None:
    resources.load_drum_map(str(path))


def _read_controls(path: Path) -> None:
    from musegen_daw.jam.control.control_map import load_control_map

    load_control_map(path.stem, path.parent)


def _control_maps() -> list[bytes]:
    binding = b'[[bindings]]\ntarget = "energy"\ncc = 1\nchannel = 1\n'
    return [
        b'name = "knobs"\n' + binding,
        binding + b'[[bindings]]\ntarget = "fill now"\nnote = 36\nchannel = 10\n',
    ]


def _plans() -> list[bytes]:
    bar = {"kind": "groove", "density": 0.5, "energy": 0.6, "crash": True, "cymbal": "ride"}
    return [json.dumps({"plan": [bar, {"kind": "repeat", "repeats": 1}, {"kind": "fill"}]}).encode()]


def _read_plan(path: Path) -> None:
    from musegen_daw.cli.drum_options import read_plan

    read_plan(path)


def _sessions() -> list[bytes]:
    from musegen_daw.clips.document import MidiSource, Project
    from musegen_daw.clips.opening import open_clip
    from musegen_daw.clips.project_file import encode
    from musegen_daw.drums.request import DrumSettings

    notes = b"".join(bytes((0, 0x99, pitch, 90, 0x60, 0x89, pitch, 64)) for pitch in (36, 38, 42) * 3)
    source = MidiSource("a.mid", midi([b"\x00\x90\x3c\x5a\x60\x80\x3c\x40", notes]))
    one = open_clip([source], 1, DrumSettings(seed=0, style="rock", density=0.5))
    return [encode(Project((one, replace(one, identity=2)), 2))]


def _read_session(path: Path) -> None:
    from musegen_daw.clips.project_file import recover_project

    recover_project(path)


def _restore_session(path: Path) -> None:
    from musegen_daw.clips.autosave import restored

    restored(path)
    for each in path.parent.glob("*-damaged-*"):
        each.unlink()


def _windows() -> list[bytes]:
    from musegen_daw.ui.settings.store import AppSettings

    panels = {"settings": AppSettings().as_dict(), "jam": {"mode": "loop"}, "window": {"panel": "clips"}}
    return [json.dumps({"version": 1, "panels": panels}).encode()]


def _read_window(path: Path) -> None:
    from musegen_daw.ui.saved_session import load
    from musegen_daw.ui.settings.store import AppSettings

    state, _ = load(path.parent)
    AppSettings.from_dict(state.get("settings", {}))
    for each in path.parent.glob("*-damaged-*"):
        each.unlink()


def _read_offsets(path: Path) -> None:
    from musegen_daw.jam.user_settings import load_offset

    load_offset(path.parent, "musegen drums", lambda said: None)
    for each in path.parent.glob("*-damaged-*"):
        each.unlink()


DOCUMENT_READERS: Mapping[str, Reader] = {
    "MIDI files": Reader(22, "a.mid", _midi_files, _read_midi),
    "audio": Reader(10, "a.wav", _audio_files, _read_audio),
    "mels": Reader(12, "a.npy", _mel_files, _read_mel),
    "SoundFonts": Reader(8, "a.sf2", _soundfonts, _read_soundfont),
    "drum maps": Reader(6, "a.toml", bundled("drum_maps", "*.toml"), _read_drum_map),
    "control maps": Reader(5, "knobs.toml", _control_maps, _read_controls),
    "plans": Reader(5, "a.json", _plans, _read_plan, JSON),
    "sessions": Reader(6, "a.musegen", _sessions, _read_session, JSON),
    "sessions that are restored": Reader(4, "clips.musegen", _sessions, _restore_session, JSON),
    "settings of the window": Reader(6, "session.json", _windows, _read_window, JSON),
    "latency offsets": Reader(
        3, "offsets.json", lambda: [b'{"offsets_ms": {"musegen drums": 3.5, "a": -2}}'], _read_offsets, JSON
    ),
}
