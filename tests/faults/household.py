"""The whole product on a PostgreSQL and a Redis of its own, any part of which can be killed and started again.

The tests' own PostgreSQL gives up safety for speed; here what is committed is meant to survive.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import quote

import psutil
import psycopg
import redis

from companion.operations import embedded
from companion.operations.postgres import NAME, OWNER, Postgres
from tests.stack import ROOT, Stack, running

PROCESSES = ("web", "chat", "memory", "beat")


class Household:
    """What runs, and how to kill it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.postgres = Postgres(folder, {"fsync": "off"})  # the machine itself does not die
        self.redis: subprocess.Popen[bytes] | None = None
        self.stack: Stack

    @property
    def environment(self) -> dict[str, str]:
        """As production names its parts."""
        host = quote(str(self.postgres.host), safe="")
        return {
            "DATABASE_URL": f"postgres://{OWNER}@{host}/{NAME}",
            "REDIS_URL": embedded.redis_url(self.folder),
            "DATA_DIR": str(self.folder),
        }

    def start_redis(self) -> None:
        """With its file, as in production; until it answers."""
        command = embedded.redis_command(self.folder)
        self.redis = subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)
        client = redis.Redis.from_url(embedded.redis_url(self.folder))
        for _ in range(200):
            with suppress(redis.RedisError):
                client.ping()
                return
            time.sleep(0.05)
        raise RuntimeError("Redis did not start")

    def kill(self, part: str, dice: Random) -> None:
        """SIGKILL: nothing is said, nothing is finished."""
        if part in ("redis", "redis and its file"):
            assert self.redis is not None
            self.redis.kill()
            self.redis.wait()
            if part != "redis":
                shutil.rmtree(self.folder / "redis")
        elif part == "postgres":
            server = psutil.Process(self.postgres.pid())
            for process in [server, *server.children()]:
                with suppress(psutil.NoSuchProcess):
                    process.kill()
            psutil.wait_procs([server], timeout=10)
        elif part == "a backend":
            serving = [one for one in psutil.Process(self.postgres.pid()).children() if _serves(one)]
            if serving:
                dice.choice(serving).kill()
        else:
            self.stack.kill(part)

    def mend(self) -> None:
        """Start again what was killed, and nothing else: no process may have died with another."""
        assert self.redis is not None
        if self.postgres.pid() is None:
            self.postgres.revive()
        if self.redis.poll() is not None:
            self.start_redis()
        self.stack.start(*(name for name in PROCESSES if name not in self.stack.processes))

    def rows(self, query: str, parameters: Any = ()) -> list[tuple[Any, ...]]:
        """What stands in the database, to its owner."""
        for attempt in range(100):
            try:
                with psycopg.connect(self.environment["DATABASE_URL"], autocommit=True) as connection:
                    return connection.execute(query, parameters).fetchall()
            except psycopg.OperationalError:  # it is being repaired
                if attempt == 99:
                    raise
                time.sleep(0.2)
        raise AssertionError("unreachable")


def _serves(process: psutil.Process) -> bool:
    """Whether it is one that speaks with a client."""
    with suppress(psutil.NoSuchProcess):
        return "rosemary_app" in " ".join(process.cmdline())
    return False


@contextmanager
def household(logs: Path, **environment: str) -> Iterator[Household]:
    """All of it, running; gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="rosemary-faults-"))
    folder.chmod(0o755)  # under root, PostgreSQL's own system user passes through
    house = Household(folder)
    house.postgres.use()
    house.start_redis()
    try:
        told = os.environ | house.environment | {"SECRET_KEY": "of the faults", "ENGINE_DISCOVERY": "false"}
        subprocess.run([sys.executable, "manage.py", "migrate", "-v", "0"], cwd=ROOT, env=told, check=True)
        more = house.environment | {"SECRET_KEY": "of the faults"} | environment
        with running(logs, *PROCESSES, **more) as house.stack:
            yield house
    finally:
        if house.redis is not None:
            house.redis.kill()
            house.redis.wait()
        house.postgres.leave()
        shutil.rmtree(folder, ignore_errors=True)
