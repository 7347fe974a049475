"""`musegen-daw bounce` as a person uses it."""

import json
from dataclasses import dataclass, replace
from pathlib import Path

from musegen_daw.cli.main import main
from musegen_daw.errors import AudioError
from musegen_daw.midi.file import read_midi, write_midi
from musegen_daw.music.clip import Note, Song
from musegen_daw.music.time import TimeMap
from tests.cli.doubles import TIME_MAP, kit, one_sentence, part


@dataclass
class FakeReport:
    path: Path
    soundfont: Path = Path("some.sf2")
    seconds: float = 8.0
    peak_dbfs: float = -1.0
    stems: tuple[Path, ...] = ()


class Renderer:
    def __init__(self) -> None:
        self.songs: list[Song] = []
        self.options: list[dict] = []

    def __call__(self, song, path, **options):
        self.songs.append(song)
        self.options.append(options)
        return FakeReport(path)


def bounce(drummer, *args):
    renderer = Renderer()
    code = main(["bounce", *map(str, args)], open_generator=drummer.open, bounce_song=renderer)
    return code, renderer


def test_bounce_writes_drums_where_there_are_none(clip, tmp_path, drummer, capsys):
    args = (
        clip,
        "-o",
        tmp_path / "mix.wav",
        "--seed",
        5,
        "--json",
        "--sample-rate",
        48000,
        "--stems",
        "stems",
    )
    code, renderer = bounce(drummer, *args)
    assert code == 0
    (song,), (options,) = renderer.songs, renderer.options
    assert len(song.drums) == 1
    assert song.parts == read_midi(clip).parts
    assert (options["sample_rate_hz"], options["stems_dir"], options["soundfont"]) == (
        48000,
        Path("stems"),
        None,
    )
    assert json.loads(capsys.readouterr().out)["seed"] == 5


def test_bounce_takes_the_drums_it_is_given(clip, tmp_path, drummer):
    drums = tmp_path / "drums.mid"
    write_midi(Song((kit(0, 120, ppq=240),), TimeMap(240)), drums)
    code, renderer = bounce(drummer, clip, "-o", tmp_path / "mix.wav", "--drums", drums)
    assert code == 0
    assert [n.start_ticks for n in renderer.songs[0].drums[0].notes] == [0, 480]
    assert drummer.opened == []


def test_bounce_plays_a_clip_with_drums_as_it_is(tmp_path, drummer):
    song = Song((part(), kit(0, length_ticks=100)), TIME_MAP)
    write_midi(song, tmp_path / "in.mid")
    code, renderer = bounce(drummer, tmp_path / "in.mid", "-o", tmp_path / "mix.wav")
    assert code == 0
    assert renderer.songs == [read_midi(tmp_path / "in.mid")]
    assert drummer.opened == []


def test_bounce_failures_are_one_sentence(clip, tmp_path, drummer, capsys):
    def fail(song, path, **options):
        raise AudioError("No SoundFont.")

    for output, said in [
        (tmp_path / "x.mp3", "end in .wav"),
        (tmp_path / "none" / "x.wav", "does not exist"),
    ]:
        assert bounce(drummer, clip, "-o", output)[0] == 1
        assert said in one_sentence(capsys.readouterr().err)
    args = ["bounce", str(clip), "-o", str(tmp_path / "x.wav")]
    assert main(args, open_generator=drummer.open, bounce_song=fail) == 1
    assert one_sentence(capsys.readouterr().err) == "Error: No SoundFont.\n"


def test_bounce_makes_a_loop_where_it_is_asked_for_one(clip, tmp_path, drummer):
    _, plain = bounce(drummer, clip, "-o", tmp_path / "mix.wav")
    code, looped = bounce(drummer, clip, "-o", tmp_path / "mix.wav", "--loop")
    assert code == 0
    assert [plain.options[0]["loop"], looped.options[0]["loop"]] == [False, True]


def test_a_loop_is_not_sent_through_a_vocoder(clip, tmp_path, drummer, capsys):
    code, renderer = bounce(drummer, clip, "-o", tmp_path / "mix.wav", "--loop", "--vocode")
    assert code == 1
    assert "--loop" in one_sentence(capsys.readouterr().err)
    assert renderer.songs == []


def test_a_stray_note_is_left_out_and_said(tmp_path, drummer, capsys):
    stray = replace(part(), notes=(*part().notes, Note(60, 90, 90 * 3840, 480)))
    for drums, said in (((), "drums for its 4 bars; 1 note more than"), ((kit(0),), "1 note more than")):
        path = tmp_path / "stray.mid"
        write_midi(Song((stray, *drums), TIME_MAP), path)
        code, renderer = bounce(drummer, path, "-o", tmp_path / "mix.wav")
        assert code == 0
        (song,) = renderer.songs
        assert song.end_ticks <= 4 * 3840
        assert song.parts[0].notes == part().notes
        assert f"stray.mid: {said} 64 bars later left out." in capsys.readouterr().err
