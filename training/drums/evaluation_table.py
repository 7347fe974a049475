"""The figures of an evaluation as tables to read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from training.drums.profile import FIGURES

_LABEL = 34


def print_table(figures: Mapping[str, Any]) -> None:
    """Print what was measured, one table for each measure."""
    print("\n".join(lines_of(figures)))


def lines_of(figures: Mapping[str, Any]) -> list[str]:
    """The lines of all tables."""
    lines = [
        f"{figures['songs']} songs of the {figures['split']} split, {figures['windows']} windows, "
        f"seed {figures['seed']}, take 1 of {figures['takes_asked']}, {figures['machine']}"
    ]
    if figures.get("valid") is not None:
        lines.append(f"valid: {figures['valid']:.3f}")
    makers = {
        "drummer": _drummer,
        "takes": _takes,
        "listening": _listening,
        "playable": _playable,
        "touch": _touch,
        "energy": _energy,
        "genre": _genre,
        "f1": _f1,
        "bits": _bits,
    }
    for name, maker in makers.items():
        if name in figures:
            lines += ["", *maker(figures[name])]
    return lines


def _table(head: Sequence[str], rows: Mapping[str, Sequence[float | None]], places: int = 3) -> list[str]:
    width = max(9, *(len(name) + 1 for name in head[1:]))
    lines = [f"{head[0]:{_LABEL}}" + "".join(f"{name:>{width}}" for name in head[1:])]
    for name, values in rows.items():
        cells = ("–" if value is None else f"{value:.{places}f}" for value in values)
        lines.append(f"{name:{_LABEL}}" + "".join(f"{cell:>{width}}" for cell in cells))
    return lines


def _drummer(rows: Mapping[str, Any]) -> list[str]:
    names = [*FIGURES, "distance"]
    return _table(["1. a drummer?", *rows], {name: [row[name] for row in rows.values()] for name in names})


def _takes(row: Mapping[str, float]) -> list[str]:
    return _table(["2. takes (F1 per song)", ""], {name: [value] for name, value in row.items()})


def _listening(rows: Mapping[str, Any]) -> list[str]:
    told = {name: row for name, row in rows.items() if name != "critic"}
    names = list(next(iter(told.values())))
    lines = _table(
        ["3. listening", *names], {name: [row[each] for each in names] for name, row in told.items()}
    )
    if "critic" in rows:
        told = ", ".join(f"{name} {share:.3f}" for name, share in rows["critic"].items())
        lines.append(f"critic, own part first among 16: {told}")
    return lines


def _playable(rows: Mapping[str, Any]) -> list[str]:
    names = ("unplayable", "three hands", "first half", "off-beat eighths")
    own = {name: [row[name] for row in rows.values()] for name in names}
    voices = dict.fromkeys(voice for row in rows.values() for voice in row["voices"])
    own |= {f"first half, {voice}": [row["voices"].get(voice) for row in rows.values()] for voice in voices}
    return _table(["4. playable?", *rows], own)


def _touch(rows: Mapping[str, Any]) -> list[str]:
    lines = _table(
        ["5. played", *rows],
        {name: [row[name] for row in rows.values()] for name in ("loudest", "time spread")},
    )
    columns = ("velocity", "spread", "loudest", "time spread")
    voices = dict.fromkeys(voice for row in rows.values() for voice in row["voices"])
    for column in columns:
        values = {
            f"{column}, {voice}": [row["voices"].get(voice, {}).get(column) for row in rows.values()]
            for voice in voices
        }
        lines += _table(["", *rows], values, 2)[1:]
    places = ("on the beat", "on its 2nd sixteenth", "3rd", "4th")
    hats = {
        f"closed hats {place}": [row["hats by sixteenth of the beat"][at] for row in rows.values()]
        for at, place in enumerate(places)
    }
    return lines + _table(["", *rows], hats, 1)[1:]


def _energy(rows: Mapping[str, Any]) -> list[str]:
    names = list(next(iter(rows.values())))
    return _table(
        ["mean velocity", *names],
        {f"energy {level}": [row[name] for name in names] for level, row in rows.items()},
        1,
    )


def _genre(found: Mapping[str, Any]) -> list[str]:
    lines = ["6. genre: share of bars that keep the rule"]
    for name, clip in found["clips"].items():
        takes = " ".join(f"{share:.2f}" for share in clip["takes"])
        lines.append(f"{name:{_LABEL}}{takes}   {clip['style']}: {clip['styled']:.2f}")
    counts = ", ".join(f"{name} {value}" for name, value in found.items() if name != "clips")
    return [*lines, f"clips of {len(found['clips'])}: {counts}"]


def _f1(rows: Mapping[str, Any]) -> list[str]:
    lines = [
        f"{'7. onset F1':{_LABEL}}{'pooled':>8}{'95 %':>14}{'per song':>10}{'95 %':>14}{'density':>9}{'Jaccard':>9}"
    ]
    for name, row in rows.items():
        lines.append(
            f"{name:{_LABEL}}{row['f1']:8.3f}   {row['f1_low']:.3f}–{row['f1_high']:.3f}{row['f1_songs']:10.3f}"
            f"   {row['f1_songs_low']:.3f}–{row['f1_songs_high']:.3f}{row['density']:9.2f}{row['similarity']:9.2f}"
        )
    return lines


def _bits(row: Mapping[str, float]) -> list[str]:
    return _table(["bits a written bar", ""], {name: [value] for name, value in row.items()}, 2)
