"""The engine server as a fixture: one process a test run."""

import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.stack import ROOT, free_port


@dataclass(frozen=True)
class EngineServer:
    """Where it listens."""

    port: int

    @property
    def url(self) -> str:
        """As ENGINE_URL names it."""
        return f"http://127.0.0.1:{self.port}/v1"

    def seen(self) -> list[dict[str, Any]]:
        """Every request it got, oldest first."""
        answer: list[dict[str, Any]] = httpx.get(f"http://127.0.0.1:{self.port}/seen").json()
        return answer


@pytest.fixture(scope="session")
def engine_server() -> Iterator[EngineServer]:
    """A running one."""
    server = EngineServer(free_port())
    command = [sys.executable, "-m", "companion.operations.benchmarks.stand_in", "--port", str(server.port)]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        wait_until_it_answers(server)
        yield server
    finally:
        process.kill()  # it may be in the middle of a reply without an end
        process.wait(timeout=10)


def wait_until_it_answers(server: EngineServer, seconds: float = 30) -> None:
    """Raises TimeoutError where it never does."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            httpx.get(f"{server.url}/models")
        except httpx.HTTPError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError("the engine server did not start")
