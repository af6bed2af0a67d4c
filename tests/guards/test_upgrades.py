"""An upgrade stops nobody: migrations hold no lock for long, and both versions’ workers read each other’s messages."""

import inspect
import json
import subprocess
import sysconfig
from pathlib import Path

import psycopg
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connections
from django.db.migrations.loader import MigrationLoader

from companion.operations.management.commands import migrate
from worker import accompanying, request_id, tasks
from worker.app import app

SQUAWK = Path(sysconfig.get_path("scripts")) / "squawk"
OURS = ("memory", "accounts", "inspection")
FIRST_VERSION = {"memory": "0021_below_first", "accounts": "0002_invitations", "inspection": "0001_initial"}
TASTE = (  # rules about taste, or met otherwise: the lock's time-out is the command's
    "prefer-text-field",
    "prefer-bigint-over-int",
    "prefer-bigint-over-smallint",
    "require-lock-timeout",
    "require-statement-timeout",
    "ban-drop-default",
)
EXCUSED: dict[str, set[str]] = {  # migration → rules, with the reason beside it
    "memory-0027_census_indexes": {"prefer-robust-stmts"},  # each index is dropped before it is made
    "memory-0033_listed_index": {"prefer-robust-stmts"},  # the same
    "memory-0031_erasing_in_portions": {"prefer-robust-stmts"},  # likewise
}


def findings(sql, atomic=True):
    """The rules that a migration breaks: what locks for long, and what a worker of the version before would miss."""
    command = [str(SQUAWK), "--reporter", "json", "--pg-version", "18"]
    command += ["--assume-in-transaction"] if atomic else []
    said = subprocess.run(
        [*command, "--exclude", ",".join(TASTE)], input=sql, capture_output=True, text=True, check=False
    )
    assert said.returncode in (0, 1), said.stderr
    return {found["rule_name"] for found in json.loads(said.stdout or "[]")}


def later_migrations():
    """Those after the first version’s, which have met no rows."""
    loader = MigrationLoader(None)
    return sorted(key for key in loader.disk_migrations if key[0] in OURS and key[1] > FIRST_VERSION[key[0]])


@pytest.mark.django_db
@pytest.mark.parametrize("key", later_migrations(), ids="-".join)
def test_a_migration_locks_no_table_for_long_and_leaves_the_version_before_at_work(key):
    loader = MigrationLoader(connections["owner"], replace_migrations=False)
    migration = loader.disk_migrations[key]
    sql = "\n".join(loader.collect_sql([(migration, False)]))
    assert findings(sql, migration.atomic) - EXCUSED.get("-".join(key), set()) == set()


@pytest.mark.parametrize(
    ("sql", "rule"),
    [
        ("create index i on memory_turn (said_at);", "require-concurrent-index-creation"),
        ("alter table memory_turn add column mood text not null;", "adding-required-field"),
        ("alter table memory_turn alter column text type varchar(9);", "changing-column-type"),
        ("alter table memory_turn rename column text to words;", "renaming-column"),
        ("alter table memory_turn drop column text;", "ban-drop-column"),
        ("alter table memory_turn add constraint c check (number > 0);", "constraint-missing-not-valid"),
        ("alter table memory_turn alter column text set not null;", "adding-not-nullable-field"),
        ("drop table memory_turn;", "ban-drop-table"),
    ],
)
def test_the_linter_sees_what_would_stop_people_or_the_version_before(sql, rule):
    assert rule in findings(sql)


def test_the_linter_lets_pass_what_stops_nobody():
    assert findings("alter table memory_turn add column mood text not null default '';") == set()
    assert findings("create table memory_mood (id bigint primary key); create index m on memory_mood (id);") == set()


def test_the_names_of_the_first_versions_last_migrations_exist():
    assert set(FIRST_VERSION.items()) <= set(MigrationLoader(None).disk_migrations)


@pytest.mark.django_db
def test_a_migration_that_waits_for_a_lock_gives_up_before_people_wait_behind_it():
    asked = []
    with migrate.impatient("owner"), connections["owner"].cursor() as cursor:
        cursor.execute("show lock_timeout")
        asked.append(cursor.fetchone()[0])
    with connections["owner"].cursor() as cursor:
        cursor.execute("show lock_timeout")
        asked.append(cursor.fetchone()[0])
    assert asked == [f"{migrate.LOCK_SECONDS}s", "0"]


SENT_BY_THE_FIRST_VERSION = {
    "reply": (1, "7f1f0f4e-3a41-4f1e-9d7a-5a0d6c1c2b3a"),
    "read_texts": ("7f1f0f4e-3a41-4f1e-9d7a-5a0d6c1c2b3a",),
    "consolidate": (1, 1),
    "sum_up": (1, 1),
    "index": (1, [1]),
    "erase": (1, 1),
    "sweep_replies": (),
    "sweep_sessions": (),
    "sweep_periods": (),
    "sweep_keys": (),
    "sweep_fading": (),
    "sweep_erasures": (),
}


@pytest.mark.parametrize("name", SENT_BY_THE_FIRST_VERSION)
def test_a_worker_understands_what_a_web_process_of_the_version_before_has_queued(name):
    task = app.tasks[f"worker.tasks.{name}"]
    inspect.signature(task.run).bind(*SENT_BY_THE_FIRST_VERSION[name])


def test_a_message_without_our_headers_is_taken_up_under_its_own_id():
    tasks.sweep_keys.push_request(id="task-1")
    try:
        accompanying.begin(task=tasks.sweep_keys, task_id="task-1")
        assert request_id.current() == "task-1"
        accompanying.end(task=tasks.sweep_keys)
    finally:
        tasks.sweep_keys.pop_request()


@pytest.mark.django_db
def test_a_lock_that_is_held_is_told_with_what_to_do(monkeypatch):
    monkeypatch.setattr(migrate, "LOCK_SECONDS", 1)
    with psycopg.connect(**connections["owner"].get_connection_params()) as other:
        other.execute("lock table django_migrations in access exclusive mode")
        with pytest.raises(CommandError, match="run migrate again"):
            call_command("migrate", verbosity=0)
