"""Draws the program's icon in the sizes and formats of desktops: `python packaging/icons.py FOLDER`.

PNG by size as in the freedesktop icon theme specification, an .ico (Windows) and an .icns (macOS), which hold PNGs.
"""

from __future__ import annotations

import shutil
import struct
import sys
from pathlib import Path

from PySide6.QtCore import QBuffer, QIODevice
from PySide6.QtGui import QImage, QPainter, Qt
from PySide6.QtSvg import QSvgRenderer

from musegen_daw.resource_paths import resources_dir

NAME = "musegen-daw"
SIZES = (16, 24, 32, 48, 64, 128, 256, 512)
ICO_SIZES = (16, 24, 32, 48, 64, 128, 256)
ICNS_TYPES = {b"ic07": 128, b"ic08": 256, b"ic09": 512, b"ic11": 32, b"ic12": 64}


def draw(drawing: Path, size: int) -> bytes:
    """An SVG as a square PNG of `size` pixels, transparent where nothing is drawn."""
    image = QImage(size, size, QImage.Format.Format_ARGB32)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    QSvgRenderer(str(drawing)).render(painter)
    painter.end()
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    if not image.save(buffer, "PNG"):  # pyright: ignore[reportCallIssue, reportArgumentType]
        raise OSError(f"Qt cannot draw {drawing}")
    return bytes(buffer.data().data())


def ico(pictures: dict[int, bytes]) -> bytes:
    """An .ico of PNGs by their size, at most 256 pixels (written as 0)."""
    offset = 6 + 16 * len(pictures)
    entries = b""
    for size, data in pictures.items():
        entries += struct.pack("<BBBBHHII", size % 256, size % 256, 0, 0, 1, 32, len(data), offset)
        offset += len(data)
    return struct.pack("<HHH", 0, 1, len(pictures)) + entries + b"".join(pictures.values())


def icns(pictures: dict[bytes, bytes]) -> bytes:
    """An .icns of PNGs by their four letters, which stand for a size."""
    parts = b"".join(kind + struct.pack(">I", 8 + len(data)) + data for kind, data in pictures.items())
    return b"icns" + struct.pack(">I", 8 + len(parts)) + parts


def write_all(folder: Path) -> None:
    """Write `hicolor/SIZE/apps/musegen-daw.png`, `hicolor/scalable/...svg`, `musegen-daw.ico` and `.icns`."""
    drawing = resources_dir() / "icons" / "musegen.svg"
    pictures = {size: draw(drawing, size) for size in SIZES}
    for size, data in pictures.items():
        _write(folder / "hicolor" / f"{size}x{size}" / "apps" / f"{NAME}.png", data)
    scalable = folder / "hicolor" / "scalable" / "apps" / f"{NAME}.svg"
    scalable.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(drawing, scalable)
    _write(folder / f"{NAME}.ico", ico({size: pictures[size] for size in ICO_SIZES}))
    _write(folder / f"{NAME}.icns", icns({kind: pictures[size] for kind, size in ICNS_TYPES.items()}))


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


if __name__ == "__main__":
    write_all(Path(sys.argv[1]))
