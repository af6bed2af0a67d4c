"""`manage.py`: every command that needs the database starts the embedded one, and leaves nothing running."""

import json
import os
import subprocess
import sys

import psutil
import pytest

from companion.operations.embedded import WITHOUT_DATABASE
from tests.stack import ROOT

pytestmark = pytest.mark.stack


@pytest.fixture
def folder(tmp_path):
    for parent in (tmp_path, tmp_path.parent, tmp_path.parent.parent):
        parent.chmod(0o755)  # under root, PostgreSQL's own system user passes through
    return tmp_path / "data"


def manage(folder, *arguments, **environment):
    """Run to its end, on an installation of its own."""
    ours = ("DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE")
    kept = {name: value for name, value in os.environ.items() if name not in ours}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=kept | {"DATA_DIR": str(folder)} | environment,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def running_in(folder):
    return [p for p in psutil.process_iter(["cmdline"]) if str(folder) in " ".join(p.info["cmdline"] or [])]


def test_a_command_starts_the_database_brings_it_up_to_date_and_stops_it(folder):
    count = "from companion.accounts.models import Person; print('people:', Person.objects.count())"
    first = manage(folder, "shell", "-v", "0", "-c", count)
    assert first.returncode == 0, first.stderr
    assert "people: 0" in first.stdout
    assert "Bringing the database up to date" in first.stderr
    assert running_in(folder) == []

    made = manage(
        folder,
        "createsuperuser",
        "--noinput",
        "--email",
        "ana@example.org",
        DJANGO_SUPERUSER_PASSWORD="a long sentence",
    )
    assert made.returncode == 0, made.stderr
    again = manage(folder, "shell", "-v", "0", "-c", count)
    assert "people: 1" in again.stdout
    assert "up to date" not in again.stderr

    shown = manage(folder, "showmigrations", "--database", "owner", "memory")
    assert "[X]" in shown.stdout
    assert "[ ]" not in shown.stdout

    asked = manage(folder, "dbshell", "--database", "owner", "--", "-c", "select extname from pg_extension")
    assert "vector" in asked.stdout, asked.stderr
    looked = manage(folder, "doctor", "--json")
    assert looked.returncode == 1, looked.stderr
    assert {each["part"] for each in json.loads(looked.stdout)["findings"]} == {"redis"}
    assert running_in(folder) == []


@pytest.mark.parametrize("arguments", [("help",), ("check",), ("migrate", "--help"), ("nonsense",), ()], ids=str)
def test_a_command_that_needs_no_database_starts_none(folder, arguments):
    manage(folder, *arguments)
    assert not (folder / "postgres").exists()


def test_with_another_database_named_none_is_started(folder):
    told = manage(folder, "shell", "-c", "print(1)", DATABASE_URL="postgres://nobody@127.0.0.1:1/nothing")
    assert told.stdout.strip().endswith("1")
    assert not (folder / "postgres").exists()


def test_only_commands_that_never_ask_the_database_go_without():
    assert {"migrate", "shell", "import_history", "load_demo", "createsuperuser"}.isdisjoint(WITHOUT_DATABASE)
