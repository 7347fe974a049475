"""The Clips page with a clip of four bars."""

import pytest

from musegen_daw.midi.file import write_midi
from musegen_daw.music.clip import Song
from tests.cli.doubles import TIME_MAP, part
from tests.pages.clips import ClipsPage


@pytest.fixture
def clip_path(tmp_path):
    path = tmp_path / "verse.mid"
    write_midi(Song((part(), part("Strings", 48), part("Bass", 33)), TIME_MAP), path)
    return path


@pytest.fixture
def open_page(qtbot):
    pages = []

    def make(context, **options):
        pages.append(ClipsPage(qtbot, context, **options))
        return pages[-1]

    yield make
    for page in pages:
        page.panel.close_work()


@pytest.fixture
def clips(open_page, context, clip_path):
    """With the clip open."""
    page = open_page(context)
    page.open(clip_path)
    return page
