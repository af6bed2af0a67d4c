"""How the house stands: counted over everybody, with no word of anybody, fast however much there is."""

import re
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.db import DatabaseError, connections, transaction

from companion.inspection import charts, dashboard
from companion.inspection.charts import Series
from companion.inspection.models import Role
from companion.memories.listing import Filters, list_memories
from memory import census, clock, encoder, pinning
from memory.census import Span
from memory.consolidation import facts, links, own_words, periods
from memory.isolation import acting_as
from memory.listed import STATES
from memory.models import Memory, Period, Recall, Step, Turn
from tests.inspectors import administrator, inspector, official, signed_in, support, to, visit
from tests.memory.test_dialogue import say
from tests.memory.test_facts import answering, consolidate, one, told
from tests.visitor import words
from worker.engines.recall_only import RecallOnly

__all__ = ["administrator", "inspector", "support"]
pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")

SECRET = "I live in Zanzibar with a quokka."
NOON = "2026-11-05T12:00:00Z"
LISBON = "Europe/Lisbon"


def recalled(person, *, milliseconds=10.0, **verdict):
    """A recall that was kept."""
    reply = say(person, f"A question {clock.now().timestamp()}").reply
    with acting_as(person.pk):
        Recall.objects.create(
            owner=person, reply=reply, question=SECRET, moment=clock.now(), milliseconds=milliseconds, **verdict
        )


def test_who_talked_and_how_much_is_counted_by_day_over_everybody(ana, stranger, time_machine):
    time_machine.move_to(NOON, tick=True)
    say(ana, SECRET)
    time_machine.shift(timedelta(days=1))
    say(ana, "Again.")
    say(stranger, "I too.")
    said, people = census.said(Span(7, LISBON))
    assert people == 2
    assert [(one.turns, one.people) for one in said] == [(0, 0)] * 5 + [(1, 1), (2, 2)]
    assert said[-1].day == clock.local(clock.now(), LISBON).date()


def test_a_day_is_a_day_of_the_zone_that_is_asked_for(ana, time_machine):
    time_machine.move_to("2026-11-05T23:30:00Z", tick=True)
    say(ana)
    time_machine.move_to("2026-11-06T12:00:00Z", tick=True)
    assert [one.turns for one in census.said(Span(7, LISBON))[0]][-2:] == [1, 0]
    assert [one.turns for one in census.said(Span(7, "Asia/Tokyo"))[0]][-2:] == [0, 1]


def test_a_year_is_told_by_whole_weeks():
    span = Span(365, LISBON)
    said, _ = census.said(span)
    assert len(said) in (53, 54)
    assert {one.day.weekday() for one in said} == {0}
    assert span.since <= clock.now() - timedelta(days=364)


def test_the_day_on_which_the_clocks_change_is_one_day(time_machine):
    time_machine.move_to("2026-10-26T12:00:00Z", tick=True)
    days = [one.day for one in census.said(Span(7, LISBON))[0]]
    assert days == [date(2026, 10, 20) + timedelta(days=each) for each in range(7)]
    assert Span(7, LISBON).since == datetime(2026, 10, 20, tzinfo=ZoneInfo(LISBON))


def test_what_was_written_anew_is_counted_once(ana):
    said = say(ana, "First.")
    with acting_as(ana.pk):
        Turn.objects.filter(pk=said.turn.pk).update(stands=False)
    assert census.said(Span(7, LISBON))[1] == 0


def test_memories_are_counted_once_each_by_state_and_words_only_where_they_are_pinned(ana, stranger):
    for person in (ana, stranger):
        consolidate(person, told(person, "I live in Zanzibar.", "My sister lives in Porto.", "Who is Biscuit?"))
    with acting_as(ana.pk):
        first, second = Memory.objects.filter(kind="fact").order_by("pk")
        Memory.objects.filter(pk=second.pk).update(state="fading", superseded_by=first)
        words_ = Memory.objects.filter(kind="round").first()
        pinning.pin(person_id=ana.pk, memory_id=words_.pk, pinned=True)
        Memory.objects.filter(kind="session").update(state="faded")
    assert census.memories() == {"pinned": 1, "faded": 1, "superseded": 1, "vivid": 4}


def test_the_house_a_visit_and_the_persons_own_page_count_the_same_memories(ana, inspector):
    consolidate(ana, told(ana, "I live in Zanzibar.", "My sister lives in Porto.", "Who is Biscuit?"))
    with acting_as(ana.pk):
        Period.objects.update(due_at=clock.now())
        days = list(Period.objects.filter(day__isnull=False).values_list("pk", flat=True))
    for day in days:
        periods.run(person_id=ana.pk, period_id=day, engine=RecallOnly(), encoder=encoder.current())
    with acting_as(ana.pk):
        pinning.pin(person_id=ana.pk, memory_id=Memory.objects.filter(kind="round").first().pk, pinned=True)
    own = list_memories(ana, Filters())
    visit(inspector, ana)
    visited = inspector.get(to("person", ana))
    assert own["counts"]["all"] == len(own["items"]) == 4
    assert inspector.get("/inspect/figures/").context["memories"] == 4
    assert visited.context["figures"]["memories"] == 4
    assert [one.memory.pk for one in visited.context["memories"]] == [item["id"] for item in own["items"]]
    assert {state: count for state, _, count in visited.context["states"]} == {
        state: own["counts"][state] for state in STATES
    }


def test_the_gates_verdicts_and_the_times_are_told_by_day(ana):
    recalled(ana, asked=True, sufficient=True, milliseconds=10)
    recalled(ana, asked=True, sufficient=False, milliseconds=30)
    recalled(ana, asked=False, sufficient=False, milliseconds=20)
    recalled(ana, needs_memory=False, asked=False, milliseconds=0.1)
    today = census.recalls(Span(7, LISBON))[-1]
    assert (today.recalls, today.held, today.abstained, today.unasked, today.not_needed) == (4, 1, 1, 1, 1)
    assert (today.median, round(today.slow)) == (20, 29)
    assert census.recalls(Span(7, LISBON))[0].median is None


def test_what_is_refused_is_counted_with_its_reason_when_it_is_kept(ana):
    session = told(ana, SECRET)
    made_up = one("I own a zeppelin", "Ana owns a zeppelin.")
    consolidate(ana, session, engine=answering(made_up, made_up | {"turn": 7}, {"turn": 1}))
    with acting_as(ana.pk):
        step = Step.objects.get(kind="facts")
    assert (step.refused, step.refusals) == (
        3,
        {"no such quote": 1, "no turn of theirs": 1, "not by the schema": 1},
    )
    refused = {(each.kind, each.reason, each.count) for each in census.refused(Span(7, LISBON))}
    assert refused == {("facts", reason, 1) for reason in step.refusals}


@pytest.mark.parametrize(
    "statement",
    [
        "select question from memory_recall",
        "select forms from memory_recall",
        "select asked_in_words from memory_recall",
        "select text from memory_turn",
        "select text from memory_memory",
        "select error from memory_step",
    ],
)
def test_the_role_that_counts_reads_no_words(statement):
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic(using="sweep"):
        connections["sweep"].cursor().execute(statement)


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("days", ["7", "30", "365", "0", "x", ""])
def test_whoever_has_a_role_sees_figures_and_no_words_without_a_reason(ana, role, days):
    recalled(ana, asked=True, sufficient=True)
    consolidate(ana, told(ana, SECRET))
    answer = signed_in(official(role)).get("/inspect/figures/", {"days": days})
    assert answer.status_code == 200
    page = words(answer)
    assert "What people said" in page
    assert not any(secret in answer.content.decode() for secret in ("Zanzibar", "quokka", ana.email, "Ana"))
    assert "style=" not in answer.content.decode()


def test_who_has_no_role_sees_no_figures(ana):
    assert signed_in(ana).get("/inspect/figures/").status_code == 403


def test_an_empty_house_has_a_page_that_says_so(support):
    page = words(support.get("/inspect/figures/"))
    assert "Nothing in this span." in page
    assert "Nothing is remembered yet." in page


def test_steps_that_wait_and_that_failed_are_told_with_the_age_of_the_oldest(ana, support):
    session = told(ana, SECRET)
    with acting_as(ana.pk):
        Step.objects.filter(session=session).update(due_at=clock.now() - timedelta(hours=5))
        Step.objects.filter(session=session, kind="facts").update(state="failed")
    answer = support.get("/inspect/figures/")
    assert (answer.context["waiting"], answer.context["failures"]) == (3, 1)
    assert "5 hours" in words(answer)


@pytest.mark.parametrize(
    ("most", "told_"), [(0, "1 person"), (1, "1 person"), (2, "2 people"), (1_200, "2,000 people")]
)
def test_the_upper_edge_of_a_chart_is_told_in_good_english(most, told_):
    chart = charts.bars("k", [date(2026, 1, 1)], [Series("people", "leaf", [most])], of=dashboard._people)
    assert chart.unit == told_


def test_one_turn_of_one_person_is_told_as_one(ana, support):
    say(ana, SECRET)
    page = words(support.get("/inspect/figures/"))
    assert "1 turn " in page
    assert "1 person " in page


@pytest.mark.parametrize(("most", "top"), [(0, 1), (1, 1), (3, 5), (11, 20), (21, 25), (100, 100), (101, 200)])
def test_a_chart_ends_at_a_round_figure(most, top):
    assert charts.ceiling(most) == top


def test_stacked_bars_stand_on_each_other_and_a_line_is_broken_where_nothing_is_told():
    days = [date(2026, 1, day) for day in (1, 2, 3)]
    stacked = charts.bars("k", days, [Series("a", "leaf", [1, 0, 1]), Series("b", "clay", [1, 0, 4])], of=str)
    assert stacked.top == 5
    assert [shape.path.count("M") for shape in stacked.shapes] == [2, 2]
    drawn = charts.lines("k", days, [Series("a", "leaf", [1.0, None, 2.0])], of=str)
    assert drawn.shapes[0].path.count("M") == 2
    assert charts.lines("k", days, [Series("a", "leaf", [None] * 3)], of=str).empty


def test_every_reason_for_which_something_is_refused_has_words_of_its_own():
    source = "".join(Path(module.__file__).read_text() for module in (facts, own_words, links))
    said = set(
        re.findall(r'return "([a-z][a-z ]+)"|^        "([a-z]+)": [A-Z]+\.search|^UNFOUNDED = "(.+)"', source, re.M)
    )
    reasons = {next(filter(None, found)) for found in said} - {"denial", "no denial", "plan"}
    assert reasons <= dashboard.REFUSED_FOR.keys()
