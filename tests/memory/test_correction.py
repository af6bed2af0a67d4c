"""What the person puts right by hand holds, whatever consolidation reads in the old words again; and can be undone."""

from datetime import timedelta
from unittest.mock import Mock
from uuid import uuid4

import pytest
from django.db.models import F

from memory import clock, correction, dialogue, encoder, erasure, indexing, reading, unremembered
from memory.correction import NotCorrectable
from memory.erasure import Wish
from memory.facts import known_at
from memory.isolation import acting_as
from memory.models import Correction, Erasure, Key, Memory, Session, Step, Turn
from tests.memory.test_consolidation import Answering
from tests.memory.test_dialogue import say
from tests.memory.test_erasure import answered, holding
from tests.memory.test_facts import MARCH, SUMMED, answering, consolidate, facts_step, known, one, told
from tests.memory.test_periods import sum_up
from tests.memory.test_recall import ask

pytestmark = pytest.mark.django_db

PORTO = "My sister lives in Porto, near the river."
LISBON = "My sister lives in Lisbon."


def correct(person, memory, text, *, mistaken=True, client_id=None):
    with acting_as(person.pk):
        return correction.correct(
            person_id=person.pk, memory_id=memory.pk, text=text, mistaken=mistaken, client_id=client_id or uuid4()
        )


def again(person, session, engine=None):
    """The session is consolidated once more, as after an upgrade."""
    with acting_as(person.pk):
        Step.objects.filter(session=session).update(state="waiting", asked=F("asked") + 1, due_at=clock.now())
    consolidate(person, session, engine)


def current(person):
    return [memory.text for memory in known(person) if memory.superseded_by is None]


def in_porto(person, at=MARCH):
    session = told(person, PORTO, at=at)
    consolidate(person, session)
    (old,) = known(person)
    return session, old


@pytest.fixture
def corrected(ana):
    session, old = in_porto(ana)
    return session, old, correct(ana, old, LISBON)


def test_what_is_right_stands_in_place_of_what_was_wrong_which_stays_as_history(ana, corrected):
    _, old, new = corrected
    was, right = sorted(known(ana), key=lambda memory: memory.pk)
    assert (was.pk, was.superseded_by, was.text) == (old.pk, new, old.text)
    assert (right.text, right.by_hand, right.superseded_by, right.contradicts) == (LISBON, True, None, None)
    with acting_as(ana.pk):
        assert [source.turn.text for source in right.sources.all()] == [LISBON]


def test_what_was_mistaken_never_held_and_what_is_right_held_from_then_on(ana, corrected):
    with acting_as(ana.pk):
        for moment in (MARCH + timedelta(days=1), clock.now()):
            assert [memory.text for memory in known_at(ana.pk, moment)] == [LISBON]


def test_what_has_changed_held_until_it_was_said(ana):
    _, old = in_porto(ana)
    correct(ana, old, LISBON, mistaken=False)
    with acting_as(ana.pk):
        assert [memory.text for memory in known_at(ana.pk, MARCH + timedelta(days=1))] == [old.text]
        assert [memory.text for memory in known_at(ana.pk, clock.now())] == [LISBON]


def test_the_same_words_consolidated_again_change_nothing(ana, corrected):
    session, _, _ = corrected
    before = [(memory.text, memory.superseded_by_id, memory.valid_to) for memory in known(ana)]
    again(ana, session)
    assert [(memory.text, memory.superseded_by_id, memory.valid_to) for memory in known(ana)] == before


def test_an_engine_that_reads_the_same_words_in_other_words_does_not_bring_the_mistake_back(ana, corrected):
    session, old, _ = corrected
    other = one("lives in Porto", "Ana's sister has her home in Porto.", subject="Ana's sister")
    again(ana, session, answering(other))
    assert facts_step(ana).version != "extractive facts 1"
    assert current(ana) == [LISBON]
    assert old.pk in {memory.pk for memory in known(ana)}


def test_a_correction_that_only_says_the_same_in_better_words_is_not_merged_away(ana):
    session, old = in_porto(ana)
    correct(ana, old, "My sister lives in Porto, on the north bank.")
    again(ana, session)
    assert current(ana) == ["My sister lives in Porto, on the north bank."]


@pytest.mark.parametrize("kind", ["event", "plan"])
def test_what_no_frame_fits_is_put_right_as_well_and_stays_so(ana, kind):
    session = told(ana, "I am going to bake seven loaves for the fair. It rained.", at=MARCH)
    wrong = one("bake seven loaves for the fair", "Ana bakes seven loaves, hopefully, for the fair.", kind)
    consolidate(ana, session, answering(wrong))
    (old,) = known(ana)
    correct(ana, old, "I am going to bake eleven loaves for the fair.")
    again(ana, session, answering(wrong))
    assert current(ana) == ["I am going to bake eleven loaves for the fair."]


def test_a_later_word_of_the_person_closes_what_was_written_by_hand(ana, corrected):
    later = told(ana, "My sister lives in Braga.", at=clock.now() + timedelta(minutes=1))
    consolidate(ana, later)
    with acting_as(ana.pk):
        Session.objects.filter(pk=later.pk).update(closed_at=clock.now())
        Step.objects.update(due_at=clock.now())
    consolidate(ana, later)
    assert current(ana) == ["My sister lives in Braga."]


def test_what_was_corrected_twice_is_closed_twice_and_neither_comes_back(ana, corrected):
    session, old, first = corrected
    second = correct(ana, first, "My sister lives in Faro.")
    again(ana, session)
    by_id = {memory.pk: memory.superseded_by_id for memory in known(ana)}
    assert by_id == {old.pk: first.pk, first.pk: second.pk, second.pk: None}


def test_the_same_click_twice_corrects_once(ana):
    _, old = in_porto(ana)
    click = uuid4()
    assert correct(ana, old, LISBON, client_id=click) == correct(ana, old, LISBON, client_id=click)
    assert len(known(ana)) == 2


def test_what_is_not_the_newest_or_a_summary_is_refused_in_words(ana, corrected):
    _, old, _ = corrected
    with pytest.raises(NotCorrectable, match="correct that one"):
        correct(ana, old, "My sister lives in Faro.")
    with acting_as(ana.pk):
        summary = Memory.objects.get(kind="session")
    with pytest.raises(NotCorrectable, match="summary"):
        correct(ana, summary, "Otherwise.")


def round_of(person):
    with acting_as(person.pk):
        return Memory.objects.filter(kind="round").earliest("pk")


def test_of_words_the_one_fact_that_was_noted_of_them_is_put_right(ana):
    in_porto(ana)
    new = correct(ana, round_of(ana), LISBON)
    assert [memory.superseded_by for memory in known(ana)] == [new, None]


def test_of_words_that_nothing_was_noted_of_what_is_right_is_kept_and_the_mistake_is_not_noted_later(ana):
    session = told(ana, PORTO, at=MARCH)
    correct(ana, round_of(ana), LISBON)
    consolidate(ana, session)
    assert current(ana) == [LISBON]


def test_what_is_recalled_with_the_words_that_it_puts_right_is_told_as_later_than_they(ana):
    code = "Remember that my locker code is 4417."
    consolidate(ana, told(ana, code, at=MARCH))
    right = correct(ana, round_of(ana), "My locker code is 4471.")
    with acting_as(ana.pk):
        (new,) = right.sources.values_list("turn", flat=True)
    indexing.index_turns(person_id=ana.pk, turn_ids=[new], encoder=encoder.current())
    found = ask(ana, "What is my locker code?")
    with acting_as(ana.pk):
        wrong, said = reading.choose(found, zone="UTC")
    assert (said.quote, said.contradicts) == ("My locker code is 4471.", wrong.turn)
    assert wrong.contradicts is None


def test_of_words_that_told_several_things_it_is_asked_which(ana):
    consolidate(ana, told(ana, "My sister lives in Porto. My favourite tea is jasmine.", at=MARCH))
    with pytest.raises(NotCorrectable, match="Several"):
        correct(ana, round_of(ana), LISBON)


@pytest.mark.parametrize(("text", "refused"), [("  ", dialogue.NothingSaid), ("a" * 601, dialogue.TooLong)])
def test_nothing_and_a_novel_are_refused(ana, text, refused):
    _, old = in_porto(ana)
    with pytest.raises(refused):
        correct(ana, old, text)
    assert len(known(ana)) == 1


def test_a_stranger_corrects_nothing(ana, stranger):
    _, old = in_porto(ana)
    with pytest.raises(Memory.DoesNotExist):
        correct(stranger, old, "My sister lives in Osaka.")
    assert current(ana) == [old.text]


def test_the_talk_that_stands_open_is_not_closed_by_it_and_nothing_is_summed_up(ana):
    _, old = in_porto(ana)
    with acting_as(ana.pk):
        steps = Step.objects.count()
        open_session = dialogue.begin_session(
            conversation=old.session.conversation, started_at=clock.now() - timedelta(minutes=1)
        )
    correct(ana, old, LISBON)
    with acting_as(ana.pk):
        assert Session.objects.get(pk=open_session.pk).closed_at is None
        assert Step.objects.count() == steps


class TestInRecall:
    def test_what_was_written_by_hand_is_recalled_by_the_one_recall_and_known_again(self, ana, corrected):
        _, _, new = corrected
        with acting_as(ana.pk):
            turn_ids = list(new.sources.values_list("turn_id", flat=True))
        for _ in range(2):
            indexing.index_turns(person_id=ana.pk, turn_ids=turn_ids, encoder=encoder.current())
            correction.index(person_id=ana.pk, turn_ids=turn_ids, encoder=encoder.current())
        found = ask(ana, "Where in Lisbon does my sister live?")
        assert found.candidates[0].turn_id == turn_ids[0]
        with acting_as(ana.pk):
            assert Key.objects.filter(fact=new).count() == 1


class TestTakenBack:
    def test_what_it_stood_in_place_of_holds_again_and_no_word_of_it_stays(self, ana, corrected):
        _, old, new = corrected
        correction.take_back(person_id=ana.pk, memory_id=new.pk)
        (left,) = known(ana)
        assert (left.pk, left.superseded_by, left.valid_to) == (old.pk, None, None)
        with acting_as(ana.pk):
            assert not Turn.objects.filter(text=LISBON).exists()
            assert not Correction.objects.exists()

    def test_a_death_in_the_middle_leaves_it_as_it_was(self, ana, corrected, monkeypatch):
        _, _, new = corrected
        monkeypatch.setattr(correction, "settle_plans", Mock(side_effect=SystemExit))
        with pytest.raises(SystemExit):
            correction.take_back(person_id=ana.pk, memory_id=new.pk)
        assert current(ana) == [LISBON]
        with acting_as(ana.pk):
            assert not Erasure.objects.exists()
            assert Turn.objects.filter(text=LISBON, erasure=None).exists()

    def test_only_what_was_written_by_hand_can_be_taken_back(self, ana, stranger, corrected):
        _, old, new = corrected
        for person, memory in ((ana, old), (stranger, new)):
            with pytest.raises(Memory.DoesNotExist):
                correction.take_back(person_id=person.pk, memory_id=memory.pk)
        assert current(ana) == [LISBON]


class TestForgotten:
    def test_with_what_is_right_goes_what_it_stood_in_place_of_or_that_would_hold_again(self, ana, corrected):
        _, _, first = corrected
        second = correct(ana, first, "My sister lives in Faro.")
        wish = Wish(Erasure.Kind.MEMORY, [second.pk])
        asked = erasure.forget(person_id=ana.pk, wish=wish, after=timedelta())
        erasure.carry_out(person_id=ana.pk, erasure_id=asked.pk)
        assert known(ana) == []
        with acting_as(ana.pk):
            assert not Turn.objects.exists()

    def test_forgetting_the_old_words_leaves_what_is_right(self, ana, corrected):
        _, old, new = corrected
        asked = erasure.forget(person_id=ana.pk, wish=Wish(Erasure.Kind.MEMORY, [old.pk]), after=timedelta())
        erasure.carry_out(person_id=ana.pk, erasure_id=asked.pk)
        assert [memory.pk for memory in known(ana)] == [new.pk]


def test_what_is_put_right_while_memory_is_paused_is_remembered_all_the_same(ana):
    _, old = in_porto(ana)
    with acting_as(ana.pk):
        unremembered.pause(person_id=ana.pk)
    new = correct(ana, old, LISBON)
    with acting_as(ana.pk):
        turn_ids = list(Turn.objects.filter(memories__memory=new).values_list("pk", flat=True))
    indexing.index_turns(person_id=ana.pk, turn_ids=turn_ids, encoder=encoder.current())
    correction.index(person_id=ana.pk, turn_ids=turn_ids, encoder=encoder.current())
    with acting_as(ana.pk):
        assert set(Key.objects.filter(turn__in=turn_ids).values_list("kind", flat=True)) == {"turn", "fact"}


class TestSummaries:
    """What quotes the old words is summed up anew, with what is right in their place."""

    BESIDE = "The boiler in the cellar makes a dreadful noise whenever it rains."

    @pytest.fixture
    def told_in_march(self, ana):
        """A session with its summary, its day and the acquaintance."""
        session = told(ana, PORTO, self.BESIDE, at=MARCH)
        consolidate(ana, session)
        sum_up(ana)
        (old,) = known(ana)
        assert all("Porto" in text for text in self.summaries(ana).values())
        return session, old

    def summaries(self, person):
        with acting_as(person.pk):
            found = Memory.objects.exclude(kind__in=(Memory.Kind.ROUND, Memory.Kind.FACT))
            return dict(found.values_list("kind", "text"))

    def made_anew(self, person, session, engine=None):
        consolidate(person, session, engine)
        sum_up(person)

    def test_session_day_and_acquaintance_say_what_is_right(self, ana, told_in_march):
        session, old = told_in_march
        correct(ana, old, LISBON)
        self.made_anew(ana, session)
        assert set(self.summaries(ana)) == {"session", "day", "whole"}
        for text in self.summaries(ana).values():
            assert "Lisbon" in text
            assert "Porto" not in text
            assert "boiler" in text

    def test_put_right_twice_they_say_it_as_it_was_put_last(self, ana, told_in_march):
        session, old = told_in_march
        first = correct(ana, old, LISBON)
        self.made_anew(ana, session)
        correct(ana, first, "My sister lives in Faro.")
        self.made_anew(ana, session)
        for text in self.summaries(ana).values():
            assert "Faro" in text
            assert "Lisbon" not in text
            assert "Porto" not in text

    def test_what_was_put_right_and_has_changed_since_stays_as_it_was_put_right(self, ana, told_in_march):
        session, old = told_in_march
        first = correct(ana, old, LISBON)
        self.made_anew(ana, session)
        correct(ana, first, "My sister lives in Faro.", mistaken=False)
        self.made_anew(ana, session)
        for text in self.summaries(ana).values():
            assert "Lisbon" in text
            assert "Faro" not in text

    def test_what_is_right_is_told_in_the_words_it_was_put_right_with_wherever_else_it_was_said(
        self, ana, told_in_march
    ):
        session, old = told_in_march
        first = correct(ana, old, LISBON)
        said = say(ana, "Zanzibarite again. " + LISBON)
        with acting_as(ana.pk):
            first.sources.create(owner=ana, turn=said.turn, start=0, end=len(said.turn.text))
        self.made_anew(ana, session)
        assert "Zanzibarite" not in str(self.summaries(ana))
        correction.take_back(person_id=ana.pk, memory_id=first.pk)
        with acting_as(ana.pk):
            assert Turn.objects.filter(pk=said.turn.pk, erasure=None).exists()
        assert [memory.pk for memory in known(ana)] == [old.pk]

    def test_what_has_changed_since_was_so_that_day_and_stays(self, ana, told_in_march):
        session, old = told_in_march
        before = self.summaries(ana)
        correct(ana, old, LISBON, mistaken=False)
        with acting_as(ana.pk):
            assert not Step.objects.filter(session=session, kind="summary", state="waiting").exists()
        self.made_anew(ana, session)
        assert self.summaries(ana) == before

    def test_taken_back_they_say_what_was_said_and_no_word_of_the_correction_is_left(self, ana, told_in_march):
        session, old = told_in_march
        new = correct(ana, old, "My sister lives near the zanzibarite mine.")
        self.made_anew(ana, session)
        assert "zanzibarite" in str(self.summaries(ana))
        correction.take_back(person_id=ana.pk, memory_id=new.pk)
        assert holding("zanzibarite") == {}
        assert [memory.pk for memory in known(ana)] == [old.pk]
        self.made_anew(ana, session)
        assert all("Porto" in text for text in self.summaries(ana).values())

    def test_an_engine_is_told_what_is_right(self, ana, told_in_march):
        session, old = told_in_march
        correct(ana, old, LISBON)
        engine = Answering(*[SUMMED] * 3)
        self.made_anew(ana, session, engine)
        asked = next(words for messages in engine.asked if "has put this right" in (words := messages[0]["content"]))
        assert LISBON in asked

    def test_another_persons_are_not_summed_up_anew(self, ana, stranger, told_in_march):
        theirs = told(stranger, PORTO, at=MARCH)
        consolidate(stranger, theirs)
        correct(ana, told_in_march[1], LISBON)
        with acting_as(stranger.pk):
            assert not Step.objects.filter(kind="summary", state="waiting").exists()


def in_the_index(person):
    with acting_as(person.pk):
        turns = list(Turn.objects.values_list("pk", flat=True))
    indexing.index_turns(person_id=person.pk, turn_ids=turns, encoder=encoder.current())


@pytest.mark.parametrize("mistaken", [True, False])
def test_whoever_asks_by_the_old_words_is_told_what_holds_now_before_them(ana, mistaken):
    _, old = in_porto(ana)
    correct(ana, old, LISBON, mistaken=mistaken)
    in_the_index(ana)
    reply = answered(ana, "Does my sister live in Porto?")
    assert reply.answer.text.index(LISBON) < reply.answer.text.index(PORTO)
    with acting_as(ana.pk):
        told = set(reply.recall.recalled.filter(in_prompt=True).values_list("turn__text", flat=True))
    assert {PORTO, LISBON} <= told


def test_words_of_which_nothing_was_noted_bring_along_what_was_put_right_in_them(ana):
    told(ana, "The ferry to the island leaves at nine.", at=MARCH)
    with acting_as(ana.pk):
        words = Memory.objects.get(kind="round")
    correct(ana, words, "The ferry to the island leaves at ten.")
    in_the_index(ana)
    reply = answered(ana, "Does the ferry to the island leave at nine?").answer.text
    assert reply.index("at ten") < reply.index("at nine")


def test_what_else_was_said_in_the_same_words_brings_nothing_of_it_along(ana):
    consolidate(ana, told(ana, "My sister lives in Porto. I keep eleven hens.", at=MARCH))
    correct(ana, next(fact for fact in known(ana) if "Porto" in fact.text), LISBON)
    in_the_index(ana)
    assert "Lisbon" not in answered(ana, "How many hens do I keep?").answer.text
