"""Every look is a row that stays: nobody signed in to the app's database can change or take it away."""

import csv
import io
import json

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connections, transaction

from companion.inspection import audit
from companion.inspection.models import Access, Act, Role
from memory import erasure
from memory.isolation import APP_ROLE, SWEEP_ROLE, acting_as
from tests.inspectors import WHY, administrator, inspector, official, signed_in, to, visit
from tests.memory.test_dialogue import say
from tests.visitor import words

__all__ = ["administrator", "inspector"]
pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


def record():
    with audit.auditing():
        return list(Access.objects.order_by("pk"))


@pytest.mark.parametrize(
    "statement",
    [
        "update inspection_access set reason = 'another'",
        "delete from inspection_access",
        "truncate inspection_access",
        "alter table inspection_access disable row level security",
        "drop table inspection_access",
    ],
)
def test_the_apps_role_cannot_change_the_record(inspector, ana, statement):
    visit(inspector, ana)
    with pytest.raises(DatabaseError, match=r"permission denied|must be owner"), acting_as(ana.pk):
        run(statement)
    assert [one.reason for one in record()] == [WHY]


def run(statement):
    with connections["default"].cursor() as cursor:
        cursor.execute("select current_user")
        assert cursor.fetchone() == (APP_ROLE,)
        cursor.execute(statement)


def rights():
    query = (
        "select grantee, privilege_type from information_schema.role_table_grants"
        " where table_name = 'inspection_access' and grantee in (%s, %s)"
    )
    with connections["owner"].cursor() as cursor:
        cursor.execute(query, [APP_ROLE, SWEEP_ROLE])
        return set(cursor.fetchall())


def test_the_rights_on_the_record_are_to_add_and_to_read_and_the_sweeps_have_none():
    assert rights() == {(APP_ROLE, "INSERT"), (APP_ROLE, "SELECT")}


def test_the_migration_can_be_taken_back_and_done_again_with_the_same_rights():
    try:
        call_command("migrate", "inspection", "zero", verbosity=0)
    finally:
        call_command("migrate", "inspection", verbosity=0)
    assert rights() == {(APP_ROLE, "INSERT"), (APP_ROLE, "SELECT")}


def test_a_row_is_added_only_to_the_record_of_whom_one_acts_for(inspector, ana, stranger):
    visit(inspector, ana)
    row = record()[0]
    row.pk, row.owner_id = None, stranger.pk
    with pytest.raises(DatabaseError, match="row-level security"), acting_as(ana.pk):
        row.save(force_insert=True)


def test_nobody_set_means_no_rows_of_the_record(inspector, ana, stranger):
    visit(inspector, ana)
    with transaction.atomic():
        assert Access.objects.count() == 0
    with acting_as(stranger.pk):
        assert Access.objects.count() == 0
    with acting_as(ana.pk):
        assert Access.objects.count() == 1
    assert len(record()) == 1
    assert Access.objects.count() == 0


def test_every_look_is_a_row_that_names_its_visit(inspector, ana):
    say(ana, "A secret of mine.")
    visit(inspector, ana)
    inspector.get(to("person", ana))
    inspector.get(to("recalls", ana))
    inspector.post(to("leave", ana))
    rows = record()
    assert [one.act for one in rows] == [Act.OPENED, Act.OVERVIEW, Act.RECALLS, Act.CLOSED]
    assert [one.visit_id for one in rows] == [None, *[rows[0].pk] * 3]
    assert {one.owner_id for one in rows} == {ana.pk}


def test_a_look_whose_record_fails_shows_nothing(inspector, ana, monkeypatch):
    say(ana, "A secret of mine.")
    visit(inspector, ana)

    def full(*_, **__):
        raise DatabaseError("disk full")

    monkeypatch.setattr("companion.inspection.visits.record", full)
    inspector.raise_request_exception = False
    answer = inspector.get(to("person", ana))
    assert answer.status_code == 500
    assert "secret" not in answer.content.decode()


def test_the_person_reads_who_looked_and_why_and_a_stranger_does_not(inspector, ana, stranger):
    visit(inspector, ana)
    inspector.get(to("person", ana))
    mine, others = (words(signed_in(one).get("/account/looks/")) for one in (ana, stranger))
    assert "She reports that Rosemary confuses her sister’s city." in mine
    assert "Tomas" in mine
    assert "looked through the memories" in mine
    assert "Nobody has looked at your memories." in others


def test_the_whole_record_is_taken_as_a_file_which_is_recorded_too(administrator, inspector, ana):
    visit(inspector, ana, '=HYPERLINK("http://evil.example") because she asked')
    told = list(csv.DictReader(io.StringIO(administrator.get("/inspect/record.csv").content.decode())))
    assert told[0]["reason"].startswith("'=HYPERLINK")
    assert (told[0]["address"], told[0]["act"]) == (ana.email, "opened")
    lines = [json.loads(line) for line in administrator.get("/inspect/record.jsonl").content.decode().splitlines()]
    assert [line["act"] for line in lines] == ["opened", "record", "record"]
    assert lines[0]["reason"].startswith("=HYPERLINK")


def test_what_is_recorded_outlasts_the_account(inspector, ana):
    visit(inspector, ana)
    pk = ana.pk
    erasure.delete_everything(person_id=pk)
    ana.delete()
    assert [(one.owner_id, one.reason) for one in record()] == [(pk, WHY)]
    assert Access.objects.count() == 0


def test_an_administrators_page_tells_of_someone_who_left(administrator, inspector, ana):
    visit(inspector, ana)
    ana.delete()
    page = words(administrator.get("/inspect/record/"))
    assert "someone who left" in page
    assert WHY in page


def test_a_colleague_who_left_stays_named(ana):
    somebody = official(Role.INSPECTOR, "Ines")
    visit(signed_in(somebody), ana)
    somebody.delete()
    assert "Ines" in words(signed_in(ana).get("/account/looks/"))
