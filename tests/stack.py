"""The whole product as its own processes, on the test run's PostgreSQL and Redis."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from random import randrange
from urllib.parse import quote
from uuid import uuid4

import httpx
from django.conf import settings
from django.db import connections

from tests.emptying import empty_database

ROOT = Path(__file__).resolve().parent.parent
CELERY = [sys.executable, "-m", "celery", "-A", "worker.app"]


WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))  # which of the processes that share tests
PORTS = 1000  # for each of them, below those that the kernel gives out
_ports = cycle(range(10_000 + WORKER * PORTS, 10_000 + (WORKER + 1) * PORTS))
for _ in range(randrange(PORTS)):  # two runs at once seldom meet
    next(_ports)


def free_port() -> int:
    """A port that nobody listens on just now, and that no test beside this one is given."""
    for port in _ports:
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("unreachable: a cycle has no end")


@dataclass
class Stack:
    """Running processes by name, and how to reach them."""

    port: int
    logs: Path
    environment: dict[str, str]
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Where the web process answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def commands(self) -> dict[str, list[str]]:
        """What each process runs; the same commands as in production."""
        uvicorn = [sys.executable, "-m", "uvicorn", "companion.asgi:application", "--port", str(self.port)]
        worker = [*CELERY, "worker", "--without-gossip", "--without-mingle", "--pool", "threads"]
        schedule = str(self.logs / "beat-schedule")
        return {
            "web": [*uvicorn, "--ws-max-size", "4194304"],
            "chat": [*worker, "-Q", "chat", "--concurrency", "16"],
            "memory": [*worker, "-Q", "memory", "--concurrency", "1"],
            "beat": [*CELERY, "beat", "--schedule", schedule],
        }

    def command(self, name: str) -> list[str]:
        """What runs under a name; of several workers of a queue the second is `chat.2`."""
        kind = name.partition(".")[0]
        own_name = ["-n", f"{name}-{self.port}@%h"] if kind in ("chat", "memory") else []
        return [*self.commands[kind], *own_name]

    def start(self, *names: str, **environment: str) -> None:
        """Start these processes and wait until they are ready for work."""
        for name in names:
            log = (self.logs / f"{name}.log").open("ab")
            self.processes[name] = subprocess.Popen(
                self.command(name),
                cwd=ROOT,
                env=self.environment | environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        for name in names:
            self.wait_for(name)

    def runs(self, name: str) -> bool:
        """Whether it was started and has not ended since."""
        return name in self.processes and self.processes[name].poll() is None

    def wait_for(self, name: str, seconds: float = 120) -> None:
        """Until a process answers; raises with the end of its log if it does not."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.processes[name].poll() is not None:
                break
            if self.is_ready(name):
                return
            time.sleep(0.2)
        raise RuntimeError(f"{name} did not start:\n{self.log(name)[-3000:]}")

    def is_ready(self, name: str) -> bool:
        """Whether the web answers, or a worker says so in its log."""
        if name == "web":
            try:
                return httpx.get(f"{self.url}/health/ready").status_code == 200
            except httpx.HTTPError:
                return False
        return {"beat": "beat: Starting"}.get(name, " ready.") in self.log(name)

    def log(self, name: str) -> str:
        """What a process has written so far."""
        return (self.logs / f"{name}.log").read_text(errors="replace")

    def kill(self, name: str, how: signal.Signals = signal.SIGKILL) -> None:
        """End one process; its log is put aside, so that a next one's readiness is its own."""
        process = self.processes.pop(name)
        os.killpg(process.pid, how)
        process.wait(timeout=30)
        (self.logs / f"{name}.log").rename(self.logs / f"{name}.{time.monotonic_ns()}.log")

    def stop(self) -> None:
        """End all that runs."""
        for process in self.processes.values():
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
        for process in self.processes.values():
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
        self.processes.clear()


def new_database(prefix: str) -> str:
    """The URL of an empty database on the tests' server, signed in as its owner."""
    name = f"{prefix}_{uuid4().hex[:12]}"
    with connections["owner"].cursor() as cursor:
        cursor.execute(f"create database {name}")
    return database_url(name)


def database_url(name: str) -> str:
    """Where a database of the tests' server is, for a process of its own."""
    owner = connections["owner"].settings_dict
    return f"postgres://{owner['USER']}@{quote(str(owner['HOST']), safe='')}/{name}"


@contextmanager
def running(logs: Path, *names: str, **environment: str) -> Iterator[Stack]:
    """A stack with these processes; `environment` overrides settings, such as ENGINE_URL."""
    port = free_port()
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "DJANGO"))}
    told = {
        "DATABASE_URL": database_url(connections["owner"].settings_dict["NAME"]),
        "REDIS_URL": settings.REDIS_URL,
        "SECRET_KEY": settings.SECRET_KEY,
        "PORT": str(port),
        "SITE_URL": f"http://127.0.0.1:{port}",
        "ENGINE_DISCOVERY": "false",
        "REPLY_LEASE_SECONDS": "3",
        "PYTHONUNBUFFERED": "1",
    }
    stack = Stack(port=port, logs=logs, environment=inherited | told | environment)
    try:
        stack.start(*names)
        yield stack
    finally:
        stack.stop()
        if "DATABASE_URL" not in environment:
            empty_database()  # the next test must not meet the people of these
