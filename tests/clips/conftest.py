"""A clip of four bars with keys and bass, as a document and as bytes."""

import pytest

from musegen_daw.clips.document import MidiSource
from musegen_daw.clips.opening import open_clip
from musegen_daw.drums.request import DrumSettings
from musegen_daw.midi.file import song_to_bytes
from musegen_daw.music.clip import Song
from tests.cli.doubles import TIME_MAP, part


@pytest.fixture
def source():
    return MidiSource("verse.mid", song_to_bytes(Song((part(), part("Bass", 33)), TIME_MAP)))


@pytest.fixture
def document(source):
    return open_clip([source], 1, DrumSettings(seed=0, variations=3))
