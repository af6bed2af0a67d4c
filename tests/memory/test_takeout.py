"""Everything that was said goes along as one file, and comes back from it: the same turns, once."""

import json
from collections import Counter
from unittest.mock import Mock
from uuid import uuid4

import pytest
from django.db import OperationalError

from memory import clock, companions, consolidation, dialogue, encoder, erasure
from memory.erasure import Wish
from memory.history import jsonl, sent
from memory.history import keep as keeping
from memory.history.export import AT_ONCE, export_everything
from memory.history.keep import keep
from memory.isolation import acting_as
from memory.models import Companion, Erasure, Import, Key, Session, Step, Turn
from memory.wording import of_stored
from tests.memory.test_dialogue import companion_of, say
from tests.memory.test_unremembered import pause, resume, say_off
from worker import sweeps
from worker.engines.recall_only import RecallOnly

pytestmark = pytest.mark.django_db


def say_to(companion, text):
    with acting_as(companion.owner_id):
        return dialogue.say(
            person_id=companion.owner_id,
            companion=companion,
            conversation_id=None,
            client_id=uuid4(),
            text=text,
            said_at=clock.now(),
        )


@pytest.fixture
def life(ana):
    """Two companions, talks of the same name, a pause, an answer, a word off the record, and one about to go."""
    first = say(ana, "I live in Porto.")
    with acting_as(ana.pk):
        dialogue.keep_turn(
            conversation=first.turn.conversation,
            speaker="companion",
            text="By the river?",
            said_at=clock.now(),
            client_id=uuid4(),
            answers=first.turn,
        )
        basil = Companion.objects.create(owner=ana, name="Basil", created_at=clock.now())
    say(ana, "I live in Porto.")
    say_to(basil, "I live in Porto.")
    pause(ana)
    say(ana, "Between us, “the kettle”\nsings.", conversation=first.turn.conversation_id)
    resume(ana)
    say_off(ana, "Nobody hears the zanzibarite.")
    going = say(ana, "The quokka goes.")
    erasure.forget(person_id=ana.pk, wish=Wish(Erasure.Kind.TURN, ids=[going.turn.pk]))
    return ana


def exported(person):
    return "".join(export_everything(person.pk)).encode()


def said(person):
    """All that stands of a person's talks, without ids."""
    with acting_as(person.pk):
        turns = Turn.objects.of(person.pk).shown().filter(conversation__off_record=False)
        rows = turns.select_related("conversation__companion", "session", "answers")
        return sorted(
            (
                turn.conversation.companion.name,
                str(turn.conversation.started_at),
                turn.number,
                turn.speaker,
                turn.text,
                str(turn.said_at),
                str(turn.session.started_at),
                turn.remembered,
                turn.answers.text if turn.answers else "",
            )
            for turn in rows
        )


def bring(person, content):
    with acting_as(person.pk):
        asked = sent.ask(person_id=person.pk, name="life.jsonl", content=content)
    sent.run(person_id=person.pk, import_id=asked.pk, encoder=encoder.current())
    return state(person, asked.pk)


def state(person, import_id):
    with acting_as(person.pk):
        return Import.objects.of(person.pk).get(pk=import_id)


def test_a_file_of_everything_gives_the_same_turns_in_another_account(life, stranger):
    companion_of(stranger)
    done = bring(stranger, exported(life))
    assert (done.state, done.kept, done.already, done.skipped_count) == (Import.State.DONE, 5, 0, 0)
    assert said(stranger) == said(life)
    assert len({row[0] for row in said(stranger)}) == 2


def test_what_is_off_the_record_or_about_to_be_erased_is_not_in_it(life):
    content = exported(life).decode()
    assert "zanzibarite" not in content
    assert "quokka" not in content


def test_nobody_elses_words_are_in_it(life, stranger):
    say(stranger, "My hat is chartreuse.")
    assert "chartreuse" not in exported(life).decode()
    assert "Porto" not in exported(stranger).decode()


def test_the_same_file_again_brings_nothing_twice(life, stranger):
    content = exported(life)
    bring(stranger, content)
    again = bring(stranger, content)
    assert (again.kept, again.already) == (0, 5)
    assert said(stranger) == said(life)


def test_into_the_account_that_it_came_from_it_brings_nothing(life):
    before = said(life)
    again = bring(life, exported(life))
    assert (again.kept, again.already) == (0, 5)
    assert said(life) == before


def test_a_long_talk_is_exported_whole_a_part_at_a_time(ana):
    lines = [
        {"speaker": "person", "text": f"Word {n}.", "session": "1", "said_at": "2026-03-01T10:00:00Z", "id": f"{n}"}
        for n in range(AT_ONCE + 3)
    ]
    content = "".join(json.dumps(line) + "\n" for line in lines).encode()
    history = jsonl.read_sent(content, zone="UTC", today=clock.now().date(), source="long")
    keep(companion=companion_of(ana), history=history, encoder=NoEncoder())
    parts = list(export_everything(ana.pk))
    assert len(parts) == 2
    told = [json.loads(line)["text"] for line in "".join(parts).splitlines()]
    assert told == [line["text"] for line in lines]


class NoEncoder:
    """Reads nothing into nothing, for a history of which only the words matter."""

    name = "none"

    def encode(self, texts):
        return encoder.current().encode([""] * len(texts))

    def read(self, texts):
        return self.encode(texts), []

    def count(self, text):
        return 1


@pytest.mark.parametrize("content", [b"", b"\n \n", b"not a line of it\n{}\n"])
def test_a_file_of_which_nothing_can_be_used_is_told_as_such(ana, content):
    done = bring(ana, content)
    assert done.state == Import.State.UNREADABLE
    assert done.problem
    assert bytes(done.content) == b""


def test_a_line_that_cannot_be_read_is_named_and_the_rest_is_kept(life, stranger):
    done = bring(stranger, exported(life) + b"half a li")
    assert (done.kept, done.skipped_count) == (5, 1)
    assert [str(of_stored(line)) for line in done.skipped] == ["line 6: it is not JSON"]


def test_what_was_sent_is_kept_no_longer_than_it_takes_to_read_it(life, stranger):
    assert bytes(bring(stranger, exported(life)).content) == b""


def test_an_import_that_a_worker_is_at_is_left_to_it_and_one_that_it_left_is_taken_up(ana, life, time_machine):
    content = exported(life)
    with acting_as(ana.pk):
        asked = sent.ask(person_id=ana.pk, name="life.jsonl", content=content)
        Import.objects.of(ana.pk).update(touched_at=clock.now())
    sent.run(person_id=ana.pk, import_id=asked.pk, encoder=encoder.current())
    assert state(ana, asked.pk).state == Import.State.WAITING
    assert sweeps.imports_overlooked() == []
    time_machine.move_to(clock.now() + sent.SILENT * 2)
    assert sweeps.imports_overlooked() == [(ana.pk, asked.pk)]
    sent.run(person_id=ana.pk, import_id=asked.pk, encoder=encoder.current())
    assert state(ana, asked.pk).state == Import.State.DONE


def test_ones_import_cannot_be_run_for_somebody_else(life, stranger):
    content = exported(life)
    with acting_as(life.pk):
        asked = sent.ask(person_id=life.pk, name="life.jsonl", content=content)
    sent.run(person_id=stranger.pk, import_id=asked.pk, encoder=encoder.current())
    assert said(stranger) == []
    assert state(life, asked.pk).state == Import.State.WAITING


class TestALongOne:
    """It gives way after a while, and goes on where it stopped."""

    LINES = 9

    @pytest.fixture
    def by_and_by(self, monkeypatch):
        """Two lines at a time."""
        monkeypatch.setattr(keeping, "BATCH", 2)
        monkeypatch.setattr(sent, "AT_ONCE", 0.0)

    def content(self):
        lines = [
            {
                "id": str(number),
                "speaker": "person",
                "text": f"The parrot said word {number}.",
                "session": f"day {number // 5}",
                "said_at": f"2026-03-0{1 + number // 5}T10:0{number % 5}:00Z",
            }
            for number in range(self.LINES)
        ]
        return "\n".join([*map(json.dumps, lines), "no line at all"]).encode()

    def asked(self, person):
        with acting_as(person.pk):
            return sent.ask(person_id=person.pk, name="life.jsonl", content=self.content()).pk

    def go_on(self, person, import_id):
        return sent.run(person_id=person.pk, import_id=import_id, encoder=encoder.current())

    def test_a_little_at_a_time_it_becomes_whole_with_all_its_figures(self, ana, by_and_by):
        asked = self.asked(ana)
        times = 1
        while not self.go_on(ana, asked):
            now = state(ana, asked)
            assert (now.state, now.read) == (Import.State.WAITING, min(2 * times, self.LINES + 1))
            times += 1
        done = state(ana, asked)
        assert times > self.LINES // 2
        assert (done.state, done.kept, done.already, done.skipped_count) == (Import.State.DONE, self.LINES, 0, 1)
        assert len(said(ana)) == self.LINES
        sweeps.sessions_due(engine=False)
        with acting_as(ana.pk):
            assert not Session.objects.filter(closed_at=None).exists()
            assert set(Key.objects.values_list("turn__client_id")) == set(Turn.objects.values_list("client_id"))

    def test_what_was_made_of_a_session_that_was_taken_for_over_is_made_again_of_all_of_it(self, ana, by_and_by):
        asked = self.asked(ana)
        self.go_on(ana, asked)
        for person_id, session_id in sweeps.sessions_due(engine=False):  # it has been silent for long
            consolidation.run(
                person_id=person_id, session_id=session_id, engine=RecallOnly(), encoder=encoder.current()
            )
        with acting_as(ana.pk):
            assert Step.objects.filter(kind="summary", state="done").count() == 1
        while not self.go_on(ana, asked):
            pass
        with acting_as(ana.pk):
            assert not Step.objects.filter(kind="summary", state="done").exists()

    def test_what_breaks_in_the_middle_is_told_and_not_tried_for_ever(self, ana, by_and_by, monkeypatch):
        asked = self.asked(ana)
        self.go_on(ana, asked)
        monkeypatch.setattr(keeping.indexing, "index_turns", Mock(side_effect=ValueError("odd")))
        assert self.go_on(ana, asked)
        broken = state(ana, asked)
        assert broken.state == Import.State.UNREADABLE
        assert "what was kept until then stays" in str(of_stored(broken.problem))
        assert sweeps.imports_overlooked() == []

    def test_while_the_database_is_away_it_waits(self, ana, monkeypatch):
        asked = self.asked(ana)
        monkeypatch.setattr(keeping.indexing, "index_turns", Mock(side_effect=OperationalError("away")))
        with pytest.raises(OperationalError):
            self.go_on(ana, asked)
        assert state(ana, asked).state == Import.State.WAITING

    def test_nobody_else_takes_it_up_while_somebody_is_at_it(self, ana, by_and_by):
        asked = self.asked(ana)
        self.go_on(ana, asked)
        with acting_as(ana.pk):
            Import.objects.filter(pk=asked).update(touched_at=clock.now())
        assert self.go_on(ana, asked)
        assert state(ana, asked).read == 2

    def with_whom(self, person):
        """How many turns there are with each companion."""
        with acting_as(person.pk):
            shown = Turn.objects.shown().values_list("conversation__companion__name", flat=True)
            return dict(Counter(shown))

    def test_it_stays_with_whom_it_began_though_another_is_the_first_by_now(self, ana, by_and_by):
        rosemary = companion_of(ana)
        with acting_as(ana.pk):
            companions.create(person_id=ana.pk, name="Basil")
        deleted = companions.delete(person_id=ana.pk, companion_id=rosemary.pk)
        asked = self.asked(ana)
        self.go_on(ana, asked)
        companions.restore(person_id=ana.pk, erasure_id=deleted.pk)
        while not self.go_on(ana, asked):
            pass
        assert self.with_whom(ana) == {"Basil": self.LINES}

    @pytest.mark.parametrize("gone", [False, True])
    def test_it_stops_where_its_companion_is_deleted_and_the_same_file_goes_on_with_another(
        self, ana, by_and_by, settings, gone
    ):
        settings.ERASE_AFTER_SECONDS = 0 if gone else 60
        rosemary = companion_of(ana)
        with acting_as(ana.pk):
            companions.create(person_id=ana.pk, name="Basil")
        asked = self.asked(ana)
        self.go_on(ana, asked)
        deleted = companions.delete(person_id=ana.pk, companion_id=rosemary.pk)
        erasure.carry_out(person_id=ana.pk, erasure_id=deleted.pk)
        assert self.go_on(ana, asked)
        stopped = state(ana, asked)
        assert (stopped.state, stopped.kept) == (Import.State.UNREADABLE, 2)
        assert "has been deleted" in str(of_stored(stopped.problem))
        assert "Import the same file again" in str(of_stored(stopped.problem))
        assert self.with_whom(ana) == {}
        again = self.asked(ana)
        while not self.go_on(ana, again):
            pass
        assert self.with_whom(ana) == {"Basil": self.LINES - 2}
