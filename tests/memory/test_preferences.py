"""What a person does not want remembered forms no memory, and companions are kept apart unless they are joined."""

import json
from uuid import uuid4

import pytest

from memory import clock, consolidation, dialogue, encoder, indexing, knowing, preferences, reading, retention
from memory.history import jsonl
from memory.history.keep import keep
from memory.isolation import acting_as
from memory.models import Companion, Fading, Key, Matter, Memory, Period, PortraitLine, Preference, Step, Turn
from memory.recall import recall
from memory.sensitive import is_sensitive
from tests.memory.test_dialogue import companion_of, say
from tests.memory.test_facts import answering, consolidate, one, told
from worker.engines.recall_only import RecallOnly

pytestmark = pytest.mark.django_db

LIFE = ("I live in Porto, and my sister is called Rita.", "I love beekeeping and green tea.")
ILLNESS = "I was diagnosed with diabetes in spring, and I live in fear of it."


def choose(person, *unkept, fading=None, joined=False):
    companion_of(person)
    with acting_as(person.pk):
        preferences.choose(person_id=person.pk, unkept=unkept, fading=fading, joined=joined)


def kinds(person):
    with acting_as(person.pk):
        return set(Memory.objects.of(person.pk).values_list("kind", flat=True))


def sum_up(person):
    with acting_as(person.pk):
        Period.objects.of(person.pk).update(due_at=clock.now())
        due = list(Period.objects.of(person.pk).order_by("day", "-layer").values_list("pk", flat=True))
    for period in due:
        consolidation.sum_up(person_id=person.pk, period_id=period, engine=RecallOnly(), encoder=encoder.current())


def lines(person):
    with acting_as(person.pk):
        return set(PortraitLine.objects.of(person.pk).values_list("text", flat=True))


def lived(person, *texts):
    """A session of these words, consolidated, with its day and the portrait after it."""
    consolidate(person, told(person, *(texts or LIFE)))
    sum_up(person)


def test_without_a_choice_everything_is_remembered(ana):
    lived(ana)
    assert kinds(ana) == {"round", "fact", "session", "day", "whole"}
    assert lines(ana)


def test_facts_that_are_switched_off_are_not_formed_and_words_are_still_recalled(ana):
    choose(ana, Matter.FACTS)
    lived(ana)
    assert kinds(ana) == {"round", "session", "day", "whole"}
    with acting_as(ana.pk):
        assert not Key.objects.of(ana.pk).filter(kind=Key.Kind.FACT).exists()
        assert Step.objects.of(ana.pk).get(kind="facts").state == Step.State.DONE


def test_an_engine_is_not_even_asked_for_facts_that_are_switched_off(ana):
    choose(ana, Matter.FACTS)
    session = told(ana, *LIFE)
    engine = answering(one("I live in Porto", "Ana lives in Porto"))
    consolidate(ana, session, engine)
    assert "fact" not in kinds(ana)
    assert not [prompt for prompt in engine.asked if "only_one" in prompt]


def test_summaries_that_are_switched_off_are_formed_of_no_session_day_or_acquaintance(ana):
    choose(ana, Matter.SUMMARIES)
    lived(ana)
    assert kinds(ana) == {"round", "fact"}


def test_a_portrait_that_is_switched_off_is_not_drawn_and_the_one_there_was_goes(ana):
    lived(ana)
    assert lines(ana)
    choose(ana, Matter.PORTRAIT)
    sum_up(ana)
    assert lines(ana) == set()
    choose(ana)
    sum_up(ana)
    assert lines(ana)


def test_of_sensitive_matters_that_are_switched_off_nothing_is_made_while_the_words_stay(ana):
    choose(ana, Matter.SENSITIVE)
    lived(ana, ILLNESS, *LIFE)
    with acting_as(ana.pk):
        turn = Turn.objects.of(ana.pk).get(text=ILLNESS)
        assert not turn.remembered
        assert not Memory.objects.of(ana.pk).filter(sources__turn=turn).exists()
        assert not Key.objects.of(ana.pk).filter(turn=turn).exists()
        texts = " ".join(Memory.objects.of(ana.pk).values_list("text", flat=True))
    assert "Porto" in texts
    assert "diabetes" not in f"{texts} {lines(ana)}"


def test_what_was_sensitive_before_the_switch_is_no_longer_made_facts_or_portrait_of(ana):
    session = told(ana, "I love my antidepressants. I hate hospitals.", ILLNESS, *LIFE)
    choose(ana, Matter.SENSITIVE)
    consolidate(ana, session)
    sum_up(ana)
    with acting_as(ana.pk):
        texts = " ".join(Memory.objects.of(ana.pk).values_list("text", flat=True))
    assert "beekeeping" in texts
    assert not is_sensitive(texts)
    assert not any(map(is_sensitive, lines(ana)))


def test_an_import_leaves_no_memory_of_sensitive_matters_that_are_switched_off(ana, tmp_path):
    choose(ana, Matter.SENSITIVE)
    said = [("person", ILLNESS), ("companion", "I am sorry about the diabetes."), ("person", LIFE[1])]
    path = tmp_path / "life.jsonl"
    moment = clock.now().isoformat()
    path.write_text(
        "".join(json.dumps({"speaker": s, "text": t, "session": "1", "said_at": moment}) + "\n" for s, t in said)
    )
    history = jsonl.read(path, zone="UTC", today=clock.now().date())
    kept = keep(companion=companion_of(ana), history=history, encoder=encoder.current())
    assert kept.turns == 3
    with acting_as(ana.pk):
        assert list(Turn.objects.of(ana.pk).order_by("number").values_list("remembered", flat=True)) == [
            False,
            False,
            True,
        ]


def test_a_companions_own_limits_hold_beside_the_persons(ana):
    companion = companion_of(ana)
    with acting_as(ana.pk):
        Companion.objects.of(ana.pk).filter(pk=companion.pk).update(unkept=[Matter.FACTS])
    choose(ana, Matter.SUMMARIES)
    lived(ana)
    assert kinds(ana) == {"round"}


def test_one_persons_choice_is_nobody_elses(ana, stranger):
    choose(ana, Matter.FACTS, fading=Fading.PAPER)
    lived(stranger)
    assert "fact" in kinds(stranger)
    with acting_as(stranger.pk):
        assert not Preference.objects.exists()


def test_memories_fade_by_the_preset_that_the_person_chose(ana, stranger):
    choose(ana, fading=Fading.PAPER)
    lived(ana)
    lived(stranger)
    for person, days in ((ana, retention.PRESETS["paper"].otherwise), (stranger, 6 * retention.WEEK)):
        with acting_as(person.pk):
            strengths = set(Memory.objects.of(person.pk).filter(kind="round").values_list("strength", flat=True))
        assert strengths == {days}


# Several companions


@pytest.fixture
def two(ana):
    """Ana's first companion, and another that knows of her boat."""
    first = companion_of(ana)
    with acting_as(ana.pk):
        other = Companion.objects.create(owner=ana, name="Basil", created_at=clock.now())
        said = dialogue.say(
            person_id=ana.pk,
            companion=other,
            conversation_id=None,
            client_id=uuid4(),
            text="My boat is called Petrel, and I live in Setúbal.",
            said_at=clock.now(),
        )
        dialogue.close_session(session=said.turn.session, at=clock.now())
    indexing.index_turns(person_id=ana.pk, turn_ids=[said.turn.pk], encoder=encoder.current())
    consolidate(ana, said.turn.session)
    return first, other


def asked(companion, question="What is my boat called?"):
    with acting_as(companion.owner_id):
        found = recall(
            companion=companion,
            person="Ana",
            question=question,
            moment=clock.now(),
            encoder=encoder.current(),
        )
        turns = [one.turn_id for one in found.candidates]
        return list(Turn.objects.of(companion.owner_id).filter(pk__in=turns).values_list("text", flat=True))


def known(companion):
    with acting_as(companion.owner_id):
        held = knowing.known(companion=companion, moment=clock.now(), most=100)
        return [thing.text for of_kind in held.values() for thing in of_kind.first]


def test_a_companion_recalls_nothing_of_what_was_said_to_another(two):
    first, other = two
    assert asked(first) == []
    assert known(first) == []
    assert any("Petrel" in text for text in asked(other))
    assert any("Setúbal" in text for text in known(other))


def test_companions_that_the_person_joined_recall_what_was_said_to_the_others(ana, two):
    first, _ = two
    choose(ana, joined=True)
    assert any("Petrel" in text for text in asked(first))
    assert any("Setúbal" in text for text in known(first))
    choose(ana)
    assert asked(first) == []


def test_what_another_companion_was_told_is_noted_with_its_name(ana, two):
    first, other = two
    choose(ana, joined=True)
    assert {note.told_to for note in notes(first)} == {other.name}
    assert {note.told_to for note in notes(other)} == {""}


def notes(companion):
    with acting_as(companion.owner_id):
        now, reader = clock.now(), encoder.current()
        found = recall(
            companion=companion, person="Ana", question="What is my boat called?", moment=now, encoder=reader
        )
        return reading.choose(found, zone="UTC")


def test_joined_companions_of_one_person_recall_nothing_of_another(ana, two, stranger):
    choose(ana, joined=True)
    choose(stranger, joined=True)
    say(stranger, "My boat is called Kittiwake.")
    with acting_as(stranger.pk):
        turns = list(Turn.objects.of(stranger.pk).values_list("pk", flat=True))
    indexing.index_turns(person_id=stranger.pk, turn_ids=turns, encoder=encoder.current())
    assert not any("Kittiwake" in text for text in asked(two[0]))
    assert not any("Petrel" in text for text in asked(companion_of(stranger)))
