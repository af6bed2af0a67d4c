"""Joined companions know each other's summaries and portraits; those that are not, and other people's, know nothing."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from memory import clock, companions, context, dialogue, portrait, preferences
from memory.isolation import acting_as
from memory.models import (
    Companion,
    Conversation,
    Matter,
    Memory,
    Period,
    PortraitEvidence,
    PortraitLine,
    Session,
    Speaker,
    Turn,
)
from tests.memory.test_dialogue import companion_of

pytestmark = pytest.mark.django_db

LAYERS = {"session", "day", "whole", "portrait"}
AGO = timedelta(days=3)


def lived(companion, word):
    """A day with a companion, of which every layer holds the word."""
    person, then = companion.owner_id, clock.now() - AGO
    with acting_as(person):
        talk = dialogue.begin_conversation(companion=companion, started_at=then)
        session = Session.objects.create(
            owner_id=person, conversation=talk, started_at=then, ended_at=then, closed_at=then, day=then.date()
        )
        turn = Turn.objects.create(
            owner_id=person,
            conversation=talk,
            session=session,
            number=1,
            speaker=Speaker.PERSON,
            text=word,
            said_at=then,
            client_id=talk.pk,
        )
        day = Period.objects.create(owner_id=person, companion=companion, day=then.date(), due_at=then)
        whole = Period.objects.create(owner_id=person, companion=companion, due_at=then)
        made = {"owner_id": person, "companion": companion, "text": word, "said_at": then}
        made |= {"strength": 50.0, "recalled_at": then, "fades_at": then + timedelta(days=99)}
        Memory.objects.create(kind="session", session=session, **made)
        Memory.objects.create(kind="day", period=day, **made)
        Memory.objects.create(kind="whole", period=whole, **made)
        _line(companion, turn, word)
    return turn


def _line(companion, turn, text, state=PortraitLine.State.CONFIRMED):
    line = PortraitLine.objects.create(
        owner_id=companion.owner_id,
        companion=companion,
        aspect="preference",
        text=text,
        digest=portrait.digest(companion.owner_id, text),
        confidence=1.0,
        state=state,
        version="test",
        made_at=clock.now(),
    )
    PortraitEvidence.objects.create(
        owner_id=companion.owner_id, line=line, turn=turn, start=0, end=len(turn.text), weight=1.0
    )


def told(companion):
    """(layer, text) of all that stands in its prompts."""
    with acting_as(companion.owner_id):
        fresh = Companion.objects.select_related("owner").get(pk=companion.pk)
        earlier = context.before_a_new_one(companion=fresh, moment=clock.local(clock.now(), "Europe/Lisbon"))
    return [(one.layer, one.text) for one in earlier.summaries]


def choose(person, *, joined, unkept=()):
    with acting_as(person.pk):
        preferences.choose(person_id=person.pk, unkept=unkept, fading=None, joined=joined)


def another(person, **more):
    with acting_as(person.pk):
        return companions.create(person_id=person.pk, name="Basil", **more)


def empty(person):
    with acting_as(person.pk):
        for model in (PortraitLine, Period, Memory, Conversation):
            model.objects.of(person.pk).delete()
        Companion.objects.of(person.pk).delete()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lives=st.tuples(st.integers(1, 3), st.integers(1, 3)), joined=st.tuples(st.booleans(), st.booleans()))
def test_each_is_told_of_itself_of_those_it_is_joined_with_and_of_nobody_else(ana, stranger, lives, joined):
    people = []
    for person, count, together in zip((ana, stranger), lives, joined, strict=True):
        empty(person)
        own = [another(person) for _ in range(count)]
        for number, companion in enumerate(own):
            lived(companion, f"word-{person.pk}-{number}")
        choose(person, joined=together)
        people.append((person, own, together))
    for person, own, together in people:
        for number, companion in enumerate(own):
            whose = range(len(own)) if together else [number]
            words = {f"word-{person.pk}-{each}" for each in whose}
            heard = told(companion)
            assert {text for _, text in heard} == words
            for layer in ("session", "whole", "portrait"):
                assert {text for each, text in heard if each == layer} == words


def test_what_two_hold_is_told_once_and_what_one_was_refused_is_told_by_none(ana):
    first, second = companion_of(ana), another(ana)
    turns = [lived(first, "first"), lived(second, "second")]
    with acting_as(ana.pk):
        for companion, turn in zip((first, second), turns, strict=True):
            _line(companion, turn, "loves tea")
        _line(first, turns[0], "sings in the bath")
        _line(second, turns[1], "sings in the bath", PortraitLine.State.REFUSED)
    choose(ana, joined=True)
    assert sorted(text for layer, text in told(first) if layer == "portrait") == ["first", "loves tea", "second"]
    choose(ana, joined=False)
    assert ("portrait", "sings in the bath") in told(first)


def test_who_may_not_keep_such_a_thing_neither_tells_it_nor_is_told(ana):
    first, silent = companion_of(ana), another(ana, unkept=[Matter.PORTRAIT, Matter.SUMMARIES])
    lived(first, "first")
    lived(silent, "silent")
    choose(ana, joined=True)
    assert {text for _, text in told(first)} == {"first"}
    assert {text for _, text in told(silent)} == {"silent"}
    assert all(layer != "portrait" for layer, _ in told(silent))
