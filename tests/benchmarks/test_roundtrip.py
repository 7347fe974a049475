"""The round trip over a corpus: files that come back are counted, and one that would not is found."""

from dataclasses import replace

from benchmarks import roundtrip
from musegen_daw.midi import smf
from musegen_daw.midi.file import MidiSong, midi_song_from_bytes
from tests.midi_bytes import END, meta, midi_bytes, notes

KEYS = meta(3, b"Keys") + notes(60, 62, 64, 65) + END
KIT = meta(3, b"Kit") + notes(36, 42, channel=9) + END


def test_files_of_a_folder_come_back_as_they_were(tmp_path, capsys):
    (tmp_path / "a.mid").write_bytes(midi_bytes(KEYS, KIT))
    (tmp_path / "b.mid").write_bytes(midi_bytes(KEYS, track_count=2))
    (tmp_path / "c.mid").write_bytes(b"nothing")
    rows, status = roundtrip.benchmark([tmp_path])
    assert status == 0
    assert [row["file"] for row in rows] == ["c.mid"]
    counted = dict(reversed(line.split(maxsplit=1)) for line in capsys.readouterr().out.splitlines()[1:])
    assert counted["files"] == "3"
    assert (counted["refused"], counted["mended"], counted["that differ"]) == ("1", "1", "0")


def test_a_lost_event_other_bytes_and_a_late_end_are_found(monkeypatch):
    data = midi_bytes(KEYS, KIT)
    given = midi_song_from_bytes(data, "a.mid")
    right = MidiSong.with_drums

    def changed(change):
        def with_drums(self, drums):
            parsed = smf.parse(right(self, drums))
            return smf.build(change(parsed.tracks), parsed.ppq)

        monkeypatch.setattr(MidiSong, "with_drums", with_drums)
        return roundtrip.differences(data, given)

    assert changed(lambda tracks: tracks) == []
    lost = changed(lambda tracks: [tracks[0].with_events(tracks[0].events[:-2]), tracks[1]])
    assert lost == [roundtrip.EVENTS, roundtrip.PARTS]
    late = changed(lambda tracks: [tracks[0], replace(tracks[1], end_ticks=9_999, chunk=b"")])
    assert late == [roundtrip.END]
    tempo = (0, smf.META, smf.TEMPO, 0, b"\1\0\0")
    faster = changed(lambda tracks: [tracks[0], tracks[1].with_events([tempo, *tracks[1].events])])
    assert faster == [roundtrip.TEMPOS]
