"""The bundled grooves as what a drummer goes on from while playing live."""

from __future__ import annotations

from musegen_daw import resources
from musegen_daw.drumming.job import Primer, primer_of
from musegen_daw.live.patterns import LIVE_PPQ
from musegen_daw.midi_file import read_midi


def load_style(name: str) -> Primer | None:
    """The groove of that name at `LIVE_PPQ`, None for an empty one; raises MusegenError naming all there are."""
    return primer_of(read_midi(resources.style_path(name)), LIVE_PPQ) if name else None
