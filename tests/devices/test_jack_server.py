"""The JACK server of the tests starts however many servers were killed on this computer before."""

import os

import pytest

from tests.jack_server import INSTALL, jack_server

MOST_SERVERS = 8


def test_servers_that_were_killed_take_no_place(jack):
    name = f"musegen-many-{os.getpid()}"
    for number in range(MOST_SERVERS):
        with jack_server(f"{name}-{number}") as server:
            server.kill()
    with jack_server(name) as server:
        assert server.poll() is None


def test_without_jackd_it_says_what_to_install(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(RuntimeError, match="install -y jackd2"), jack_server("nobody"):
        pass
    assert "apt-get" in INSTALL
