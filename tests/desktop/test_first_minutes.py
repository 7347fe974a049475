"""The first minutes of a musician: the demo plays, styles are heard, a section is shaped, the drums land in a DAW."""

import os
import sys
import time
import zipfile
from pathlib import Path

import mido
import pytest

from tests.desktop import screen as screens
from tests.desktop.hands import ROOT, Hands, window

BAR_TICKS = 1920
TOMS_AND_SNARE = (38, 41, 43, 45, 47, 48, 50)
RECEIVER_AREA = (1300, 500, 360, 300)
PICTURES = os.environ.get("MUSEGEN_PICTURES", "")
"""A folder for a picture of every step, if there is to be one."""
HEARD = 3


class Walk:
    """Counts clicks and keys, and notes when each step was there."""

    def __init__(self, hands: Hands) -> None:
        self.hands, self.screen = hands, hands.screen
        self.began = time.monotonic()
        self.clicks = self.keys = 0
        self.steps: list[tuple[str, float, int, int]] = []

    def click(self, at, button: int = 1) -> None:
        self.clicks += 1
        self.screen.click(at, button)

    def press(self, name: str) -> None:
        self.click(self.hands.widget(name)["at"])

    def key(self, *keys: str) -> None:
        self.keys += len(keys)
        self.hands.key(*keys)

    def step(self, name: str) -> None:
        seconds = time.monotonic() - self.began
        self.steps.append((name, seconds, self.clicks, self.keys))
        print(f"{name}: {seconds:.1f} s, {self.clicks} clicks, {self.keys} keys")
        if PICTURES:
            self.screen.picture(Path(PICTURES) / f"{len(self.steps):02d}-{name.replace(' ', '-')}.png")

    def bar(self, number: int) -> tuple[int, int]:
        """The middle of a bar of the plan, which shows the first four."""
        left, top, width, height = self.hands.widget("Plan")["box"]
        head = self.hands.widget("Plan")["head"]
        return round(left + head + (width - head) * (number - 0.5) / 4), top + height // 2


@pytest.fixture(scope="module")
def walk(desktop, jack, tmp_path_factory):
    folder = tmp_path_factory.mktemp("walk")
    received = folder / "received"
    received.mkdir()
    log = folder / "receiver.txt"
    receiver = [sys.executable, "-m", "tests.desktop.receiver", str(received)]
    with window(desktop, folder / "state", jack) as hands, desktop.program(receiver, log, cwd=ROOT):
        desktop.place_window("^receiver$", *RECEIVER_AREA)
        walk = Walk(hands)
        walk.step("first start")
        walk.press("Play the demo")
        hands.wait(
            lambda seen: "Stop (Space)" in seen["widgets"] or _is_playing(seen), "The demo does not play."
        )
        walk.step("the demo plays")
        hands.said("Wrote ")
        walk.step("takes written")
        _hear_styles(walk)
        _shape(walk)
        walk.dragged = _drag_out(walk, log)
        walk.step("dragged into another program")
        walk.project = folder / "demo.dawproject"
        _save_project(walk)
        walk.step("saved as DAWproject")
        assert hands.close() == 0
    return walk


def _is_playing(seen: dict) -> bool:
    return any(each["text"] == "Stop" for each in seen["widgets"].values())


def _hear_styles(walk: Walk) -> None:
    hands = walk.hands
    before = len(hands.see()["takes"])
    walk.press("Style")
    hands.wait(
        lambda seen: "Search styles" in seen["widgets"] and seen["takes text"], "No styles are listed."
    )
    heard: list[str] = []
    for _ in range(HEARD):
        walk.key("Down")
        seen = hands.wait(
            lambda seen: seen["sentence"].startswith("Hearing ") and seen["sentence"] not in heard,
            "No style is heard.",
        )
        heard.append(seen["sentence"])
        walk.step(f"heard style {len(heard)}")
    walk.key("Return")
    hands.wait(lambda seen: len(seen["takes"]) == before + 1, "The style was not taken.")
    walk.step("style chosen")


def _shape(walk: Walk) -> None:
    """The second half becomes a section that is louder, with a fill before it."""
    hands = walk.hands
    walk.click(walk.bar(3), 3)
    hands.wait(lambda seen: len(seen["windows"]) == 2, "There is no menu.")
    walk.key(*["Down"] * 6, "Return")
    hands.wait(lambda seen: "2 sections" in seen["widgets"]["Plan"]["says"], "No section begins.")
    walk.step("section begun")
    walk.click(walk.bar(4))
    pad = hands.wait(
        lambda seen: seen["widgets"]["Feel"]["says"].startswith("Section B"), "The section is not selected."
    )["widgets"]["Feel"]
    left, top, width, height = pad["box"]
    walk.click((left + width * 3 // 4, top + height // 3))
    hands.wait(lambda seen: "feel of section B" in seen["undo"], "The pad changed nothing.")
    walk.step("section louder")
    at = walk.bar(2)
    walk.click(at)
    walk.key("f")
    hands.wait(lambda seen: "1 fill" in seen["widgets"]["Plan"]["says"], "No fill was added.")
    walk.step("fill added")


def _drag_out(walk: Walk, log: Path) -> Path:
    handle = walk.hands.widget("Drums as a MIDI file")["at"]
    x, y, width, height = RECEIVER_AREA

    def news() -> list[str]:
        return log.read_text(encoding="utf-8").splitlines()

    walk.clicks += 1
    walk.screen.drag(handle, (x + width // 2, y + height // 2), lambda: "over" in news())
    path = screens.wait_for(
        lambda: next((line for line in news() if line.endswith(".mid")), None), "Nothing came."
    )
    return Path(path)


def _save_project(walk: Walk) -> None:
    walk.press("Save")
    walk.hands.wait(lambda seen: len(seen["windows"]) == 2, "There is no menu.")
    walk.key("Up", "Return")
    walk.hands.answer(walk.project)
    screens.wait_for(walk.project.exists, "No project was written.")


def test_sound_and_styles_are_few_clicks_away(walk):
    at = {name: (clicks, keys) for name, _, clicks, keys in walk.steps}
    assert at["the demo plays"] == (1, 0)
    assert at["heard style 3"] == (2, 3)
    assert at["style chosen"] == (2, 4)


def test_what_was_dragged_out_has_the_fill(walk):
    bars: dict[int, list[int]] = {0: [], 1: []}
    for track in mido.MidiFile(walk.dragged).tracks:
        ticks = 0
        for message in track:
            ticks += message.time
            if message.type == "note_on" and message.velocity:
                # A hit just ahead of a bar line belongs to the bar that it leads into.
                bars.setdefault((ticks + BAR_TICKS // 32) // BAR_TICKS, []).append(message.note)
    fills = {number: sum(note in TOMS_AND_SNARE for note in notes) for number, notes in bars.items()}
    assert fills[1] >= fills[0] + 3


def test_the_project_has_parts_drums_and_sections(walk):
    with zipfile.ZipFile(walk.project) as project:
        xml = project.read("project.xml").decode()
    assert 'name="B"' in xml
    assert xml.count("<Track ") >= 4
