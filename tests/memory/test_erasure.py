"""What a person has erased is gone from every table and stays away; nobody else's rows are touched."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from time import monotonic
from uuid import uuid4

import pytest
from django.apps import apps
from django.db import connections
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from memory import clock, context, dialogue, encoder, erasure, indexing, isolation, lexicon, tombstone
from memory import reply as replies
from memory.erasure import NothingToForget, Wish
from memory.history import jsonl
from memory.history.keep import keep
from memory.isolation import acting_as
from memory.models import (
    Collection,
    Conversation,
    Erasure,
    Key,
    Lexicon,
    Memory,
    Recall,
    Recalled,
    Reply,
    Session,
    Step,
    Tombstone,
    Turn,
)
from memory.models.owned import OwnedModel
from tests.erasing import erasing
from tests.memory.test_consolidation import Answering, consolidate
from tests.memory.test_dialogue import companion_of, say
from tests.memory.test_history import TODAY, kept, line, written
from tests.memory.test_recall import LIFE, ask, remember
from worker import sweeps
from worker.engines.recall_only import RecallOnly
from worker.replying import remember as remembering
from worker.replying import write_reply

pytestmark = pytest.mark.django_db

AT_ONCE = timedelta()
SECRET = "My zanzibarite brooch lies under the floor."
BESIDE = [
    "Rita and I had pumpkin soup for lunch.",
    SECRET,
    "Then the dog chewed my running shoes, so I went barefoot.",
    "We painted the kitchen yellow, and now it looks like a lemon.",
]


def forget(person, *ids, kind=Erasure.Kind.TURN, after=AT_ONCE, **more):
    wish = Wish(kind, ids, **{name: more.pop(name) for name in ("since", "until", "conversation") if name in more})
    return erasure.forget(person_id=person.pk, wish=wish, after=after, **more)


def erase(person, *ids, **more):
    """Marked and carried out; the receipt as it is then."""
    asked = forget(person, *ids, **more)
    erasure.carry_out(person_id=person.pk, erasure_id=asked.pk)
    with acting_as(person.pk):
        return Erasure.objects.get(pk=asked.pk)


def index_anew(person):
    """What the sweep does."""
    with acting_as(person.pk):
        turn_ids = list(Turn.objects.values_list("pk", flat=True))
    indexing.index_turns(person_id=person.pk, turn_ids=turn_ids, encoder=encoder.current())


def close(person):
    with acting_as(person.pk):
        for session in Session.objects.filter(closed_at=None):
            dialogue.close_session(session=session, at=clock.now())
        return list(Session.objects.order_by("pk"))


def answered(person, text, *, conversation=None, engine=None):
    said = say(person, text, conversation=conversation)
    write_reply(person_id=person.pk, reply_id=said.reply.pk, engine=engine or RecallOnly(), encoder=encoder.current())
    with acting_as(person.pk):
        return Reply.objects.select_related("turn", "answer").get(pk=said.reply.pk)


def holding(word):
    """(table, rows) of every table in which the word stands, whatever the column, or the id of its term."""
    term = lexicon.term_id(lexicon.stem(word))
    patterns = [word.lower(), word.lower().encode().hex(), word.encode().hex()]
    found = {}
    with connections["owner"].cursor() as cursor:
        cursor.execute("select tablename from pg_tables where schemaname = 'public'")
        for (table,) in cursor.fetchall():
            where = " or ".join(["strpos(lower(t::text), %s) > 0"] * len(patterns))
            cursor.execute(
                f"select count(*) from {table} t where {where} or t::text ~ %s", [*patterns, f"[{{,]{term + 1}:"]
            )
            found[table] = cursor.fetchone()[0]
        cursor.execute("select count(*) from memory_lexicon where term = %s", [term])
        found["memory_lexicon by term"] = cursor.fetchone()[0]
    return {table: count for table, count in found.items() if count}


def test_the_search_through_the_database_sees_words_terms_and_bytes(ana):
    turn, *_ = remember(ana, [SECRET])
    with acting_as(ana.pk):
        Key.objects.filter(turn=turn).update(tokens=b"\0zanzibarite\0")
    tables = holding("zanzibarite")
    assert {"memory_turn", "memory_conversation", "memory_lexicon by term"} < set(tables)
    assert any(table.startswith("memory_key_") for table in tables)


def test_a_turn_goes_from_every_table_with_its_reply_its_summary_its_title_and_those_that_repeat_it(ana):
    told = answered(ana, SECRET)
    follow_up = answered(ana, "and her?", conversation=told.turn.conversation_id)
    asked = answered(ana, "What did I say about the brooch under the floor?")
    (first, *_) = close(ana)
    consolidate(ana, first, RecallOnly())
    assert {"memory_turn", "memory_memory", "memory_conversation", "memory_recall"} < set(holding("zanzibarite"))
    with acting_as(ana.pk):
        assert any("zanzibarite" in form for form in follow_up.recall.forms)
    receipt = erase(ana, told.turn_id, with_repeats=True)
    index_anew(ana)
    consolidate(ana, first, RecallOnly())
    assert holding("zanzibarite") == {}
    with acting_as(ana.pk):
        assert not Reply.objects.filter(pk=told.pk).exists()
        assert Turn.objects.filter(pk=asked.turn_id).exists()
        assert Conversation.objects.get(pk=follow_up.turn.conversation_id).title == "and her?"
    assert receipt.state == "erased"
    assert receipt.counts["turn"] >= 3
    assert receipt.counts["reply"] == 1
    assert receipt.counts["memory"] == 2


def test_what_is_left_is_as_if_it_had_never_been_said(ana, stranger):
    turns = remember(ana, BESIDE)
    erase(ana, turns[1].pk)
    index_anew(ana)
    remember(stranger, [text for text in BESIDE if text != SECRET][1:])
    own = {person.pk: [figures(key) for key in keys_of(person)] for person in (ana, stranger)}
    assert own[ana.pk][1:] == own[stranger.pk]
    with acting_as(ana.pk):
        words = [stem for text in BESIDE if text != SECRET for stem in lexicon.stems(text)]
        assert (Collection.objects.get().turns, Collection.objects.get().length) == (3, len(words))
        counts = {lexicon.term_id(stem): 0 for stem in words}
        for text in BESIDE:
            for stem in set(lexicon.stems(text)) if text != SECRET else ():
                counts[lexicon.term_id(stem)] += 1
        assert dict(Lexicon.objects.values_list("term", "frequency")) == counts


def keys_of(person):
    with acting_as(person.pk):
        return list(Key.objects.of(person.pk).filter(kind="turn").order_by("turn__number"))


def figures(key):
    """What was read and which words stand in it; the weight of a word follows the mean length of that day."""
    words = [vector.indices() for vector in (key.terms, key.terms_before)]
    return list(key.embedding), bytes(key.tokens), words


def test_an_answer_goes_without_its_question_and_the_round_stays(ana):
    told = answered(ana, SECRET)
    erase(ana, told.answer_id)
    with acting_as(ana.pk):
        assert list(Turn.objects.values_list("pk", flat=True)) == [told.turn_id]
        assert Memory.objects.get(kind="round").sources.get().turn_id == told.turn_id
        assert Reply.objects.get(pk=told.pk).answer is None


def test_a_memory_goes_with_the_turns_it_comes_from(ana):
    turns = remember(ana, BESIDE)
    with acting_as(ana.pk):
        memory = turns[1].memories.get().memory_id
    erase(ana, memory, kind=Erasure.Kind.MEMORY)
    with acting_as(ana.pk):
        assert set(Turn.objects.values_list("text", flat=True)) == set(BESIDE) - {SECRET}
        assert not Memory.objects.filter(pk=memory).exists()


def test_a_topic_is_found_by_the_one_recall_and_what_is_confirmed_goes(ana):
    remember(ana, BESIDE)
    companion = companion_of(ana)
    topic = {"topic": "What did I say about a brooch?", "moment": clock.now(), "encoder": encoder.current()}
    with acting_as(ana.pk):
        found = erasure.find(companion=companion, person=ana.called, **topic)
    assert [c.turn_id for c in found] == [c.turn_id for c in ask(ana, topic["topic"]).candidates]
    erase(ana, found[0].turn_id, kind=Erasure.Kind.TOPIC)
    assert holding("zanzibarite") == {}


def test_a_span_of_time_goes_from_its_first_moment_to_before_its_last(ana):
    start = datetime(2026, 3, 5, 12, tzinfo=UTC)
    for minute, text in enumerate(BESIDE):
        say(ana, text, at=start + timedelta(minutes=minute))
    times = {"since": start + timedelta(minutes=1), "until": start + timedelta(minutes=3)}
    erase(ana, kind=Erasure.Kind.SPAN, **times)
    with acting_as(ana.pk):
        assert list(Turn.objects.order_by("said_at").values_list("text", flat=True)) == [BESIDE[0], BESIDE[3]]


def test_everything_of_a_person_goes_but_receipts_and_tombstones(ana, stranger):
    for person in (ana, stranger):
        answered(person, SECRET)
    receipt = erase(ana, kind=Erasure.Kind.PERSON)
    assert receipt.counts["companion"] == 1
    left = {model for model in owned_models() if count(model, ana)}
    assert left == {Erasure, Tombstone}
    assert count(Turn, stranger) == 2
    say(ana, "A new beginning.")


def test_with_the_account_goes_every_row(ana, stranger):
    remember(ana, BESIDE)
    remember(stranger, BESIDE)
    erase(ana, kind=Erasure.Kind.PERSON)
    say(ana, SECRET)
    counts, _ = erasure.delete_everything(person_id=ana.pk)
    assert counts["turn"] == 1
    assert not any(count(model, ana) for model in owned_models())
    assert count(Turn, stranger) == len(BESIDE)


def owned_models():
    return [model for model in apps.get_app_config("memory").get_models() if issubclass(model, OwnedModel)]


def count(model, person):
    with acting_as(person.pk):
        return model.objects.of(person.pk).count()


def test_replies_that_stay_and_may_say_it_again_are_named(ana):
    told = answered(ana, SECRET)
    told_again = answered(ana, "Where does my brooch lie?")
    other = answered(ana, "What is the capital of France?")
    receipt = erase(ana, told.turn_id)
    assert receipt.may_repeat == [told_again.answer_id]
    assert other.answer_id not in receipt.may_repeat


def test_nothing_and_somebody_elses_is_refused_alike(ana, stranger):
    (turn,) = remember(ana, [SECRET])
    with pytest.raises(NothingToForget):
        forget(stranger, turn.pk)
    with pytest.raises(NothingToForget):
        forget(ana, 123_456_789)
    assert count(Turn, ana) == 1


def test_while_it_can_be_taken_back_it_is_out_of_recall_prompts_and_receipts(ana):
    from companion.chat.conversations import list_conversations, read_conversation

    turns = remember(ana, BESIDE)
    close(ana)
    with acting_as(ana.pk):
        session = Session.objects.get()
    consolidate(ana, session, RecallOnly())
    asked = answered(ana, "Where does my brooch lie?")
    asked_for = forget(ana, turns[1].pk, after=timedelta(minutes=1))
    assert turns[1].pk not in [c.turn_id for c in ask(ana, "Where does my brooch lie?").candidates]
    with acting_as(ana.pk):
        assert not Memory.objects.shown().filter(kind="session").exists()
        history = context.look_back(
            companion=companion_of(ana), turn=Turn.objects.get(pk=turns[3].pk), moment=clock.now()
        ).history
    assert "zanzibarite" not in str(history)
    page = read_conversation(ana, turns[0].conversation_id)
    assert "zanzibarite" not in page.model_dump_json()
    (_, reply) = read_conversation(ana, asked.turn.conversation_id).turns
    assert reply.receipt is not None
    assert turns[1].pk not in [each.turn for each in reply.receipt.recalled]
    assert erasure.withdraw(person_id=ana.pk, erasure_id=asked_for.pk)
    assert turns[1].pk in [c.turn_id for c in ask(ana, "Where does my brooch lie?").candidates]
    assert len(list_conversations(ana).conversations) == 2


def test_what_was_withdrawn_or_is_not_due_yet_is_not_carried_out(ana, time_machine):
    time_machine.move_to("2026-11-05T12:00:00Z")
    turns = remember(ana, BESIDE)
    first, second = (forget(ana, turns[place].pk, after=timedelta(seconds=30)) for place in (1, 2))
    erasure.withdraw(person_id=ana.pk, erasure_id=first.pk)
    for asked in (first, second):
        erasure.carry_out(person_id=ana.pk, erasure_id=asked.pk)
    assert count(Turn, ana) == len(BESIDE)
    time_machine.shift(timedelta(seconds=31))
    for asked in (first, second):
        erasure.carry_out(person_id=ana.pk, erasure_id=asked.pk)
    with acting_as(ana.pk):
        assert set(Turn.objects.values_list("text", flat=True)) == set(BESIDE) - {BESIDE[2]}
        assert dict(Erasure.objects.values_list("pk", "state")) == {first.pk: "withdrawn", second.pk: "erased"}
    assert not erasure.withdraw(person_id=ana.pk, erasure_id=second.pk)


def test_erasing_that_is_cut_short_leaves_nothing_half_done(ana, monkeypatch):
    turns = remember(ana, BESIDE)
    asked = forget(ana, turns[1].pk)
    before = {model: count(model, ana) for model in (Turn, Key, Memory, Lexicon, Tombstone)}
    with monkeypatch.context() as patch:
        patch.setattr(erasure, "_name_anew", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            erasure.carry_out(person_id=ana.pk, erasure_id=asked.pk)
    assert {model: count(model, ana) for model in before} == before
    erasure.carry_out(person_id=ana.pk, erasure_id=asked.pk)
    assert holding("zanzibarite") == {}


def test_two_workers_at_once_carry_it_out_once(ana):
    turns = remember(ana, BESIDE)
    asked = forget(ana, turns[1].pk)

    def work(_):
        try:
            return erasure.carry_out(person_id=ana.pk, erasure_id=asked.pk)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as threads:
        beside = [turn_ids for turn_ids in threads.map(work, range(4)) if turn_ids]
    assert beside == [[turns[0].pk, turns[2].pk]]
    assert count(Tombstone, ana) == 2


def test_writers_and_erasers_side_by_side_leave_no_word(ana):
    turns = remember(ana, [f"{text} {number}" for number, text in enumerate([*BESIDE, SECRET, SECRET])])
    secret = [turn.pk for turn in turns if "zanzibarite" in turn.text]

    def write(number):
        said = say(ana, f"Quiet words, number {number}.", conversation=turns[0].conversation_id)
        index_anew(ana)
        return said

    def work(job):
        try:
            return write(job) if job % 2 else erase(ana, secret[job // 2])
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(work, range(6)))
    index_anew(ana)
    assert holding("zanzibarite") == {}
    with acting_as(ana.pk):
        assert Turn.objects.count() == Key.objects.count() == Collection.objects.get().turns == 6


def test_the_same_file_brings_back_nothing_nor_does_it_under_another_name(ana, tmp_path):
    secret = line(3, text=SECRET)
    path = written(tmp_path, *map(line, range(1, 3)), secret, *map(line, range(4, 6)))
    kept(ana, path)
    with acting_as(ana.pk):
        turn = Turn.objects.get(text=SECRET)
        answers = turn.answered_by.count()
    erase(ana, turn.pk)
    again = kept(ana, path)
    assert (again.turns, again.erased) == (0, 1 + answers)
    elsewhere = path.rename(tmp_path / "renamed.jsonl")
    history = jsonl.read(elsewhere, zone="UTC", today=TODAY)
    renamed = keep(companion=companion_of(ana), history=history, encoder=encoder.current())
    assert renamed.erased == 1 + answers
    assert holding("zanzibarite") == {}


def test_the_same_words_said_again_are_kept_and_the_same_message_is_not(ana):
    said = say(ana, SECRET)
    erase(ana, said.turn.pk)
    with pytest.raises(dialogue.SaidOtherwise, match="erased"):
        say(ana, SECRET, client_id=said.turn.client_id)
    assert say(ana, SECRET, at=clock.now() + timedelta(days=1)).turn.text == SECRET


def test_a_tombstone_is_a_persons_own_and_holds_no_words(ana, stranger):
    said = say(ana, SECRET)
    assert tombstone.of_words(ana.pk, said.turn) != tombstone.of_words(stranger.pk, said.turn)
    erase(ana, said.turn.pk)
    with acting_as(ana.pk):
        assert {len(bytes(digest)) for digest in Tombstone.objects.values_list("digest", flat=True)} == {32}


class While:
    """An engine or an encoder in whose working time something happens, once."""

    converses = True

    def __init__(self, happens, inner):
        self.happens, self.inner, self.name = happens, inner, inner.name

    def complete(self, messages, *, schema):
        self._happen()
        return self.inner.complete(messages, schema=schema)

    def read(self, texts):
        made = self.inner.read(texts)
        self._happen()
        return made

    def count(self, text):
        return self.inner.count(text)

    def _happen(self):
        happens, self.happens = self.happens, None
        if happens:
            happens()


def test_a_summary_from_before_is_not_kept_after(ana):
    turns = remember(ana, BESIDE)
    (session,) = close(ana)
    told = json.dumps({"title": "The zanzibarite brooch", "summary": "Ana hid a zanzibarite brooch."})
    consolidate(ana, session, While(lambda: erase(ana, turns[1].pk), Answering(told)))
    assert count(Memory, ana) == 3
    assert holding("zanzibarite") == {}
    consolidate(ana, session, RecallOnly())
    with acting_as(ana.pk):
        assert "lemon" in Memory.objects.get(kind="session").text
        assert set(Step.objects.values_list("state", "asked")) == {("done", 2)}


def test_a_session_of_which_something_may_be_taken_back_is_not_summed_up_meanwhile(ana):
    turns = remember(ana, BESIDE)
    (session,) = close(ana)
    asked = forget(ana, turns[1].pk, after=timedelta(minutes=1))
    consolidate(ana, session, Answering())  # nobody is asked
    erasure.withdraw(person_id=ana.pk, erasure_id=asked.pk)
    consolidate(ana, session, RecallOnly())
    with acting_as(ana.pk):
        assert "zanzibarite" in Memory.objects.get(kind="session").text


def test_a_name_that_an_engine_gave_goes_and_an_imported_one_stays_unless_it_has_the_words(ana, tmp_path):
    turns = remember(ana, BESIDE)
    (session,) = close(ana)
    consolidate(ana, session, Answering(json.dumps({"title": "A hidden jewel", "summary": "Something was hidden."})))
    kept(ana, written(tmp_path, line(1), line(3, text=SECRET), line(5, text=SECRET, conversation="Zanzibarite")))
    with acting_as(ana.pk):
        imported = dict(Turn.objects.filter(origin__isnull=False).values_list("origin", "pk"))
    erase(ana, turns[1].pk, imported["t3"], imported["t5"])
    with acting_as(ana.pk):
        assert set(Conversation.objects.values_list("title", flat=True)) == {BESIDE[0], "Old talks"}


def test_keys_that_were_being_made_do_not_hold_it(ana):
    conversation, turns = None, []
    for text in BESIDE:
        said = say(ana, text, conversation=conversation)
        conversation = said.turn.conversation_id
        turns.append(said.turn)
    reading = While(lambda: erase(ana, turns[1].pk), encoder.current())
    indexing.index_turns(person_id=ana.pk, turn_ids=[turn.pk for turn in turns], encoder=reading)
    assert holding("zanzibarite") == {}
    with acting_as(ana.pk):
        assert set(Key.objects.values_list("turn_id", flat=True)) == {
            turns[0].pk,
            turns[3].pk,
        }  # the sweep does the other
    index_anew(ana)
    assert holding("zanzibarite") == {}


def test_a_reply_to_what_was_erased_is_not_kept(ana):
    said = say(ana, SECRET)
    with acting_as(ana.pk):
        reply = replies.claim(reply_id=said.reply.pk)
    erase(ana, said.turn.pk)
    with acting_as(ana.pk):
        assert not replies.finish(reply=reply, state=Reply.State.WHOLE, text="Under the floor, zanzibarite!")
        with pytest.raises(replies.ClaimLost):
            replies.write_recall(reply=reply, remembering=ask(ana, SECRET), notes=[])
    assert holding("zanzibarite") == {}
    assert count(Recall, ana) == 0


def test_a_reply_whose_prompt_may_hold_it_is_begun_anew(ana):
    turns = remember(ana, BESIDE)
    said = say(ana, "Where does my brooch lie?")
    with acting_as(ana.pk):
        reply = replies.claim(reply_id=said.reply.pk)
    made = remembering(reply, RecallOnly(), encoder.current())
    assert "zanzibarite" in str(made.messages)
    forget(ana, turns[1].pk, after=timedelta(minutes=1))
    with acting_as(ana.pk):
        assert not replies.finish(reply=reply, state=Reply.State.WHOLE, text="The zanzibarite one?")
        again = replies.claim(reply_id=said.reply.pk)
    assert (again.asked, again.attempts) == (2, 1)
    assert "zanzibarite" not in str(remembering(again, RecallOnly(), encoder.current()).messages)


def test_a_rewritten_answers_words_are_counted_once(ana):
    told = answered(ana, "Tell me of my day.")
    with acting_as(ana.pk):
        Reply.objects.filter(pk=told.pk).update(state="broken", can_retry=True)
        indexing.index_turns(person_id=ana.pk, turn_ids=[told.answer_id], encoder=encoder.current())
        assert replies.ask_again(reply_id=told.pk)
    for text in ("A zanzibarite day.", "A quiet day."):
        with acting_as(ana.pk):
            Reply.objects.filter(pk=told.pk).update(state="waiting")
            reply = replies.claim(reply_id=told.pk)
            assert replies.finish(reply=reply, state=Reply.State.WHOLE, text=text)
        index_anew(ana)
    assert holding("zanzibarite") == {}


SPANS = (Erasure.Kind.SPAN, Erasure.Kind.OVERDUE)
WHOLE = (*SPANS, Erasure.Kind.CONVERSATION, Erasure.Kind.PERSON)  # which are not told by ids
CARRIED_OUT_HERE = [kind for kind in Erasure.Kind if kind != Erasure.Kind.ACCOUNT]  # that one: memory/leaving.py
LIVES = st.lists(st.sampled_from([*LIFE, *BESIDE]), min_size=1, max_size=5)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(life=LIVES, kind=st.sampled_from(CARRIED_OUT_HERE), place=st.integers(0, 4), repeats=st.booleans())
def test_erasing_touches_nobody_elses_rows_and_twice_is_once(ana, stranger, life, kind, place, repeats):
    mine, _ = remember(ana, life), remember(stranger, life)
    turn = mine[place % len(mine)]
    with acting_as(ana.pk):
        memory = turn.memories.first().memory_id
    theirs = rows_of(stranger)
    named = {Erasure.Kind.MEMORY: [memory], Erasure.Kind.COMPANION: [companion_of(ana).pk]}
    ids = (named | {each: [] for each in WHOLE}).get(kind, [turn.pk])
    where = {
        **{each: {"since": turn.said_at, "until": turn.said_at + timedelta(seconds=1)} for each in SPANS},
        Erasure.Kind.CONVERSATION: {"conversation": turn.conversation_id},
    }.get(kind, {})
    receipt = erase(ana, *ids, kind=kind, with_repeats=repeats, **where)
    once = rows_of(ana)
    erasure.carry_out(person_id=ana.pk, erasure_id=receipt.pk)
    with pytest.raises(NothingToForget):
        forget(ana, *ids, kind=kind, **where)
    assert rows_of(ana) == once
    assert rows_of(stranger) == theirs
    with acting_as(ana.pk):
        assert not Turn.objects.filter(pk=turn.pk).exists()
        assert not Recalled.objects.filter(turn_id=turn.pk).exists()


def rows_of(person):
    """Every row of a person, as text."""
    rows = {}
    with connections["owner"].cursor() as cursor:
        for model in owned_models():
            table = model._meta.db_table
            cursor.execute(f"select t::text from {table} t where owner_id = %s order by 1", [person.pk])
            rows[table] = [row for (row,) in cursor.fetchall()]
    return rows


class TestInPortions:
    """Much goes a portion at a time, and in the person's eyes all of it at once."""

    TOLD = [f"The zanzibarite shines {number} times." for number in range(6)]

    @pytest.fixture(autouse=True)
    def small(self, monkeypatch):
        monkeypatch.setattr(erasure, "PORTION", 2)

    def everything_told(self, person):
        """Marked: all but the last, and due."""
        turns = remember(person, [*self.TOLD, "The kettle sings."])
        wish = Wish(Erasure.Kind.SPAN, since=turns[0].said_at, until=turns[-1].said_at)
        return erasure.forget(person_id=person.pk, wish=wish, after=timedelta())

    def cut_short(self, person, asked, monkeypatch):
        """The worker dies in its second portion."""
        done, whole = [], erasure._erase_turns

        def dies(*given):
            if done:
                raise ZeroDivisionError
            done.append(given)
            return whole(*given)

        with monkeypatch.context() as patch:
            patch.setattr(erasure, "_erase_turns", dies)
            with pytest.raises(ZeroDivisionError):
                erasure.carry_out(person_id=person.pk, erasure_id=asked.pk)

    def receipt(self, person, asked):
        with acting_as(person.pk):
            return Erasure.objects.get(pk=asked.pk)

    def test_its_receipt_and_what_is_left_are_those_of_one_transaction(self, ana, stranger, monkeypatch):
        mine, theirs = self.everything_told(ana), self.everything_told(stranger)
        erasure.carry_out(person_id=ana.pk, erasure_id=mine.pk)
        monkeypatch.setattr(erasure, "PORTION", 100)
        erasure.carry_out(person_id=stranger.pk, erasure_id=theirs.pk)
        assert self.receipt(ana, mine).counts == self.receipt(stranger, theirs).counts
        assert self.receipt(ana, mine).counts["turn"] == len(self.TOLD)
        assert self.receipt(ana, mine).state == Erasure.State.ERASED
        assert holding("zanzibarite") == {}
        assert count(Tombstone, ana) == count(Tombstone, stranger) == 2 * len(self.TOLD)

    def test_one_that_is_cut_short_stays_hidden_can_not_be_taken_back_and_is_gone_on_with(self, ana, monkeypatch):
        asked = self.everything_told(ana)
        self.cut_short(ana, asked, monkeypatch)
        assert self.receipt(ana, asked).state == Erasure.State.BEGUN
        with acting_as(ana.pk):
            assert Turn.objects.count() == 5
            assert list(Turn.objects.shown().values_list("text", flat=True)) == ["The kettle sings."]
        assert not erasure.withdraw(person_id=ana.pk, erasure_id=asked.pk)
        assert sweeps.erasures_due() == [(ana.pk, asked.pk)]
        erasure.carry_out(person_id=ana.pk, erasure_id=asked.pk)
        assert holding("zanzibarite") == {}
        assert self.receipt(ana, asked).counts["turn"] == len(self.TOLD)

    def test_a_neighbour_that_waits_for_another_erasure_and_comes_back_holds_nothing_of_it(self, ana, time_machine):
        time_machine.move_to("2026-11-05T12:00:00Z")
        turns = remember(ana, ["The kettle sings.", "The zanzibarite shines.", "It rains."])
        beside = forget(ana, turns[2].pk)
        gone = forget(ana, turns[1].pk, after=timedelta())
        erasure.carry_out(person_id=ana.pk, erasure_id=gone.pk)
        assert erasure.withdraw(person_id=ana.pk, erasure_id=beside.pk)
        assert holding("zanzibarite") == {}
        with acting_as(ana.pk):
            assert not Key.objects.filter(turn=turns[2].pk).exists()

    def test_between_two_of_them_whoever_waits_may_write(self, ana, monkeypatch):
        asked = self.everything_told(ana)
        said, taken = [], tombstone.let_erase

        def then_somebody_writes(person_id):
            with ThreadPoolExecutor(1) as thread:
                said.append(thread.submit(self.say_and_let_go, ana).result(timeout=30))
            taken(person_id)

        monkeypatch.setattr(tombstone, "let_erase", then_somebody_writes)
        erasure.carry_out(person_id=ana.pk, erasure_id=asked.pk)
        assert len(said) == 3
        assert holding("zanzibarite") == {}

    def say_and_let_go(self, person):
        try:
            return say(person, "And what else?")
        finally:
            connections.close_all()


class TestWhoWaits:
    """Where people wait, nobody waits for longer than was said, and they are told."""

    @pytest.fixture(autouse=True)
    def impatient(self):
        with isolation.waiting_at_most(0.2):
            yield

    def test_what_is_held_up_is_refused_soon_and_done_later_and_nobody_else_is(self, ana, stranger):
        client_id = uuid4()
        with erasing(ana):
            began = monotonic()
            with pytest.raises(isolation.Held):
                say(ana, "And what else?", client_id=client_id)
            assert monotonic() - began < 5
            say(stranger, "And what else?")
        assert not say(ana, "And what else?", client_id=client_id).repeated

    def test_a_page_is_told_that_it_was_not_done_and_when_to_try_again(self, ana):
        client = Client()
        client.force_login(ana)
        turn = remember(ana, ["The kettle sings."])[0]
        with acting_as(ana.pk):
            memory_id = Memory.objects.get(sources__turn=turn.pk).pk
        with erasing(ana):
            refused = client.post(f"/api/memories/{memory_id}/forget", "{}", content_type="application/json")
            client.raise_request_exception = False
            page = client.post("/preferences/companions/1/delete/")
        assert (refused.status_code, refused.json()["code"]) == (503, "held")
        assert "try again in a minute" in refused.json()["message"]
        assert page.status_code == 503
        assert "kept or erased just now" in page.content.decode()
