"""One person tries every way in with another's ids: nothing of theirs comes back, and nothing of theirs changes.

`PROBES` says how many are tried; the first ones walk every way once. `PROBE_SEED` repeats a run.
"""

import asyncio
import io
import json
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from threading import Thread
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.serializers.json import DjangoJSONEncoder
from django.db import DatabaseError, connections, transaction
from django.test import AsyncClient

from companion.inspection.models import Role
from memory import erasure
from memory.isolation import SWEEP_ROLE, acting_as
from tests.emptying import empty_database
from tests.guards import doors, keeping
from tests.guards.doors import Address, Hand
from tests.guards.lines import Line
from tests.inspectors import official, signed_in, visit
from tests.lives import OWNED, Life, live
from tests.people import make_person
from worker.app import Queue, app
from worker.stream import connection

pytestmark = pytest.mark.timeout(7200)

PROBES = int(os.environ.get("PROBES", "400"))
SEED = int(os.environ.get("PROBE_SEED", "7"))
SELDOM = 0.002  # of the probes that are drawn by lot are commands: they take seconds
OFTEN = 3  # each with other ids
METHODS = ("GET", "POST")
OTHER_METHODS = ("HEAD", "PUT", "PATCH", "DELETE", "OPTIONS")


@dataclass
class House:
    """Two people with lives, somebody who may look after one of them, and a loop for what is asynchronous."""

    lives: list[Life]
    inspectors: list[Any]  # each with an open visit to the life of the same place
    cookies: dict[int, str]
    loop: asyncio.AbstractEventLoop
    tmp: Path
    answered: Counter[str] = field(default_factory=Counter)

    def run(self, act: Any) -> Any:
        """To its end, in the loop's own thread."""
        return asyncio.run_coroutine_threadsafe(act, self.loop).result(120)


@pytest.fixture(scope="module")
def furnished(django_db_setup, django_db_blocker, tmp_path_factory) -> Iterator[House]:
    """Both lives, made once; what is queued is done at once, before anything is compared."""
    with django_db_blocker.unblock():
        connection().delete(*Queue)  # what other tests left there waits for nobody, and would be told as a crowd
        app.conf.task_always_eager = True
        official(Role.ADMINISTRATOR, "First")
        dice = Random(SEED)
        *inspectors, third = [official(Role.INSPECTOR, f"Inspector{number}") for number in range(3)]
        lives = [live(make_person(name), looked_at_by=third, dice=dice) for name in ("Ana", "Sam")]
        for inspector, life in zip(inspectors, lives, strict=True):
            visit(signed_in(inspector), life.person)
        everybody = [*(life.person for life in lives), *inspectors]
        cookies = {one.pk: signed_in(one).cookies[settings.SESSION_COOKIE_NAME].value for one in everybody}
        keeping.keep_copy()
        loop = asyncio.new_event_loop()
        thread = Thread(target=loop.run_forever, daemon=True)
        thread.start()
        yield House(lives, inspectors, cookies, loop, tmp_path_factory.mktemp("probes"))
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        app.conf.task_always_eager = False
        keeping.forget_copy()
        empty_database()


@pytest.fixture
def house(furnished) -> Iterator[House]:
    yield furnished
    keeping.put_back()


# The ways, one after the other


async def request(address: Address, cookie: str | None) -> tuple[int, str]:
    """What an address answers: its state, and all that left the server."""
    client = AsyncClient(raise_request_exception=True)
    if cookie:
        client.cookies[settings.SESSION_COOKIE_NAME] = cookie
    how: dict[str, Any] = {"query_params": address.query} if address.query else {}
    if address.name in doors.JSON and address.method not in doors.READING:
        how |= {"data": json.dumps(address.sent, cls=DjangoJSONEncoder), "content_type": "application/json"}
    elif address.method == "POST":
        how["data"] = address.sent
    answer = await getattr(client, address.method.lower())(address.path, **how)
    body = b"".join([part async for part in answer]) if answer.streaming else answer.content
    return answer.status_code, f"{answer.headers} {body.decode(errors='replace')}"


async def tell(sent: dict[str, Any], cookie: str) -> list[dict[str, Any]]:
    """What a socket answers to a frame, until a ping comes back and nothing more follows."""
    line = Line(cookie)
    await line.open()
    told = [await line.receive()]
    await line.send(json.dumps(sent, cls=DjangoJSONEncoder))
    await line.send('{"type": "ping"}')
    while told[-1]["type"] not in ("pong", "closed"):
        told.append(await line.receive())
    told += await line.rest()
    await line.close()
    return told


def by_address(house, hand, name, method, who):
    """A request by the person, by nobody, or by who looks after the person."""
    somebody = {"person": hand.own.person, "inspector": house.inspectors[house.lives.index(hand.own)], "nobody": None}[
        who
    ]
    address = doors.request_to(name, method, hand)
    code, told = house.run(request(address, house.cookies[somebody.pk] if somebody else None))
    assert '"malformed"' not in told, (address, told)
    house.answered[f"{name} {code}"] += 1
    return told


def by_socket(house, hand, kind):
    sent = doors.frame(kind, hand)
    told = house.run(tell(sent, house.cookies[hand.own.person.pk]))
    assert not [frame for frame in told if frame.get("code") in ("malformed", "unknown_type")], (sent, told)
    house.answered[f"{kind} {'refused' if any(frame['type'] == 'error' for frame in told) else 'done'}"] += 1
    return json.dumps(told, ensure_ascii=False)


def by_task(house, hand, name):
    task = doors.people_s_tasks()[name]
    task.run(*doors.call(task, hand))
    house.answered[name] += 1
    return ""


def by_command(house, hand, name):
    told = io.StringIO()
    more = []
    if name == "import_history":
        file = house.tmp / "history.jsonl"
        file.write_bytes(doors.LINE)
        more = [str(file)]
    if name == "rebuild":  # it waits for nothing that is about to be erased
        erasure.withdraw(person_id=hand.own.person.pk, **hand.own.fitting["memories_undo"])
    call_command(name, *more, person=hand.own.person.email, stdout=told, stderr=told)
    house.answered[name] += 1
    return told.getvalue()


def ways():
    """Every way in: what does it, and with what. Those that name something of somebody's several times."""
    for name, pattern in doors.addresses().items():
        named = pattern.pattern.regex.groupindex or name in doors.ASKED
        who = "inspector" if name.startswith("inspection_") else "person"
        yield from [(by_address, name, method, who) for method in METHODS] * (OFTEN if named else 1)
    yield from [(by_socket, kind) for kind in doors.frames()] * OFTEN
    yield from ((by_task, name) for name in doors.people_s_tasks())
    yield from ((by_command, name) for name in doors.COMMANDS)


def lots(dice):
    """Then any of them, by lot, and by whom and how one should not."""
    quick = [way for way in ways() if way[0] is not by_command]
    for name in doors.addresses():
        quick.append((by_address, name, dice.choice(OTHER_METHODS), "person"))
        quick += [(by_address, name, method, who) for method in METHODS for who in ("person", "nobody")]
    quick += [way for way in quick if way[0] is not by_address] * 3  # there are many more addresses
    while True:
        yield (by_command, dice.choice(doors.COMMANDS)) if dice.random() < SELDOM else dice.choice(quick)


def probe(house, hand, way):
    """One try; the other has lost nothing, told nothing, and got nothing."""
    act, *what = way
    other, own = hand.other, hand.own
    before, own_before = keeping.digest(other.person), keeping.digest(own.person)
    sessions = keeping.sessions()
    told = act(house, hand, *what)
    known = {other.person.name.lower()} if what[0].startswith("inspection_") else set()  # who looks after people
    assert set(other.are_told_in(told)) <= known, (way, told)
    assert keeping.digest(other.person) == before, way
    assert house.cookies[other.person.pk] in keeping.sessions(), way
    if (keeping.digest(own.person), keeping.sessions()) != (own_before, sessions):
        assert keeping.tables_with(own, other.words) == [], way
        keeping.put_back()


def test_no_way_in_leads_to_another_person(house):
    dice = Random(SEED)
    every, by_lot = list(ways()), lots(dice)
    listening = [house.run(open_line(house, life)) for life in house.lives]
    for number in range(max(PROBES, len(every))):
        own, other = (house.lives[place] for place in dice.choice([(0, 1), (1, 0)]))
        way = every[number] if number < len(every) else next(by_lot)
        probe(house, Hand(own, other, dice, {}), way)
    for life, other, line in zip(house.lives, reversed(house.lives), listening, strict=True):
        heard = house.run(all_heard(line))
        assert other.are_told_in(heard) == []
        assert life.person.name in heard
    print(f"\n{sum(house.answered.values())} probes", dict(sorted(house.answered.items())))


async def open_line(house, life):
    """A tab that stands open all the while."""
    line = Line(house.cookies[life.person.pk])
    await line.open()
    return line


async def all_heard(line):
    heard = await line.rest()
    await line.close()
    return json.dumps(heard, ensure_ascii=False)


# That the probes can fail: the same doors open to whom they belong


@pytest.mark.parametrize("kind", sorted(doors.frames()))
def test_a_frame_does_what_it_says_for_whose_the_ids_are(house, kind):
    life = house.lives[0]
    hand = Hand(life, life, Random(1), life.fitting.get(kind, {}))
    told = house.run(tell(doors.frame(kind, hand), house.cookies[life.person.pk]))
    assert [frame for frame in told if frame["type"] == "error"] == []


def test_an_address_opens_to_whose_the_ids_are(house):
    shut, life, heard = {}, house.lives[1], ""
    for name, pattern in doors.addresses().items():
        with_ids = {a for a in pattern.pattern.regex.groupindex if doors.kind_in_address(name, a)}
        if not with_ids or name == "accounts_revoke_invitation" or name in doors.ADMINISTRATORS:
            continue
        who = house.inspectors[1] if name.startswith("inspection_") else life.person
        states = []
        for method in METHODS:
            hand = Hand(life, life, Random(1), life.fitting.get(name, {}))
            code, told = house.run(request(doors.request_to(name, method, hand), house.cookies[who.pk]))
            states.append(code)
            heard += told
            keeping.put_back()
        if not {200, 302, 409} & set(states):  # a conflict is told of one’s own alone
            shut[name] = (states, told[-300:])
    assert shut == {}
    assert len(life.are_told_in(heard)) > len(life.words) / 2  # so the probes would hear them, too


# That nothing is left out


@pytest.mark.parametrize("name", sorted(doors.addresses()))
def test_what_every_address_names_is_known(name):
    for argument in doors.addresses()[name].pattern.regex.groupindex:
        assert doors.kind_in_address(name, argument) or argument in doors.TOLD, argument


@pytest.mark.parametrize("kind", sorted(doors.frames()))
def test_what_every_frame_names_is_known(kind):
    for field_name in set(doors.frames()[kind].model_fields) - {"type"}:
        assert field_name in doors.KINDS or field_name in doors.TOLD, field_name


@pytest.mark.parametrize("name", sorted(doors.people_s_tasks()))
def test_every_task_names_a_person_or_is_listed_as_everybodys(name):
    parameters = list(doors.inspect.signature(doors.people_s_tasks()[name].run).parameters)
    assert parameters[0] == "person_id"
    assert all(parameter in doors.KINDS for parameter in parameters)


def test_every_command_that_takes_a_person_is_tried():
    assert doors.commands_for_a_person() == set(doors.COMMANDS)


def test_every_table_of_a_person_has_rows_to_reach(house):
    for life in house.lives:
        empty = [model.__name__ for model in OWNED if keeping.digest(life.person)[model._meta.db_table] == "0"]
        assert empty == []
        assert all(life.ids.values())


def test_both_lives_have_words_that_only_one_of_them_has(house):
    one, other = house.lives
    assert not set(one.words) & set(other.words)
    for life in house.lives:
        assert keeping.tables_with(life, life.words)
    assert keeping.tables_with(one, other.words) == []


# The same by SQL, under the app's role: what a query could reach that forgot whose rows it asks for

NOBODYS = {"memory_encoder_swap", "memory_house_engine"}
TABLES = [model._meta.db_table for model in OWNED]


def test_every_table_that_a_policy_guards_is_tried(furnished):
    guarded = "select relname from pg_class where relrowsecurity and not relispartition and relkind in ('r', 'p')"
    with connections["owner"].cursor() as cursor:
        cursor.execute(guarded)
        assert {name for (name,) in cursor.fetchall()} == set(TABLES) | NOBODYS


def attempt(whose, query, parameters=()):
    """What a query does as a person, or as nobody: how many rows it reaches, or the beginning of the refusal."""
    try:
        with transaction.atomic():
            with acting_as(whose) if whose else nullcontext(), connections["default"].cursor() as cursor:
                cursor.execute(query, parameters)
                reached = cursor.fetchone()[0] if query.startswith("select count") else cursor.rowcount
            transaction.set_rollback(True)
            return reached
    except DatabaseError as refused:
        return str(refused).partition("\n")[0]


ATTEMPTS = {
    "read": "select count(*) from {table} where owner_id = %s",
    "read by statistics": "select count(*) from pg_stats where tablename = '{table}' and %s > 0",
    "lock": "select owner_id from {table} where owner_id = %s for update",
    "change": "update {table} set owner_id = owner_id where owner_id = %s",
    "give away": "update {table} set owner_id = %s",
    "delete": "delete from {table} where owner_id = %s",
    "empty": "truncate {table} /* %s */",
    "lift the policy": "alter table {table} no force row level security /* %s */",
}


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("somebody", [True, False], ids=["as another", "as nobody"])
@pytest.mark.parametrize("what", ATTEMPTS)
def test_no_query_reaches_anothers_rows(furnished, table, somebody, what):
    owner, other = furnished.lives
    before = keeping.digest(owner.person)
    query = ATTEMPTS[what].format(table=table)
    reached = attempt(other.person.pk if somebody else None, query, [owner.person.pk] if "%s" in query else [])
    refused = isinstance(reached, str) and (
        "permission denied" in reached or "row-level security" in reached or "must be owner" in reached
    )
    assert reached == 0 or refused, reached
    assert refused or (what, somebody) != ("give away", True)
    assert keeping.digest(owner.person) == before


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("somebody", [True, False], ids=["as another", "as nobody"])
@pytest.mark.parametrize("ending", ["", " on conflict do nothing"], ids=["new", "where there is one"])
def test_no_row_can_be_put_in_anothers_name(furnished, table, somebody, ending):
    owner, other = furnished.lives
    with connections["owner"].cursor() as cursor:
        columns = ", ".join(keeping.columns(cursor, table))
        cursor.execute(f"select to_json(t)::text from {table} t where owner_id = %s limit 1", [owner.person.pk])
        (row,) = cursor.fetchone()
    query = (
        f"insert into {table} ({columns}) select {columns} from json_populate_record(null::{table}, %s::json){ending}"
    )
    refused = attempt(other.person.pk if somebody else None, query, [row])
    assert "row-level security" in str(refused)


@pytest.mark.parametrize("table", TABLES)
def test_a_query_without_a_condition_sees_ones_own_rows_and_no_others(furnished, table):
    _, other = furnished.lives
    with connections["owner"].cursor() as cursor:
        cursor.execute(f"select count(*) from {table} where owner_id = %s", [other.person.pk])
        (own,) = cursor.fetchone()
    assert own > 0
    assert attempt(other.person.pk, f"select count(*) from {table}") == own
    assert attempt(None, f"select count(*) from {table}") == 0


def test_the_policies_cannot_be_switched_off_or_another_role_be_taken(furnished):
    with connections["owner"].cursor() as cursor:
        cursor.execute("select current_user")
        (owner,) = cursor.fetchone()
    with connections["default"].cursor() as cursor:
        for query in (
            f'set local role "{owner}"',
            f"set local role {SWEEP_ROLE}",
            "set local session authorization postgres",
        ):
            with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
                cursor.execute(query)
        with transaction.atomic():
            cursor.execute("set local row_security = off")
            with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
                cursor.execute("select count(*) from memory_turn")
