"""What is printed can only be read: no name of a file, track or model commands the terminal or stops the program."""

import io
import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musegen_daw.cli import terminal
from musegen_daw.cli.jam_display import Display
from musegen_daw.cli.main import main
from musegen_daw.errors import MusegenError

TITLE = "\x1b]0;owned\x07"
CONTROLS = [chr(code) for code in (*range(32), *range(127, 160)) if code != 10]


@given(st.text(st.characters(exclude_categories=[])))
def test_only_what_can_be_read_is_left_and_lines_stay(text):
    read = terminal.printable(text)
    assert len(read) == len(text)
    assert not set(CONTROLS) & set(read)
    assert read.count("\n") == text.count("\n")
    read.encode()


def test_letters_of_all_languages_stay():
    assert terminal.printable("Überbaß – 太鼓 🥁\n×") == "Überbaß – 太鼓 🥁\n×"


@pytest.mark.parametrize("control", CONTROLS)
def test_no_way_to_the_terminal_lets_a_control_character_through(capsys, control):
    name = f"a{control}b"
    terminal.note(name)
    terminal.report_error(MusegenError(name), verbose=True)
    terminal.say_facts({"name": name}, name, as_json=False)
    terminal.say_facts({"name": name}, name, as_json=True)
    Display(as_json=False).event("message", name)
    Display(as_json=True).event("message", name, sentence=name)
    captured = capsys.readouterr()
    assert not set(CONTROLS) & set(captured.out + captured.err)
    assert json.loads(captured.out.splitlines()[1]) == {"name": name}
    assert json.loads(captured.out.splitlines()[3])["sentence"] == name


def test_a_narrow_encoding_gets_question_marks():
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    terminal.say("太 b\udcff", stream)
    stream.seek(0)
    assert stream.read() == "? b?\n"


def test_a_file_whose_name_commands_the_terminal(run, clip, tmp_path):
    code, out, err = run(
        "generate", clip.rename(tmp_path / f"{TITLE}.mid"), "-o", tmp_path / f"{TITLE}out.mid"
    )
    assert code == 0
    assert "owned" in out
    assert not set(CONTROLS) & set(out + err)
    code, out, err = run("generate", tmp_path / f"{TITLE}gone.mid", "-o", tmp_path / "out.mid")
    assert code == 1
    assert "owned" in err
    assert not set(CONTROLS) & set(out + err)


@pytest.mark.skipif(os.name == "nt", reason="names are text there")
def test_a_file_whose_name_is_no_text_is_written_and_told(run, clip, tmp_path):
    out_path = tmp_path / os.fsdecode(b"dr\xfcms.mid")
    try:
        out_path.touch()
    except OSError:
        pytest.skip("this disk keeps no such names")
    code, out, err = run("generate", clip, "-o", out_path)
    assert (code, err) == (0, "")
    assert "dr\ufffdms.mid" in out


def test_misuse_is_told_without_control_characters(capsys):
    assert main(["ports", TITLE]) == 2
    err = capsys.readouterr().err
    assert "owned" in err
    assert not set(CONTROLS) & set(err)
