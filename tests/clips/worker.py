"""Edits a project endlessly until killed; prints the number of hits after each edit."""

import sys
from pathlib import Path

from musegen_daw.clips import edits
from musegen_daw.clips.autosave import StateWriter, restored
from musegen_daw.clips.editor import Editor


def main(path: Path) -> None:
    project, _ = restored(path)
    autosave = StateWriter(path, print)
    editor = Editor(project, lambda: None, autosave)
    clip = editor.clip
    places = [(voice, ticks) for ticks in range(0, clip.end_ticks, 10) for voice in range(9)]
    for count, (voice, ticks) in enumerate(places, 1):
        editor.edit("add", lambda clip, at=(voice, ticks): edits.add_hit(clip, *at))
        autosave.flush()
        print(count, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
