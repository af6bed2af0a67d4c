"""A reply is written once more: both versions are kept, and memory follows the one that stands."""

from concurrent.futures import ThreadPoolExecutor, wait
from threading import Event
from uuid import uuid4

import pytest
from django.db import connections

from memory import clock, dialogue, encoder, erasure, versions
from memory import reply as replies
from memory.erasure import Wish
from memory.isolation import acting_as
from memory.models import Erasure, Key, Memory, Reply, Source, Turn
from tests.memory.test_consolidation import Answering
from tests.memory.test_dialogue import companion_of
from tests.memory.test_erasure import answered, close, holding, index_anew
from worker import sweeps
from worker.replying import write_reply

pytestmark = pytest.mark.django_db


class Saying(Answering):
    """Says one thing after another."""

    def stream(self, prompt, *, stopped):
        yield self.answers.pop(0)


def write_anew(person, reply):
    with acting_as(person.pk):
        return versions.write_anew(person_id=person.pk, reply_id=reply.pk)


def written_twice(person, *answers, text="What shall I call the boat?"):
    """A reply with two versions, the second of which stands."""
    engine = Saying(*answers)
    reply = answered(person, text, engine=engine)
    assert write_anew(person, reply)
    write_reply(person_id=person.pk, reply_id=reply.pk, engine=engine, encoder=encoder.current())
    with acting_as(person.pk):
        return Reply.objects.select_related("turn", "answer").get(pk=reply.pk)


def stand(person, reply, turn_id):
    with acting_as(person.pk):
        versions.stand(person_id=person.pk, reply_id=reply.pk, turn_id=turn_id)


def both(person, reply):
    with acting_as(person.pk):
        return versions.versions(person.pk, [reply.turn_id])[reply.turn_id]


def remembered(person):
    """Texts of the companion that memory holds: with keys, and in a round."""
    with acting_as(person.pk):
        keyed = set(Key.objects.filter(turn__speaker="companion").values_list("turn__text", flat=True))
        in_rounds = set(Source.objects.filter(turn__speaker="companion").values_list("turn__text", flat=True))
    assert keyed <= in_rounds
    return in_rounds, keyed


def test_both_versions_are_kept_in_one_place_and_only_the_new_one_is_shown_and_remembered(ana):
    reply = written_twice(ana, "Call it Tern, after the bird.", "Perhaps Petrel would suit it.")
    assert (reply.state, reply.answer.text) == (Reply.State.WHOLE, "Perhaps Petrel would suit it.")
    first, second = both(ana, reply)
    with acting_as(ana.pk):
        assert [turn.number for turn in Turn.objects.filter(pk__in=(first, second))] == [2, 2]
        assert list(Turn.objects.shown().filter(speaker="companion").values_list("pk", flat=True)) == [second]
    assert remembered(ana) == ({reply.answer.text}, {reply.answer.text})


def test_memory_follows_the_version_that_is_chosen(ana):
    reply = written_twice(ana, "Call it Tern, after the bird.", "Perhaps Petrel would suit it.")
    first, second = both(ana, reply)
    stand(ana, reply, first)
    index_anew(ana)
    assert remembered(ana) == ({"Call it Tern, after the bird."}, {"Call it Tern, after the bird."})
    stand(ana, reply, second)
    index_anew(ana)
    assert remembered(ana) == ({"Perhaps Petrel would suit it."}, {"Perhaps Petrel would suit it."})


def test_the_keys_beside_know_only_the_version_that_stands(ana):
    reply = written_twice(ana, "Call it Zanzibarite.", "Perhaps Petrel would suit it.")
    index_anew(ana)
    assert set(holding("zanzibarite")) == {"memory_turn"}
    assert reply.answer.text.startswith("Perhaps")


def test_a_sweep_makes_no_keys_of_what_was_set_aside(ana, time_machine):
    time_machine.move_to("2026-11-05T12:00:00Z", tick=True)
    reply = written_twice(ana, "Call it Tern.", "Perhaps Petrel would suit it.")
    time_machine.move_to("2026-11-05T12:10:00Z", tick=True)
    assert sweeps.turns_without_keys() == {}
    assert len(both(ana, reply)) == 2


def test_only_the_last_reply_has_a_choice_and_only_for_its_person(ana, stranger):
    reply = written_twice(ana, "Call it Tern.", "Perhaps Petrel would suit it.")
    first, _ = both(ana, reply)
    with pytest.raises(versions.NoSuchVersion):
        stand(stranger, reply, first)
    with pytest.raises(versions.NoSuchVersion):
        stand(ana, reply, reply.turn_id)
    assert not write_anew(stranger, reply)
    answered(ana, "Petrel it is.", conversation=reply.turn.conversation_id)
    assert not write_anew(ana, reply)
    with pytest.raises(versions.NoSuchVersion):
        stand(ana, reply, first)


def test_what_follows_stands_after_the_version_that_stands(ana):
    reply = written_twice(ana, "Call it Tern.", "Perhaps Petrel would suit it.")
    later = answered(ana, "Petrel it is.", conversation=reply.turn.conversation_id)
    assert (later.turn.number, later.answer.number) == (3, 4)


def test_a_new_version_that_broke_leaves_the_one_before_to_go_back_to(ana):
    reply = answered(ana, "What shall I call the boat?", engine=Saying("Call it Tern."))
    write_anew(ana, reply)
    write_reply(person_id=ana.pk, reply_id=reply.pk, engine=Saying(""), encoder=encoder.current())
    with acting_as(ana.pk):
        assert Reply.objects.get(pk=reply.pk).state == Reply.State.BROKEN
    stand(ana, reply, reply.answer_id)
    with acting_as(ana.pk):
        assert Reply.objects.get(pk=reply.pk).answer.text == "Call it Tern."


def test_who_erases_a_version_erases_all(ana):
    reply = written_twice(ana, "Call it Zanzibarite.", "Or Zanzibarite the Second.")
    asked = erasure.forget(person_id=ana.pk, wish=Wish(Erasure.Kind.TURN, [reply.answer_id]))
    with acting_as(ana.pk):
        Erasure.objects.update(due_at=asked.asked_at)
    erasure.carry_out(person_id=ana.pk, erasure_id=asked.pk)
    assert holding("zanzibarite") == {}


def say_instead(person, turn, text, **more):
    companion = companion_of(person)
    with acting_as(person.pk):
        return versions.say_instead(
            turn_id=turn.pk,
            person_id=person.pk,
            companion=companion,
            conversation_id=turn.conversation_id,
            client_id=more.get("client_id") or uuid4(),
            text=text,
            said_at=clock.now(),
        )


def answer(person, said, text):
    write_reply(person_id=person.pk, reply_id=said.reply.pk, engine=Saying(text), encoder=encoder.current())


def standing(person):
    with acting_as(person.pk):
        return list(Turn.objects.shown().order_by("conversation", "number").values_list("text", flat=True))


def in_memory(person):
    index_anew(person)
    with acting_as(person.pk):
        keyed = set(Key.objects.values_list("turn__text", flat=True))
        assert keyed == set(Source.objects.values_list("turn__text", flat=True))
        assert Memory.objects.filter(sources=None).count() == 0
    return keyed


def test_what_was_said_last_is_said_otherwise_and_memory_follows_the_branch_that_stands(ana):
    first = answered(ana, "I live in Porto.", engine=Saying("How is the river?"))
    said = say_instead(ana, first.turn, "I live in Lisbon.")
    answer(ana, said, "How is the light?")
    assert standing(ana) == ["I live in Lisbon.", "How is the light?"]
    assert in_memory(ana) == {"I live in Lisbon.", "How is the light?"}
    with acting_as(ana.pk):
        assert versions.said_versions(ana.pk, [said.turn]) == {said.turn.pk: [first.turn_id, said.turn.pk]}
        versions.stand_said(person_id=ana.pk, turn_id=first.turn_id)
    assert standing(ana) == ["I live in Porto.", "How is the river?"]
    assert in_memory(ana) == {"I live in Porto.", "How is the river?"}


def test_a_conversation_that_is_called_by_its_first_words_is_called_by_those_that_stand(ana):
    first = answered(ana, "I live in Porto.", engine=Saying("How is the river?"))
    said = say_instead(ana, first.turn, "I live in Lisbon.")
    assert said.turn.conversation.title == "I live in Lisbon."
    answer(ana, said, "How is the light?")
    with acting_as(ana.pk):
        chosen = versions.stand_said(person_id=ana.pk, turn_id=first.turn_id)
        assert chosen.conversation.title == "I live in Porto."


def test_the_same_client_id_again_says_it_otherwise_once(ana):
    first = answered(ana, "I live in Porto.", engine=Saying("How is the river?"))
    client_id = uuid4()
    said = say_instead(ana, first.turn, "I live in Lisbon.", client_id=client_id)
    again = say_instead(ana, first.turn, "I live in Lisbon.", client_id=client_id)
    assert (again.turn, again.repeated) == (said.turn, True)
    assert standing(ana) == ["I live in Lisbon."]


def test_a_wish_to_remember_goes_and_comes_back_with_its_version(ana):
    first = answered(ana, "Remember that I live in Porto.", engine=Saying("Gladly."))
    said = say_instead(ana, first.turn, "I live in Lisbon.")
    answer(ana, said, "How is the light?")
    with acting_as(ana.pk):
        assert not Memory.objects.filter(pinned=True).exists()
        versions.stand_said(person_id=ana.pk, turn_id=first.turn_id)
        assert Memory.objects.get(pinned=True).sources.filter(turn=first.turn_id).exists()


def test_only_what_was_said_last_in_a_session_that_lasts_can_be_said_otherwise_and_by_nobody_else(ana, stranger):
    first = answered(ana, "I live in Porto.", engine=Saying("How is the river?"))
    companion_of(stranger)
    with pytest.raises(versions.NoSuchVersion):
        say_instead(stranger, first.turn, "I live in Lisbon.")
    second = answered(ana, "It rains.", conversation=first.turn.conversation_id, engine=Saying("Again?"))
    with pytest.raises(versions.NoSuchVersion):
        say_instead(ana, first.turn, "I live in Lisbon.")
    close(ana)
    with pytest.raises(versions.NoSuchVersion):
        say_instead(ana, second.turn, "It snows.")
    assert standing(ana) == ["I live in Porto.", "How is the river?", "It rains.", "Again?"]


def test_what_is_refused_leaves_all_as_it_was(ana):
    first = answered(ana, "I live in Porto.", engine=Saying("How is the river?"))
    with pytest.raises(dialogue.NothingSaid):
        say_instead(ana, first.turn, " ")
    assert standing(ana) == ["I live in Porto.", "How is the river?"]


def test_who_erases_what_was_said_otherwise_erases_every_version_with_the_replies(ana):
    first = answered(ana, "I live in Zanzibarite.", engine=Saying("How is Zanzibarite?"))
    said = say_instead(ana, first.turn, "I live in Lisbon.")
    answer(ana, said, "How is the light?")
    asked = erasure.forget(person_id=ana.pk, wish=Wish(Erasure.Kind.TURN, [said.turn.pk]))
    with acting_as(ana.pk):
        Erasure.objects.update(due_at=asked.asked_at)
    erasure.carry_out(person_id=ana.pk, erasure_id=asked.pk)
    assert holding("zanzibarite") == {}


def test_a_reply_that_is_written_anew_leaves_the_facts_of_what_it_answers_findable(ana):
    engine = Saying("Dory.")
    reply = answered(ana, "I live in Porto.", engine=engine)
    with acting_as(ana.pk):
        key = Key.objects.filter(turn=reply.turn_id, kind="turn").get()
        Key.objects.filter(pk=key.pk).update(kind="fact")
        engine.answers.append("Nemo.")
    assert write_anew(ana, reply)
    with acting_as(ana.pk):
        assert Key.objects.filter(turn=reply.turn_id, kind="fact").exists()


class TestTryingAgainBesideSayingItOtherwise:
    """Whichever comes second sees what the first did: no reply waits for words that do not stand."""

    @pytest.fixture
    def broken(self, ana):
        """A reply that was stopped and may be asked for again."""
        reply = answered(ana, "What shall I call the boat?", engine=Saying("Perhaps"))
        with acting_as(ana.pk):
            Reply.objects.filter(pk=reply.pk).update(state=Reply.State.STOPPED, can_retry=True)
        return reply

    def try_again(self, person, reply, hold=lambda: None):
        try:
            with acting_as(person.pk):
                again = replies.ask_again(reply_id=reply.pk)
                hold()
                return again
        finally:
            connections.close_all()

    def say_instead(self, person, reply):
        with acting_as(person.pk):
            return versions.say_instead(
                turn_id=reply.turn_id,
                person_id=person.pk,
                companion=companion_of(person),
                conversation_id=reply.turn.conversation_id,
                client_id=uuid4(),
                text="What shall I call the house?",
                said_at=clock.now(),
            )

    def state(self, person, reply):
        with acting_as(person.pk):
            return Reply.objects.get(pk=reply.pk).state

    def test_what_is_being_said_otherwise_is_not_tried_again(self, ana, broken, monkeypatch):
        tried, set_aside = [], versions._set_aside_round

        def while_somebody_tries(before):
            tried.append(thread.submit(self.try_again, ana, broken))
            wait(tried, timeout=1.0)
            set_aside(before)

        monkeypatch.setattr(versions, "_set_aside_round", while_somebody_tries)
        with ThreadPoolExecutor(1) as thread:
            self.say_instead(ana, broken)
            assert tried[0].result(timeout=30) is False
        assert self.state(ana, broken) == Reply.State.STOPPED

    def test_what_is_being_tried_again_is_not_said_otherwise(self, ana, broken):
        asked, go_on = Event(), Event()

        def hold():
            asked.set()
            go_on.wait(30)

        with ThreadPoolExecutor(2) as thread:
            tried = thread.submit(self.try_again, ana, broken, hold)
            asked.wait(30)
            said = thread.submit(self.say_instead_and_let_go, ana, broken)
            wait([said], timeout=1.0)
            go_on.set()
            assert tried.result(timeout=30) is True
            with pytest.raises(versions.NoSuchVersion):
                said.result(timeout=30)
        assert self.state(ana, broken) == Reply.State.WAITING

    def say_instead_and_let_go(self, person, reply):
        try:
            return self.say_instead(person, reply)
        finally:
            connections.close_all()

    def test_one_that_waits_for_what_does_not_stand_is_stopped_by_the_sweep(self, ana, broken, time_machine):
        with acting_as(ana.pk):
            Reply.objects.filter(pk=broken.pk).update(state=Reply.State.WAITING)
            Turn.objects.filter(pk=broken.turn_id).update(stands=False)
        time_machine.move_to(clock.now() + replies.lease() * 2)
        assert sweeps.overlooked_replies() == []
        assert self.state(ana, broken) == Reply.State.STOPPED
