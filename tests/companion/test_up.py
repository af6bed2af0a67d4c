"""`make up`: everything starts, says where it is, and ends with one clear line whatever happens."""

import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from types import SimpleNamespace

import httpx
import psutil
import pytest
from django.conf import settings

from companion.operations import supervise
from tests.stack import ROOT, free_port, new_database

pytestmark = pytest.mark.stack


NO_ENCODER = "/nowhere"  # where nothing is said none is needed, and loading one takes a core for seconds


class Up:
    """One `manage.py up` in a folder of its own."""

    def __init__(self, folder, port, output, **environment):
        self.folder, self.port = folder, port
        told = {"DATA_DIR": str(folder), "PORT": str(port), "ENGINE_DISCOVERY": "false", "PYTHONUNBUFFERED": "1"}
        told["ENCODER"] = NO_ENCODER
        kept = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE")}
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "up"],
            cwd=ROOT,
            env=kept | told | environment,
            stdout=output.open("w"),
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self.output = output

    @property
    def said(self):
        return self.output.read_text()

    def wait_for(self, words, seconds=90):
        deadline = time.monotonic() + seconds
        while words not in self.said and time.monotonic() < deadline and self.process.poll() is None:
            time.sleep(0.1)
        assert words in self.said, self.said

    def end(self, how=signal.SIGINT):
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.process.wait(timeout=60)

    def child(self, words):
        """The process of ours whose command line holds these words."""
        for process in psutil.Process(self.process.pid).children(recursive=True):
            if words in " ".join(process.cmdline()) and "supervise" not in " ".join(process.cmdline()):
                return process
        raise LookupError(words)


def processes_of(folder, words=""):
    """Processes whose command line names this folder, and these words."""
    lines = {p: " ".join(p.info["cmdline"] or []) for p in psutil.process_iter(["cmdline"])}
    return [process for process, line in lines.items() if str(folder) in line and words in line]


def all_ended(folder, within=10):
    """Whether none of them is left, at most so many seconds after the one that started them: PostgreSQL's own children
    end a moment after it."""
    deadline = time.monotonic() + within
    while processes_of(folder):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


@pytest.fixture(scope="module")
def installation(tmp_path_factory):
    """A data folder as an `up` before has left it: its database made and brought up to date."""
    folder = tmp_path_factory.mktemp("installation")
    open_to_all(folder)
    kept = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    command = [sys.executable, "manage.py", "migrate", "-v", "0"]
    subprocess.run(command, cwd=ROOT, env=kept | {"DATA_DIR": str(folder / "data")}, check=True)
    return folder / "data"


@pytest.fixture
def used_before(installation, tmp_path):
    """A copy of it for one test, where `start` looks."""
    subprocess.run(["cp", "-a", str(installation), str(tmp_path / "data")], check=True)


def open_to_all(folder):
    """Under root, PostgreSQL's own system user passes through."""
    for each in (folder, folder.parent, folder.parent.parent):
        each.chmod(0o755)


@pytest.fixture
def start(tmp_path):
    started = []

    def starting(folder=tmp_path / "data", port=None, **environment):
        output = tmp_path / f"said-{len(started)}"
        started.append(Up(folder, port or free_port(), output, **environment))
        return started[-1]

    open_to_all(tmp_path)
    yield starting
    for up in started:
        up.end()


def test_everything_starts_says_where_it_is_and_ends_on_control_c(start):
    up = start(ENCODER=settings.ENCODER)
    up.wait_for("Ctrl-C stops everything")
    assert f"Rosemary is at http://localhost:{up.port}" in up.said
    assert "No language model is connected" in up.said
    assert "set-up token" in up.said
    assert httpx.get(f"http://127.0.0.1:{up.port}/health/ready").json() == {
        "ready": True,
        "database": True,
        "redis": True,
    }
    assert httpx.get(f"http://127.0.0.1:{up.port}/account/signup/").status_code == 200
    assert up.end() == 0
    assert "Everything that was said is kept" in up.said
    assert all_ended(up.folder)


@pytest.fixture
def named(django_db_setup, django_db_blocker, engine_server):
    """A database, a Redis and a language model that run already, as the environment names them."""
    with django_db_blocker.unblock():
        return {
            "DATABASE_URL": new_database("up"),
            "REDIS_URL": settings.REDIS_URL,
            "SECRET_KEY": settings.SECRET_KEY,
            "ENGINE_URL": engine_server.url,
            "ENGINE_MODEL": "echo",
        }


def test_what_the_environment_names_is_used_and_nothing_of_its_own_is_started(start, named):
    up = start(**named)
    up.wait_for("Ctrl-C stops everything")
    assert "Language model: " in up.said
    assert "PostgreSQL …" not in up.said
    assert "Redis …" not in up.said
    assert not (up.folder / "postgres").exists()
    ready = httpx.get(f"http://127.0.0.1:{up.port}/health/ready").json()
    assert ready == {"ready": True, "database": True, "redis": True}
    assert up.end() == 0


def test_a_second_one_beside_the_first_says_so_and_does_no_harm(used_before, start):
    first = start()
    first.wait_for("Ctrl-C stops everything")
    second = start()
    assert second.process.wait(timeout=60) == 1
    second.end()
    assert f"running already: process {first.process.pid}, http://localhost:{first.port}" in second.said
    assert httpx.get(f"http://127.0.0.1:{first.port}/health/ready").status_code == 200


def test_a_taken_port_is_named_with_who_has_it_and_what_to_say(start):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        up = start(port=taken.getsockname()[1])
        assert up.process.wait(timeout=60) == 1
    up.end()
    assert f"Port {up.port} is taken by" in up.said
    assert f"PORT={up.port + 1} make up" in up.said


def test_a_full_disk_is_told_before_anything_is_started(start):
    up = start(LEAST_ROOM=str(10**18))
    assert up.process.wait(timeout=60) == 1
    up.end()
    assert "Make room" in up.said


def test_a_disk_that_fills_up_later_costs_lines_of_the_log_and_nothing_else(tmp_path, capsys):
    log = supervise.Log(tmp_path / "log")
    log.write("before\n")
    log._file = open("/dev/full", "ab", buffering=0)  # noqa: PTH123, SIM115 - where every write meets a full disk
    log.write("lost\n")
    log.write("lost\n")
    assert capsys.readouterr().out.count("cannot be written (No space left on device). Make room.") == 1
    assert (tmp_path / "log").read_text() == "before\n"


@pytest.mark.parametrize(("free", "told"), [(1024**2, "is full. Make room"), (1024**3, "The whole log: ")])
def test_a_process_that_died_of_a_full_disk_is_told_with_the_reason(tmp_path, capsys, monkeypatch, free, told):
    monkeypatch.setattr(supervise.shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    place = supervise.Place(tmp_path, "127.0.0.1", 8000, own_database=True, own_redis=True)
    assert supervise.last_words(place, "memory (status 1)", ["last"], place.log) == 1
    said = capsys.readouterr().out
    assert "memory (status 1) died, so everything was stopped" in said
    assert told in said


def test_a_folder_with_a_blank_in_its_name_is_one_word_to_every_process(tmp_path):
    place = supervise.Place(tmp_path / "a folder", "127.0.0.1", 8000, own_database=True, own_redis=True)
    words = shlex.split(supervise.commands(place)["beat"])
    assert words[:2] == ["exec", sys.executable]
    assert words[-1] == str(tmp_path / "a folder" / "beat-schedule")


def test_a_folder_that_cannot_be_written_is_told(start, tmp_path):
    (tmp_path / "file").write_text("in the way")
    up = start(folder=tmp_path / "file")
    assert up.process.wait(timeout=60) == 1
    up.end()
    assert "DATA_DIR" in up.said
    assert "Traceback" not in up.said


@pytest.mark.parametrize("words", ["-Q chat", "uvicorn"])
def test_a_process_that_dies_is_named_and_everything_else_ends_in_order(used_before, start, words):
    up = start()
    up.wait_for("Ctrl-C stops everything")
    up.child(words).kill()
    assert up.process.wait(timeout=60) == 1
    up.end()
    assert f"{'chat' if 'chat' in words else 'web'} (status -9) died" in up.said
    assert "nothing that was said is lost" in up.said
    assert "rosemary.log" in up.said


@pytest.mark.parametrize(("words", "name"), [("redis-server", "Redis"), ("bin/postgres", "PostgreSQL")])
def test_an_embedded_part_that_dies_is_named_and_everything_else_ends_in_order(used_before, start, words, name):
    up = start()
    up.wait_for("Ctrl-C stops everything")
    processes_of(up.folder, words)[0].kill()
    assert up.process.wait(timeout=60) == 1
    up.end()
    assert f"{name} died, so everything was stopped; nothing that was said is lost" in up.said
    assert all_ended(up.folder)
    again = start(port=up.port)
    again.wait_for("Ctrl-C stops everything")


def test_a_killed_one_takes_all_that_it_started_with_it_and_does_not_hinder_the_next(used_before, start):
    first = start()
    first.wait_for("Ctrl-C stops everything")
    children = psutil.Process(first.process.pid).children(recursive=True)
    first.end(signal.SIGKILL)
    _, left = psutil.wait_procs(children, timeout=20)
    assert left == []
    again = start(port=first.port)
    again.wait_for("Ctrl-C stops everything")
