"""The window beside a real DAW: Ardour plays a bass and leads, the window follows, Ardour records the drums."""

from collections import Counter
from contextlib import suppress

import pytest

from benchmarks.ardour import session_file
from benchmarks.ardour.jam import BEATS_PER_BAR, DRUMS, LISTENS, RULER, TRACK, make_session, roll, route
from benchmarks.ardour.remote import ArdourError, ardour
from musegen_daw import resource_paths as resources
from musegen_daw.devices.drivers import Direction
from musegen_daw.devices.ports import PortDirectory
from musegen_daw.midi.file import read_midi
from tests.desktop.hands import window
from tests.desktop.screen import wait_for
from tests.jack_server import once_there

SONG = resources.clips_dir() / "funk-bass.mid"
BPM, BARS = 104.0, 10
TRIES = 3
FIRST_BAR = 2
"""The first bar is listened to, the second may still be without a plan."""


@pytest.fixture(scope="module")
def recorded(desktop, jack, tmp_path_factory):
    """What Ardour recorded, and what was sent in the meantime.

    Begun anew where Ardour fails: on a busy computer it loses JACK, or cannot register its ports, at its start; and
    where a bar has no drums, for whose writing such a computer may not find the time.
    """
    for _ in range(TRIES - 1):
        with suppress(ArdourError):
            taken = _jam(desktop, jack, tmp_path_factory.mktemp("ardour"))
            if _has_drums_in_every_bar(taken[0]):
                return taken
    return _jam(desktop, jack, tmp_path_factory.mktemp("ardour"))


def _has_drums_in_every_bar(drums):
    bars = Counter(int((hit.beats + 0.125) // BEATS_PER_BAR) for hit in drums)
    return all(bars[bar] >= 2 for bar in range(FIRST_BAR, BARS))


def _jam(desktop, jack, folder):
    song = read_midi(SONG)
    session = folder / "jam" / "jam.ardour"
    sent: list[bytes] = []
    with (
        PortDirectory.open("jack") as ports,
        ardour(folder / "home") as daw,
        window(desktop, folder / "state", jack) as hands,
    ):
        hands.press("Jam")
        hands.press("Clock")
        hands.screen.key("Down", "Return")
        wait_for(lambda: {LISTENS, DRUMS} <= _names(ports), "The window has made no ports.")
        hands.wait(lambda seen: seen["widgets"]["Output"]["says"] == "musegen drums", "The jam is not ready.")
        # Not before: Ardour 7 cannot register its ports while it is told of those that others make.
        make_session(daw, session, song, BPM, BARS)
        route(daw, song)
        once_there(lambda: ports.open_input(DRUMS, lambda seconds, data: sent.append(data)))
        roll(daw, BPM, BARS)
        wait_for(lambda: all(int(daw("regions", track)) for track in (TRACK, RULER)), "Nothing was recorded.")
        desktop.picture(folder / "window.png")
        assert hands.close() == 0
        daw("save_session")
        daw("close")
    return session_file.recorded(session, TRACK), session_file.recorded(session, RULER), sent


def _names(ports: PortDirectory) -> set[str]:
    return {port.name for direction in Direction for port in ports.ports(direction)}


def test_the_drums_are_recorded_in_every_bar(recorded):
    drums, ruler, _ = recorded
    assert len(ruler) >= len(read_midi(SONG).clips[0].notes)
    assert _has_drums_in_every_bar(drums), drums
    assert {hit.channel for hit in drums} == {9}


def test_what_is_recorded_is_what_was_sent(recorded):
    drums, _, sent = recorded
    struck = [data[1] for data in sent if data[0] & 0xF0 == 0x90 and data[2]]
    pitches = [hit.pitch for hit in drums]
    # At the very end Ardour may stop before a hit that was on its way.
    assert Counter(pitches) <= Counter(struck)
    assert len(struck) - len(pitches) <= 3


def test_every_note_ends(recorded):
    *_, sent = recorded
    sounding = Counter()
    for data in sent:
        if data[0] & 0xF0 == 0x90 and data[2]:
            sounding[data[1]] += 1
        elif data[0] & 0xF0 in (0x80, 0x90):
            sounding[data[1]] -= 1
    assert set(sounding.values()) <= {0}
