"""Write the animations and the sound of the README: a jam and a clip as GIFs, a bass with its drums as Ogg Vorbis."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

    from scripts.screenshot_scenes import Stage

DOCS = Path(__file__).resolve().parent.parent / "docs"
WIDTH, HEIGHT, SHOWN_WIDTH, COLOURS = 1280, 720, 960, 96
JAM_BEATS, BEATS_A_FRAME, JAM_FRAME_MS = (14.0, 31.0), 0.5, 288  # at the 104 BPM of the clip
CLIP_FRAME_MS = 1400
CLIP, SAMPLE_RATE_HZ, ALONE_BARS = "funk-bass", 44_100, 4


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=DOCS, metavar="DIR")
    out = parser.parse_args().out
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from PySide6.QtWidgets import QApplication

    from musegen_daw.ui.widgets.look import apply_theme
    from scripts.opened_app import no_slot_fails
    from scripts.screenshot_scenes import Stage

    application = QApplication(["musegen-daw"])
    apply_theme(application, "dark")
    with tempfile.TemporaryDirectory() as state, no_slot_fails():
        stage = Stage(Path(state), JAM_BEATS[0])
        stage.window.resize(WIDTH, HEIGHT)
        stage.window.show()
        _write_gif(out / "images" / "jam.gif", _jam(stage), JAM_FRAME_MS)
        _write_gif(out / "images" / "clips.gif", _clip(stage), CLIP_FRAME_MS)
        stage.close()
    _write_sound(out / "sounds" / "demo.ogg")
    return 0


def _jam(stage: Stage) -> Iterator[Image]:
    from scripts.screenshot_scenes import scenes

    dict(scenes(stage))["jam"]()
    assert stage.rig is not None
    beats, end = JAM_BEATS
    while beats < end:
        stage.rig.play_to(beats)
        stage.pause(0.15)
        yield _picture(stage)
        beats += BEATS_A_FRAME


def _clip(stage: Stage) -> Iterator[Image]:
    from musegen_daw.ui.clips.panel import ClipsPanel
    from scripts.screenshot_scenes import scenes

    steps = dict(scenes(stage))
    steps["clips-empty"]()
    stage.pause()
    yield _picture(stage)
    steps["clips"]()
    yield _picture(stage)
    panel = stage.window.panel("clips")
    assert isinstance(panel, ClipsPanel)
    clip = panel.editor.clip
    assert clip is not None
    for take in range(1, len(clip.takes)):
        panel.view.takes.picked.emit(take)
        stage.pause()
        yield _picture(stage)


def _picture(stage: Stage) -> Image:
    from PIL import Image
    from PySide6.QtGui import QImage

    grabbed = stage.window.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    size = (grabbed.width(), grabbed.height())
    picture = Image.frombytes("RGB", size, bytes(grabbed.constBits()), "raw", "RGB", grabbed.bytesPerLine())
    return picture.resize((SHOWN_WIDTH, SHOWN_WIDTH * size[1] // size[0]), Image.Resampling.LANCZOS)


def _write_gif(path: Path, pictures: Iterator[Image], frame_ms: int) -> None:
    from PIL import Image

    frames = list(pictures)
    sheet = Image.new("RGB", (frames[0].width, frames[0].height * len(frames)))
    for row, each in enumerate(frames):
        sheet.paste(each, (0, row * each.height))
    palette = sheet.quantize(COLOURS)
    drawn = [each.quantize(palette=palette, dither=Image.Dither.NONE) for each in frames]
    drawn[0].save(path, save_all=True, append_images=drawn[1:], duration=frame_ms, loop=0, optimize=True)
    print(f"{path}: {len(frames)} pictures, {path.stat().st_size // 1024} KiB")


def _write_sound(path: Path) -> None:
    import numpy as np
    import soundfile

    from musegen_daw import resource_paths
    from musegen_daw.cli.main import main as run
    from musegen_daw.midi.file import read_midi
    from musegen_daw.playback.synth.soundfont import open_soundfont
    from musegen_daw.playback.synth.synth import render

    path.parent.mkdir(parents=True, exist_ok=True)
    clip = resource_paths.clips_dir() / f"{CLIP}.mid"
    soundfont = resource_paths.soundfont_dir() / "musegen.sf2"
    with tempfile.TemporaryDirectory() as folder:
        mix = Path(folder) / "mix.wav"
        if run(["bounce", str(clip), "-o", str(mix), "--seed", "1", "--soundfont", str(soundfont)]):
            raise SystemExit("The clip cannot be bounced.")
        together, rate_hz = soundfile.read(mix, always_2d=True, dtype="float32")
    song = read_midi(clip)
    alone = render(song, open_soundfont(soundfont), rate_hz)
    bars = song.time_map.bars(song.parts[0].length_ticks)
    length = round(song.time_map.seconds_at(bars[min(ALONE_BARS, len(bars) - 1)].start_ticks) * rate_hz)
    alone = alone[:length] * (0.5 / np.abs(alone).max())
    alone[-rate_hz // 20 :] *= np.linspace(1, 0, rate_hz // 20)[:, None]
    with soundfile.SoundFile(path, "w", rate_hz, 2, format="OGG", subtype="VORBIS") as file:
        for sound in (alone, together):
            for start in range(0, len(sound), rate_hz):  # the encoder fails on long blocks
                file.write(sound[start : start + rate_hz])
    print(f"{path}: {(len(alone) + len(together)) / rate_hz:.1f} s, {path.stat().st_size // 1024} KiB")


if __name__ == "__main__":
    sys.exit(main())
