"""Acts on request: a step tried again, an erasure with its receipt, a copy that imports again; each is recorded."""

from datetime import timedelta

import pytest

from companion.inspection import audit
from companion.inspection.models import Access, Act
from memory import clock, encoder, erasure
from memory.history import jsonl
from memory.history.keep import keep
from memory.isolation import acting_as
from memory.models import Companion, Conversation, Erasure, Memory, Period, Step, Turn
from tests.inspectors import inspector, support, to, visit
from tests.memory.test_dialogue import companion_of, say
from tests.memory.test_facts import consolidate, told
from tests.memory.test_recall import LIFE, remember
from worker import sweeps

__all__ = ["inspector", "support"]
pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


def last_act():
    with audit.auditing():
        return Access.objects.latest("pk")


def test_a_step_that_failed_is_tried_again_and_done(support, ana):
    session = told(ana, "I live in Porto.")
    with acting_as(ana.pk):
        Step.objects.filter(kind="facts").update(state="failed", attempts=5, error="OSError")
        step = Step.objects.get(kind="facts")
    visit(support, ana)
    support.post(to("retry_step", ana, step_id=step.pk))
    assert sweeps.sessions_due(engine=False) == [(ana.pk, session.pk)]
    consolidate(ana, session)
    with acting_as(ana.pk):
        assert Step.objects.get(kind="facts").state == "done"
        assert Memory.objects.filter(kind="fact").count() == 1
    assert (last_act().act, last_act().details) == (Act.RETRIED, {"step_id": step.pk, "due again": 1})


def test_each_step_is_called_by_what_it_makes(support, ana):
    consolidate(ana, told(ana, "I live in Porto.", "My sister keeps bees."))
    visit(support, ana)
    page = support.get(to("person", ana)).text
    jobs = page[page.index('id="h-jobs"') :]
    for name in ("Topics of a session", "Session’s summary", "Facts of a session", "Links between facts", "Portrait"):
        assert f"<span>{name}</span>" in jobs
    assert jobs.count("<span>Acquaintance</span>") == 1


def test_a_step_that_is_done_is_left_alone(support, ana):
    consolidate(ana, told(ana, "I live in Porto."))
    with acting_as(ana.pk):
        step = Step.objects.get(kind="facts")
    visit(support, ana)
    support.post(to("retry_step", ana, step_id=step.pk))
    with acting_as(ana.pk):
        assert Step.objects.get(pk=step.pk).done_at == step.done_at
    assert last_act().details["due again"] == 0


def test_a_summary_of_a_day_is_tried_again(support, ana):
    consolidate(ana, told(ana, "I live in Porto."))
    with acting_as(ana.pk):
        Period.objects.update(state="failed", attempts=5, error="OSError")
        period = Period.objects.get(day=None, layer="summary")
    visit(support, ana)
    support.post(to("retry_period", ana, period_id=period.pk))
    assert sweeps.periods_due() == [(ana.pk, period.pk)]
    assert last_act().act == Act.RETRIED


def test_anothers_step_is_out_of_reach(support, ana, stranger):
    told(stranger, "I live in Porto.")
    with acting_as(stranger.pk):
        Step.objects.update(state="failed", attempts=5)
        step = Step.objects.first()
    visit(support, ana)
    support.post(to("retry_step", ana, step_id=step.pk))
    with acting_as(stranger.pk):
        assert Step.objects.get(pk=step.pk).state == "failed"


def test_a_memory_is_erased_on_request_with_a_receipt_and_stays_away(inspector, ana):
    consolidate(ana, told(ana, "I live in Porto.", "My sister is called Rita."))
    with acting_as(ana.pk):
        fact = Memory.objects.get(kind="fact", text__contains="Porto")
    visit(inspector, ana)
    assert inspector.post(to("erase_memory", ana, memory_id=fact.pk)).status_code == 302
    with acting_as(ana.pk):
        receipt = Erasure.objects.get()
        assert not Turn.objects.shown().filter(text__contains="Porto").exists()
    assert last_act().details == {"memory_id": fact.pk, "erasure": receipt.pk, "kind": "memory"}
    later(receipt)
    erasure.carry_out(person_id=ana.pk, erasure_id=receipt.pk)
    with acting_as(ana.pk):
        assert not Turn.objects.filter(text__contains="Porto").exists()
        assert Turn.objects.filter(text__contains="Rita").exists()
        assert Erasure.objects.get().counts["turn"] == 1


def later(receipt):
    with acting_as(receipt.owner_id):
        Erasure.objects.filter(pk=receipt.pk).update(due_at=clock.now() - timedelta(seconds=1))


def test_an_erasure_is_taken_back_while_it_can_be(inspector, ana):
    said = say(ana, "I live in Porto.").turn
    with acting_as(ana.pk):
        memory = said.memories.get().memory_id
    visit(inspector, ana)
    inspector.post(to("erase_memory", ana, memory_id=memory))
    with acting_as(ana.pk):
        receipt = Erasure.objects.get()
    inspector.post(to("take_back", ana, erasure_id=receipt.pk))
    with acting_as(ana.pk):
        assert Turn.objects.shown().count() == 1
    assert (last_act().act, last_act().details["withdrawn"]) == (Act.TAKEN_BACK, True)


def test_everything_goes_only_with_the_address_typed(inspector, ana):
    say(ana, "I live in Porto.")
    visit(inspector, ana)
    inspector.post(to("erase_everything", ana), {"address": "somebody@example.org"})
    with acting_as(ana.pk):
        assert not Erasure.objects.exists()
    inspector.post(to("erase_everything", ana), {"address": ana.email.upper()})
    with acting_as(ana.pk):
        assert Erasure.objects.get().kind == "person"
        assert not Turn.objects.shown().exists()


def test_a_memory_that_is_not_there_cannot_be_erased(inspector, ana, stranger):
    said = say(stranger, "I live in Porto.").turn
    with acting_as(stranger.pk):
        memory = said.memories.get().memory_id
    visit(inspector, ana)
    assert inspector.post(to("erase_memory", ana, memory_id=memory)).status_code == 404
    with acting_as(stranger.pk):
        assert Turn.objects.shown().exists()


def rounds(person):
    with acting_as(person.pk):
        turns = Turn.objects.order_by("conversation__started_at", "conversation_id", "number")
        return [
            (turn.conversation.title, turn.speaker, turn.text, turn.said_at)
            for turn in turns.select_related("conversation")
        ]


def test_a_copy_of_the_talk_imports_again_as_it_was(inspector, ana, stranger, tmp_path):
    remember(ana, [*LIFE, "Two\nlines, “quotes” and 🌿"], at=clock.now() - timedelta(days=3))
    remember(ana, ["Hello again, it is me."])
    remember(ana, ["Hello again, it is me."])
    with acting_as(ana.pk):
        Conversation.objects.update(title="A talk")
    visit(inspector, ana)
    answer = inspector.post(to("export", ana, companion_id=companion_of(ana).pk))
    assert answer["Content-Disposition"].startswith("attachment; filename=")
    assert last_act().details["lines"] == 8
    path = tmp_path / "talk.jsonl"
    path.write_bytes(answer.content)
    history = jsonl.read(path, zone="UTC", today=clock.now().date())
    kept = keep(companion=companion_of(stranger), history=history, encoder=encoder.current())
    assert kept.skipped == []
    assert [row[1:] for row in rounds(stranger)] == [row[1:] for row in rounds(ana)]
    assert sorted({row[0] for row in rounds(stranger)}) == ["A talk", "A talk (2)", "A talk (3)"]


def test_anothers_companion_is_not_exported(inspector, ana, stranger):
    say(stranger, "I live in Porto.")
    with acting_as(stranger.pk):
        theirs = Companion.objects.get().pk
    visit(inspector, ana)
    assert inspector.post(to("export", ana, companion_id=theirs)).status_code == 404
