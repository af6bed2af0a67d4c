"""Any part is killed at any moment, round after round: what was acknowledged stays, once, whole, and with its person.

`FAULT_ROUNDS` says how many; `FAULT_SEED` repeats a run.
"""

import asyncio
import os
import time
from collections import Counter
from collections.abc import Iterator
from random import Random

import pytest

from tests.faults.household import PROCESSES, Household, household
from tests.faults.talkers import SLOW, Talker, newcomer

pytestmark = [pytest.mark.stack, pytest.mark.timeout(24 * 3600)]

ROUNDS = int(os.environ.get("FAULT_ROUNDS", "6"))
SEED = int(os.environ.get("FAULT_SEED", "11"))
MESSAGES = 2  # of each person a round
WORDS = ("zubaqilo", "mirogatu", "pelavosi", "kodinaru")
PARTS = ("web", "chat", "memory", "redis", "redis and its file", "postgres", "a backend")
WORK_ENDS = 240  # seconds after the last round until no step of a closed session waits


@pytest.fixture(scope="module")
def house(tmp_path_factory, engine_server) -> Iterator[Household]:
    told = {"ENGINE_URL": engine_server.url, "ENGINE_MODEL": "echo"}
    with household(tmp_path_factory.mktemp("rounds"), **told) as house:
        yield house


@pytest.fixture(scope="module")
def people(house) -> list[Talker]:
    return [newcomer(house.stack.url, word) for word in WORDS]


async def one_round(house, people, dice, parts) -> None:
    """Everybody talks; in the midst of it parts die, and after a moment they are started again."""
    talking = [asyncio.create_task(person.talk(dice, MESSAGES)) for person in people]
    for part in parts:
        await asyncio.sleep(dice.uniform(0.1, 2.5))
        await asyncio.to_thread(house.kill, part, dice)
    await asyncio.sleep(dice.uniform(0, 1))
    await asyncio.to_thread(house.mend)
    await asyncio.gather(*talking)
    assert [name for name in PROCESSES if not house.stack.runs(name)] == [], "a process died with what it works with"


def test_no_part_that_dies_takes_a_word_along(house, people):
    dice, killed, times = Random(SEED), Counter(), []
    for number in range(ROUNDS):
        begun = time.monotonic()
        parts = dice.sample(PARTS, dice.choice([1, 1, 2])) if number >= len(PARTS) else [PARTS[number]]
        killed.update(parts)
        print(f"round {number}: {', '.join(parts)}", flush=True)
        asyncio.run(one_round(house, people, dice, parts))
        nothing_is_lost(house, people)
        nothing_is_twice(house)
        nothing_has_crossed(house, people)
        times.append(time.monotonic() - begun)
        print(f"  {times[-1]:.1f} s", flush=True)
    until_the_work_is_done(house)
    nothing_is_twice(house)
    everything_is_remembered(house)
    said = sum(len(person.kept) for person in people)
    ends = Counter(one.done["state"] for person in people for one in person.kept.values() if one.done)
    print(f"{ROUNDS} rounds in {sum(times):.0f} s, {said} messages, replies: {dict(ends)}, killed: {dict(killed)}")


def nothing_is_lost(house, people):
    """What was acknowledged is there once, as it was said; every reply has ended, whole or told as broken off."""
    stored = {}
    for client, text, turn, reply, state, answer, explanation in house.rows(
        "select t.client_id::text, t.text, t.id, r.id::text, r.state, a.text, r.explanation from memory_turn t"
        " left join memory_reply r on r.turn_id = t.id left join memory_turn a on a.id = r.answer_id"
        " where t.speaker = 'person'"
    ):
        assert client not in stored
        stored[client] = (text, turn, reply, state, answer, explanation)
    for person in people:
        for client, kept in person.kept.items():
            text, turn, reply, state, answer, explanation = stored[client]
            assert (text, turn, reply) == (kept.text, kept.frame["turn"], kept.frame["reply"])
            assert kept.done is not None
            assert (state, answer or "") == (kept.done["state"], kept.done["text"])
            assert state in ("whole", "broken"), state
            assert state != "whole" or not text.endswith("/slow") or answer == SLOW
            assert state != "broken" or explanation
    assert house.rows("select count(*) from memory_reply where state in ('waiting', 'writing')") == [(0,)]
    assert len(stored) == sum(len(person.kept) for person in people), "something was kept that nobody sent"


TWICE = {
    "answers to a turn": "select answers_id from memory_turn where answers_id is not null and stands",
    "rounds of a turn": "select s.turn_id from memory_source s join memory_memory m on m.id = s.memory_id"
    " where m.kind = 'round'",
    "summaries of a session": "select session_id from memory_memory where kind = 'session'",
    "facts of a quote": "select m.text, s.turn_id, s.start from memory_source s"
    " join memory_memory m on m.id = s.memory_id where m.kind = 'fact'",
    "steps of a session": "select session_id, kind from memory_step",
    "keys of a turn": "select turn_id, piece, encoder from memory_key where kind = 'turn'",
    "places in a conversation": "select conversation_id, number from memory_turn where stands",
    "receipts of a reply": "select reply_id from memory_recall",
}


def nothing_is_twice(house):
    for what, query in TWICE.items():
        assert house.rows(f"select count(*) - count(distinct one) from ({query}) one") == [(0,)], what


def nothing_has_crossed(house, people):
    """No word of one person's stands in a row of another's."""
    owners = dict(house.rows("select split_part(email, '@', 1), id from accounts_person"))
    tables = house.rows(
        "select distinct table_name from information_schema.columns where column_name = 'owner_id'"
        " and table_schema = 'public' and table_name !~ '_[0-9]{2}$'"
    )
    for person in people:
        for (table,) in tables:
            where = f"owner_id <> {owners[person.word]} and t::text ~* '{person.word}'"
            assert house.rows(f"select count(*) from {table} t where {where}") == [(0,)], (person.word, table)
    parents = "memory_source s join memory_turn t on t.id = s.turn_id join memory_memory m on m.id = s.memory_id"
    assert house.rows(f"select count(*) from {parents} where s.owner_id <> t.owner_id or s.owner_id <> m.owner_id") == [
        (0,)
    ]


def until_the_work_is_done(house):
    """The sweeps find what a dead worker left."""
    waiting = "select state, kind, error from memory_step where state <> 'done'"
    deadline = time.monotonic() + WORK_ENDS
    while (left := house.rows(waiting)) and time.monotonic() < deadline:
        time.sleep(1)
    assert left == []


def everything_is_remembered(house):
    """Each turn that was said has its round and its keys; each session that is closed its summary."""
    rounds = "select from memory_source s join memory_memory m on m.id = s.memory_id where m.kind = 'round'"
    assert house.rows(
        f"select count(*) from memory_turn t where stands and not exists ({rounds} and s.turn_id = t.id)"
    ) == [(0,)]
    without = "select count(*) from memory_session s where closed_at is not null and not exists"
    assert house.rows(f"{without} (select from memory_memory m where m.session_id = s.id and m.kind = 'session')") == [
        (0,)
    ]
