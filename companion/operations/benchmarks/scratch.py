"""A database of its own for each measurement, on the same server, gone afterwards: nobody's data is touched."""

import os
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import DatabaseError, connections
from psycopg.conninfo import make_conninfo

from companion.accounts.models import Person
from companion.operations.embedded import close_connections
from memory import clock
from memory.isolation import acting_as
from memory.models import Companion

PREFIX = "rosemary_bench_"
ALIASES = ("default", "sweep", "owner")
CREATE = (
    "create database {} template template0 encoding 'UTF8' locale 'C' locale_provider builtin builtin_locale 'C.UTF-8'"
)


@contextmanager
def scratch_database() -> Iterator[None]:
    """Within the block every connection leads to a new, migrated, empty database; it is dropped however that ends."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # told to stop, it still tidies up
    name = f"{PREFIX}{os.getpid()}"
    _as_owner_of_server(_drop_left_over)
    _as_owner_of_server(lambda cursor: cursor.execute(CREATE.format(name)))
    before = _lead_to(dict.fromkeys(ALIASES, name))
    try:
        call_command("migrate", verbosity=0, interactive=False)
        yield
    finally:
        _lead_to(before)
        _as_owner_of_server(lambda cursor: _drop(cursor, name))


def _as_owner_of_server(do: Any) -> None:
    """One statement outside of any transaction, in the database that stays."""
    try:
        with connections["owner"].cursor() as cursor:
            do(cursor)
    except DatabaseError as error:
        said = str(error).splitlines()[0]
        raise CommandError(
            f"No scratch database can be made ({said}). The owner in DATABASE_URL needs CREATEDB."
        ) from error


def _lead_to(names: dict[str, str]) -> dict[str, str]:
    """Point the connections at these databases; returns where they led before."""
    close_connections()
    before = {}
    for alias, name in names.items():
        before[alias] = connections[alias].settings_dict["NAME"]
        connections[alias].settings_dict["NAME"] = name
        connections.settings[alias]["NAME"] = name  # threads to come read it here
    return before


def _drop_left_over(cursor: Any) -> None:
    """Databases of measurements that were killed: their process is gone, and nobody is connected."""
    cursor.execute(
        "select datname from pg_database where datname like %s and not exists"
        " (select from pg_stat_activity where pg_stat_activity.datname = pg_database.datname)",
        [PREFIX.replace("_", r"\_") + "%"],
    )
    for (name,) in cursor.fetchall():
        if re.fullmatch(PREFIX + r"\d+", name) and not _is_running(int(name.removeprefix(PREFIX))):
            _drop(cursor, name)


def _drop(cursor: Any, name: str) -> None:
    cursor.execute(f"drop database if exists {name} with (force)")


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def owner_address() -> str:
    """How the scratch database is reached as the owner of its tables, for what goes past the ORM."""
    owner = connections["owner"].settings_dict
    named = {"host": owner["HOST"], "port": owner["PORT"], "user": owner["USER"], "password": owner["PASSWORD"]}
    return make_conninfo(dbname=owner["NAME"], **{name: value for name, value in named.items() if value})


def scratch_person(label: str, *, name: str = "", companion: str = "") -> tuple[Person, Companion]:
    """Somebody with nothing to remember yet, who cannot sign in, and their companion."""
    person = Person(email=f"{label.lower()}@bench.invalid", name=name[:60], time_zone="UTC")
    person.set_unusable_password()
    person.save()
    called = {"name": companion[:60]} if companion else {}
    with acting_as(person.pk):
        made = Companion.objects.create(owner=person, created_at=clock.now(), **called)
    return person, made
