"""`musegen-daw` without a command: the window where there is a screen, else what can be done without one."""

import sys

from musegen_daw.cli import main as cli


def test_without_a_command_or_with_files_to_open_the_window_opens():
    asked = []

    def open_window(arguments):
        asked.append(arguments)
        return 7

    assert cli.main([], open_window=open_window) == 7
    assert cli.main(["--verbose"], open_window=open_window) == 7
    assert cli.main(["open", "a.mid", "b.mid"], open_window=open_window) == 7
    assert cli.main(["open", "--verbose"], open_window=open_window) == 7
    assert asked == [[], ["--verbose"], ["a.mid", "b.mid"], ["--verbose"]]


def test_without_a_screen_the_help_is_shown_and_why(monkeypatch, capsys):
    monkeypatch.setattr(sys, "platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    assert cli.main([]) == 2
    err = capsys.readouterr().err
    assert "usage: musegen-daw" in err
    assert "no screen" in err
