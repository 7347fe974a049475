"""Systems that lack what this one has for files: names given late, locks, rights, folders that can be opened."""

import os
import tempfile

from musegen_daw import part_files

SYSTEMS = "this", "no unnamed files", "no names given later", "no descriptors", "neither"
"""`neither` has no locks either, as Windows, nor numbers, owners and open folders."""


def live_on(system, monkeypatch):
    """Take from the program what `system` lacks; what is left behind there is swept however young."""
    if system == "no names given later":
        monkeypatch.setattr(os, "link", _refuse)
    if system in ("no unnamed files", "no descriptors", "neither"):
        monkeypatch.delattr(os, "O_TMPFILE", raising=False)
        monkeypatch.setattr(tempfile, "_O_TMPFILE_WORKS", False)
    if system in ("no descriptors", "neither"):
        monkeypatch.setattr(part_files, "_has_proc_fd", lambda: False)
    if system == "neither":
        monkeypatch.setattr(part_files, "fcntl", None)
        for name in ("chown", "O_DIRECTORY", "O_NONBLOCK"):
            monkeypatch.delattr(os, name, raising=False)


def _refuse(*_args, **_named):
    raise PermissionError(1, "operation not permitted")
