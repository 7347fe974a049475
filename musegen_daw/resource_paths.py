"""Paths of bundled files: models, grooves, clips, drum maps, SoundFont."""

from __future__ import annotations

from pathlib import Path

from musegen_daw import files
from musegen_daw.errors import MusegenError
from musegen_daw.music.drum_maps import DrumMap, parse_drum_map

DEFAULT_VOCODER = "vocoder-12k"
MAX_DRUM_MAP_BYTES = 2**20


def resources_dir() -> Path:
    """Inside the package when installed, beside it in a checkout."""
    package = Path(__file__).resolve().parent
    installed = package / "resources"
    return installed if installed.is_dir() else package.parent / "resources"


def models_dir() -> Path:
    return resources_dir() / "models"


def drum_model_dir() -> Path:
    return models_dir() / "drums"


def vocoder_names() -> tuple[str, ...]:
    return tuple(sorted(path.parent.name for path in models_dir().glob("vocoder-*/model.json")))


def vocoder_dir(name_or_path: str) -> Path:
    """The folder of a bundled vocoder by name, else the given folder; raises MusegenError for neither."""
    if name_or_path in vocoder_names():
        return models_dir() / name_or_path
    if Path(name_or_path).is_dir():
        return Path(name_or_path)
    raise MusegenError(
        f"There is no vocoder model {name_or_path!r}; give a folder with one, or a bundled name: "
        f"{', '.join(vocoder_names()) or 'none is bundled'}."
    )


def soundfont_dir() -> Path:
    return resources_dir() / "soundfont"


def clips_dir() -> Path:
    return resources_dir() / "clips"


def style_names() -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in (resources_dir() / "grooves").glob("*.mid")))


def style_path(name: str) -> Path:
    """The .mid of a style; raises MusegenError, naming all, for an unknown one."""
    if name not in style_names():
        raise MusegenError(
            f"There is no style {name!r}; the styles are {', '.join(style_names()) or 'none'}."
        )
    return resources_dir() / "grooves" / f"{name}.mid"


def drum_map_names() -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in (resources_dir() / "drum_maps").glob("*.toml")))


def load_drum_map(name_or_path: str) -> DrumMap:
    """A bundled drum map by name, else that of a TOML file; raises MusegenError."""
    if name_or_path in drum_map_names():
        path = resources_dir() / "drum_maps" / f"{name_or_path}.toml"
    elif Path(name_or_path).suffix.lower() == ".toml":
        path = Path(name_or_path)
    else:
        raise MusegenError(
            f"There is no drum map {name_or_path!r}; give a .toml file or one of {', '.join(drum_map_names())}."
        )
    data = files.read_bytes(path, MAX_DRUM_MAP_BYTES)
    try:
        return parse_drum_map(data.decode("utf-8"), path.stem)
    except ValueError as error:
        raise MusegenError(f"{path} is not a drum map: {error}.") from error
