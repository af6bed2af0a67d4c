"""The real parts of a test run: embedded PostgreSQL and Redis in a folder of their own, gone afterwards.

A pytest plugin, loaded before Django's settings are read (`-p tests.parts`). Of a run that is spread over processes
(`-n 2`), each process that runs tests has parts of its own; the one that only hands them out has none.
"""

import asyncio
import atexit
import fcntl
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

DATA_DIR = Path(tempfile.mkdtemp(prefix="rosemary-tests-"))
DATA_DIR.chmod(0o755)  # under root, PostgreSQL's own system user passes through

os.environ["DATA_DIR"] = str(DATA_DIR)
os.environ["ENGINE_DISCOVERY"] = "false"
os.environ["OMP_NUM_THREADS"] = os.environ["ENCODER_THREADS"] = "1"  # processes side by side would fight over cores
for elsewhere in ("DATABASE_URL", "REDIS_URL", "ENGINE_URL", "SECRET_KEY", "SIGN_UP"):
    os.environ.pop(elsewhere, None)

from companion.operations import embedded  # noqa: E402 - the environment comes first
from companion.operations.postgres import Postgres  # noqa: E402

postgres = Postgres(DATA_DIR, {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"})
redis: "subprocess.Popen[bytes] | None" = None
_connected_to: int | None = None


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Start them, except in a process that runs no test itself."""
    if hasattr(config, "workerinput") or not config.getoption("numprocesses", None):
        start()


def start() -> None:
    """PostgreSQL, in turn with other test runs: under root its first start makes a system user. And Redis."""
    global _connected_to, redis  # noqa: PLW0603 - one of each a process
    with Path(__file__).open() as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        postgres.use()
    _connected_to = postgres.pid()
    command = embedded.redis_command(DATA_DIR, durable=False)
    redis = subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)  # Ctrl-C is for the tests


@contextmanager
def postgres_stopped() -> Iterator[None]:
    """Stopped for the length of a block, as an operator might; afterwards it answers, and this process asks it anew."""
    while (pid := postgres.pid()) is not None:
        os.kill(pid, signal.SIGINT)  # fast shutdown
        time.sleep(0.1)
    try:
        yield
    finally:
        leave_as_found()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Before any fixture of a test: whatever the one before did, PostgreSQL answers on every connection."""
    leave_as_found()


def leave_as_found() -> None:
    """PostgreSQL runs, and no connection to one that ran before is used again.

    Django keeps the connections of a thread apart from those of an event loop that runs in it. So beside a loop (in a
    test of the socket, and wherever Playwright is open) only the pools can be closed; the next test does the rest.
    """
    global _connected_to  # noqa: PLW0603 - one server a process
    if postgres.pid() == _connected_to:
        return
    postgres.revive()
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        embedded.close_connections()
        _connected_to = postgres.pid()
    else:
        embedded.close_pools()


@contextmanager
def redis_frozen() -> Iterator[None]:
    """Silent for the length of a block, its connections held open; afterwards it goes on where it was."""
    assert redis is not None
    redis.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        redis.send_signal(signal.SIGCONT)


@atexit.register
def clear_away() -> None:
    """Nothing of a test run stays."""
    if redis is not None:
        redis.kill()
        redis.wait()
    postgres.leave()
    shutil.rmtree(DATA_DIR, ignore_errors=True)
