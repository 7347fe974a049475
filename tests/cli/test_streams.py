"""What is printed where nobody takes it: pipes that close, a full device, streams the program was started without."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from musegen_daw.midi.file import read_midi
from tests.cli.doubles import one_sentence

SCRIPT = (
    "from musegen_daw.cli.main import main; from tests.cli.doubles import Drummer; import sys; "
    "sys.exit(main(sys.argv[1:], open_generator=Drummer().open))"
)
FULL = "Error: Cannot write to the standard output: no space left on device.\n"
CLOSED = "Error: Cannot write to the standard output: bad file descriptor.\n"


@pytest.fixture(params=["", "1"], ids=["buffered", "unbuffered"])
def start(request, monkeypatch):
    """Runs a command with the fake drummer as a shell does, its standard output redirected as told."""
    monkeypatch.setenv("PYTHONUNBUFFERED", request.param)

    def run(*args, out, err=""):
        command = [sys.executable, "-c", SCRIPT, *map(str, args)]
        shell = ["sh", "-c", f'"$@" {out} {err}', "sh", *command]
        if out != "closed pipe":
            return subprocess.run(shell, capture_output=True, text=True, check=False)
        reader, writer = os.pipe()
        os.close(reader)
        try:
            return subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
        finally:
            os.close(writer)

    return run


@pytest.fixture
def clips(clip, tmp_path):
    paths = [tmp_path / f"clip-{number}.mid" for number in range(12)]
    for path in paths:
        path.write_bytes(clip.read_bytes())
    return paths


@pytest.mark.parametrize(
    ("out", "code", "said"), [("closed pipe", 0, ""), (">/dev/full", 1, FULL), (">&-", 1, CLOSED)]
)
def test_all_files_are_written_wherever_their_names_go(start, clips, tmp_path, out, code, said):
    done = start("generate", *clips, "-o", tmp_path / "out", out=out)
    assert (done.returncode, done.stderr) == (code, said)
    written = sorted((tmp_path / "out").iterdir())
    assert [path.name for path in written] == sorted(f"{path.stem}-drums.mid" for path in clips)
    assert all(read_midi(path).drums for path in written)


@pytest.mark.parametrize("out", ["closed pipe", ">/dev/full", ">&-"])
def test_all_takes_are_written_wherever_their_names_go(start, clip, tmp_path, out):
    start("generate", clip, "-o", tmp_path / "out", "--variations", 5, out=out)
    assert len([*(tmp_path / "out").iterdir()]) == 5


@pytest.mark.parametrize(
    "words",
    [
        ("--list-styles",),
        ("--list-drum-maps",),
        ("--list-mel-scales",),
        ("--version",),
        ("--help",),
        ("jam", "--help"),
    ],
)
@pytest.mark.parametrize(
    ("out", "code", "said"), [("closed pipe", 0, ""), (">/dev/full", 1, FULL), (">&-", 1, CLOSED)]
)
def test_a_list_ends_as_that_of_an_ordinary_tool(start, words, out, code, said):
    done = start(*words, out=out)
    assert (done.returncode, done.stderr) == (code, said)


@pytest.mark.parametrize("out", [">/dev/full", "2>/dev/full", ">&- 2>&-"])
def test_a_misuse_keeps_its_code(start, out):
    done = start("generate", out=out)
    assert done.returncode == 2
    assert ("required" in done.stderr) == (out == ">/dev/full")


@pytest.mark.parametrize("err", ["2>/dev/full", "2>&-"])
def test_an_error_that_cannot_be_told_keeps_its_code(start, clips, tmp_path, err):
    done = start("generate", tmp_path / "none.mid", *clips, "-o", tmp_path / "out", out="", err=err)
    assert done.returncode == 1
    assert len(done.stdout.splitlines()) == len([*(tmp_path / "out").iterdir()]) == 12


def test_no_file_takes_the_place_of_a_stream_that_is_closed(start, clip, tmp_path):
    """What a library prints would else be written into it."""
    script = (
        "import os; from pathlib import Path; from musegen_daw.cli import standard_output; "
        "standard_output.open_closed(); file = os.open('new', os.O_CREAT | os.O_WRONLY); "
        "Path('number').write_text(str(file))"
    )
    command = ["sh", "-c", '"$@" <&- >&- 2>&-', "sh", sys.executable, "-c", script]
    assert subprocess.run(command, cwd=tmp_path, check=False).returncode == 0
    assert int((tmp_path / "number").read_text()) > 2


def test_a_file_for_a_closed_standard_output_is_a_sentence(start, clip):
    done = start("generate", clip, "-o", "-", out=">&-")
    assert done.returncode == 1
    assert one_sentence(done.stderr) == CLOSED
