"""People are kept apart by PostgreSQL: looked up in its catalogue, and tried as the app (memory/isolation.py)."""

from django.apps import apps
from django.db import connections, transaction

from companion.operations.doctor.database import ask
from companion.operations.doctor.finding import Finding, sql
from memory.isolation import APP_ROLE, PERSON_SETTING, SWEEP_ROLE, acting_as
from memory.models.owned import OwnedModel

TRIED = 20  # people whose eyes are looked through
OWN = f"(owner_id = (NULLIF(current_setting('{PERSON_SETTING}'::text, true), ''::text))::bigint)"

ROLES = """
select rolname, rolsuper or rolbypassrls, array(
    select distinct owner.rolname from pg_class table_
    join pg_roles owner on owner.oid = table_.relowner
    where table_.relname = any(%(tables)s) and pg_has_role(role.oid, owner.oid, 'member'))
from pg_roles role where rolname = any(%(roles)s)
"""
TABLES = """
select relname, relrowsecurity, relforcerowsecurity, array(
    select polname from pg_policy where polrelid = c.oid
    and (polroles && array[0::oid, (select oid from pg_roles where rolname = %(app)s)])
    and not (polname = 'own' and polcmd = '*' and pg_get_expr(polqual, polrelid) = %(own)s
             and pg_get_expr(polwithcheck, polrelid) = %(own)s)),
    exists(select from pg_policy where polrelid = c.oid and polname = 'own'),
    has_table_privilege(%(sweep)s, c.oid, 'select, insert, update, delete, truncate')
from pg_class c
where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and relname = any(%(tables)s)
order by relname
"""
PARTITIONS = """
select c.relname from pg_inherits join pg_class c on c.oid = inhrelid
where inhparent in (select oid from pg_class where relname = any(%(tables)s))
  and (has_table_privilege(%(app)s, c.oid, 'select, insert, update, delete')
       or has_any_column_privilege(%(sweep)s, c.oid, 'select, insert, update'))
order by c.relname
"""


def owned_tables() -> list[str]:
    """The tables of people's rows."""
    models = apps.get_app_config("memory").get_models()
    return sorted(model._meta.db_table for model in models if issubclass(model, OwnedModel))


def roles_are_held() -> list[Finding]:
    """The app's and the sweeps' role exist, are no superusers, and own none of the tables."""
    rows = ask(ROLES, {"roles": [APP_ROLE, SWEEP_ROLE], "tables": owned_tables()})
    found = []
    for role, free, owners in rows:
        if free:
            mend = sql(f"alter role {role} nosuperuser nobypassrls")
            found.append(Finding("roles", f"{role} may pass by row-level security.", mend))
        for owner in owners:
            mend = sql(f"revoke {owner} from {role}")
            found.append(Finding("roles", f"{role} is a member of {owner}, who owns tables of people’s rows.", mend))
    missing = {APP_ROLE, SWEEP_ROLE} - {str(row[0]) for row in rows}
    return found + [Finding("roles", f"The role {role} is missing.", _made_anew(role)) for role in sorted(missing)]


def _made_anew(role: str) -> str:
    return sql(f"create role {role} login noinherit") + " && manage.py migrate  # then restore its rights from a backup"


def is_enforced() -> list[Finding]:
    """Every table of people's rows is held, and, tried as the app, shows each person their own rows alone."""
    return _catalogued() + _tried()


def _catalogued() -> list[Finding]:
    told = {"tables": owned_tables(), "app": APP_ROLE, "sweep": SWEEP_ROLE, "own": OWN}
    found = []
    for table, enabled, forced, strange, own, swept in ask(TABLES, told):
        if not (enabled and forced):
            mend = sql(f"alter table {table} enable row level security; alter table {table} force row level security")
            found.append(_finding(f"{table} is not held by row-level security.", mend))
        for policy in strange:
            change = f"alter policy {policy} on {table} using {OWN} with check {OWN}"
            mend = sql(change if policy == "own" else f"drop policy {policy} on {table}")
            found.append(_finding(f"{table} has a policy “{policy}” that shows the app more than one’s own.", mend))
        if not own:
            mend = sql(f"create policy own on {table} to {APP_ROLE} using {OWN} with check {OWN}")
            found.append(_finding(f"{table} has no policy: nobody sees anything in it.", mend))
        if swept:
            found.append(
                _finding(f"{SWEEP_ROLE} reaches all of {table}.", sql(f"revoke all on {table} from {SWEEP_ROLE}"))
            )
    for (partition,) in ask(PARTITIONS, told):
        mend = sql(f"revoke all on {partition} from {APP_ROLE}, {SWEEP_ROLE}")
        found.append(_finding(f"The partition {partition} can be reached beside its table’s policy.", mend))
    return found


def _tried() -> list[Finding]:
    """As nobody there are no rows; as somebody, none of another's."""
    people = [pk for (pk,) in ask("select id from accounts_person order by id desc limit %s", [TRIED])]
    with transaction.atomic(using="default"):
        leaking = {table for table in owned_tables() if _sees(table, "true")}
    for person_id in people:
        with acting_as(person_id):
            leaking |= {table for table in owned_tables() if _sees(table, f"owner_id <> {person_id}")}
    mend = "stop web and workers, then mend the roles and policies named here"
    return [_finding(f"Tried as the app: {table} shows the rows of others.", mend) for table in sorted(leaking)]


def _sees(table: str, condition: str) -> bool:
    with connections["default"].cursor() as cursor:
        cursor.execute(f"select exists(select from {table} where {condition})")  # noqa: S608 - our own names and ids
        return bool(cursor.fetchone()[0])


def _finding(wrong: str, mend: str) -> Finding:
    return Finding("row security", wrong, mend)
