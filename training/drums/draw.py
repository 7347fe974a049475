"""Draw a .mid as a picture: its parts above, its drums as a step grid below."""

from __future__ import annotations

import argparse
from functools import reduce
from pathlib import Path

from musegen_daw.drums.events import clip_hits, clip_onsets
from musegen_daw.midi.file import read_midi
from musegen_daw.music.clip import Clip
from musegen_daw.music.parts import clip_bars
from training.drums.pictures import draw_grids


def main(argv: list[str] | None = None) -> int:
    """Draw from the command line."""
    parser = argparse.ArgumentParser(prog="python -m training.drums draw", description=__doc__)
    parser.add_argument("input", type=Path, metavar="IN.mid")
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="OUT.png")
    parser.add_argument("--bars", type=int, default=4, help="only the first so many bars")
    options = parser.parse_args(argv)
    song = read_midi(options.input)
    bars = clip_bars(song.time_map, list(song.clips))[: options.bars]
    drums = reduce(Clip.merge, song.drums)
    rows = [("drums", clip_hits(drums, bars), len(bars))]
    draw_grids(rows, options.out, onsets=clip_onsets(song.parts, bars), title=options.input.stem)
    print(options.out)
    return 0
