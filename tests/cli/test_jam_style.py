"""`musegen-daw jam --style` and `--meter`: the style and the bars that a jam is set up with."""

import argparse

import pytest

from musegen_daw.cli import jam_options
from musegen_daw.cli.main import main
from tests.cli.doubles import Drummer, one_sentence


class NoPorts:
    """A directory of ports that nothing should be opened in."""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


def settings(*args):
    parser = argparse.ArgumentParser()
    jam_options.add_options(parser)
    return jam_options.rig_settings(parser.parse_args(list(args)))


def test_a_style_that_is_none_is_refused_before_ports_are_opened(capsys):
    args = ["jam", "--style", "xyzzy"]
    assert main(args, open_generator=Drummer().open, open_ports=lambda api: NoPorts()) == 1
    assert "There is no style 'xyzzy'" in one_sentence(capsys.readouterr().err)


@pytest.mark.parametrize(("args", "style"), [([], ""), (["--style", "bossa"], "bossa")])
def test_the_jam_is_set_up_with_the_style(args, style):
    assert settings(*args).style == style


@pytest.mark.parametrize(("args", "channel"), [([], None), (["--control-channel", "16"], 15)])
def test_the_jam_is_set_up_with_the_channel_of_program_changes(args, channel):
    assert settings(*args).control_channel == channel


@pytest.mark.parametrize(("text", "beats"), [("4/4", 4), ("3/4", 3), ("6/8", 3), ("7/8", 3.5), ("12/8", 6)])
def test_the_jam_is_set_up_with_the_meter(text, beats):
    made = settings("--meter", text)
    assert str(made.jam.grid) == text
    assert made.beats_per_bar == beats
    assert made.jam.grid.is_compound == (text in ("6/8", "12/8"))
    assert settings().beats_per_bar == 4


@pytest.mark.parametrize("text", ["waltz", "3", "0/4", "3/5", "1/8", "99/4", "3/4/4", "²/4", "-3/4", ""])
def test_what_is_no_meter_is_misuse(text, capsys):
    assert main(["jam", f"--meter={text}"]) == 2
    assert "--meter" in capsys.readouterr().err
