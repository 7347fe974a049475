"""The real window on a real screen: mouse, keyboard, drag and drop, and the files it writes."""

import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import mido
import numpy as np
import pytest
import soundfile

from musegen_daw import resource_paths as resources
from musegen_daw.cli.main import main
from musegen_daw.music.kit import VOICE_OF_PITCH, VOICES
from tests.desktop import screen as screens
from tests.desktop.file_manager import shown_file
from tests.desktop.hands import ROOT, Hands, window
from tests.desktop.screen import ScreenError, need_programs

CLIP = resources.clips_dir() / "demo.mid"
BPM, BARS, BAR_TICKS, PPQ = 116.0, 8, 1920, 480
KICK, HAT = VOICES.index("kick"), VOICES.index("closed hat")
RECEIVER_AREA = (1300, 500, 360, 300)


@dataclass(frozen=True)
class Outcome:
    """What came of a session at the window: the files that were received, and what was seen."""

    added: dict
    removed: dict
    first: Path
    second: Path
    shown_at_the_end: tuple
    drums_wav: Path
    mix_wav: Path


@pytest.fixture(scope="module")
def outcome(desktop, tmp_path_factory):
    folder = tmp_path_factory.mktemp("session")
    received = folder / "received"
    received.mkdir()
    receiver = [sys.executable, "-m", "tests.desktop.receiver", str(received)]
    log = folder / "receiver.txt"
    with window(desktop, folder / "state") as hands, desktop.program(receiver, log, cwd=ROOT):
        desktop.place_window("^receiver$", *RECEIVER_AREA)
        _drop(hands, folder)
        _set_seed(hands, 7)
        hands.press("Generate")
        seen = hands.said("Wrote ")
        added = next(each for each in seen["cells"] if each["row"] == KICK and each["ticks"] > BAR_TICKS)
        seen = _click(hands, added, +1)
        removed = next(
            each
            for each in seen["hits"]
            if each["row"] == KICK and each["at"] and each["ticks"] > 2 * BAR_TICKS
        )
        _click(hands, removed, -1)
        first = _drag_out(hands, log)
        hands.screen.click(hands.widget("Lock the kick")["at"])
        _set_seed(hands, 8)
        hands.press("Regenerate the rest")
        seen = hands.wait(lambda seen: seen["sentences"].count("Wrote ") == 2, "No drums were written anew.")
        second = _drag_out(hands, log)
        drums_wav = _bounce(hands, folder / "drums.wav", menu=1)
        mix_wav = _bounce(hands, folder / "mix.wav", menu=None)
        shown = tuple((each["pitch"], each["ticks"], each["velocity"]) for each in hands.see()["hits"])
        assert hands.close() == 0
    return Outcome(added, removed, first, second, shown, drums_wav, mix_wav)


def _drop(hands: Hands, folder: Path) -> None:
    """From the first page over the way to Clips, which opens, into the middle."""
    clips = hands.widget("Clips")["at"]
    middle = hands.middle()
    with shown_file(hands.screen, CLIP, folder / "clips") as icon:
        hands.screen.drag(icon, middle, lambda: hands.see()["drop offered"], via=clips)
        hands.wait(lambda seen: seen["cells"], "The dropped clip is not shown.")


def _set_seed(hands: Hands, seed: int) -> None:
    hands.press("Seed")
    hands.wait(lambda seen: seen["takes text"], "The seed cannot be written.")
    hands.key("ctrl+a")
    hands.screen.write(str(seed))


def _click(hands: Hands, what: dict, change: int) -> dict:
    count = len(hands.see()["hits"])
    hands.screen.click(what["at"])
    return hands.wait(lambda seen: len(seen["hits"]) == count + change, "The click changed nothing.")


def _drag_out(hands: Hands, log: Path) -> Path:
    before = log.read_text(encoding="utf-8")
    handle = hands.widget("Drums as a MIDI file")["at"]
    x, y, width, height = RECEIVER_AREA

    def news() -> list[str]:
        return log.read_text(encoding="utf-8")[len(before) :].splitlines()

    hands.screen.drag(handle, (x + width // 2, y + height // 2), lambda: "over" in news())
    path = screens.wait_for(
        lambda: next((line for line in news() if line.endswith(".mid")), None), "Nothing came."
    )
    hands.said("Dragged out ")
    return Path(path)


def _bounce(hands: Hands, path: Path, menu: int | None) -> Path:
    """From the menu with mouse and arrow keys, or by the shortcut."""
    if menu is None:
        hands.widget("Bounce")
        hands.key("ctrl+b")
    else:
        hands.press("Bounce")
        hands.wait(lambda seen: len(seen["windows"]) == 2, "There is no menu.")
        hands.screen.key(*["Down"] * (menu + 1), "Return")
    hands.answer(path)
    hands.said(f"to {path}.")
    return path


def _notes(path: Path) -> list[tuple[int, int, int]]:
    """Pitch, start in ticks and velocity of every note, in order; each ends once."""
    file = mido.MidiFile(path)
    assert file.ticks_per_beat == PPQ
    found, open_notes = [], Counter()
    for track in file.tracks:
        ticks = 0
        for message in track:
            ticks += message.time
            if message.type == "note_on" and message.velocity:
                assert message.channel == 9
                assert not open_notes[message.note]
                open_notes[message.note] += 1
                found.append((message.note, ticks, message.velocity))
            elif message.type in ("note_on", "note_off"):
                open_notes[message.note] -= 1
    assert not +open_notes
    assert not -open_notes
    return sorted(found, key=lambda note: (note[1], note[0]))


def _of_voice(notes, voice: int) -> list:
    return [note for note in notes if VOICE_OF_PITCH.get(note[0]) == voice]


def test_the_edits_are_in_what_was_dragged_out(outcome):
    kicks = {ticks for _, ticks, _ in _of_voice(_notes(outcome.first), KICK)}
    assert outcome.added["ticks"] in kicks
    assert outcome.removed["ticks"] not in kicks


def test_the_locked_kick_is_the_same_note_by_note_and_the_rest_is_new(outcome):
    first, second = _notes(outcome.first), _notes(outcome.second)
    assert _of_voice(first, KICK) == _of_voice(second, KICK) != []
    assert [note for note in first if note not in _of_voice(first, KICK)] != [
        note for note in second if note not in _of_voice(second, KICK)
    ]
    assert _of_voice(second, HAT)


def test_there_are_drums_in_every_bar(outcome):
    for path in (outcome.first, outcome.second):
        notes = _notes(path)
        # A hit just ahead of a bar line belongs to the bar that it leads into.
        bars = Counter((ticks + BAR_TICKS // 32) // BAR_TICKS for _, ticks, _ in notes)
        assert all(bars[bar] >= 2 for bar in range(BARS))
        assert all(0 <= ticks < BARS * BAR_TICKS for _, ticks, _ in notes)


def test_what_is_dragged_out_is_what_is_shown(outcome):
    assert sorted(_notes(outcome.second)) == sorted(outcome.shown_at_the_end)


def test_the_bounces_are_as_long_and_as_loud_as_the_clip(outcome):
    clip_seconds = BARS * 4 * 60 / BPM
    levels = {}
    for path in (outcome.drums_wav, outcome.mix_wav):
        samples, rate_hz = soundfile.read(path, always_2d=True)
        assert clip_seconds - 0.001 < len(samples) / rate_hz < clip_seconds + 12
        assert 0.1 < np.abs(samples).max() <= 1
        levels[path] = 20 * np.log10(np.sqrt((samples[: int(clip_seconds * rate_hz)] ** 2).mean()))
        assert -40 < levels[path] < -6
    assert not np.array_equal(*(soundfile.read(path)[0][:rate_hz] for path in levels))


def test_the_bounce_equals_the_dragged_file(outcome, tmp_path):
    file = mido.MidiFile(outcome.second)
    file.tracks[0].insert(0, mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(BPM)))
    file.save(tmp_path / "in time.mid")
    wav = tmp_path / "drums.wav"
    assert main(["bounce", str(tmp_path / "in time.mid"), "-o", str(wav)]) == 0
    expected, heard = (soundfile.read(path, always_2d=True)[0] for path in (wav, outcome.drums_wav))
    assert np.array_equal(expected, heard)


def test_without_the_programs_it_says_what_to_install(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(
        ScreenError, match="apt-get install -y --no-install-recommends xvfb openbox xdotool pcmanfm"
    ):
        need_programs()
