"""All rows of people, told apart by a digest, and put back as they were."""

from collections.abc import Sequence
from typing import Any

from django.db import connections, transaction

from companion.accounts.models import Departure, Invitation, Person
from tests.lives import OWNED, Life

# Whose a row is, in tables that no policy guards.
BESIDE = {Person: "id", Departure: "leaver", Invitation: "made_by_id"}
WHOSE = {model._meta.db_table: "owner_id" for model in OWNED} | {
    model._meta.db_table: column for model, column in BESIDE.items()
}
EVERYBODYS = ("django_session",)


def digest(person: Any) -> dict[str, str]:
    """What stands in every table of this person, as a number a table."""
    each = [
        f"select '{table}', coalesce(sum(hashtextextended(t::text, 0)), 0)::text from {table} t where {column} = %s"
        for table, column in WHOSE.items()
    ]
    with connections["owner"].cursor() as cursor:
        cursor.execute(" union all ".join(each), [person.pk] * len(each))
        return dict(cursor.fetchall())


def sessions() -> set[str]:
    """Who is signed in somewhere, by the keys of their web sessions."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("select session_key from django_session")
        return {key for (key,) in cursor.fetchall()}


def tables_with(life: Life, words: Sequence[str]) -> list[str]:
    """Tables in which somebody's rows hold any of these words."""
    pattern = "|".join(words)
    each = [
        f"select '{table}' where exists (select from {table} t where {column} = %s and t::text ~* %s)"
        for table, column in WHOSE.items()
    ]
    with connections["owner"].cursor() as cursor:
        cursor.execute(" union all ".join(each), [life.person.pk, pattern] * len(each))
        return [table for (table,) in cursor.fetchall()]


def keep_copy() -> None:
    """A copy of everything, to be put back."""
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("drop schema if exists kept cascade; create schema kept")
        for table in (*WHOSE, *EVERYBODYS):
            cursor.execute(f"create table kept.{table} as select * from public.{table}")


def forget_copy() -> None:
    """It is no longer needed."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("drop schema kept cascade")


def put_back() -> None:
    """Everything is as when the copy was made."""
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("set local session_replication_role = replica")
        for table in (*WHOSE, *EVERYBODYS):
            names = ", ".join(columns(cursor, table))
            cursor.execute(f"delete from public.{table}")
            cursor.execute(f"insert into public.{table} ({names}) select {names} from kept.{table}")


def columns(cursor: Any, table: str) -> list[str]:
    """Those that are not made by the database itself."""
    cursor.execute(
        "select quote_ident(attname) from pg_attribute where attrelid = %s::regclass and attnum > 0"
        " and not attisdropped and attgenerated = ''",
        [f"public.{table}"],
    )
    return [name for (name,) in cursor.fetchall()]
