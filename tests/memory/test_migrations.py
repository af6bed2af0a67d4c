"""Who kept memories before an upgrade keeps them, and finds them after it; every migration can be taken back."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import ProgrammingError, connections

from memory import clock, encoder, indexing
from memory.isolation import acting_as
from memory.lexicon import document_vector, stems
from memory.models import Key, Period, Step, Turn
from tests.memory.test_dialogue import say
from tests.memory.test_facts import consolidate, told
from tests.memory.test_recall import LIFE, ask, best, remember
from worker import sweeps

pytestmark = pytest.mark.django_db

OLD_KEY = """
insert into memory_key (owner_id, companion_id, memory_id, turn_id, kind, encoder, embedding, terms, said_at)
values (%s, %s, %s, %s, %s, %s, %s::halfvec, %s::sparsevec, %s)
"""


@pytest.fixture
def before_pieces():
    """The schema as it was before a turn's key was made of pieces; afterwards it is today's again."""
    migrate("0008")
    yield
    migrate()


def migrate(*name):
    """To the migration of that name, or to the last."""
    call_command("migrate", "memory", *name, database="owner", verbosity=0)


def old_rows(person, made):
    """What indexing wrote then: each turn alone, and after the turn before it."""
    read = encoder.current()
    texts = [turn.text for turn, _ in made]
    for place, (turn, memory) in enumerate(made):
        after = "\n".join(texts[max(place - 1, 0) : place + 1])
        for kind, text in (("turn", turn.text), ("context", after))[: 1 + (place > 0)]:
            vector = "[" + ",".join(f"{value:.6f}" for value in read.encode([text])[0]) + "]"
            terms = document_vector(stems(text), mean_length=8.0).to_text()
            yield (
                *(person.pk, memory.companion_id, memory.pk, turn.pk, kind, read.name, vector, terms),
                turn.said_at,
            )


def test_who_had_keys_of_before_is_given_new_ones_by_the_sweep(ana, request, time_machine):
    time_machine.move_to("2026-11-05T12:00:00Z", tick=True)
    turns = remember(ana, LIFE)
    with acting_as(ana.pk):
        made = [(turn, turn.memories.get().memory) for turn in turns]
        Key.objects.all().delete()
    rows = list(old_rows(ana, made))
    request.getfixturevalue("before_pieces")
    with connections["owner"].cursor() as cursor:
        cursor.executemany(OLD_KEY, rows)
    migrate()
    assert ask(ana, "What colour is the kitchen?").candidates == []
    time_machine.shift(timedelta(minutes=10))
    assert sweeps.turns_without_keys() == {ana.pk: [turn.pk for turn in turns]}
    for person_id, turn_ids in sweeps.turns_without_keys().items():
        indexing.index_turns(person_id=person_id, turn_ids=turn_ids, encoder=encoder.current())
    assert sweeps.turns_without_keys() == {}
    with acting_as(ana.pk):
        assert set(Key.objects.values_list("turn_id", "place")) == {(turn.pk, turn.number) for turn in turns}
    assert best(ana, "What colour is the kitchen?") == LIFE[3]
    assert best(ana, "What did I promise to bring Ana?") == LIFE[0]


@pytest.fixture
def before_facts():
    """The schema as it was before there were facts; afterwards it is today's again."""
    migrate("0012")
    yield
    migrate()


def test_sessions_closed_before_there_were_facts_are_given_their_missing_step_oldest_first(ana, request):
    sessions = [
        told(ana, f"I live in Porto, for the {time} time.", at=clock.now() - timedelta(days=10 - number))
        for number, time in enumerate(("first", "second"))
    ]
    say(ana, "Still talking.")
    with acting_as(ana.pk):
        Step.objects.filter(kind="facts").delete()
        Step.objects.update(state="done", version="some engine")
    request.getfixturevalue("before_facts")
    migrate()
    with acting_as(ana.pk):
        assert list(Step.objects.filter(kind="facts", state="waiting").values_list("session", flat=True)) == [
            session.pk for session in sessions
        ]
    assert sweeps.sessions_due(engine=False) == [(ana.pk, session.pk) for session in sessions]


@pytest.fixture
def before_portrait():
    """The schema as it was before there was a portrait; afterwards it is today's again."""
    migrate("0013")
    yield
    migrate()


def test_whoever_was_known_before_there_was_a_portrait_is_portrayed(ana, request):
    session = told(ana, "I love beekeeping.", at=clock.now() - timedelta(days=2))
    consolidate(ana, session)
    with acting_as(ana.pk):
        Period.objects.filter(layer="portrait").delete()
    request.getfixturevalue("before_portrait")
    migrate()
    with acting_as(ana.pk):
        (portrait,) = Period.objects.filter(layer="portrait")
    assert (portrait.day, portrait.state) == (None, "waiting")
    assert (ana.pk, portrait.pk) in sweeps.periods_due()


def test_every_migration_of_memory_can_be_taken_back_and_done_again():
    try:
        migrate("0001")
    finally:
        migrate()
    with connections["owner"].cursor() as cursor:
        cursor.execute("select count(*) from memory_key")
        assert cursor.fetchone() == (0,)


@pytest.mark.parametrize("unknown_before", [{"remembered": False}, {"stands": False}])
def test_what_the_release_before_would_take_for_remembered_holds_its_migration_back(ana, unknown_before):
    said = say(ana, "My ring is under the stairs.")
    with acting_as(ana.pk):
        Turn.objects.filter(pk=said.turn.pk).update(**unknown_before)
    try:
        with pytest.raises(ProgrammingError, match="off the record"):
            migrate("0017")
    finally:
        migrate()
    with acting_as(ana.pk):
        assert Turn.objects.get(pk=said.turn.pk).text == "My ring is under the stairs."
