"""Nobody waits until another person’s import is done."""

from datetime import timedelta

import pytest

from memory import clock
from memory.isolation import acting_as
from memory.models import Session
from tests.memory.test_facts import told
from worker import backlog, sweeps, tasks
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
    due = sweeps.sessions_due(engine=False, most=4)
    assert len(due) == 4
    assert (stranger.pk, session.pk) in due[:2]
    with acting_as(importer.pk):
        oldest = list(Session.objects.of(importer.pk).order_by("started_at").values_list("pk", flat=True)[:3])
    assert [session_id for person_id, session_id in due if person_id == importer.pk] == oldest


def test_the_queue_stays_short_so_that_who_comes_later_is_not_behind_all_of_it(importer, queue, monkeypatch):
    monkeypatch.setattr(sweeps, "MOST_QUEUED", 5)
    tasks.sweep_sessions()
    assert queue() == 5
    tasks.sweep_sessions()
    assert queue() == 5
