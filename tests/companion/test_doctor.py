"""The doctor: everything is broken for real, found, and mended by the command that it names."""

import json
import shlex
import time
from contextlib import contextmanager
from datetime import timedelta
from io import StringIO
from unittest.mock import ANY

import pytest
import time_machine
from django.core.management import call_command
from django.db import connections

from companion.operations import doctor
from companion.operations.doctor import CHECKS, examine
from companion.operations.doctor.finding import as_typed_here, sql
from memory import clock, dialogue, policy
from memory.isolation import acting_as
from memory.models import Memory, Reply, Step
from tests import parts, stack
from tests.memory.test_dialogue import say
from worker import heartbeat, sweeps, waiting
from worker.stream import connection

pytestmark = pytest.mark.django_db


def find(part):
    report = examine([part])
    assert not report.not_looked_at
    return report.findings


def wrong(part):
    return " ".join(each.wrong for each in find(part))


def as_owner(statement):
    with connections["owner"].cursor() as cursor:
        cursor.execute(statement)


def mend(part):
    """Run the statement of each finding's command as the owner."""
    for finding in find(part):
        words = shlex.split(finding.mend, comments=True)
        assert words[:6] == ["manage.py", "dbshell", "--database", "owner", "--", "-c"], finding
        as_owner(words[6])


@contextmanager
def broken(statement, undo):
    as_owner(statement)
    try:
        yield
    finally:
        as_owner(undo)


@pytest.fixture
def told(ana):
    """Ana has said something, half an hour ago."""
    return say(ana, "The kettle sings.", at=clock.now() - timedelta(minutes=30)).turn


BESIDE_WORKERS = [part for part in CHECKS if part not in ("queues", "beat", "encoder", "work", "frontend")]


def test_sound_parts_are_called_sound(told):
    report = examine(BESIDE_WORKERS)
    assert report.findings == []
    assert report.sound == BESIDE_WORKERS
    assert report.status == 0


def test_a_table_without_row_security_is_found_and_tried_and_mended(told, stranger):
    undo = "alter table memory_turn enable row level security"
    with broken("alter table memory_turn disable row level security", undo):
        assert "memory_turn is not held" in wrong("row security")
        assert "Tried as the app: memory_turn shows the rows of others." in wrong("row security")
        as_owner(shlex.split(find("row security")[0].mend)[6])
        assert find("row security") == []


@pytest.mark.parametrize(
    ("statement", "undo", "named"),
    [
        (
            "create policy ajar on memory_turn to public using (true)",
            "drop policy if exists ajar on memory_turn",
            "ajar",
        ),
        (
            "alter policy own on memory_turn using (true)",
            f"alter policy own on memory_turn using {doctor.row_security.OWN}",
            "“own” that shows the app more",
        ),
        (
            "grant select on memory_key_07 to rosemary_app",
            "revoke all on memory_key_07 from rosemary_app",
            "memory_key_07",
        ),
        (
            "grant select on memory_companion to rosemary_sweep",
            "revoke all on memory_companion from rosemary_sweep",
            "rosemary_sweep reaches all of memory_companion",
        ),
    ],
)
def test_a_gap_in_the_policies_is_found_and_mended_by_its_command(statement, undo, named):
    with broken(statement, undo):
        assert named in wrong("row security")
        mend("row security")
        assert find("row security") == []


@pytest.mark.parametrize(
    ("statement", "undo"),
    [
        ("alter role rosemary_app bypassrls", "alter role rosemary_app nobypassrls"),
        ("grant postgres to rosemary_sweep", "revoke postgres from rosemary_sweep"),
    ],
)
def test_a_role_that_passes_by_row_security_is_found_and_mended_by_its_command(statement, undo):
    with broken(statement, undo):
        assert find("roles")
        mend("roles")
        assert find("roles") == []


def test_a_migration_that_waits_is_found():
    call_command("migrate", "accounts", "0001", database="owner", verbosity=0)
    try:
        assert [each.mend for each in find("migrations")] == ["manage.py migrate"]
    finally:
        call_command("migrate", database="owner", verbosity=0)
    assert find("migrations") == []


def test_a_database_without_vectors_is_told(monkeypatch):
    """Asked of the server's own database, which has no extension."""
    monkeypatch.setattr(doctor.database, "ask", _ask_elsewhere)
    assert "no pgvector" in wrong("extension")


def _ask_elsewhere(statement, *_):
    import psycopg

    owner = connections["owner"].settings_dict
    with psycopg.connect(host=owner["HOST"], user=owner["USER"], dbname="template1") as other:
        return other.execute(statement).fetchall()


def test_a_role_that_cannot_sign_in_is_told_with_the_way_to_let_it_in():
    with broken("alter role rosemary_app nologin", "alter role rosemary_app login"):
        connections["default"].close()
        connections["default"].close_pool()
        assert "rosemary_app cannot sign in" in wrong("database")
        assert find("database")[0].mend.startswith("manage.py migrate")
        call_command("migrate", database="owner", verbosity=0)
        connections["default"].close_pool()  # which would wait before it tries again
        assert find("database") == []


def test_a_database_that_is_away_is_a_finding_and_what_hangs_on_it_is_not_looked_at():
    with parts.postgres_stopped():
        report = examine(["database", "row security", "frontend"])
    assert [each.part for each in report.findings if each.part == "database"] == ["database"]  # once, as the owner
    assert set(report.not_looked_at) == {"row security"}
    assert report.status == 1


def test_a_clock_that_goes_wrong_is_told(settings):
    with time_machine.travel(clock.now() + timedelta(minutes=5)):
        assert "+300 s" in wrong("clock")
        assert find("clock")[0].mend.startswith("timedatectl")
    settings.CLOCK_SHIFT = 86_400.0
    assert find("clock")[0].mend.startswith("unset CLOCK_SHIFT")


def test_pools_that_want_more_than_postgresql_gives_are_told_with_a_number_that_fits(monkeypatch):
    pool = connections["default"].settings_dict["OPTIONS"]["pool"]
    monkeypatch.setitem(pool, "max_size", 500)
    fits = find("connections")[0].mend.split("  #")[0].removeprefix("DATABASE_POOL=")
    monkeypatch.setitem(pool, "max_size", int(fits))
    assert find("connections") == []


def test_a_redis_that_is_away_is_told(settings):
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    connection.cache_clear()
    try:
        assert find("redis")[0].mend.startswith("make up")
        assert examine(["queues"]).status == 2
    finally:
        connection.cache_clear()


def test_a_redis_that_throws_away_is_told():
    connection().config_set("maxmemory-policy", "allkeys-lru")
    try:
        assert "allkeys-lru" in wrong("redis")
    finally:
        connection().config_set("maxmemory-policy", "noeviction")
    assert find("redis") == []


def test_queues_without_a_worker_and_a_silent_beat_are_told_until_they_run(tmp_path):
    connection().delete(heartbeat.SEEN)
    assert [each.wrong for each in find("queues")] == [
        "No worker takes from the queue “chat”.",
        "No worker takes from the queue “memory”.",
    ]
    assert set(examine(["beat"]).not_looked_at) == {"beat"}
    with stack.running(tmp_path, "chat") as running:
        assert [each.wrong for each in find("queues")] == ["No worker takes from the queue “memory”."]
        assert "No sweep was started" in wrong("beat")
        running.start("beat", "memory")
        deadline = time.monotonic() + 20
        while find("beat") and time.monotonic() < deadline:
            time.sleep(0.5)
        assert find("beat") == []
        assert find("queues") == []


def test_an_encoder_that_cannot_be_had_is_told(settings):
    settings.ENCODER = "/no/such/folder"
    assert "no folder" in wrong("encoder")


def test_an_encoder_in_use_that_the_house_does_not_allow_is_told_with_the_way_out(settings):
    policy.rule_house({"encoders": ["/models/other"]})
    (found,) = find("encoder")
    assert found.wrong.startswith("In use: all-MiniLM-L6-v2 is no encoder that this house allows")
    assert found.mend == "manage.py reencode --encoder /models/other"


@pytest.mark.parametrize("which", ["min", "max"])
def test_keys_of_another_length_under_the_encoders_name_are_told(ana, told, which):
    from memory import encoder, indexing

    turn_ids = [told.pk, say(ana, "The lamp hums.", at=clock.now() - timedelta(minutes=20)).turn.pk]
    indexing.index_turns(person_id=ana.pk, turn_ids=turn_ids, encoder=encoder.current())
    assert find("encoder") == []
    with acting_as(ana.pk), connections["default"].cursor() as cursor:
        cursor.execute(f"update memory_key set embedding = '[1,0,0]' where id = (select {which}(id) from memory_key)")
    assert "keys of it have 3" in wrong("encoder")


def test_turns_without_a_key_of_the_encoder_are_told(told):
    assert sweeps.turns_without_keys()
    assert "1 turns have no key" in wrong("encoder")


def test_a_page_that_is_not_built_is_told(settings, tmp_path):
    settings.DJANGO_VITE = {"default": {"manifest_path": tmp_path / "manifest.json"}}
    assert find("frontend")[0].mend == "make install"
    settings.FRONTEND_DIST = tmp_path
    (tmp_path / "manifest.json").write_text(json.dumps({"main": {"file": "main.js", "css": ["main.css"]}}))
    (tmp_path / "main.js").touch()
    assert "1 files of the page are missing, main.css" in wrong("frontend")
    (tmp_path / "main.css").touch()
    assert find("frontend") == []


def test_a_full_disk_is_told(monkeypatch):
    monkeypatch.setenv("LEAST_ROOM", str(2**62))
    assert "MB are free" in wrong("disk")


def test_a_secret_that_others_may_read_or_guess_is_told(settings, tmp_path):
    path = settings.DATA_DIR / "secret_key"
    path.chmod(0o644)
    try:
        assert find("secret key")[0].mend == f"chmod 600 {path}"
    finally:
        path.chmod(0o600)
    settings.BASE_DIR = tmp_path
    (tmp_path / ".env").touch(0o644)
    assert find("secret key")[0].mend == f"chmod 600 {tmp_path}/.env"
    settings.SECRET_KEY = "short"
    assert "easily guessed" in wrong("secret key")


def test_a_setting_that_nobody_knows_is_told_by_its_own_check(settings):
    settings.SIGN_UP = "perhaps"
    assert "SIGN_UP is “perhaps”." in wrong("settings")


def test_an_engine_that_is_away_or_lacks_the_model_is_told(settings, engine_server):
    settings.ENGINE_URL, settings.ENGINE_MODEL = engine_server.url, ""
    assert find("engine") == []
    settings.ENGINE_MODEL = "another"
    assert find("engine")[0].mend.startswith("ENGINE_MODEL=")
    settings.ENGINE_URL = f"http://127.0.0.1:{stack.free_port()}/v1"
    assert "No language model answers" in wrong("engine")


def test_a_reply_that_waits_too_long_is_told(told):
    assert waiting.replies().count == 1
    assert "1 replies wait, the oldest for 30 minutes." in wrong("work")


def test_what_was_given_up_is_told_and_tried_again_by_its_command(ana, told):
    with acting_as(ana.pk):
        Reply.objects.update(state=Reply.State.WHOLE)
        dialogue.close_session(session=told.session, at=clock.now())
        Step.objects.update(state=Step.State.FAILED, attempts=5)
    finding = find("work")[0]
    assert finding.wrong.endswith("was given up after its attempts.")
    call_command(*finding.mend.split()[1:], stdout=StringIO())
    assert find("work") == []
    with acting_as(ana.pk):
        assert set(Step.objects.values_list("state", "attempts")) == {(Step.State.WAITING, 0)}


def test_memories_that_should_have_faded_are_told(ana, told):
    with acting_as(ana.pk):
        Reply.objects.update(state=Reply.State.WHOLE)
        dialogue.close_session(session=told.session, at=clock.now())
        Memory.objects.update(fades_at=clock.now() - timedelta(hours=3))
    assert "fading wait, the oldest for 3 hours" in wrong("work")


def said_by(*arguments):
    out = StringIO()
    with pytest.raises(SystemExit) as left:
        call_command("doctor", *arguments, stdout=out, stderr=out, no_color=True)
    return left.value.code, out.getvalue()


def test_the_command_tells_in_words_and_leaves_with_a_status(settings):
    assert said_by("disk", "roles") == (0, "✓ disk, roles\n")
    settings.SIGN_UP = "perhaps"
    status, told = said_by("settings", "disk")
    assert status == 1
    assert told.startswith("✗ settings: SIGN_UP is “perhaps”.\n    Set it to one of: ")
    assert said_by("nonsense")[0] == 2


def test_a_command_is_told_as_it_is_typed_where_one_is(monkeypatch, tmp_path):
    monkeypatch.setattr("sys.executable", str(stack.ROOT / ".venv" / "bin" / "python"))
    monkeypatch.chdir(stack.ROOT)
    assert as_typed_here("manage.py try_again") == ".venv/bin/python manage.py try_again"
    assert as_typed_here(sql("select 1") + " && manage.py migrate").count(".venv/bin/python manage.py ") == 2
    assert as_typed_here("celery -A worker.app beat") == ".venv/bin/celery -A worker.app beat"
    assert as_typed_here("set it, then manage.py migrate") == "set it, then manage.py migrate"
    monkeypatch.chdir(tmp_path)
    assert as_typed_here("manage.py migrate") == f"{stack.ROOT}/.venv/bin/python manage.py migrate"


def test_the_command_tells_the_same_as_json(settings):
    settings.SIGN_UP = "perhaps"
    status, told = said_by("settings", "disk", "--json")
    assert json.loads(told) == {
        "status": status,
        "findings": [{"part": "settings", "wrong": "SIGN_UP is “perhaps”.", "mend": ANY}],
        "not_looked_at": {},
        "sound": ["disk"],
    }


def test_no_finding_holds_what_was_said(told, stranger):
    with broken(
        "alter table memory_turn disable row level security", "alter table memory_turn enable row level security"
    ):
        assert "kettle" not in repr(examine())
