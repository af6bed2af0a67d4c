"""`manage.py up`, past its first step: start everything, check it, say where it is, watch it, stop it in order.

This process stays for as long as Rosemary runs, so it is a small one: Django is imported by its children only.
"""

import fcntl
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import Any

import honcho.manager
import psutil
from honcho.printer import Printer

from companion.operations.embedded import redis_command, redis_socket
from companion.operations.orphans import Child, end_with_parent
from companion.operations.postgres import NotStarted, Postgres

ROOT = Path(__file__).resolve().parent.parent.parent
ROOM = 300 * 1024**2  # bytes that must be free to begin
FULL = 16 * 1024**2  # bytes: with less a disk is called full
LONGEST_LOG = 10 * 1024**2  # bytes, after which a start puts the log aside
PATIENCE = 60.0  # seconds until everything must have said that it is ready
LOOK_EVERY = 0.5  # seconds between two looks whether the embedded parts live
STOPPING = 10  # seconds to finish what is under way; a reply that is cut is taken up at the next start
READY = {"web": "Application startup complete", "chat": " ready.", "memory": " ready.", "beat": "beat: Starting"}


@dataclass(frozen=True)
class Place:
    """Where this installation lives and listens."""

    data_dir: Path
    host: str
    port: int
    own_database: bool  # embedded, that is; otherwise DATABASE_URL names one
    own_redis: bool
    metrics_port: int = (
        0  # where the chat worker's figures are served, and the memory worker's on the next; 0 is nowhere
    )

    @property
    def address(self) -> str:
        """What to type into a browser."""
        host = "localhost" if self.host in ("127.0.0.1", "localhost", "0.0.0.0", "::1") else self.host  # noqa: S104
        return f"http://{host}:{self.port}"

    @property
    def log(self) -> Path:
        """What all processes say."""
        return self.data_dir / "logs" / "rosemary.log"

    @property
    def redis_log(self) -> Path:
        """What the embedded Redis says."""
        return self.data_dir / "logs" / "redis.log"


def main(environment: Mapping[str, str] = os.environ) -> None:
    """Run until told to stop; every problem is one line that says what to do."""
    place = Place(
        data_dir=Path(environment["DATA_DIR"]),
        host=environment["HOST"],
        port=int(environment["PORT"]),
        own_database=not environment.get("DATABASE_URL"),
        own_redis=not environment.get("REDIS_URL"),
        metrics_port=int(environment.get("METRICS_PORT") or 0),
    )
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with ExitStack() as running:
            running.enter_context(alone(place))
            check_port(place)
            check_room(place)
            parts = start_parts(place, running)
            step("migrating", lambda: manage("migrate", "--verbosity", "0"))
            sys.exit(watch(place, parts))
    except NotStarted as problem:
        sys.exit(f"\n{problem}")
    except KeyboardInterrupt:
        sys.exit("\nStopped.")


def step(name: str, do: Any) -> Any:
    """Do one thing and say how long it took."""
    print(f"  {name} …", end="", flush=True)
    began = time.monotonic()
    made = do()
    print(f" {time.monotonic() - began:.1f} s", flush=True)
    return made


@contextmanager
def alone(place: Place) -> Iterator[None]:
    """One `up` a folder; the lock goes with its process, however that ends."""
    try:
        place.log.parent.mkdir(parents=True, exist_ok=True)
        lock = (place.data_dir / "up.lock").open("a+")
    except OSError as error:
        raise NotStarted(
            f"{place.data_dir} cannot be written ({error.strerror}). Set DATA_DIR to a folder of yours."
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            running = lock.read().strip() or "another process"
            raise NotStarted(f"Rosemary is running already: {running}. Stop that one first, or set DATA_DIR.") from None
        lock.truncate(0)
        lock.write(f"process {os.getpid()}, {place.address}")
        lock.flush()
        yield


def check_port(place: Place) -> None:
    """Nobody else may listen there."""
    family = socket.AF_INET6 if ":" in place.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((place.host, place.port))
        except OSError as error:
            taken = f"Port {place.port} is taken by {listener(place.port)}. Say: PORT={place.port + 1} make up"
            other = f"{place.host}:{place.port} cannot be listened on ({error.strerror}). Set HOST and PORT."
            raise NotStarted(taken if error.errno == 98 else other) from error


def listener(port: int) -> str:
    """Who listens on a port, as far as one may know."""
    for process in psutil.process_iter(["pid", "name"]):
        try:
            listens = [c for c in process.net_connections("inet") if c.status == "LISTEN" and c.laddr.port == port]
        except psutil.Error:
            continue
        if listens:
            return f"{process.info['name']} (process {process.info['pid']})"
    return "another program"


def least_room() -> int:
    """Bytes that must be free to begin."""
    return int(os.environ.get("LEAST_ROOM") or ROOM)


def check_room(place: Place) -> None:
    """A full disk would lose words."""
    free = shutil.disk_usage(place.data_dir).free
    if free < least_room():
        raise NotStarted(
            f"Only {free // 1024**2} MB are free at {place.data_dir}. Make room, or set DATA_DIR elsewhere."
        )


@dataclass(frozen=True)
class Part:
    """Something embedded that all processes need."""

    name: str
    lives: Callable[[], bool]
    log: Path


def start_parts(place: Place, running: ExitStack) -> list[Part]:
    """The embedded PostgreSQL and Redis, where no others are named; they outlive all that uses them."""
    parts = []
    if place.own_database:
        postgres = Postgres(place.data_dir)
        running.callback(postgres.leave)
        step("PostgreSQL", postgres.use)
        parts.append(Part("PostgreSQL", lambda: postgres.pid() is not None, postgres.directory / "log"))
    if place.own_redis:
        process = step("Redis", lambda: running.enter_context(redis(place)))
        parts.append(Part("Redis", lambda: process.poll() is None, place.redis_log))
    return parts


@contextmanager
def redis(place: Place) -> Iterator["subprocess.Popen[bytes]"]:
    """A Redis of our own, until the block ends; its append-only file is whole then."""
    command = redis_command(place.data_dir)
    with place.redis_log.open("ab") as log:
        process = subprocess.Popen(
            command,
            stdout=log,
            stderr=log,
            start_new_session=True,
            preexec_fn=end_with_parent,  # noqa: PLW1509 - no other thread runs yet
        )
    try:
        wait_for_redis(place, process)
        yield process
    finally:
        process.terminate()
        process.wait(timeout=30)


def wait_for_redis(place: Place, process: "subprocess.Popen[bytes]") -> None:
    """Until it answers."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        if answers(redis_socket(place.data_dir)):
            return
        time.sleep(0.05)
    raise NotStarted(f"Redis did not start. What it said is in {place.redis_log}.")


def answers(path: Path) -> bool:
    """Whether a Redis behind this socket is ready to work."""
    with socket.socket(socket.AF_UNIX) as line:
        try:
            line.connect(str(path))
            line.sendall(b"PING\r\n")
            return line.recv(5).startswith(b"+PONG")
        except OSError:
            return False


def manage(*arguments: str) -> str:
    """Run a management command to its end, and give what it said."""
    command = [sys.executable, "manage.py", *arguments]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if answer.returncode:
        said = (answer.stderr.strip() or answer.stdout.strip() or "nothing").splitlines()[-1]
        raise NotStarted(f"“manage.py {arguments[0]}” failed: {said}")
    return answer.stdout


def commands(place: Place) -> dict[str, str]:
    """What runs: the same programs as in production."""
    python = shlex.quote(sys.executable)
    celery = f"{python} -m celery -A worker.app"
    worker = f"{celery} worker --without-gossip --without-mingle --without-heartbeat --pool threads"
    sockets = "--ws-max-size 4194304 --ws-per-message-deflate false"  # frames of a few words gain nothing
    served = f"--host {place.host} --port {place.port} {sockets} --timeout-graceful-shutdown 5"
    chat, memory = scraped(place.metrics_port), scraped(place.metrics_port and place.metrics_port + 1)
    return {
        "web": f"exec {python} -m uvicorn companion.asgi:application {served}",
        "chat": f"exec {chat} {worker} -Q chat --concurrency 32 -n chat@%h",
        "memory": f"exec {memory} {worker} -Q memory --concurrency 1 -n memory@%h",
        "beat": f"exec {celery} beat --schedule {shlex.quote(str(place.data_dir / 'beat-schedule'))}",
    }


def scraped(port: int) -> str:
    """What a command begins with, so that its figures are served there."""
    return f"env METRICS_PORT={port}"


class Log:
    """What all processes say. On a full disk lines are missed, which is told once; that must not end the rest."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.missing = False
        self._file = path.open("ab", buffering=0)

    def write(self, text: str) -> None:
        """Add to it, if that can be."""
        try:
            self._file.write(text.encode(errors="replace"))
            self.missing = False
        except OSError as error:
            if not self.missing:
                print(f"\n{self.path} cannot be written ({error.strerror}). Make room.", flush=True)
            self.missing = True

    def flush(self) -> None:
        """Nothing waits here."""


class Watching(Printer):
    """Writes the log, and hears in it who is ready."""

    def __init__(self, output: Log) -> None:
        super().__init__(output=output, time_format="%Y-%m-%d %H:%M:%S", colour=False)
        self.waiting = {name: Event() for name in READY}
        self.died: tuple[str, str] | None = None
        self.lost: Part | None = None  # an embedded part that died
        self.ended = Event()

    def write(self, message: Any) -> None:
        """One line of one process."""
        super().write(message)
        said = message.data.decode(errors="replace") if isinstance(message.data, bytes) else message.data
        if message.name in READY and READY[message.name] in said:
            self.waiting[message.name].set()
        if message.name == "system" and " stopped (rc=" in said and self.died is None:
            name, _, status = said.strip().partition(" stopped (rc=")
            self.died = (name, status.rstrip(")"))


def watch(place: Place, parts: Sequence[Part]) -> int:
    """Run all processes until one dies or somebody stops us; the exit status to leave with."""
    if place.log.exists() and place.log.stat().st_size > LONGEST_LOG:
        place.log.replace(place.log.with_suffix(".log.1"))
    honcho.manager.KILL_WAIT = STOPPING
    printer = Watching(Log(place.log))
    manager = honcho.manager.Manager(printer)
    manager._process_ctor = Child
    lean = {**os.environ, "MALLOC_ARENA_MAX": "2", "PYTHONUNBUFFERED": "1"}
    for name, command in commands(place).items():
        manager.add_process(name, command, env=lean, cwd=str(ROOT))
    Thread(target=greet, args=(place, printer), daemon=True).start()
    Thread(target=look_after, args=(parts, printer), daemon=True).start()
    try:
        manager.loop()
    finally:
        printer.ended.set()  # from here on the parts are stopped on purpose
    return farewell(place, printer, manager.returncode)


def greet(place: Place, printer: Watching) -> None:
    """Once all are ready: where to go, and what to know."""
    print("  starting …", end="", flush=True)
    began = time.monotonic()
    for name, ready in printer.waiting.items():
        if not ready.wait(max(PATIENCE - (time.monotonic() - began), 0)):
            print(f"\n{name} is not ready after {PATIENCE:.0f} seconds; what it said is in {place.log}.", flush=True)
            return
    print(f" {time.monotonic() - began:.1f} s", flush=True)
    try:
        print(manage("welcome", "--address", place.address), end="", flush=True)
    except NotStarted as problem:
        print(problem, flush=True)


def look_after(parts: Sequence[Part], printer: Watching) -> None:
    """Nothing works without the embedded parts: the first that dies stops the others in order."""
    while not printer.ended.wait(LOOK_EVERY):
        printer.lost = next((part for part in parts if not part.lives()), None)
        if printer.lost is not None:
            os.kill(os.getpid(), signal.SIGTERM)
            return


def farewell(place: Place, printer: Watching, status: int) -> int:
    """How it ended; a process that died is named, with its last words."""
    if printer.lost is not None:
        said = printer.lost.log.read_text(errors="replace").splitlines() if printer.lost.log.exists() else []
        return last_words(place, printer.lost.name, said, printer.lost.log)
    if status in (130, 143):
        print("\nStopped. Everything that was said is kept.", flush=True)
        return 0
    name, code = printer.died or ("something", "?")
    lines = place.log.read_text(errors="replace").splitlines()
    said = [line for line in lines if f" {name} " in line or f" {name}|" in line.replace(" |", "|")]
    return last_words(place, f"{name} (status {code})", said, place.log)


def last_words(place: Place, who: str, said: Sequence[str], log: Path) -> int:
    """Who died, what it said last, and what to do; the exit status to leave with."""
    print(f"\n{who} died, so everything was stopped; nothing that was said is lost.", flush=True)
    print("\n".join(f"  {line}" for line in said[-5:]), flush=True)
    if shutil.disk_usage(place.data_dir).free < FULL:
        print(f"The disk of {place.data_dir} is full. Make room, then start again with: make up", flush=True)
    else:
        print(f"The whole log: {log}. Start again with: make up", flush=True)
    return 1


if __name__ == "__main__":
    main()
