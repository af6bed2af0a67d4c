"""Tables beside the real ones: what is made anew stands there, whole, until it takes the place of the old.

PostgreSQL looks for a name among a connection's temporary tables first. So the code that writes the real tables writes
these, unchanged, while it runs in the connection that has them, and everybody else reads the real ones. They end with
the connection: of a process that dies nothing is left, and no word stands where erasing would not look.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from django.db import connection, connections
from django.db.models import BigAutoField

from memory.models.owned import OwnedModel

COPY = """
create temporary table {table} (like public.{table} including all excluding identity)
"""
NUMBERED = "alter table pg_temp.{table} alter id set default nextval(pg_get_serial_sequence('public.{table}', 'id'))"
TAKE = """
insert into pg_temp.{table} ({columns}) select {columns} from public.{table} where id = any(%s)
on conflict do nothing returning id
"""
PUT = """
insert into public.{table} ({columns}) select {columns} from pg_temp.{table} where id = any(%s)
on conflict ({key}) do update set ({columns}) = row ({excluded})
"""


@contextmanager
def beside(models: Sequence[type[OwnedModel]]) -> Iterator[None]:
    """Within the block this thread's connection has empty tables of its own in place of these models'.

    It keeps the connection for that long: code that gives it back before slow work goes on with the same one.
    """
    held = connections["default"]
    held.close()
    held.ensure_connection()
    held.close = lambda: None  # type: ignore[method-assign]
    try:
        for model in models:
            _copy(model)
        yield
    finally:
        del held.close
        if held.is_usable():  # else they are gone already
            with held.cursor() as cursor:
                cursor.execute("discard temp")
        held.close()


def _copy(model: type[OwnedModel]) -> None:
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(COPY.format(table=table))
        if isinstance(model._meta.pk, BigAutoField):
            cursor.execute(NUMBERED.format(table=table))


@contextmanager
def real_first() -> Iterator[None]:
    """Within the block, inside a transaction, the models are the real tables again; `pg_temp.…` are those beside."""
    with connection.cursor() as cursor:
        cursor.execute("set local search_path to public, pg_temp")
    yield
    with connection.cursor() as cursor:
        cursor.execute("set local search_path to default")


def is_read(model: type[OwnedModel]) -> bool:
    """Whether this connection just now reads a table beside in place of the real one."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute("select %s::regclass <> %s::regclass", [table, f"public.{table}"])
        return bool(cursor.fetchone()[0])


def take_over(model: type[OwnedModel], ids: Iterable[int]) -> list[int]:
    """Copy real rows beside, but for those that stand there already; returns the ids of the copied."""
    with connection.cursor() as cursor:
        cursor.execute(TAKE.format(table=model._meta.db_table, columns=_columns(model)), [list(ids)])
        return [pk for (pk,) in cursor.fetchall()]


def put_in_place(model: type[OwnedModel], ids: Iterable[int]) -> None:
    """Write rows from beside into the real table; a real one of the same id is changed in place."""
    statement = PUT.format(
        table=model._meta.db_table,
        columns=_columns(model),
        key=", ".join(str(field.column) for field in model._meta.pk_fields),
        excluded=_columns(model, "excluded."),
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [list(ids)])


def rename(model: type[OwnedModel], pairs: Sequence[tuple[int, int]], models: Iterable[type[OwnedModel]]) -> None:
    """Give rows beside other ids, (from, to), and tell all that points to them in the tables of these models."""
    columns = [(model, "id")]
    for other in models:
        columns += [(other, str(field.column)) for field in other._meta.fields if field.related_model is model]
    before, after = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    with connection.cursor() as cursor:
        for table, column in columns:
            cursor.execute(
                f"update pg_temp.{table._meta.db_table} as row set {column} = pair.after"  # noqa: S608 - names of models
                f" from unnest(%s::bigint[], %s::bigint[]) as pair (before, after) where row.{column} = pair.before",
                [before, after],
            )


def look_over(models: Iterable[type[OwnedModel]]) -> None:
    """Let the planner know what stands beside: nothing else looks after temporary tables."""
    with connection.cursor() as cursor:
        for model in models:
            cursor.execute(f"analyze pg_temp.{model._meta.db_table}")


def _columns(model: type[OwnedModel], prefix: str = "") -> str:
    return ", ".join(f'{prefix}"{field.column}"' for field in model._meta.local_concrete_fields if field.column)
