"""A person is told how much of what they said is still to be read, in figures that are true."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from memory import clock, encoder, preferences
from memory.consolidation.progress import how_far
from memory.engine import EngineError
from memory.history import sent
from memory.isolation import acting_as
from memory.models import Companion, Import, Period
from tests.memory.test_consolidation import Answering
from tests.memory.test_facts import consolidate, told
from tests.memory.test_periods import EVENING, MORNING, evening, sum_up, talked

__all__ = ["evening"]
pytestmark = pytest.mark.django_db

LINE = b'{"speaker": "person", "text": "I love bees.", "session": "1", "said_at": "2026-03-01T10:00:00Z"}\n'


def far(person):
    with acting_as(person.pk):
        return how_far(person.pk)


def test_a_session_is_left_until_it_has_its_summary_and_its_facts(ana, stranger):
    before = clock.now() - timedelta(days=9)
    first = told(ana, "I love tea.", at=before)
    second = told(ana, "I love bees.", at=before + timedelta(days=1))
    assert (far(ana).sessions_left, far(ana).sessions) == (2, 2)
    consolidate(ana, first)
    assert (far(ana).sessions_left, far(ana).sessions, far(ana).is_done) == (1, 2, False)
    consolidate(ana, second)
    assert (far(ana).sessions_left, far(ana).sessions) == (0, 2)
    assert far(stranger).is_done


def test_a_day_is_left_once_it_is_over_and_the_whole_until_it_is_told(ana, evening):
    talked(ana, MORNING, datetime(2026, 11, 4, 9, tzinfo=UTC))
    talked(ana, EVENING, datetime(2026, 11, 5, 19, tzinfo=UTC))
    assert (far(ana).days_left, far(ana).days, far(ana).acquaintance_left) == (1, 1, False)
    sum_up(ana)
    assert far(ana).is_done
    evening.move_to("2026-11-06T00:05:00Z", tick=False)
    assert (far(ana).days_left, far(ana).days, far(ana).acquaintance_left) == (1, 2, True)
    for _ in range(3):
        sum_up(ana)
        evening.shift(120)
    assert far(ana).is_done


def due(person, layer):
    with acting_as(person.pk):
        Period.objects.of(person.pk).update(state="done")
        Period.objects.of(person.pk).filter(day=None, layer=layer).update(state="waiting", due_at=clock.now())


def test_of_the_whole_it_is_told_which_is_due_its_summary_or_the_portrait(ana):
    consolidate(ana, told(ana, "I love tea.", at=clock.now() - timedelta(days=9)))
    due(ana, Period.Layer.SUMMARY)
    assert (far(ana).acquaintance_left, far(ana).portrait_left, far(ana).is_done) == (True, False, False)
    due(ana, Period.Layer.PORTRAIT)
    assert (far(ana).acquaintance_left, far(ana).portrait_left, far(ana).is_done) == (False, True, False)


def test_nobody_is_told_of_a_portrait_that_is_only_taken_down(ana):
    consolidate(ana, told(ana, "I love tea.", at=clock.now() - timedelta(days=9)))
    due(ana, Period.Layer.PORTRAIT)
    with acting_as(ana.pk):
        companion = Companion.objects.of(ana.pk).get()
        preferences.keep_portrait(companion=companion, for_all=True, for_this=False)
    assert far(ana).is_done
    with acting_as(ana.pk):
        preferences.keep_portrait(companion=companion, for_all=True, for_this=True)
    assert far(ana).portrait_left


def test_an_engine_that_does_not_answer_is_named_as_what_holds_it_up(ana):
    session = told(ana, "I love tea.")
    assert not far(ana).held_up
    consolidate(ana, session, Answering(EngineError("away"), facts=[EngineError("away")]))
    assert (far(ana).sessions_left, far(ana).held_up) == (1, True)
    consolidate(ana, session)
    assert far(ana).sessions_left == 1  # what was put off is left until it is due again, and done


def test_a_file_is_left_from_when_it_was_sent_until_it_is_kept(ana):
    with acting_as(ana.pk):
        row = sent.ask(person_id=ana.pk, name="bees.jsonl", content=LINE * 3)
    assert (far(ana).files_left, far(ana).lines) == (1, 0)
    with acting_as(ana.pk):
        Import.objects.filter(pk=row.pk).update(total=3, read=1)
    assert (far(ana).lines_left, far(ana).lines) == (2, 3)
    sent.run(person_id=ana.pk, import_id=row.pk, encoder=encoder.current())
    assert far(ana).files_left == 0


@pytest.mark.parametrize("address", ["/memories/", "/portrait/", "/timeline/"])
def test_every_page_of_what_is_remembered_says_so_and_asks_again(ana, stranger, address):
    told(ana, "I love tea.")
    visitor = Client()
    visitor.force_login(ana)
    assert visitor.get(address).context["boot"]["reading"]["sessions_left"] == 1
    assert visitor.get("/api/reading").json()["reading"]["sessions"] == 1
    visitor.force_login(stranger)
    assert visitor.get(address).context["boot"]["reading"] is None
    assert visitor.get("/api/reading").json() == {"reading": None}
