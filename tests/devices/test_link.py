"""Ableton Link as an extra: what is said where it is missing, and how its library is used where it is there."""

from __future__ import annotations

import asyncio
import sys

import pytest

from musegen_daw.devices import link
from musegen_daw.devices.link import LinkError, is_link_installed, open_link

LIBRARY = """
import asyncio

class Link:
    def __init__(self, bpm):
        asyncio.get_running_loop()  # raises RuntimeError where there is none
        self.tempo, self.quantum, self.enabled, self.playing = bpm, 1.0, False, False
        self.start_stop_sync_enabled = False
        self.beat, self.num_peers = 2.5, 1

    def request_beat(self, beat):
        self.beat = beat
"""


@pytest.fixture
def library(tmp_path, monkeypatch):
    """Puts a module in the place of the library, and takes it away."""

    def put(text: str) -> None:
        (tmp_path / "aalink.py").write_text(text)
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.delitem(sys.modules, "aalink", raising=False)
        monkeypatch.setattr(link, "FOUND_SECONDS", 0.0)

    yield put
    sys.modules.pop("aalink", None)


def test_where_it_is_missing_the_sentence_says_how_to_install_it(monkeypatch) -> None:
    monkeypatch.setattr(link, "PACKAGE", "no_such_package_of_link")
    assert not is_link_installed()
    with pytest.raises(
        LinkError, match=r"^Ableton Link is not installed\. Run: pip install 'musegen-daw\[link\]'\.$"
    ):
        open_link(120.0, 4.0)


def test_a_peer_shares_start_and_stop_and_has_the_bars_of_the_meter(library) -> None:
    library(LIBRARY)
    assert is_link_installed()
    assert "aalink" not in sys.modules  # it is looked for, not imported
    peer = open_link(97.0, 3.0)
    made = sys.modules["aalink"].Link
    (inner,) = [each for each in vars(peer).values() if isinstance(each, made)]
    assert (inner.quantum, inner.start_stop_sync_enabled, inner.enabled) == (3.0, True, True)
    assert (peer.beat, peer.tempo_bpm, peer.is_playing, peer.peers) == (2.5, 97.0, False, 1)
    peer.set_tempo(88.0)
    peer.set_playing(True)
    peer.request_beat(-1.0)
    assert (inner.tempo, inner.playing, inner.beat) == (88.0, True, -1.0)
    with pytest.raises(RuntimeError):
        asyncio.get_running_loop()
    peer.close()
    assert not inner.enabled


@pytest.mark.parametrize(
    "text", ["raise ImportError('no libstdc++')", "def Link(bpm):\n    raise OSError('no network')"]
)
def test_a_library_that_fails_is_told_in_one_sentence(library, text) -> None:
    library(text)
    with pytest.raises(LinkError, match=r"^Ableton Link cannot be started: no .*\.$"):
        open_link(120.0, 4.0)
