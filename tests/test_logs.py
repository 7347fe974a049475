"""The log file: lines of every process, each whole, and nothing without the option."""

import logging
import re
import threading

import pytest

from musegen_daw import logs
from musegen_daw.cli.main import main
from musegen_daw.errors import MusegenError
from musegen_daw.workers.worker import Worker
from tests.workers.asked import process_number

LINE = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d (DEBUG|INFO|WARNING|ERROR) +"
    r"(?P<process>main|output|worker)\[\d+\] (?P<module>musegen_daw[.\w]*): (?P<message>.+)"
)


def lines_of(path):
    lines = [LINE.fullmatch(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert all(lines)
    return [(line["process"], line["module"], line["message"]) for line in lines]


def test_every_process_appends_to_one_file(tmp_path):
    path = tmp_path / "run.log"
    for _ in range(2):
        with logs.logging_to(path):
            worker = Worker("counts")
            number = worker.call(process_number)
            worker.close()
        assert logs.log_file() is None
    lines = lines_of(path)
    assert ("main", "musegen_daw.workers.worker", f"Worker process {number} that counts started") in lines
    assert [line for line in lines if line[0] == "worker"].count(
        ("worker", "musegen_daw.workers.process", "Call 0: process_number")
    ) == 2


def test_without_a_file_nothing_is_logged_and_no_thread_is_started(capfd):
    before = threading.active_count()
    with logs.logging_to(None):
        assert threading.active_count() == before
        assert logs.log_file() is None
        logging.getLogger("musegen_daw.jam").error("unheard")
    assert capfd.readouterr() == ("", "")


def test_who_logs_does_not_wait_for_the_file(tmp_path):
    class Stuck(logging.Handler):
        may_go_on = threading.Event()

        def emit(self, record):
            assert self.may_go_on.wait(60)

    stuck = Stuck()
    with logs.logging_to(tmp_path / "run.log", beside=(stuck,)):
        for number in range(100):
            logging.getLogger("musegen_daw.jam").info("line %d", number)
        stuck.may_go_on.set()
    assert [message for *_, message in lines_of(tmp_path / "run.log")] == [
        f"line {number}" for number in range(100)
    ]


@pytest.mark.parametrize("name", ["", "missing/run.log"])
def test_a_log_that_cannot_be_written_is_refused(name, tmp_path):
    with (
        pytest.raises(MusegenError, match=r"^Cannot write .*(it is a folder|does not exist)\.$"),
        logs.logging_to(tmp_path / name),
    ):
        pass


def test_a_command_logs_on_either_side_and_says_why_it_failed(tmp_path, capsys):
    path = tmp_path / "run.log"
    missing = str(tmp_path / "missing.mid")
    for args in (["--log", str(path), "generate"], ["generate", "--log", str(path)]):
        assert main([*args, missing, "-o", str(tmp_path / "out.mid")]) == 1
    assert capsys.readouterr().err.startswith("Error: ")
    assert [message for *_, message in lines_of(path) if message.endswith(": generate")]
    assert main(["--log", str(tmp_path), "generate", missing, "-o", str(tmp_path / "out.mid")]) == 1
    assert capsys.readouterr().err == f"Error: Cannot write {tmp_path}: it is a folder.\n"


def test_verbose_shows_info_on_stderr(tmp_path, capsys):
    assert (
        main(["--verbose", "generate", str(tmp_path / "missing.mid"), "-o", str(tmp_path / "out.mid")]) == 1
    )
    err = capsys.readouterr().err
    assert "Info: musegen-daw " in err
    assert "Debug" not in err
