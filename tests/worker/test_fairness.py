"""Nobody waits until another person’s import is done."""

from datetime import date, timedelta

import pytest

from memory import clock, dialogue
from memory.isolation import acting_as
from memory.models import Period, Session
from tests.memory.test_facts import told
from worker import backlog, sweeps, tasks, waiting
from worker.app import Queue
from worker.stream import connection

pytestmark = pytest.mark.django_db

IMPORTED = 12


@pytest.fixture
def queue():
    """The queue of memories, for this test alone."""
    connection().delete(Queue.MEMORY)
    yield lambda: backlog.length(Queue.MEMORY)
    connection().delete(Queue.MEMORY)


@pytest.fixture
def importer(ana):
    """Ana has brought years along, all older than what anybody said today."""
    for number in range(IMPORTED):
        told(ana, f"I moved house for the {number}th time.", at=clock.now() - timedelta(days=400 - number))
    return ana


def test_people_take_turns_however_much_one_of_them_has_imported(importer, stranger):
    session = told(stranger, "I keep bees.", at=clock.now() - timedelta(days=1))
    due = sweeps.sessions_due(engine=False)[:4]
    assert (stranger.pk, session.pk) in due[:2]
    with acting_as(importer.pk):
        oldest = list(Session.objects.of(importer.pk).order_by("started_at").values_list("pk", flat=True)[:3])
    assert [session_id for person_id, session_id in due if person_id == importer.pk] == oldest


def test_what_was_said_long_ago_and_imported_now_waits_since_now(importer):
    now = waiting.steps()
    assert now.count >= IMPORTED
    assert now.oldest < timedelta(minutes=5)


def test_the_queue_stays_short_so_that_who_comes_later_is_not_behind_all_of_it(importer, queue, monkeypatch):
    monkeypatch.setattr(sweeps, "MOST_QUEUED", 5)
    tasks.sweep_sessions()
    assert queue() == 5
    tasks.sweep_sessions()
    assert queue() == 5


def a_day(companion, number):
    """One that is over and to be summed up."""
    day, due = date(2026, 1, 1) + timedelta(days=number), clock.now() - timedelta(days=1)
    with acting_as(companion.owner_id):
        Period.objects.create(owner_id=companion.owner_id, companion=companion, day=day, due_at=due)


def test_days_that_are_due_hold_no_session_up_and_are_queued_once_by_turns(importer, stranger, queue, monkeypatch):
    for person in (importer, stranger):
        with acting_as(person.pk):
            companion = dialogue.default_companion(person_id=person.pk)
        days = IMPORTED if person == importer else 1
        for number in range(days):
            a_day(companion, number)
    monkeypatch.setattr(sweeps, "MOST_QUEUED", 5)
    tasks.sweep_periods()
    tasks.sweep_periods()
    assert queue() == 5
    queued = backlog.lying(Queue.MEMORY, tasks.sum_up.name)
    assert stranger.pk in {person_id for person_id, _ in queued}
    assert len(queued) == 5
    tasks.sweep_sessions()
    assert len(backlog.lying(Queue.MEMORY, tasks.consolidate.name)) == 5
