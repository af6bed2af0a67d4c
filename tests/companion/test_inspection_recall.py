"""The recall inspector tells what the one recall would do, and why, and changes nothing."""

from datetime import timedelta
from functools import partial

import pytest
from django.db import connections

from companion.inspection import audit
from companion.inspection.models import Access, Act
from companion.inspection.trial import AS_THE_CHAT, NO_ROOM, Configuration, try_out
from memory import clock, encoder, erasure
from memory.combination import TABLE
from memory.erasure import Wish
from memory.isolation import acting_as
from memory.models import Erasure, Recall
from memory.reading import PassedOver
from tests.companion.test_one_recall import by_chat, by_recall
from tests.inspectors import inspector, support, to, visit
from tests.memory.test_dialogue import companion_of
from tests.memory.test_recall import LIFE, remember
from tests.visitor import words
from tests.worker.test_distant_encoder import worker
from worker.distant_encoder import DistantEncoder

__all__ = ["inspector", "support", "worker"]
pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")

QUESTION = "What colour is the kitchen?"


def tried(person, question=QUESTION, *, moment=None, configurations=(AS_THE_CHAT,)):
    return try_out(
        person=person,
        companion=companion_of(person),
        question=question,
        moment=clock.local(moment or clock.now(), person.time_zone),
        encoder=encoder.current(),
        configurations=list(configurations),
    )


def ask(client, person, question=QUESTION, **more):
    return client.post(to("recall", person), {"question": question, **more})


def everything(but=()):
    """All rows of all tables, as text."""
    owner = connections["owner"]
    with owner.cursor() as cursor:
        found = {}
        for table in sorted(set(owner.introspection.table_names(cursor)) - set(but)):
            cursor.execute(f'select t::text from "{table}" t order by 1')
            found[table] = cursor.fetchall()
        return found


def test_trying_a_question_changes_no_row_but_the_record(inspector, worker, ana):
    remember(ana, LIFE)
    by_chat(ana)
    visit(inspector, ana)
    before = everything(but=("inspection_access",))
    answer = ask(inspector, ana, compare="time")
    assert "We painted the kitchen yellow" in words(answer)
    assert everything(but=("inspection_access",)) == before
    assert before["memory_recall"]
    assert before["memory_memory"]
    with audit.auditing():
        last = Access.objects.latest("pk")
    assert (last.act, last.details["question"]) == (Act.TRIED, QUESTION)


def test_it_ranks_as_recall_does_and_shows_the_sum_of_the_parts(ana):
    remember(ana, LIFE)
    trial = tried(ana)[0]
    assert [row.turn for row in trial.rows] == by_recall(ana)
    assert {part.name: part.weight for part in trial.rows[0].parts} == TABLE["asked"]
    for row in trial.rows:
        assert row.sum == pytest.approx(sum(w * row.scores[p] for p, w in TABLE["asked"].items()))


def test_what_would_reach_the_prompt_is_what_the_chat_was_given_and_the_rest_says_why_not(ana):
    remember(ana, [*LIFE, "We painted the kitchen yellow and now it looks like the inside of a lemon!"])
    trial = tried(ana)[0]
    with acting_as(ana.pk):
        assert not Recall.objects.exists()
    by_chat(ana)
    with acting_as(ana.pk):
        given = set(Recall.objects.get().recalled.filter(in_prompt=True).values_list("turn_id", flat=True))
    assert {row.turn for row in trial.rows if row.in_prompt} == given
    why = {row.text: row.why_not for row in trial.rows}
    assert why[LIFE[3]] == PassedOver.SAID_AGAIN
    assert all(row.in_prompt != bool(row.why_not) for row in trial.rows)


def test_what_has_no_room_says_so(ana, settings):
    settings.PROMPT_TOKENS = 200
    remember(ana, ["The kitchen is yellow, " + "and so on and on " * 40])
    trial = tried(ana)[0]
    assert [row.why_not for row in trial.rows] == [NO_ROOM]


def test_the_gate_the_forms_and_the_time_are_told(inspector, worker, ana):
    remember(ana, LIFE)
    visit(inspector, ana)
    page = words(ask(inspector, ana, "What did I say about the kitchen in March 2026?"))
    assert "in March 2026" in page
    assert "1 to 31 March 2026" in page or "March 2026" in page.split("Time", 1)[1][:80]
    assert "memory is needed" in page
    assert "no memory is needed" in words(ask(inspector, ana, "Good morning!"))


def test_as_of_a_moment_what_was_said_later_is_not_known(inspector, worker, ana, time_machine):
    time_machine.move_to("2026-05-01T12:00:00Z", tick=True)
    remember(ana, LIFE)
    visit(inspector, ana)
    assert "yellow" in words(ask(inspector, ana, as_of="2026-05-01T13:01"))  # Lisbon is an hour ahead of UTC then
    assert "yellow" not in words(ask(inspector, ana, as_of="2026-05-01T12:59"))
    assert tried(ana, moment=clock.now() - timedelta(hours=1))[0].rows == []


def test_two_ways_are_shown_side_by_side(inspector, worker, ana):
    remember(ana, LIFE)
    visit(inspector, ana)
    page = ask(inspector, ana, weights="dense=-50, tokens=-50")
    pairs = page.context["beside"]["pairs"]
    assert [pair[0].rank for pair in pairs] == [1, 2, 3, 4, 5]
    assert [pair[1].rank for pair in pairs] != [1, 2, 3, 4, 5]
    assert "Beside it: own weights" in words(page)


def test_an_own_weight_of_no_part_is_refused_by_name(inspector, worker, ana):
    visit(inspector, ana)
    assert "no part called dens." in words(ask(inspector, ana, weights="dens=1"))
    assert "Please write it as" in words(ask(inspector, ana, weights="tokens is ten"))


def test_without_a_weight_its_part_moves_nothing(ana):
    remember(ana, LIFE)
    with_all, without = tried(ana, configurations=[AS_THE_CHAT, Configuration("none", {"neighbour": 0.0})])
    assert all(part.adds == 0 for row in without.rows for part in row.parts if part.name == "neighbour")
    assert [row.scores for row in with_all.rows] != [row.scores for row in without.rows]


def test_what_is_about_to_be_erased_is_not_found(inspector, worker, ana):
    turns = remember(ana, LIFE)
    erasure.forget(person_id=ana.pk, wish=Wish(Erasure.Kind.TURN, ids=[turns[3].pk]))
    visit(inspector, ana)
    assert "yellow" not in words(ask(inspector, ana))


def test_without_a_worker_it_says_what_to_do(inspector, ana, monkeypatch):
    monkeypatch.setattr("companion.inspection.views.DistantEncoder", partial(DistantEncoder, patience=0.1))
    remember(ana, LIFE)
    visit(inspector, ana)
    assert "No chat worker answered in time" in words(ask(inspector, ana))


def test_support_cannot_try_a_question(support, worker, ana):
    visit(support, ana)
    assert ask(support, ana).status_code == 403
    assert worker == []
