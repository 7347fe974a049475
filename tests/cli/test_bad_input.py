"""Bad input on the command line: one sentence, the right exit code, nothing half-written."""

import subprocess
import sys
from pathlib import Path

import pytest

from musegen_daw.cli.main import main
from musegen_daw.errors import ModelError
from musegen_daw.midi.file import song_to_bytes
from musegen_daw.music.clip import Song
from tests.cli.doubles import TIME_MAP, kit, one_sentence, part

GOOD = song_to_bytes(Song((part(),), TIME_MAP))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"not MIDI at all", "is not a MIDI file"),
        (b"", "is empty"),
        (GOOD[:50], "is cut short"),
        (GOOD[:12] + b"\xe7\x00" + GOOD[14:], "SMPTE"),
        (GOOD[:10] + b"\0\0\x01\xe0", "no tracks"),
        (song_to_bytes(Song((kit(0),), TIME_MAP)), "no instrument track"),
        (song_to_bytes(Song((), TIME_MAP)), "no instrument track"),
    ],
)
def test_bad_input_is_one_sentence_and_no_file(run, tmp_path, drummer, data, said):
    (tmp_path / "in.mid").write_bytes(data)
    code, out, err = run("generate", tmp_path / "in.mid", "-o", tmp_path / "out.mid")
    assert (code, out) == (1, "")
    sentence = one_sentence(err)
    assert said in sentence
    assert "in.mid" in sentence
    assert [p.name for p in tmp_path.iterdir()] == ["in.mid"]
    assert drummer.opened == []


def test_places_that_cannot_be_read_or_written(run, clip, tmp_path):
    for args, said in [
        ((tmp_path, "-o", tmp_path / "x.mid"), "is a folder"),
        ((tmp_path / "none.mid", "-o", tmp_path / "x.mid"), "does not exist"),
        ((clip, "-o", tmp_path / "none" / "x.mid"), "does not exist"),
        ((clip, "-o", tmp_path / "x.txt"), "end in .mid"),
        ((clip, "-o", clip), "overwrite an input"),
        ((clip, clip, "-o", tmp_path / "x.mid"), "must be a folder"),
        ((clip, clip, "-o", tmp_path / "out"), "Two inputs"),
        ((clip, "-o", clip / "folder"), "Cannot make the folder"),
    ]:
        code, _, err = run("generate", *args)
        assert code == 1
        assert said in one_sentence(err)
    assert not (tmp_path / "x.mid").exists()


def test_a_corrupt_model_is_one_sentence_even_for_many_inputs(clip, tmp_path, capsys):
    def fail(model_dir):
        raise ModelError(f"The model in {model_dir} is damaged.")

    other = tmp_path / "other.mid"
    other.write_bytes(clip.read_bytes())
    args = ["generate", str(clip), str(other), "-o", str(tmp_path / "out"), "--model", "mine"]
    assert main(args, open_generator=fail) == 1
    assert one_sentence(capsys.readouterr().err) == "Error: The model in mine is damaged.\n"
    assert list((tmp_path / "out").iterdir()) == []


def test_ctrl_c_leaves_nothing_half_written(clip, tmp_path, capsys):
    def interrupt(model_dir):
        raise KeyboardInterrupt

    assert main(["generate", str(clip), "-o", str(tmp_path / "out.mid")], open_generator=interrupt) == 130
    assert capsys.readouterr().err == "Stopped.\n"
    assert [p.name for p in tmp_path.iterdir()] == ["clip.mid"]


def test_verbose_adds_the_traceback_on_either_side(clip, tmp_path, capsys):
    def fail(model_dir):
        raise ZeroDivisionError("by zero")

    args = ["generate", str(clip), "-o", str(tmp_path / "out.mid")]
    assert main(args, open_generator=fail) == 1
    assert capsys.readouterr().err == "Unexpected error: by zero\n"
    for verbose in (["--verbose", *args], [*args, "--verbose"]):
        assert main(verbose, open_generator=fail) == 1
        assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize(
    "extra",
    [
        ["--bars", "0"],
        ["--variations", "999"],
        ["--density", "2"],
        ["--temperature", "nan"],
        ["--temperature", "0"],
        ["--seed", "-1"],
        ["--style", "rock", "--primer", "x.mid"],
    ],
)
def test_misuse_exits_2_and_says_which_option(run, clip, tmp_path, extra):
    code, _, err = run("generate", clip, "-o", tmp_path / "out.mid", *extra)
    assert code == 2
    assert extra[0] in err


def test_version(run):
    assert run("--version")[1].startswith("musegen-daw ")


@pytest.mark.parametrize(
    ("data", "said"), [(b"no", "is not a MIDI file"), (GOOD[:40], "is cut short"), (None, "does not exist")]
)
def test_bad_input_from_a_shell(tmp_path, data, said):
    if data is not None:
        (tmp_path / "in.mid").write_bytes(data)
    command = [sys.executable, "-m", "musegen_daw", "generate", "in.mid", "-o", "out.mid"]
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, timeout=300, env={"PYTHONPATH": str(root)}
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert said in one_sentence(done.stderr)
    assert not (tmp_path / "out.mid").exists()


def test_the_command_line_starts_without_slow_libraries(tmp_path):
    slow = ["librosa", "matplotlib", "miditok", "numpy", "onnxruntime", "PySide6", "symusic"]
    code = f"import sys, musegen_daw.cli.main; print([name for name in {slow} if name in sys.modules])"
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, timeout=300)
    assert done.stdout == "[]\n"
