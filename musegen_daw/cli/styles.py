"""`musegen-daw --list-styles`: what can be given as a style."""

from __future__ import annotations

from musegen_daw import resource_paths as resources
from musegen_daw.drums.job import OpenGenerator


def list_styles(open_generator: OpenGenerator) -> str:
    """The bundled grooves and the styles of the bundled model with their codes, one a line; raises ModelError."""
    styles = open_generator(resources.drum_model_dir()).styles
    rows = zip(range(len(styles)), styles.names, styles.meters, strict=True)
    learned = (f"{code:>3}  {name}{'' if meter == '4/4' else f' ({meter})'}" for code, name, meter in rows)
    return "\n".join(("Grooves:", *resources.style_names(), "", "Learned styles, by code:", *learned))
