"""Whole messages are found among whatever bytes a driver hands on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musegen_daw.devices.messages import whole_messages

START, CLOCK, NOTE = b"\xfa", b"\xf8", b"\x90\x3c\x64"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (NOTE, [NOTE]),
        (b"\xf0\x01\x02\xf7", [b"\xf0\x01\x02\xf7"]),
        (b"\xf0\x01\x02\x03" + START + CLOCK + NOTE, [START, CLOCK, NOTE]),
        (b"\xf0\x01\x02" + CLOCK + b"\x03\xf7", [CLOCK, b"\xf0\x01\x02\x03\xf7"]),
        (b"\xf0\x01\xf0\x02\xf7", [b"\xf0\x02\xf7"]),
        (b"\x90\x3c" + CLOCK + b"\x64", [CLOCK, NOTE]),
        (b"\x90\x3c" + NOTE, [NOTE]),
        (b"\x3c\x64" + NOTE + b"\x3c\x64", [NOTE]),
        (
            b"\xc0\x05\xd1\x07\xf2\x01\x02\xf3\x04\xf6",
            [b"\xc0\x05", b"\xd1\x07", b"\xf2\x01\x02", b"\xf3\x04", b"\xf6"],
        ),
        (b"\xf4\x01\x02\xf7" + NOTE, [NOTE]),
        (b"\xf7", []),
        (b"", []),
    ],
)
def test_what_is_whole_is_found(data, expected):
    assert list(whole_messages(data)) == expected


@given(st.binary(max_size=60))
def test_whatever_came_before_what_follows_is_heard(garbage):
    assert list(whole_messages(garbage + START + NOTE))[-2:] == [START, NOTE]
