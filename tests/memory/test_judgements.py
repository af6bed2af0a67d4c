"""What a person has judged goes along with what they said: pins, corrections, and what they said to their portrait."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.utils.translation import override

from memory import clock, consolidation, correction, encoder, erasure, pinning, policy, portrait
from memory.consolidation.rebuild import rebuild
from memory.erasure import Wish
from memory.history import jsonl
from memory.history.judgements import Judged
from memory.isolation import acting_as
from memory.models import Brought, Conversation, Erasure, Import, Key, Matter, Memory, PortraitLine, Session, Step, Turn
from memory.wording import of_stored
from tests.memory.test_correction import LISBON, PORTO, correct, current
from tests.memory.test_facts import consolidate, known, told
from tests.memory.test_takeout import bring, exported
from worker import sweeps
from worker.engines.recall_only import RecallOnly

pytestmark = pytest.mark.django_db

BEES = "I love beekeeping. I keep two hives behind the old chapel."
SAID = datetime(2026, 11, 3, 9, tzinfo=UTC)


@pytest.fixture
def evening(time_machine):
    time_machine.move_to("2026-11-05T21:00:00Z", tick=False)
    return time_machine


def made(person, time):
    """All that workers make of what is there."""
    with acting_as(person.pk):
        sessions = list(Session.objects.of(person.pk).filter(closed_at__isnull=False).order_by("started_at"))
    for session in sessions:
        consolidate(person, session)
    for _ in range(4):
        for person_id, period_id in sweeps.periods_due():
            consolidation.sum_up(
                person_id=person_id, period_id=period_id, engine=RecallOnly(), encoder=encoder.current()
            )
        time.shift(60)


@pytest.fixture
def lived(ana, evening):
    """What Ana said one day, with all that was made of it."""
    told(ana, PORTO, BEES, at=SAID)
    made(ana, evening)
    return ana


def pin(person, **which):
    with acting_as(person.pk):
        memories = list(Memory.objects.of(person.pk).filter(**which))
        for memory in memories:
            pinning.pin(person_id=person.pk, memory_id=memory.pk, pinned=True)
    return memories


def let_go(person):
    with acting_as(person.pk):
        for memory in Memory.objects.of(person.pk).filter(pinned=True):
            pinning.pin(person_id=person.pk, memory_id=memory.pk, pinned=False)


def pinned(person):
    with acting_as(person.pk):
        found = Memory.objects.of(person.pk).filter(pinned=True)
        return sorted((memory.kind, memory.text) for memory in found)


def lines(person):
    with acting_as(person.pk):
        return set(PortraitLine.objects.of(person.pk).values_list("aspect", "text", "state"))


def line_of(person, text):
    with acting_as(person.pk):
        return PortraitLine.objects.of(person.pk).get(text=text).pk


def without_judgements(content):
    """A file as it was before there were any."""
    told = [json.loads(line) for line in content.splitlines()]
    return [{name: value for name, value in line.items() if name != "by_hand"} for line in told if "speaker" in line]


def file_of(lines):
    return "".join(json.dumps(line) + "\n" for line in lines).encode()


def test_what_is_pinned_is_pinned_again_words_at_once_and_what_is_made_of_them_when_it_is(lived, stranger, evening):
    pin(lived, kind="round", sources__turn__text=BEES)
    for kind in ("fact", "session", "day", "whole"):
        assert pin(lived, kind=kind)
    before = pinned(lived)
    bring(stranger, exported(lived))
    assert pinned(stranger) == [("round", "")]
    made(stranger, evening)
    assert pinned(stranger) == before
    with acting_as(stranger.pk):
        assert not Brought.objects.of(stranger.pk).filter(met_at=None).exists()


def test_a_pin_that_waits_is_met_by_a_rebuild_once_that_is_in_place(lived, stranger, evening):
    for kind in ("fact", "session", "day", "whole"):
        pin(lived, kind=kind)
    bring(stranger, exported(lived))
    evening.shift(timedelta(days=1))
    rebuild(person_id=stranger.pk, engine=RecallOnly(), encoder=encoder.current())
    assert pinned(stranger) == pinned(lived)


def test_the_same_file_again_pins_nothing_that_was_let_go_of_meanwhile(lived, stranger, evening):
    pin(lived, kind="round", sources__turn__text=BEES)
    pin(lived, kind="fact")
    content = exported(lived)
    for person in (lived, stranger):
        bring(person, content)
        made(person, evening)
        assert pinned(person)
        let_go(person)
        bring(person, content)
        made(person, evening)
        assert pinned(person) == []


def test_a_pin_that_waits_goes_with_its_words(lived, stranger):
    pin(lived, kind="fact")
    bring(stranger, exported(lived))
    with acting_as(stranger.pk):
        assert set(Brought.objects.of(stranger.pk).values_list("met_at", flat=True)) == {None}
        ids = list(Turn.objects.of(stranger.pk).values_list("pk", flat=True))
    asked = erasure.forget(person_id=stranger.pk, wish=Wish(Erasure.Kind.TURN, ids), after=erasure.AT_ONCE)
    erasure.carry_out(person_id=stranger.pk, erasure_id=asked.pk)
    with acting_as(stranger.pk):
        assert not Brought.objects.of(stranger.pk).exists()


def test_a_correction_holds_again_and_the_old_version_is_its_history(lived, stranger, evening):
    (old,) = (memory for memory in known(lived) if "Porto" in memory.text)
    right = correct(lived, old, LISBON)
    again = correct(lived, right, "My sister lives in Faro.", mistaken=False)
    pin(lived, pk=again.pk)
    content = exported(lived)
    done = bring(stranger, content)
    assert (done.state, done.skipped) == (Import.State.DONE, [])
    made(stranger, evening)
    told_of = {memory.text: memory for memory in known(stranger)}
    assert told_of[old.text].superseded_by.text == LISBON
    assert told_of[LISBON].superseded_by.text == "My sister lives in Faro."
    by_hand = told_of["My sister lives in Faro."]
    assert (by_hand.by_hand, by_hand.pinned, by_hand.superseded_by, by_hand.valid_from) == (
        True,
        True,
        None,
        again.valid_from,
    )
    assert sorted(current(stranger)) == sorted(current(lived))
    with acting_as(stranger.pk):
        hand = Conversation.objects.of(stranger.pk).filter(origin__startswith="by hand")
        assert hand.get().turns.count() == 2
        assert not Step.objects.of(stranger.pk).filter(session__conversation__in=hand).exists()
        assert Key.objects.of(stranger.pk).filter(kind="fact", fact=by_hand).exists()
    facts = [(memory.pk, memory.text) for memory in known(stranger)]
    for person in (stranger, lived):
        bring(person, content)
    assert [(memory.pk, memory.text) for memory in known(stranger)] == facts
    assert len(known(lived)) == len(facts)


def test_a_correction_that_came_along_can_be_taken_back_and_does_not_return(lived, stranger, evening):
    (old,) = (memory for memory in known(lived) if "Porto" in memory.text)
    correct(lived, old, LISBON)
    content = exported(lived)
    bring(stranger, content)
    made(stranger, evening)
    (right,) = (memory for memory in known(stranger) if memory.by_hand)
    correction.take_back(person_id=stranger.pk, memory_id=right.pk)
    assert old.text in current(stranger)
    bring(stranger, content)
    made(stranger, evening)
    assert old.text in current(stranger)
    assert LISBON not in current(stranger)


@pytest.fixture
def judged(lived):
    """She has put right a line of her portrait: what stood there is refused, hers is confirmed."""
    assert portrait.correct(person_id=lived.pk, line_id=line_of(lived, "likes beekeeping"), text="keeps bees")
    return lived


def test_what_was_said_to_lines_of_the_portrait_holds_again_and_what_was_only_drawn_is_drawn_anew(
    judged, stranger, evening
):
    content = exported(judged)
    read = [json.loads(line) for line in content.splitlines()]
    (right,) = (line for line in read if line.get("state") == "confirmed")
    assert (right["text"], [quote["text"] for quote in right["quotes"]]) == ("keeps bees", ["I love beekeeping."])
    done = bring(stranger, content)
    assert done.skipped == []
    assert lines(stranger) == {
        ("preference", "keeps bees", "confirmed"),
        ("preference", "likes beekeeping", "refused"),
    }
    made(stranger, evening)
    assert lines(stranger) == lines(judged)
    with acting_as(stranger.pk):
        companion = PortraitLine.objects.of(stranger.pk).first().companion
        (held,) = (line for line in portrait.read(companion, clock.now()) if line.text == "keeps bees")
        assert [quote.text for quote in held.quotes] == ["I love beekeeping."]


def test_what_the_person_has_said_to_a_line_since_is_not_taken_back_by_the_same_file(judged, stranger):
    content = exported(judged)
    bring(stranger, content)
    portrait.take_back(person_id=stranger.pk, line_id=line_of(stranger, "likes beekeeping"))
    portrait.refuse(person_id=stranger.pk, line_id=line_of(stranger, "keeps bees"))
    before = lines(stranger)
    bring(stranger, content)
    assert lines(stranger) == before


def test_a_line_whose_words_were_forgotten_does_not_come_back_with_them(judged, stranger):
    content = exported(judged)
    bring(stranger, content)
    with acting_as(stranger.pk):
        ids = [Turn.objects.of(stranger.pk).get(text=BEES).pk]
    asked = erasure.forget(person_id=stranger.pk, wish=Wish(Erasure.Kind.TURN, ids), after=erasure.AT_ONCE)
    erasure.carry_out(person_id=stranger.pk, erasure_id=asked.pk)
    done = bring(stranger, content)
    assert lines(stranger) == {("preference", "", "refused")}
    assert any("forgotten" in each for each in done.skipped)


def test_what_the_house_does_not_let_be_remembered_is_named_and_left_out(judged, stranger):
    (old,) = (memory for memory in known(judged) if "Porto" in memory.text)
    correct(judged, old, LISBON)
    with acting_as(stranger.pk):
        policy.rule_person(stranger.pk, {"unkept": [Matter.PORTRAIT, Matter.FACTS]})
    done = bring(stranger, exported(judged))
    assert done.state == Import.State.DONE
    assert len([each for each in done.skipped if "this house lets nothing of that sort" in each]) == 2
    assert not [memory for memory in known(stranger) if memory.by_hand]
    assert {state for _, _, state in lines(stranger)} == {"refused"}


def test_a_file_from_before_brings_what_it_holds_and_a_newer_one_says_what_it_cannot_add(lived, stranger, evening):
    (old,) = (memory for memory in known(lived) if "Porto" in memory.text)
    correct(lived, old, LISBON)
    pin(lived, kind="round", sources__turn__text=BEES)
    content = exported(lived)
    before = file_of(without_judgements(content))
    assert bring(stranger, before).skipped_count == 0
    assert pinned(stranger) == []
    done = bring(stranger, content)
    assert pinned(stranger) == [("round", "")]
    assert (done.skipped_count, "older file" in done.skipped[0]) == (1, True)


PIN = {"kind": "pin", "memory": "round", "turn": "1", "start": 0, "end": 6}
RIGHT = {"kind": "correction", "turn": "1"}
LINE = {"kind": "portrait", "aspect": "trait", "text": "calm", "state": "confirmed"}


@pytest.mark.parametrize(
    "bad",
    [
        {**PIN, "memory": "everything"},
        {**PIN, "end": 0},
        {**PIN, "end": 5000},
        {**PIN, "start": -1},
        {**PIN, "turn": "nobody"},
        {**PIN, "turn": None},
        {**RIGHT, "turn": "nobody"},
        {**RIGHT, "told": "lie"},
        {**RIGHT, "valid_from": "2026-01-01T00:00:00"},
        {**RIGHT, "valid_from": "0001-01-01T00:00:00Z"},
        {**RIGHT, "in_place_of": [{"turn": "1", "start": 0, "end": 4000, "mistaken": True}]},
        RIGHT,  # its turn was not written by hand
        {**LINE, "aspect": "shoe size"},
        {**LINE, "text": "x" * 500},
        {**LINE, "state": "dropped"},
        {**LINE, "quotes": [{"turn": "1", "start": 0, "end": 6, "weight": float("nan")}]},
        LINE,  # it stands on nothing
    ],
)
def test_a_judgement_that_cannot_be_heeded_is_named_and_the_rest_is_kept(ana, bad):
    turn = {"id": "1", "session": "1", "speaker": "person", "said_at": "2026-03-01T10:00:00Z", "text": "I love bees."}
    done = bring(ana, file_of([turn, bad, {**PIN, "end": 12}]))
    assert (done.state, done.kept, done.skipped_count) == (Import.State.DONE, 1, 1)
    assert str(of_stored(done.skipped[0])).startswith("line 2: ")
    assert pinned(ana) == [("round", "")]
    assert lines(ana) == set()


def test_it_is_said_in_the_readers_language_why_one_cannot_be_heeded(ana):
    turn = {"id": "1", "session": "1", "speaker": "person", "said_at": "2026-03-01T10:00:00Z", "text": "I love bees."}
    done = bring(ana, file_of([turn, {**PIN, "turn": "nobody"}, {**PIN, "end": 0}]))
    with override("zh-hans"):
        told_of = [str(of_stored(one)) for one in done.skipped]
    assert any("它所涉及的话不在这里，可能已被忘记" in told for told in told_of)
    assert any("这应是一个固定标记" in told for told in told_of)


def test_what_is_said_by_hand_is_the_persons():
    turn = {"session": "1", "speaker": "companion", "said_at": "2026-03-01T10:00:00Z", "text": "Hm.", "by_hand": True}
    (entry,) = jsonl.read_sent(file_of([turn]), zone="UTC", today=None, source="sent").entries
    assert "only the person" in str(entry.why)


def test_a_turn_of_another_sort_of_file_is_a_turn_whatever_kind_it_says():
    turn = {"session": "1", "speaker": "person", "said_at": "2026-03-01T10:00:00Z", "text": "Hm.", "kind": "pin"}
    (entry,) = jsonl.read_sent(file_of([turn]), zone="UTC", today=None, source="sent").entries
    assert not isinstance(entry, Judged)
    assert entry.text == "Hm."
