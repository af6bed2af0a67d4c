"""Follow replies' logs, each from any sequence number, to its end.

One blocking XREAD reads all logs that this process follows, so nothing is polled, and nothing is dropped or out of
order; many replies at once cost little more than one.
"""

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any
from uuid import UUID, uuid4
from weakref import WeakKeyDictionary

import redis.asyncio
from channels.db import database_sync_to_async
from django.conf import settings
from redis.exceptions import RedisError

from companion.accounts.models import Person
from companion.chat.conversations import finished
from worker.stream import stream_key

log = logging.getLogger(__name__)

LOOK_UP = 5.0  # seconds without a word after which the database is asked how the reply stands
WITHOUT_LOG = 1.0  # seconds between two looks while Redis is away
AT_ONCE = 500  # entries of one log in one read
MOST_HELD = 2000  # entries that wait for a slow socket; beyond them it reads again later, from where it stands
ROUND = 0.02  # seconds from the beginning of one read to the next, where there is always something new
ROUND_OF_EACH = 0.0001  # seconds more for each log: a read names them all

# Not in the one thread that every socket of the process would share: one person's wait is not everybody's.
in_database = partial(database_sync_to_async, thread_sensitive=False)

_connections: "WeakKeyDictionary[asyncio.AbstractEventLoop, redis.asyncio.Redis]" = WeakKeyDictionary()
_readers: "WeakKeyDictionary[asyncio.AbstractEventLoop, Reader]" = WeakKeyDictionary()

TYPED, DONE = '{"type": "', '{"type": "done"'  # as an entry begins: it need not be read to its end

Entry = tuple[int, str]  # its sequence number, and the frame as it lies in the log


def connection() -> "redis.asyncio.Redis":
    """This event loop's Redis."""
    loop = asyncio.get_running_loop()
    if loop not in _connections:
        _connections[loop] = redis.asyncio.Redis.from_url(
            settings.REDIS_URL, socket_connect_timeout=2, socket_timeout=2 * LOOK_UP, max_connections=10_000
        )
    return _connections[loop]


async def follow(person: Person, reply_id: UUID, last_seq: int, *, is_open: bool = False) -> AsyncGenerator[str, None]:
    """The frames of a reply after `last_seq`, ending with `done`. Raises Reply.DoesNotExist for another's.

    Of one that `is_open`, because the person has just asked for it, the database is asked nothing first.
    """
    done = None
    if not is_open:
        done = await in_database(finished)(person, reply_id, seq=last_seq + 1)  # and whether it is theirs at all
    if done is None:
        with _reader().following(stream_key(reply_id), last_seq) as follower:
            while done is None:
                async for text in _until_done(follower):
                    yield text
                done = await in_database(finished)(person, reply_id, seq=follower.taken + 1)
    yield done.model_dump_json()


async def _until_done(follower: "Follower") -> AsyncGenerator[str, None]:
    """What comes for a follower, until the log says that it is done, or nothing for a while."""
    done = False
    while not done and (entries := await follower.next()):
        for _, text in entries:  # an end may be followed by a new beginning
            done = text.startswith(DONE) or (not text.startswith(TYPED) and json.loads(text)["type"] == "done")
            if not done:
                yield text


class Follower:
    """Somebody who reads one log, and what has come for them."""

    def __init__(self, reader: "Reader", key: str, seq: int) -> None:
        self.seq = seq  # the last that came
        self.taken = seq  # the last that was taken
        self._reader = reader
        self._key = key
        self._entries: list[Entry] = []
        self._came = asyncio.Event()
        self._behind = False

    def hear(self, entries: Sequence[Entry]) -> None:
        """What is new to them waits until they take it; nothing at all only wakes them."""
        if len(self._entries) >= MOST_HELD:
            self._behind = True
        if not self._behind:
            self._entries += [entry for entry in entries if entry[0] > self.seq]
            self.seq = self._entries[-1][0] if self._entries else self.seq
        self._came.set()

    async def next(self) -> list[Entry]:
        """What comes next, as soon as it comes; nothing after a while of silence, or while Redis is away."""
        if self._behind and not self._entries:
            self._behind = False
            self._reader.go_back(self._key, self.seq)
        await self._reader.ring()
        try:
            async with asyncio.timeout(LOOK_UP):
                await self._came.wait()
        except TimeoutError:
            return []
        entries, self._entries = self._entries, []
        self._came.clear()
        self.taken = entries[-1][0] if entries else self.taken
        return entries


class Reader:
    """Reads the logs of all that follow one, of one event loop."""

    def __init__(self) -> None:
        self._followers: dict[str, list[Follower]] = {}
        self._places: dict[str, int] = {}  # up to where each log was read
        self._bell = f"rosemary:bell:{uuid4()}"  # a log of our own: an entry in it ends a read that waits
        self._rung = "0-0"
        self._asked: dict[str, int] = {}  # what the read that is under way asks for
        self._overlooks = False  # somebody has come, or gone back, since it began
        self._task: asyncio.Task[None] | None = None

    @contextmanager
    def following(self, key: str, seq: int) -> Iterator[Follower]:
        """A follower of this log from there on, until the block ends."""
        follower = Follower(self, key, seq)
        self._followers.setdefault(key, []).append(follower)
        self.go_back(key, seq)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._read_all())
        try:
            yield follower
        finally:
            self._followers[key].remove(follower)
            if not self._followers[key]:
                del self._followers[key], self._places[key]

    def go_back(self, key: str, seq: int) -> None:
        """Read a log from there, if it was read further; the others who follow it skip what they have."""
        self._places[key] = min(self._places.get(key, seq), seq)
        self._overlooks = bool(self._asked) and (self._overlooks or self._asked.get(key) != self._places[key])

    async def ring(self) -> None:
        """End a read that waits without somebody's log, or further on in it."""
        if not self._overlooks:
            return
        self._overlooks = False
        try:
            async with connection().pipeline(transaction=False) as pipe:
                pipe.xadd(self._bell, {"": ""}, maxlen=1)
                pipe.expire(self._bell, 60)
                await pipe.execute()
        except RedisError as error:
            log.warning("the reader of logs cannot be woken: %s", type(error).__name__)

    async def _read_all(self) -> None:
        while self._followers:
            began = asyncio.get_running_loop().time()
            try:
                await self._read()
            except RedisError as error:
                log.warning("replies cannot be followed: %s", type(error).__name__)
                for follower in self._everybody():
                    follower.hear([])
                await asyncio.sleep(WITHOUT_LOG)
            due = began + ROUND + ROUND_OF_EACH * len(self._places)
            await asyncio.sleep(max(due - asyncio.get_running_loop().time(), 0))

    async def _read(self) -> None:
        """Whatever is new in any of the logs, as soon as there is something."""
        self._asked = asked = dict(self._places)
        wanted: dict[Any, Any] = {key: f"{place}-0" for key, place in asked.items()} | {self._bell: self._rung}
        try:
            answer: Any = await connection().xread(wanted, count=AT_ONCE, block=int(LOOK_UP * 1000))
        finally:
            self._asked, self._overlooks = {}, False
        for name, entries in answer:
            key = name.decode()
            if key == self._bell:
                self._rung = entries[-1][0]
            elif self._places.get(key) == asked.get(key):  # nobody has gone back meanwhile
                self._hand_out(key, [(int(number.partition(b"-")[0]), text[b"event"]) for number, text in entries])

    def _hand_out(self, key: str, entries: Sequence[tuple[int, bytes]]) -> None:
        self._places[key] = entries[-1][0]
        told = [(seq, text.decode()) for seq, text in entries]
        for follower in self._followers[key]:
            follower.hear(told)

    def _everybody(self) -> list[Follower]:
        return [follower for followers in self._followers.values() for follower in followers]


def _reader() -> Reader:
    loop = asyncio.get_running_loop()
    if loop not in _readers:
        _readers[loop] = Reader()
    return _readers[loop]
