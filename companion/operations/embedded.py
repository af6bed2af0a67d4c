"""The embedded parts: PostgreSQL with pgvector, Redis and a secret key, all kept under DATA_DIR."""

import os
import secrets
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from companion.operations.postgres import (
    NAME,
    OWNER,
    NotStarted,
    Postgres,
    host,
    make_private,
    programs,
    socket_directory,
)

# These start no database: they need none, or start it themselves.
WITHOUT_DATABASE = {
    "makemigrations",
    "check",
    "help",
    "version",
    "up",
    "diffsettings",
    "testserver",
    "doctor",
    "restore",
    "frames",
}
MIGRATING = 7_206_137  # an advisory lock's number: one process at a time migrates


def secret_key(data_dir: Path) -> str:
    """The installation's own secret, made once and readable by its owner only."""
    path = data_dir / "secret_key"
    if not path.exists():
        try:
            data_dir.mkdir(parents=True, exist_ok=True)
            _write_once(path, secrets.token_urlsafe(50))
        except OSError as error:
            raise NotStarted(f"{path} cannot be written ({error.strerror}). Set DATA_DIR or SECRET_KEY.") from error
    return path.read_text().strip()


def _write_once(path: Path, text: str) -> None:
    """Whole or not at all, and never over another process's: the file appears with its words already in it."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:  # noqa: PTH123 - private from the start
        file.write(text)
    try:
        os.link(draft, path)
    except FileExistsError:
        return
    finally:
        draft.unlink()


def database(data_dir: Path) -> dict[str, Any]:
    """Django's description of the embedded PostgreSQL, as the owner of the tables; nothing is started."""
    return {"ENGINE": "django.db.backends.postgresql", "NAME": NAME, "USER": OWNER, "HOST": str(host(data_dir))}


def redis_socket(data_dir: Path) -> Path:
    """The embedded Redis listens on a unix socket only."""
    return socket_directory(data_dir, data_dir, "redis.sock") / "redis.sock"


def redis_url(data_dir: Path) -> str:
    """How the embedded Redis is reached."""
    return f"unix://{redis_socket(data_dir)}"


def redis_command(data_dir: Path, *, durable: bool = True) -> list[str]:
    """What runs the embedded Redis in the foreground; its directories are made, nothing is started."""
    socket, directory = redis_socket(data_dir), data_dir / "redis"
    make_private(directory)
    if socket.parent != data_dir:
        make_private(socket.parent)
    program = Path(sysconfig.get_path("scripts")) / "redis-server"
    keep = ["--appendonly", "yes", "--appendfsync", "everysec"] if durable else ["--appendonly", "no"]
    listen = ["--port", "0", "--unixsocket", str(socket), "--unixsocketperm", "700"]
    return [str(program), *listen, "--dir", str(directory), "--save", "", *keep, "--maxmemory-policy", "noeviction"]


@contextmanager
def database_for_command(argv: list[str]) -> Iterator[None]:
    """The embedded PostgreSQL is up while a command that needs it runs, unless DATABASE_URL names another."""
    if not _needs_database(argv):
        yield
        return
    from django.conf import settings

    postgres = Postgres(settings.DATA_DIR)
    with postgres.used():
        os.environ["PATH"] = os.pathsep.join([str(programs()), os.environ.get("PATH", os.defpath)])  # psql, for dbshell
        try:
            if argv[1] != "migrate":
                migrate_if_pending()
            yield
        finally:
            close_connections()


def _needs_database(argv: list[str]) -> bool:
    """Whether this command line runs a command that exists, asks the database and has none configured."""
    if len(argv) < 2 or argv[1] in WITHOUT_DATABASE or {"--help", "-h", "--version"} & set(argv[1:]):
        return False
    import django
    from django.conf import settings
    from django.core.management import get_commands

    django.setup()
    return not settings.DATABASE_URL and argv[1] in get_commands()


def migrate_if_pending() -> None:
    """Bring the database up to date if it is not; one process does it, others wait and find it done."""
    from django.core.management import call_command
    from django.db import connections

    with connections["owner"].cursor() as cursor:
        cursor.execute("select pg_advisory_lock(%s)", [MIGRATING])
        try:
            pending = pending_migrations()
            if pending:
                print(f"Bringing the database up to date ({pending} steps) …", file=sys.stderr)
                call_command("migrate", verbosity=0, interactive=False)
        finally:
            cursor.execute("select pg_advisory_unlock(%s)", [MIGRATING])


def pending_migrations() -> int:
    """How many migrations are still to be applied."""
    from django.db import connections
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connections["owner"])
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def close_connections() -> None:
    """Give this thread's connections back and close every pool, so that the server can stop in peace."""
    from django.db import connections

    for connection in connections.all(initialized_only=True):
        connection.close()
    close_pools()


def close_pools() -> None:
    """Close every pool, whichever thread opened it; a connection that is out goes when it is given back."""
    from django.db import connections

    for connection in connections.all():
        if connection.vendor == "postgresql":
            connection.close_pool()  # type: ignore[attr-defined]
