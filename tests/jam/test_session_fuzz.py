"""Sessions in which anything happens at any time: no note hangs, none ends twice, nothing stalls, nothing is left."""

from __future__ import annotations

import os

from hypothesis import given, settings
from hypothesis import strategies as st

from musegen_daw.jam.control.control_map import ControlMap, Knob
from musegen_daw.jam.control.controls import TARGETS, Controls
from musegen_daw.jam.events import CONTINUE, START, STOP, control_change, note_off, note_on, song_position
from musegen_daw.jam.output.performer import Kit
from musegen_daw.jam.patterns import BarGrid
from musegen_daw.jam.planning.modes import PlanSettings, WhenSilent
from musegen_daw.jam.recording.recorder import Recorder
from musegen_daw.jam.settings import JamMode, JamSettings
from tests.jam.jam import Jam

EXAMPLES = int(os.environ.get("MUSEGEN_FUZZ_EXAMPLES", "100"))
SOON_SECONDS = 0.02
KNOBS = ControlMap("", tuple((Knob("note", 1, index), target) for index, target in enumerate(TARGETS)))

pitches = st.integers(40, 44)
beats = st.floats(0, 200)
times = st.floats(0, 3) | st.floats(0, 0.05)

any_order = st.one_of(
    st.tuples(st.just("advance"), times),
    st.tuples(st.just("note"), pitches, st.booleans()),
    st.tuples(st.just("pedal"), st.booleans()),
    st.tuples(st.just("knob"), st.integers(0, len(TARGETS) - 1), st.integers(1, 127)),
    st.tuples(st.just("learn"), st.sampled_from(TARGETS) | st.none()),
    st.tuples(st.just("controls"), st.floats(0, 1), st.booleans()),
    st.tuples(st.just("way"), st.sampled_from(list(JamMode))),
    st.tuples(st.just("fill")),
    st.tuples(st.just("panic")),
    st.tuples(st.just("unplug")),
    st.tuples(st.just("plug")),
    st.tuples(st.just("input lost")),
    st.tuples(st.just("generator fails"), st.booleans()),
)
leading_order = any_order | st.one_of(
    st.tuples(st.just("start"), beats, st.integers(0, 2)),
    st.tuples(st.just("stop")),
    st.tuples(st.just("resume")),
    st.tuples(st.just("tempo"), st.floats(20, 300)),
    st.tuples(st.just("seek"), beats),
)
following_order = any_order | st.one_of(
    st.tuples(st.just("ticks"), st.integers(1, 200), st.floats(30, 280)),
    st.tuples(st.just("daw"), st.sampled_from([START, CONTINUE, STOP])),
    st.tuples(st.just("song position"), st.integers(0, 500)),
)
jam_settings = st.builds(
    JamSettings,
    mode=st.sampled_from(list(JamMode)),
    when_silent=st.sampled_from([WhenSilent.KEEP, WhenSilent.FADE]),
    loop_bars=st.integers(1, 5),
    kit=st.builds(Kit, channel=st.integers(0, 15), note_seconds=st.sampled_from([0.03, 0.1, 2.0])),
    planning=st.builds(
        PlanSettings, fill_every_bars=st.sampled_from([0, 1, 4, 8]), rest_bars=st.integers(0, 2)
    ),
)


class Chaos:
    """Carries out orders, and watches what arrives at the other end of the wire, whichever port it goes through."""

    def __init__(self, settings, *, follows: bool) -> None:
        recorder = Recorder(BarGrid())
        recorder.start(0.0)
        self.jam = Jam(settings, follows=follows, control_map=KNOBS, recorder=recorder)
        self.wire = self.jam.port.sent
        self.reset_seconds = 0.0

    def do(self, name, *given) -> None:
        jam, session = self.jam, self.jam.session
        now = jam.clock.now_seconds()
        if name == "advance":
            jam.clock.advance(given[0])
        elif name == "note":
            jam.receive(note_on(0, given[0], 90) if given[1] else note_off(0, given[0]), "keys")
        elif name == "pedal":
            jam.receive(control_change(0, 64, 127 * given[0]), "keys")
        elif name == "knob":
            jam.receive(note_on(1, *given), "pads")
        elif name == "learn":
            session.learn(given[0])
        elif name == "controls":
            session.change(lambda _: Controls(density=given[0], swing=0.5 + given[0] / 4, hold=given[1]))
        elif name == "way":
            session.set_mode(given[0])
        elif name == "fill":
            session.fill_now()
        elif name == "panic":
            session.panic()
        elif name == "unplug":
            jam.port.is_lost = True
        elif name == "plug":
            jam.port.is_lost = False
            jam.scheduler.found()
        elif name == "input lost":
            session.input_lost("keys")
        elif name == "generator fails":
            jam.drummer.error = RuntimeError("broken") if given[0] else None
        elif name == "start":
            jam.transport.start(given[0], count_in_bars=given[1])
        elif name == "stop":
            jam.transport.stop()
            self.expect_silence()
        elif name == "resume":
            jam.transport.resume()
        elif name == "tempo":
            jam.transport.set_tempo(given[0])
        elif name == "seek":
            jam.transport.relocate(given[0])
        elif name == "ticks":
            jam.tick(*given)
        elif name == "daw":
            jam.follower.feed(bytes(given), now)
            if given[0] == STOP:
                self.expect_silence()
        elif name == "song position":
            jam.follower.feed(song_position(given[0]), now)
        if name not in ("advance", "note", "pedal", "tempo", "fill", "generator fails", "input lost"):
            self.reset_seconds = jam.clock.now_seconds()
        self.check()

    def expect_silence(self) -> None:
        self.jam.session.wake()
        self.jam.clock.advance()
        if not self.jam.port.is_lost:
            assert not self.jam.scheduler.sounding

    def check(self) -> None:
        """Nothing ends that does not sound, nothing begins twice, and where only time went on no hit came doubled."""
        sounding: set[int] = set()
        last: dict[int, float] = {}
        for seconds, data in self.wire:
            pitch = data[1]
            if data[0] & 0xF0 == 0x90:
                assert pitch not in sounding
                sounding.add(pitch)
                if last.get(pitch, 0.0) > self.reset_seconds:
                    assert seconds - last[pitch] > SOON_SECONDS
                last[pitch] = seconds
            elif data[0] & 0xF0 == 0x80:
                sounding.remove(pitch)
        assert sounding == {pitch for _, pitch in self.jam.scheduler.sounding}
        assert self.jam.session.status.message in (
            "",
            "The drums could not be written: RuntimeError: broken.",
        )
        if len(self.wire) > 200:
            del self.wire[: max(0, self._quiet_place())]

    def _quiet_place(self) -> int:
        """The last place in the first half of the wire where nothing sounds."""
        depth, place = 0, 0
        for index, (_, data) in enumerate(self.wire[: len(self.wire) // 2]):
            depth += {0x90: 1, 0x80: -1}.get(data[0] & 0xF0, 0)
            place = index + 1 if depth == 0 else place
        return place

    def end(self) -> None:
        self.do("plug")
        self.jam.close()
        self.check()
        assert not self.jam.scheduler.sounding


def run(orders, settings, *, follows: bool) -> None:
    chaos = Chaos(settings, follows=follows)
    for order in orders:
        chaos.do(*order)
    chaos.end()
    chaos.jam.session._recorder.stop()


@settings(max_examples=EXAMPLES)
@given(st.lists(leading_order, max_size=40), jam_settings)
def test_whatever_happens_to_a_session_that_leads(orders, settings) -> None:
    run([("start", 0.0, 0), *orders], settings, follows=False)


@settings(max_examples=EXAMPLES)
@given(st.lists(following_order, max_size=40), jam_settings)
def test_whatever_happens_to_a_session_that_follows_a_daw(orders, settings) -> None:
    run([("daw", START), ("ticks", 100, 120.0), *orders], settings, follows=True)
