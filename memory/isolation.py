"""One person's rows are out of everyone else's reach, held by PostgreSQL itself.

The app works under `APP_ROLE`, which is neither superuser nor owner of the tables. Every table of a person's rows
carries a policy that compares its owner with the transaction's `rosemary.person`; unset, it shows no rows.
Sweeps over everybody work under `SWEEP_ROLE`, which may read ids, states and figures, and nothing anyone said; the one
thing it may write is that a memory has faded.
"""

import hashlib
import hmac
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from django.db import OperationalError, connections, transaction
from django.db import connection as default
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from psycopg.errors import LockNotAvailable

Read = TypeVar("Read")

APP_ROLE = "rosemary_app"
SWEEP_ROLE = "rosemary_sweep"
PERSON_SETTING = "rosemary.person"

POLICY = """
alter table {table} enable row level security;
alter table {table} force row level security;
create policy own on {table} to {app}
  using (owner_id = nullif(current_setting('{setting}', true), '')::bigint)
  with check (owner_id = nullif(current_setting('{setting}', true), '')::bigint);
grant select, insert, update, delete on {table} to {app};
"""
NO_POLICY = """
drop policy if exists sweep on {table};
drop policy own on {table};
alter table {table} no force row level security;
alter table {table} disable row level security;
revoke all on {table} from {app}, {sweep};
"""
SWEEP_POLICY = """
create policy sweep on {table} for select to {sweep} using (true);
grant select ({columns}) on {table} to {sweep};
"""


def role_password(role: str, secret: str) -> str:
    """A role's password follows from the installation's secret: nothing else needs to be kept or handed around."""
    return hmac.new(secret.encode(), f"database role {role}".encode(), hashlib.sha256).hexdigest()


@contextmanager
def acting_as(person_id: int, *, using: str = "default") -> Iterator[None]:
    """A transaction that sees and writes this person's rows and no others.

    The setting is local to the transaction, so a pooled connection carries nothing over. Nested inside another
    person's, the outer person is put back at the end. Raises Held where nobody waits any longer (`waiting_at_most`).
    """
    connection: Any = connections[using]
    nested = connection.in_atomic_block
    known, connection.known = getattr(connection, "known", None), {}
    try:
        with transaction.atomic(using=using), connection.cursor() as cursor:
            before = _current_person(cursor) if nested else ""
            _set_person(cursor, str(int(person_id)))
            if (seconds := _patience.get()) is not None:
                cursor.execute(f"set local lock_timeout = {round(1000 * seconds)}")
            yield
            if nested:
                _set_person(cursor, before)
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            raise Held(str(error)) from error
        raise
    finally:
        connection.known = known


class Held(OperationalError):
    """Something that takes long has the person's rows: an erasure, or what is made anew. Later it can be done."""


_patience: ContextVar[float | None] = ContextVar("patience", default=None)  # seconds; None: as long as it takes


@contextmanager
def waiting_at_most(seconds: float) -> Iterator[None]:
    """Whoever waits for a lock within this gives up after so long, and with it their connection."""
    before = _patience.set(seconds)
    try:
        yield
    finally:
        _patience.reset(before)


def read_once(name: str, person_id: int, read: Callable[[], Read]) -> Read:
    """What `read` gives, read once for each `acting_as`; whoever changes it calls `read_anew`."""
    known: dict[tuple[str, int], Any] | None = getattr(default, "known", None)
    if known is None:
        return read()
    if (name, person_id) not in known:
        known[name, person_id] = read()
    return known[name, person_id]  # type: ignore[no-any-return]


def read_anew() -> None:
    """What was read once may have changed."""
    if (known := getattr(default, "known", None)) is not None:
        known.clear()


def _current_person(cursor: Any) -> str:
    cursor.execute("select coalesce(current_setting(%s, true), '')", [PERSON_SETTING])
    return str(cursor.fetchone()[0])


def _set_person(cursor: Any, value: str) -> None:
    cursor.execute("select set_config(%s, %s, true)", [PERSON_SETTING, value])


class CreateRoles(Operation):
    """The two roles, without a password until `set_role_passwords` gives them one."""

    reversible = True

    def state_forwards(self, app_label: str, state: Any) -> None:
        pass

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        for role in (APP_ROLE, SWEEP_ROLE):
            schema_editor.execute(
                f"do $$ begin create role {role} login noinherit; exception when duplicate_object then null; end $$"
            )
            schema_editor.execute(f"grant usage on schema public to {role}")

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        """Roles belong to the whole cluster and may serve another database: they stay."""

    def describe(self) -> str:
        return "Create the app's and the sweeps' roles"


class Isolate(Operation):
    """Row-level security on one owned table; `sweep` names the columns that sweeps may read of everybody."""

    reversible = True

    def __init__(self, table: str, sweep: tuple[str, ...] = ()) -> None:
        self.table = table
        self.sweep = sweep

    def state_forwards(self, app_label: str, state: Any) -> None:
        pass

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        schema_editor.execute(POLICY.format(table=self.table, app=APP_ROLE, setting=PERSON_SETTING))
        if self.sweep:
            columns = ", ".join(self.sweep)
            schema_editor.execute(SWEEP_POLICY.format(table=self.table, sweep=SWEEP_ROLE, columns=columns))

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        schema_editor.execute(NO_POLICY.format(table=self.table, app=APP_ROLE, sweep=SWEEP_ROLE))

    def describe(self) -> str:
        return f"Hold {self.table} by row-level security"


def set_role_passwords(*, secret: str, using: str = "owner") -> None:
    """Let both roles sign in with the passwords that follow from the secret. Run by the owner after migrating."""
    with connections[using].cursor() as cursor:
        for role in (APP_ROLE, SWEEP_ROLE):
            cursor.execute(f"alter role {role} login password '{role_password(role, secret)}'")


def grant_shared_tables(*, using: str = "owner") -> None:
    """The app may use every table that no policy guards (accounts, web sessions), and all sequences."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            "select c.oid::regclass::text from pg_class c where c.relnamespace = 'public'::regnamespace"
            " and c.relkind in ('r', 'p') and not c.relrowsecurity and not c.relispartition"
            " and c.relname <> 'django_migrations'"
        )
        for (table,) in cursor.fetchall():
            cursor.execute(f"grant select, insert, update, delete on {table} to {APP_ROLE}")
        cursor.execute(f"grant select on django_migrations to {APP_ROLE}")
        cursor.execute(f"grant usage, select on all sequences in schema public to {APP_ROLE}")
