"""One screen for the tests of the real window."""

import pytest

from tests.desktop.screen import screen


@pytest.fixture(scope="session")
def desktop(tmp_path_factory):
    """An X server with a window manager."""
    with screen(tmp_path_factory.mktemp("desktop") / "home") as shown:
        yield shown
