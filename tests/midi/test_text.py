"""Text encodings of MIDI files."""

import pytest

from musegen_daw.midi.file import song_from_bytes
from musegen_daw.midi.text import text_decoder
from tests.midi_bytes import END, meta, midi_bytes, notes

NAMES = {
    "cp932": [
        "ギター",
        "ドラム",
        "ピアノ",
        "ベース",
        "主旋律",
        "伴奏",
        "エレキギター 1",
        "歌",
        "ﾋﾟｱﾉ",
        "ｷﾞﾀｰ",
        "ﾍﾞｰｽ",
        "ピアノ左手",
    ],
    "cp1251": [
        "Гитара",
        "Ударные",
        "Бас",
        "Вокал",
        "УДАРНЫЕ",
        "Соло гитара",
        "Бэк-вокал",
        "Хор",
        "Партия 1",
        "Ритм",
        "Скрипки 2",
    ],
    "cp1252": [
        "Café",
        "Flûte",
        "Größe",
        "Bläser",
        "Violão",
        "Señor",
        "Übung",
        "Percusión",
        "Coração",
        "© 1997 Müller",
    ],
    "utf-8": ["ギター", "Ударные", "Flûte", "吉他", "기타"],
}


@pytest.mark.parametrize(
    ("encoding", "name"), [(encoding, name) for encoding, names in NAMES.items() for name in names]
)
def test_a_single_name_is_decoded(encoding, name):
    written = name.encode(encoding)
    assert text_decoder([b"Bass", written])(written) == name


@pytest.mark.parametrize(("encoding", "names"), NAMES.items())
def test_all_text_of_a_file_is_decoded_alike(encoding, names):
    written = [name.encode(encoding) for name in names]
    assert list(map(text_decoder(written), written)) == names


def test_ambiguous_names_are_decoded_by_the_others():
    written = ["ﾄﾞﾗﾑ".encode("cp932"), "ギター".encode("cp932")]
    assert text_decoder(written)(written[0]) == "ﾄﾞﾗﾑ"
    assert text_decoder(written[:1])(written[0]) != "ﾄﾞﾗﾑ"


def test_a_lyric_tag_sets_the_encoding():
    half_width = "ﾄﾞﾗﾑ".encode("cp932")
    assert text_decoder([b"{@JP}", half_width])(half_width) == "ﾄﾞﾗﾑ"
    assert text_decoder([b"{@LATIN}la", "Ударные".encode("cp1251")])("é".encode("cp1252")) == "é"
    assert text_decoder([b"{@LATIN}la"])(b"{@LATIN}la") == "la"


def test_any_bytes_can_be_decoded():
    odd = bytes(range(256))
    assert isinstance(text_decoder([odd])(odd), str)
    assert text_decoder([b"ab\0"])(b"ab\0") == "ab"


def test_the_instrument_name_is_used_without_a_track_name():
    kana = "ギター".encode("cp932")
    only = meta(4, kana) + notes(60) + END
    both = meta(4, kana) + meta(3, b"Lead") + notes(60) + END
    assert [clip.name for clip in song_from_bytes(midi_bytes(only, both), "x").clips] == ["ギター", "Lead"]
