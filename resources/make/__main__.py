"""`python -m resources.make [soundfont] [clips] [grooves]`: makes the bundled resources again, in place."""

from __future__ import annotations

import sys
from pathlib import Path


def main(wanted: list[str]) -> int:
    """Makes what is named, or everything."""
    resources = Path(__file__).parents[1]
    if not wanted or "soundfont" in wanted:
        from resources.make.soundfont import write_soundfont

        write_soundfont(resources / "soundfont" / "musegen.sf2")
    if not wanted or "clips" in wanted:
        from resources.make.clips import write_clips

        write_clips(resources / "clips")
    if not wanted or "grooves" in wanted:
        from resources.make.grooves import write_grooves

        write_grooves(resources / "grooves")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
