"""The processes of a measured chat: a Redis of their own, the stand-in engine, web and chat workers; and what they use.

They work in the scratch database, so nobody's queue, log or row is touched.
"""

import os
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from urllib.parse import quote

import httpx
import psutil
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.core.management.base import CommandError
from django.db import connections

from companion.operations.benchmarks.scratch import scratch_person
from companion.operations.embedded import redis_command, redis_url

START_SECONDS = 120.0
MIB = 1024**2
CELERY = [
    sys.executable,
    "-m",
    "celery",
    "-A",
    "worker.app",
    "worker",
    "--without-gossip",
    "--without-mingle",
    "--without-heartbeat",
]


@dataclass
class Stage:
    """Running processes by name, and where they listen."""

    engine_port: int
    folder: Path
    port: int = 0  # of the web, chosen when it starts: while the others start, somebody else may take a free one
    processes: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """The web process."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def engine_url(self) -> str:
        """As ENGINE_URL names it."""
        return f"http://127.0.0.1:{self.engine_port}/v1"

    def log(self, name: str) -> str:
        """What a process has said."""
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def start(self, name: str, command: Sequence[str], told: dict[str, str], ready: Callable[[], bool]) -> None:
        """Start it, and wait until it is ready. Raises CommandError with its last words."""
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                command, env=os.environ | told, stdout=log, stderr=subprocess.STDOUT, cwd=settings.BASE_DIR
            )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.processes[name].poll() is None:
            if ready():
                return
            time.sleep(0.1)
        raise CommandError(f"{name} did not start:\n{self.log(name)[-2000:]}")

    def stop(self) -> None:
        """All of them; what they were doing is not waited for."""
        for process in reversed(self.processes.values()):
            process.kill()
            process.wait(timeout=30)


@contextmanager
def stage(*, streams: int, web: int, chat: int, rate: float, seconds: float) -> Iterator[Stage]:
    """Everything that a chat with so many streams runs in, until the block ends."""
    _allow_files(8 * streams + 1000)
    folder = Path(tempfile.mkdtemp(prefix="rosemary-bench-"))
    with ExitStack() as leaving:
        leaving.callback(shutil.rmtree, folder, ignore_errors=True)
        made = Stage(engine_port=_free_port(), folder=folder)
        leaving.callback(made.stop)
        _start_parts(made, rate=rate, seconds=seconds)
        told = _settings(made)
        for number in range(chat):
            name = f"chat {number + 1}"
            threads = max(32, -(-streams // chat) + 8)
            command = [*CELERY, "--pool", "threads", "-Q", "chat", "--concurrency", str(threads), "-n", f"c{number}@%h"]
            made.start(name, command, told, lambda name=name: " ready." in made.log(name))  # type: ignore[misc]
        _start_web(made, processes=web)
        yield made


def _start_parts(made: Stage, *, rate: float, seconds: float) -> None:
    command = redis_command(made.folder, durable=False)
    made.start("redis", command, {}, lambda: Path(redis_url(made.folder).removeprefix("unix://")).exists())
    stand_in = [sys.executable, "-m", "companion.operations.benchmarks.stand_in", "--port", str(made.engine_port)]
    paced = ["--rate", str(rate), "--seconds", str(seconds)]
    made.start("engine", [*stand_in, *paced], {}, lambda: _answers(f"{made.engine_url}/models"))


def _start_web(made: Stage, *, processes: int) -> None:
    made.port = _free_port()
    uvicorn = [sys.executable, "-m", "uvicorn", "companion.asgi:application", "--port", str(made.port)]
    lean = ["--ws-max-size", "4194304", "--ws-per-message-deflate", "false", "--backlog", "8192"]
    several = ["--workers", str(processes)] if processes > 1 else []
    made.start("web", [*uvicorn, *lean, *several], _settings(made), lambda: _answers(f"{made.url}/health/ready"))


def _settings(made: Stage) -> dict[str, str]:
    """What web and workers are told, beside the environment that we have."""
    owner = connections["owner"].settings_dict
    where = f"{quote(str(owner['HOST']), safe='')}{':' + str(owner['PORT']) if owner['PORT'] else ''}"
    who = f"{owner['USER']}{':' + quote(owner['PASSWORD'], safe='') if owner['PASSWORD'] else ''}"
    return {
        "DATABASE_URL": f"postgres://{who}@{where}/{owner['NAME']}",
        "REDIS_URL": redis_url(made.folder),
        "SECRET_KEY": settings.SECRET_KEY,
        "PORT": str(made.port),
        "SITE_URL": made.url,
        "ENGINE_URL": made.engine_url,
        "ENGINE_MODEL": "paced",
        "METRICS_PORT": "0",
        "PYTHONUNBUFFERED": "1",
        "MALLOC_ARENA_MAX": "2",
    }


def _answers(url: str) -> bool:
    try:
        return httpx.get(url).status_code == 200
    except httpx.HTTPError:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _allow_files(wanted: int) -> None:
    """Sockets are files; as many as the kernel lets us."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), hard))


def signed_in(count: int, *, first: int = 0) -> list[str]:
    """Cookies of so many people who are signed in."""
    cookies = []
    for number in range(first, first + count):
        person, _ = scratch_person(f"talking-{number}")
        session = SessionStore()
        session[SESSION_KEY] = str(person.pk)
        session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        session[HASH_SESSION_KEY] = person.get_session_auth_hash()
        session.save()
        cookies.append(f"{settings.SESSION_COOKIE_NAME}={session.session_key}")
    return cookies


@dataclass
class Usage:
    """What each part used between two moments: processor seconds, and the most memory beyond the beginning's."""

    cpu: dict[str, float] = field(default_factory=dict)
    grown: dict[str, float] = field(default_factory=dict)  # MiB
    connections: int = 0


class Watch:
    """Looks every half second. The load is this process itself."""

    def __init__(self, made: Stage) -> None:
        self._parts = {name: psutil.Process(process.pid) for name, process in made.processes.items()}
        self._parts["load"] = psutil.Process()
        if (postgres := _postgres()) is not None:
            self._parts["postgresql"] = postgres
        self.usage = Usage()
        self._done = Event()
        self._looking = Thread(target=self._look, name="watch", daemon=True)

    def begin(self) -> None:
        """From here on it counts."""
        self._cpu = {name: _cpu(part) for name, part in self._parts.items()}
        self._memory = {name: _memory(part) for name, part in self._parts.items()}
        self._looking.start()

    def end(self) -> Usage:
        """Up to here."""
        self.usage.cpu = {name: round(_cpu(part) - self._cpu[name], 2) for name, part in self._parts.items()}
        self._done.set()
        self._looking.join()
        return self.usage

    def _look(self) -> None:
        while not self._done.wait(0.5):
            for name, part in self._parts.items():
                grown = (_memory(part) - self._memory[name]) / MIB
                self.usage.grown[name] = round(max(grown, self.usage.grown.get(name, 0.0)), 1)
            self.usage.connections = max(self.usage.connections, _connections())
        connections["owner"].close()


def _postgres() -> psutil.Process | None:
    """The server's first process, where it runs on this machine and may be seen."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("select pg_backend_pid()")
        (pid,) = cursor.fetchone()
    try:
        backend = psutil.Process(pid)
        return backend.parent() if backend.name().startswith("postgres") else None
    except psutil.Error:
        return None


def _connections() -> int:
    """Of web and workers to the scratch database."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "select count(*) from pg_stat_activity where datname = current_database() and usename <> current_user"
        )
        return int(cursor.fetchone()[0])


def _tree(part: psutil.Process) -> list[psutil.Process]:
    return [part, *part.children(recursive=True)] if part.pid != os.getpid() else [part]


def _cpu(part: psutil.Process) -> float:
    """Seconds, those of children that have ended among them."""
    spent = 0.0
    for process in _tree(part):
        with suppress(psutil.Error):
            times = process.cpu_times()
            spent += times.user + times.system
            if process.pid == part.pid and part.pid != os.getpid():
                spent += times.children_user + times.children_system
    return spent


def _memory(part: psutil.Process) -> int:
    """Bytes of its own: what is shared with others counts once, with nobody."""
    held = 0
    for process in _tree(part):
        with suppress(psutil.Error):
            told = process.memory_info()
            held += told.rss - told.shared
    return held


def all_recallable(*, within: float) -> float | None:
    """Seconds from now until every turn in the scratch database has its keys; None if that takes longer."""
    began = time.perf_counter()
    while (waited := time.perf_counter() - began) < within:
        with connections["owner"].cursor() as cursor:
            cursor.execute(
                "select exists (select from memory_turn turn where remembered and stands"
                " and not exists (select from memory_key key where key.turn_id = turn.id))"
            )
            if not cursor.fetchone()[0]:
                return round(waited, 1)
        time.sleep(0.2)
    return None
