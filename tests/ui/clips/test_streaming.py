"""A clip is heard while it is rendered: from the playhead on, edits without a gap, and after its process was killed."""

import os
import signal
import threading

import numpy as np
import pytest

from musegen_daw.midi.file import write_midi
from musegen_daw.music.clip import Song
from musegen_daw.music.time import Tempo, TimeMap
from musegen_daw.playback.levels import FLOOR_DB
from musegen_daw.playback.player import Player
from musegen_daw.playback.streaming import Block
from musegen_daw.progress import Cancelled
from musegen_daw.ui.widgets.look import apply_theme
from musegen_daw.workers.worker import Worker
from tests.cli.doubles import part
from tests.playback.doubles import FakeSoundDevice
from tests.ui.doubles import make_context

BARS = 16


class Gate:
    """Computes here, and lets through so many blocks of a call at first."""

    def __init__(self):
        self.let_through = None
        self.open = threading.Event()
        self.calls, self.given_up = [], 0

    def compute(self, function, *arguments, progress, cancelled):
        blocks = []
        self.calls.append(blocks)

        def told(each):
            progress(each)
            if isinstance(each, Block):
                blocks.append(each)
                while self.let_through is not None and len(blocks) >= self.let_through:
                    if self.open.wait(0.01) or cancelled():
                        break

        try:
            return function(*arguments, progress=told, cancelled=cancelled)
        except Cancelled:
            self.given_up += 1
            raise


@pytest.fixture
def device():
    return FakeSoundDevice()


@pytest.fixture
def player(device):
    made = Player(library=device)
    yield made
    made.close()


@pytest.fixture
def clip_path(tmp_path):
    path = tmp_path / "song.mid"
    write_midi(Song((part(bars=BARS, ppq=480),), TimeMap(480, (Tempo(0, 500_000),))), path)
    return path


@pytest.fixture
def gate():
    made = Gate()
    yield made
    made.open.set()


@pytest.fixture
def page(open_page, tmp_path, clip_path, player, gate):
    page = open_page(make_context(tmp_path, player=lambda: player, compute=gate.compute))
    page.open(clip_path)
    page.click_cell(0, 480)
    page.until(lambda: page.panel.playback.is_ready)
    yield page
    gate.open.set()
    page.panel.close_work()


def hear(page, player, device, samples):
    """The next samples of the deck, asked for as it waits, too."""
    heard = []
    while sum(map(len, heard)) < samples:
        heard.append(device.streams[-1].block())
        page.qtbot.wait(1)
    return np.concatenate(heard)


def play(page, player, device):
    page.click("play")
    page.until(lambda: player.deck is not None and player.deck.is_playing)
    player.wait()
    page.until(lambda: device.streams[-1].block() is not None and not player.deck.is_waiting)


def is_whole(player):
    return all(not source.arrival.missing(0, len(source.audio)) for source in player.deck.sources)


def test_opening_a_clip_makes_its_beginning_ready(page, gate):
    (blocks,) = gate.calls
    assert blocks[0].first == 0
    rendered = sum(len(block.audio) for block in blocks if block.name == "part")
    assert 0 < rendered < 2 * 48_000


def test_it_is_heard_while_the_rest_is_not_there(page, player, device, gate):
    page.panel.transport.go_to(8 * 4 * 480)
    gate.let_through = 6
    play(page, player, device)
    at = player.deck.next_samples
    assert at >= 16 * 48_000
    assert not is_whole(player)
    assert hear(page, player, device, 5_000).any()
    assert page.text("play") == "Stop"
    gate.open.set()
    page.until(lambda: is_whole(player))
    assert player.deck.is_playing


def test_a_place_that_is_not_rendered_is_soon_heard(page, player, device, gate):
    gate.let_through = 40
    play(page, player, device)
    page.panel.transport.go_to(12 * 4 * 480)
    seek = 24 * 48_000
    page.until(lambda: device.streams[-1].block() is not None and player.deck.next_samples > seek)
    assert not player.deck.is_waiting
    assert any(blocks and blocks[0].first in range(seek - 10, seek + 10) for blocks in gate.calls)


def test_an_edit_is_heard_without_a_gap_and_the_level_stays(page, player, device, gate):
    play(page, player, device)
    page.until(lambda: is_whole(player))
    part_before, drums_before = player.deck.sources
    gate.let_through = 30
    page.click_cell(1, 960)
    waited = []

    def is_taken():
        device.streams[-1].block()
        waited.append(player.deck.is_waiting)
        return player.deck.sources[1] is not drums_before

    page.until(is_taken)
    part_after, drums_after = player.deck.sources
    assert not any(waited)
    assert part_after.audio is part_before.audio
    assert (part_after.gain, drums_after.gain) == (part_before.gain, drums_before.gain)
    assert gate.calls[-1][0].first > 0  # from the playhead on
    gate.open.set()
    page.until(lambda: is_whole(player))


def test_no_level_moves_when_the_rest_comes(page, player, device, gate):
    gate.let_through = 12
    play(page, player, device)
    early = [source.gain for source in player.deck.sources]
    gate.open.set()
    page.until(lambda: is_whole(player))
    page.click("play")
    play(page, player, device)
    assert [source.gain for source in player.deck.sources] == early


def test_stop_gives_up_rendering_and_play_goes_on_with_it(page, player, device, gate):
    gate.let_through = 8
    play(page, player, device)
    before = gate.given_up
    page.click("play")
    page.until(lambda: gate.given_up > before)
    rendered = [source.arrival.ahead(0) for source in player.deck.sources]
    assert all(0 < samples < len(player.deck.sources[0].audio) for samples in rendered)
    gate.let_through = None
    play(page, player, device)
    page.until(lambda: is_whole(player))


def test_a_process_that_is_killed_is_a_sentence_and_play_is_heard_again(
    open_page, tmp_path, clip_path, player, device
):
    worker = Worker("computes audio")
    killed = []

    def compute(function, *arguments, progress, cancelled):
        def told(each):
            process = worker.process_id
            # None: what it told before its end is still read.
            if isinstance(each, Block) and len(killed) < 2 and process is not None and process not in killed:
                killed.append(process)
                os.kill(process, signal.SIGTERM)
            progress(each)

        return worker.call(function, *arguments, progress=told, cancelled=cancelled)

    try:
        page = open_page(make_context(tmp_path, player=lambda: player, compute=compute))
        killed += ["not", "yet"]
        page.open(clip_path)
        page.click_cell(0, 480)
        page.until(lambda: page.panel.playback.is_ready)
        killed.clear()
        page.panel.transport.go_to(8 * 4 * 480)
        page.click("play")
        page.until(lambda: "bad" in [level for level, _ in page.messages])
        assert "computes audio has ended unexpectedly" in page.messages[-1][1]
        assert page.text("play") == "Play"
        assert len(killed) == 2
        play(page, player, device)
        assert hear(page, player, device, 5_000).any()
        page.panel.close_work()
    finally:
        worker.close()


def test_the_meter_moves_while_it_plays_and_rests_else(page, player, device, gate):
    meter = page.find("clip-level")
    assert meter.accessibleName() == "Clip level"
    assert meter.accessibleDescription() == "silent"
    play(page, player, device)
    page.until(lambda: device.streams[-1].block() is not None and meter.accessibleDescription() != "silent")
    assert meter.accessibleDescription().endswith(" dB")
    assert FLOOR_DB < float(meter.text().removesuffix(" dB").replace("−", "-")) < 6
    page.click("play")
    assert meter.accessibleDescription() == "silent"


def test_the_meter_is_drawn_in_both_themes(page, player, device, qapp):
    meter = page.find("clip-level")
    play(page, player, device)
    page.until(lambda: device.streams[-1].block() is not None and meter.text() != "silent")
    pictures = []
    for name in ("dark", "light"):
        apply_theme(qapp, name)
        pictures.append(meter.grab().toImage())
    middle = meter.rect().center()
    assert pictures[0].pixelColor(middle) != pictures[1].pixelColor(middle)


def test_the_row_says_which_soundfont_is_heard(page, tmp_path):
    output = page.find("play-through")
    assert output.itemText(0).startswith("Sound device (")
    assert ".sf2" in output.itemText(0)
    assert "SoundFont: " in output.toolTip()
    page.choose("play-through", "Sound device")


def test_a_soundfont_that_is_missing_is_said_in_the_row_and_where_it_is_played(
    open_page, tmp_path, clip_path, player
):
    context = make_context(tmp_path, player=lambda: player)
    context.settings.change(soundfont=str(tmp_path / "gone.sf2"))
    page = open_page(context)
    page.open(clip_path)
    page.until(lambda: page.panel.playback.is_ready)
    assert "There is no SoundFont file" in page.find("play-through").toolTip()
    assert page.messages == []
    page.click("play")
    page.until(lambda: page.messages)
    assert "gone.sf2" in page.messages[-1][1]
    assert page.text("play") == "Play"
    page.panel.close_work()
