"""A clip, a drummer that writes what is expected, and the command line with it."""

import pytest

from musegen_daw.cli.main import main
from musegen_daw.midi.file import write_midi
from musegen_daw.music.clip import Song
from tests.cli.doubles import TIME_MAP, Drummer, part


@pytest.fixture
def drummer():
    return Drummer()


@pytest.fixture
def clip(tmp_path):
    path = tmp_path / "clip.mid"
    write_midi(Song((part(), part("Bass", 33)), TIME_MAP), path)
    return path


@pytest.fixture
def run(drummer, capsys):
    def run_command(*args):
        code = main([str(arg) for arg in args], open_generator=drummer.open)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run_command
