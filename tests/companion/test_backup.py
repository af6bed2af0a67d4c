"""A backup brought back into an empty installation is the same installation, less what was erased since."""

import os
import subprocess
import sys
from datetime import timedelta
from io import StringIO

import psycopg
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connections
from pyrage import x25519

from memory import encoder, erasure, indexing
from memory.isolation import acting_as
from memory.models import Erasure, Turn
from tests.memory.test_dialogue import say
from tests.stack import ROOT, new_database
from worker import erasing

pytestmark = [pytest.mark.django_db, pytest.mark.stack]

SECRET_WORDS = "The key lies under the third flowerpot."
SAID = ["My sister Clara moved to Ghent in March.", SECRET_WORDS, "The choir sings Fauré next month."]


@pytest.fixture
def told(ana, stranger):
    """Ana has said three things, the stranger one."""
    turns = [say(ana, text).turn for text in SAID]
    say(stranger, "I collect thimbles.")
    indexing.index_turns(person_id=ana.pk, turn_ids=[turn.pk for turn in turns], encoder=encoder.current())
    return turns


def back_up(*arguments):
    call_command("backup", *map(str, arguments), stdout=StringIO())


def restore(url, *arguments):
    """As an operator does it, in a process of its own, with everything but the database stopped."""
    told = {"DATABASE_URL": url, "REDIS_URL": "redis://localhost:1", "SECRET_KEY": settings.SECRET_KEY}
    kept = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    command = [sys.executable, "manage.py", "restore", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, env=kept | told, capture_output=True, text=True, check=False)


def rows(name):
    """Everything in every table of a database, as text."""
    owner = connections["owner"].settings_dict
    with psycopg.connect(host=owner["HOST"], user=owner["USER"], dbname=name) as database:
        tables = database.execute(
            "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')"
            " and not relispartition order by relname"
        ).fetchall()
        return {
            table: sorted(row for (row,) in database.execute(f"select t::text from {table} t").fetchall())
            for (table,) in tables
        }


def here():
    return connections["owner"].settings_dict["NAME"]


def test_an_encrypted_backup_brings_every_row_back_and_opens_to_its_identity_alone(told, tmp_path):
    identity, another = x25519.Identity.generate(), x25519.Identity.generate()
    (tmp_path / "identity").write_text(f"# for the restore\n{identity}\n")
    (tmp_path / "another").write_text(str(another))
    back_up(tmp_path / "backup", "--recipient", identity.to_public())
    assert (tmp_path / "backup").stat().st_mode & 0o077 == 0
    assert SECRET_WORDS.encode() not in (tmp_path / "backup").read_bytes()
    url = new_database("restored")
    name = url.rpartition("/")[2]

    refused = restore(url, tmp_path / "backup", "--identity", tmp_path / "another")
    assert refused.returncode == 1
    assert "cannot be decrypted with this identity" in refused.stderr

    done = restore(url, tmp_path / "backup", "--identity", tmp_path / "identity")
    assert done.returncode == 0, done.stderr
    assert "Without --tombstones, what was erased since this backup is there again." in done.stdout
    assert rows(name) == rows(here())

    again = restore(url, tmp_path / "backup", "--identity", tmp_path / "identity")
    assert "People have accounts in this database." in again.stderr
    with psycopg.connect(f"host={connections['owner'].settings_dict['HOST']} user=rosemary_app dbname={name}") as app:
        assert app.execute("select count(*) from memory_turn").fetchone() == (0,)  # held as before


def test_what_was_erased_and_who_left_after_the_backup_stay_away(told, ana, stranger, tmp_path):
    back_up(tmp_path / "backup")
    wish = erasure.Wish(Erasure.Kind.TURN, [told[1].pk])
    asked = erasure.forget(person_id=ana.pk, wish=wish, after=timedelta())
    erasing.carry_out(person_id=ana.pk, erasure_id=asked.pk)
    erasure.delete_everything(person_id=stranger.pk)
    stranger.delete()
    back_up(tmp_path / "tombstones", "--tombstones")
    assert b"flowerpot" not in (tmp_path / "tombstones").read_bytes()

    url = new_database("restored")
    done = restore(url, tmp_path / "backup", "--tombstones", tmp_path / "tombstones")
    assert done.returncode == 0, done.stderr
    assert "Erased again: 1 turns, 1 people." in done.stdout
    brought = rows(url.rpartition("/")[2])
    assert not any("flowerpot" in row or "thimbles" in row for table in brought.values() for row in table)
    assert len(brought["memory_turn"]) == len(SAID) - 1
    assert len(brought["accounts_person"]) == 1
    with acting_as(ana.pk):
        assert Turn.objects.count() == len(SAID) - 1  # where it was made nothing has changed


def test_a_backup_that_cannot_be_written_leaves_nothing_behind(tmp_path):
    with pytest.raises(CommandError, match="is no recipient of age"):
        back_up(tmp_path / "backup", "--recipient", "nobody")
    with pytest.raises(CommandError, match="cannot be written"):
        back_up(tmp_path / "nowhere" / "backup")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("content", "why"),
    [('{"secret": "another", "people": [], "last": 0}\n', "another SECRET_KEY"), ("PGDMP", "no file of tombstones")],
)
def test_tombstones_that_cannot_be_used_are_refused_before_anything_is_restored(told, tmp_path, content, why):
    back_up(tmp_path / "backup")
    (tmp_path / "tombstones").write_text(content)
    url = new_database("restored")
    refused = restore(url, tmp_path / "backup", "--tombstones", tmp_path / "tombstones")
    assert refused.returncode == 1
    assert why in refused.stderr
    assert rows(url.rpartition("/")[2]) == {}


def test_an_encrypted_backup_that_was_cut_short_says_so_and_brings_nothing_back(told, tmp_path):
    identity = x25519.Identity.generate()
    (tmp_path / "identity").write_text(str(identity))
    back_up(tmp_path / "backup", "--recipient", identity.to_public())
    whole = (tmp_path / "backup").read_bytes()
    (tmp_path / "backup").write_bytes(whole[: len(whole) * 2 // 3])
    url = new_database("restored")
    refused = restore(url, tmp_path / "backup", "--identity", tmp_path / "identity")
    assert "is damaged or cut short" in refused.stderr
    assert rows(url.rpartition("/")[2]) == {}
