"""The timeline: a person's days with their summaries, moods and sessions, for them alone."""

import json
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from companion.timeline import reading
from companion.timeline.reading import read_days, read_months
from memory import dialogue, erasure
from memory.erasure import Wish
from memory.isolation import acting_as
from memory.models import Companion, Erasure, Memory, Period, Session, Step, Turn
from tests.memory.test_dialogue import companion_of, say
from tests.memory.test_periods import EVENING, MORNING, evening, sum_up, talked

__all__ = ["evening"]

pytestmark = pytest.mark.django_db

TODAY = datetime(2026, 11, 5, 9, tzinfo=UTC)
DAY = timedelta(days=1)


def door(person, address=""):
    """A signed-in browser: (status, what came back) of an address under /api/timeline."""
    client = Client()
    client.force_login(person)
    answer = client.get(f"/api/timeline{address}")
    return answer.status_code, json.loads(answer.content)


def days(person, address=""):
    return door(person, address)[1]["days"]


def page(person, address="/timeline/"):
    client = Client()
    client.force_login(person)
    answer = client.get(address)
    return answer.context["boot"] if answer.status_code == 200 else answer.status_code


def test_a_day_stands_with_its_summary_and_its_sessions_with_theirs_and_their_first_words(ana, evening):
    session = talked(ana, MORNING, TODAY - DAY)
    talked(ana, EVENING, TODAY - DAY + timedelta(hours=10))
    sum_up(ana)
    (day,) = days(ana)
    assert (day["day"], day["when"], day["state"]) == ("2026-11-04", "Wednesday 4 November", "done")
    with acting_as(ana.pk):
        summary = Memory.objects.get(kind="day")
        first = Turn.objects.filter(session=session).order_by("number").first()
    assert day["summary"] == {"id": summary.pk, "text": summary.text}
    morning, later = day["sessions"]
    assert (morning["turn"], morning["conversation"]) == (first.pk, str(session.conversation_id))
    assert (morning["hours"], later["hours"]) == ("9:00 to 9:01", "19:00 to 19:01")
    assert "kitchen" in morning["summary"]["text"]
    assert not day["alone"]


def test_a_day_of_one_session_says_so(ana, evening):
    talked(ana, MORNING, TODAY - DAY)
    sum_up(ana)
    (day,) = days(ana)
    assert day["alone"]
    assert day["summary"]["text"] == day["sessions"][0]["summary"]["text"]


def test_a_day_that_is_not_over_says_so_and_a_conversation_that_is_not_over_too(ana, evening):
    said = say(ana, at=TODAY + timedelta(hours=11)).turn
    (day,) = days(ana)
    assert (day["day"], day["state"], day["summary"]) == ("2026-11-05", "open", None)
    (session,) = day["sessions"]
    assert (session["turn"], session["state"], session["summary"]) == (said.pk, "open", None)


def test_what_is_not_summed_up_yet_says_so_and_what_failed_too(ana, evening):
    talked(ana, MORNING, TODAY - DAY)
    assert days(ana)[0]["state"] == "waiting"
    with acting_as(ana.pk):
        Period.objects.filter(day__isnull=False).update(state=Step.State.FAILED)
    assert days(ana)[0]["state"] == "failed"


def test_the_mood_of_a_day_stands_beside_it(ana, evening):
    talked(ana, ["I am so happy today!"], TODAY - DAY)
    talked(ana, MORNING, TODAY - 2 * DAY)
    assert [day["valence"] for day in days(ana)] == [1.0, None]


def test_the_latest_day_comes_first_and_the_pages_together_hold_each_day_once(ana, evening, monkeypatch):
    for ago in (1, 2, 3, 40):
        talked(ana, MORNING, TODAY - ago * DAY)
    monkeypatch.setattr(reading, "PAGE", 2)
    seen, after = [], ""
    while after is not None:
        _, told = door(ana, f"?until={after}")
        seen += [day["day"] for day in told["days"]]
        after = told["after"]
    assert seen == ["2026-11-04", "2026-11-03", "2026-11-02", "2026-09-26"]


def test_months_lead_to_their_days(ana, evening):
    for ago in (1, 2, 40):
        talked(ana, MORNING, TODAY - ago * DAY)
    assert page(ana)["months"] == [{"month": "2026-11", "days": 2}, {"month": "2026-09", "days": 1}]
    assert [day["day"] for day in page(ana, "/timeline/?until=2026-09-30")["page"]["days"]] == ["2026-09-26"]


def test_a_day_is_the_persons_own(stranger, evening):
    talked(stranger, MORNING, datetime(2026, 11, 3, 16, tzinfo=UTC), zone="Asia/Tokyo")  # 1 in the morning
    assert [day["day"] for day in days(stranger)] == ["2026-11-04"]
    say(stranger, at=datetime(2026, 11, 1, 16, tzinfo=UTC))  # not summed up: counted by the clock
    assert [day["day"] for day in days(stranger)] == ["2026-11-04", "2026-11-02"]


def test_what_was_off_the_record_is_in_no_day(ana, evening):
    with acting_as(ana.pk):
        dialogue.say(
            person_id=ana.pk,
            companion=companion_of(ana),
            conversation_id=None,
            client_id=uuid4(),
            text="Between us.",
            said_at=TODAY,
            off_record=True,
        )
    assert (days(ana), page(ana)["months"]) == ([], [])


def test_what_is_about_to_be_erased_is_in_no_day_and_no_summary_tells_it(ana, evening):
    talked(ana, MORNING, TODAY - DAY)
    session = talked(ana, EVENING, TODAY - DAY + timedelta(hours=10))
    sum_up(ana)
    with acting_as(ana.pk):
        turns = list(Turn.objects.filter(session=session).values_list("pk", flat=True))
    erasure.forget(person_id=ana.pk, wish=Wish(Erasure.Kind.TURN, turns), after=DAY)
    (day,) = days(ana)
    assert (day["summary"], day["state"], len(day["sessions"])) == (None, "waiting", 1)


def test_a_stranger_sees_no_day_of_anothers(ana, stranger, evening):
    talked(ana, MORNING, TODAY - DAY)
    assert (days(stranger), page(stranger)["months"]) == ([], [])
    companion = companion_of(ana).pk
    assert door(stranger, f"?companion={companion}")[0] == 404
    assert page(stranger, f"/timeline/?companion={companion}") == 404


def test_each_companion_has_days_of_its_own(ana, evening):
    talked(ana, MORNING, TODAY - DAY)
    with acting_as(ana.pk):
        other = Companion.objects.create(owner=ana, name="Sage", created_at=TODAY)
    assert days(ana, f"?companion={other.pk}") == []
    assert len(days(ana, f"?companion={companion_of(ana).pk}")) == 1


@pytest.mark.parametrize("address", ["?until=never", "?until=0001-01-01", "?companion=x", "?other=1"])
def test_what_is_none_of_the_pages_is_refused_in_words(ana, address):
    status, told = door(ana, address)
    assert (status, told["code"]) == (400, "malformed")


def test_a_page_asks_the_database_as_often_however_many_days_it_shows(ana, evening):
    for ago in range(1, 5):
        talked(ana, MORNING, TODAY - ago * DAY)

    def asked(count):
        with pytest.MonkeyPatch.context() as patch, CaptureQueriesContext(connection) as queries:
            patch.setattr(reading, "PAGE", count)
            read_days(ana, companion_of(ana), until=None)
        return len(queries)

    assert asked(1) == asked(4)


def test_among_thousands_of_days_a_page_is_read_from_its_own(ana, evening):
    companion = companion_of(ana)
    said = say(ana, at=TODAY).turn
    with acting_as(ana.pk):
        sessions = Session.objects.bulk_create(
            Session(
                owner=ana,
                conversation_id=said.conversation_id,
                started_at=TODAY - ago * DAY,
                ended_at=TODAY - ago * DAY,
                day=(TODAY - ago * DAY).date(),
                closed_at=TODAY,
            )
            for ago in range(1, 3001)
        )
        Turn.objects.bulk_create(
            Turn(
                owner=ana,
                conversation_id=said.conversation_id,
                session=one,
                number=place + 10,
                speaker="person",
                text="Nothing much.",
                said_at=one.started_at,
                client_id=uuid4(),
            )
            for place, one in enumerate(sessions)
        )
    middle = date(2021, 1, 1)
    found = read_days(ana, companion, until=middle)
    assert [day["day"] for day in found["days"]] == [f"{middle - ago * DAY}" for ago in range(reading.PAGE)]
    assert sum(month["days"] for month in read_months(ana, companion)) == 3001
