"""Every signal that asks for the end stops every command at once: one word, its code, and nothing left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from musegen_daw.cli import terminal
from musegen_daw.cli.main import main
from musegen_daw.midi.file import write_midi
from musegen_daw.music.clip import Song
from tests.cli.doubles import TIME_MAP, kit, part
from tests.systems import SYSTEMS, live_on

SIGNALS = signal.SIGINT, signal.SIGTERM, signal.SIGHUP


@pytest.fixture
def song(tmp_path):
    path = tmp_path / "song.mid"
    write_midi(Song((part(bars=1), kit(0, 960)), TIME_MAP), path)
    return path


@pytest.fixture
def stopped(monkeypatch):
    """Has a signal come at the n-th step that a command tells of."""

    def come(number, step):
        steps = iter(range(1000))

        def told(_progress, _done, _total):
            if next(steps) == step:
                signal.raise_signal(number)

        monkeypatch.setattr(terminal.TerminalProgress, "__call__", told)

    return come


COMMANDS = (
    ("generate", "song.mid", "-o", "out.mid"),
    ("generate", "song.mid", "-o", "old.mid"),
    ("generate", "song.mid", "-o", "-"),
    ("bounce", "song.mid", "-o", "out.wav"),
    ("bounce", "song.mid", "-o", "-"),
    ("bounce", "song.mid", "-o", "out.wav", "--stems", "a/stems"),
    ("bounce", "song.mid", "-o", "out.wav", "--vocode"),
    ("vocode", "song.mid", "-o", "out.wav", "--save-mel", "mel.npy"),
)


@pytest.mark.parametrize(
    ("number", "system"),
    [*((signal.SIGTERM, system) for system in SYSTEMS), (signal.SIGINT, "this"), (signal.SIGHUP, "this")],
)
@pytest.mark.parametrize("words", COMMANDS)
def test_a_signal_stops_a_command_and_leaves_nothing(
    song, drummer, stopped, tmp_path, monkeypatch, capsys, tiny_vocoder, words, number, system
):
    live_on(system, monkeypatch)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / "old.mid").write_bytes(b"old")
    model = {"vocode": ("--model", tiny_vocoder), "bounce": ("--vocoder", tiny_vocoder)}
    more = map(str, model[words[0]]) if words[0] == "vocode" or "--vocode" in words else ()
    before = {each: signal.getsignal(each) for each in SIGNALS}
    there = sorted(path.name for path in tmp_path.iterdir())
    stopped(number, 0 if words[0] == "generate" else 3)
    assert main([*words, *more], open_generator=drummer.open) == 128 + number
    assert capsys.readouterr().err.endswith("Stopped.\n")
    assert sorted(path.name for path in tmp_path.iterdir()) == there
    assert (tmp_path / "old.mid").read_bytes() == b"old"
    assert {each: signal.getsignal(each) for each in SIGNALS} == before


def test_nohup_keeps_a_command_going(song, drummer, stopped, tmp_path):
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        stopped(signal.SIGHUP, 0)
        assert main(["generate", str(song), "-o", str(tmp_path / "o.mid")], open_generator=drummer.open) == 0
    finally:
        signal.signal(signal.SIGHUP, before)
    assert (tmp_path / "o.mid").is_file()


def test_a_program_that_waits_for_a_pipe_is_stopped(song, tmp_path):
    """As a real process: nobody reads the pipe that it writes to."""

    pipe = tmp_path / "pipe.mid"
    os.mkfifo(pipe)
    script = (
        "from musegen_daw.cli.main import main; from tests.cli.doubles import Drummer; import sys; "
        "from musegen_daw import files; copy = files._copy; "
        "files._copy = lambda *ways: (print('waits', flush=True), copy(*ways)); "
        "sys.exit(main(sys.argv[1:], open_generator=Drummer().open))"
    )
    command = [sys.executable, "-c", script, "generate", str(song), "-o", str(pipe)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "waits\n"
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=120)
    assert (process.returncode, out, err) == (128 + signal.SIGTERM, "", "Stopped.\n")
