"""The database: whether it answers to all three roles, is up to date, has its extension, and room for everybody."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connections

from companion.operations.doctor.finding import CouldNotLook, Finding, sql
from companion.operations.doctor.queues import running_workers
from companion.operations.embedded import pending_migrations
from memory import clock

OLDEST_VECTOR = (0, 7)  # of pgvector: the first with halfvec, sparsevec and binary_quantize
SKEW = timedelta(seconds=2)  # by which the clocks may differ
BESIDE_POOL = 2  # connections of a process beyond its pool: those of the sweeps
WEB_PROCESSES = 1  # at least


Parameters = Sequence[Any] | Mapping[str, Any] | None


def ask(statement: str, parameters: Parameters = None, *, using: str = "owner") -> list[tuple[Any, ...]]:
    """The rows of a statement, as the owner unless told otherwise."""
    with connections[using].cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())


def answers() -> list[Finding]:
    """Each of the three roles can sign in."""
    found = []
    for alias in ("owner", "default", "sweep"):
        try:
            ask("select 1", using=alias)
        except DatabaseError as error:
            found.append(_away(alias, error))
            if alias == "owner":  # the server is away, or DATABASE_URL is wrong: the others say nothing more
                break
    return found


def _away(alias: str, error: Exception) -> Finding:
    role = connections[alias].settings_dict["USER"]
    wrong = f"{role or 'the owner'} cannot sign in to the database ({_reason(error)})."
    if alias == "owner":
        mend = "start PostgreSQL and set DATABASE_URL" if settings.DATABASE_URL else "make up"
    else:  # its password follows from the secret key
        mend = "manage.py migrate  # with the SECRET_KEY that web and workers have"
    return Finding("database", wrong, mend)


def _reason(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[-1]


def is_up_to_date() -> list[Finding]:
    """No migration waits."""
    pending = pending_migrations()
    if not pending:
        return []
    return [Finding("migrations", f"{pending} migrations are not applied.", "manage.py migrate")]


def has_vectors() -> list[Finding]:
    """pgvector is there, and new enough for half-precision and sparse vectors."""
    rows = ask("select extversion from pg_extension where extname = 'vector'")
    if not rows:
        return [Finding("extension", "The database has no pgvector.", sql("create extension vector"))]
    version = str(rows[0][0])
    if tuple(int(number) for number in version.split(".")[:2]) >= OLDEST_VECTOR:
        return []
    return [Finding("extension", f"pgvector {version} is too old.", sql("alter extension vector update"))]


def clocks_agree() -> list[Finding]:
    """This machine's clock and the database's tell the same time, or memories fade and fall due at the wrong one."""
    before = clock.now()
    ((there,),) = ask("select clock_timestamp()")
    here = before + (clock.now() - before) / 2
    skew: timedelta = here - there
    if abs(skew) <= SKEW:
        return []
    wrong = f"The clock here is {skew.total_seconds():+.0f} s from the database’s."
    if settings.CLOCK_SHIFT:
        return [Finding("clock", wrong, f"unset CLOCK_SHIFT  # it is {settings.CLOCK_SHIFT:g}")]
    return [Finding("clock", wrong, "timedatectl set-ntp true  # on this machine and the database’s")]


def connections_suffice() -> list[Finding]:
    """The pools of web and workers fit into what PostgreSQL lets in."""
    ((most,),) = ask(
        "select current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int"
    )
    try:
        workers = len(running_workers())
    except CouldNotLook:
        workers = 2  # as many as there must be: one a queue
    processes = max(workers, 2) + WEB_PROCESSES
    pool: int = connections["default"].settings_dict["OPTIONS"]["pool"]["max_size"]
    wanted = processes * (pool + BESIDE_POOL)
    if wanted <= most:
        return []
    wrong = f"{processes} processes may want {wanted} connections (DATABASE_POOL={pool}); PostgreSQL lets {most} in."
    fits = max(most // processes - BESIDE_POOL, 1)
    return [Finding("connections", wrong, f"DATABASE_POOL={fits}  # or raise max_connections and restart PostgreSQL")]
