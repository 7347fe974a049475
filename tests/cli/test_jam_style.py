"""`musegen-daw jam --style`: drums that begin from a bundled groove."""

import argparse

import pytest

from musegen_daw.cli import main
from musegen_daw.commands import jam_options
from tests.cli.doubles import one_sentence


def test_a_style_that_is_none_is_refused_before_playing(capsys):
    assert main(["jam", "--style", "polka"]) == 1
    sentence = one_sentence(capsys.readouterr().err)
    assert "There is no style 'polka'; the styles are" in sentence


@pytest.mark.parametrize(("args", "style"), [([], ""), (["--style", "bossa"], "bossa")])
def test_the_jam_is_set_up_with_the_style(args, style):
    parser = argparse.ArgumentParser()
    jam_options.add_options(parser)
    assert jam_options.rig_settings(parser.parse_args(args)).style == style
