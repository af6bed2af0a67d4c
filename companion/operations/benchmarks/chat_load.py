"""People who talk all at once: each says one thing, and counts the numbers that come back.

The same load goes to Rosemary's socket and to the bare engine. Both replies are the numbers from 0 up, so that what is
lost or out of its order is seen by its place.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from itertools import pairwise
from urllib.parse import urlsplit
from uuid import uuid4

from websockets.asyncio.client import ClientConnection, connect

AT_ONCE = 20  # sockets that are opened at the same time
PATIENCE = 60.0  # seconds beyond a reply's own length
SAID = "I walked along the harbour this morning, and the gulls made a great noise."


@dataclass
class Heard:
    """One reply, as it came."""

    first_ms: float | None = None  # from saying to the first word
    last_ms: float = 0.0  # and to the last that came
    text: str = ""
    ended: bool = False

    def hear(self, words: str, *, since: float) -> None:
        """What came next."""
        self.last_ms = 1000 * (time.perf_counter() - since)
        if self.first_ms is None:
            self.first_ms = self.last_ms
        self.text += words

    def spoken_ms(self) -> float | None:
        """How long its words took to come."""
        return None if self.first_ms is None else self.last_ms - self.first_ms

    def numbers(self) -> list[int]:
        """The numbers that arrived, in the order in which they did."""
        return [int(word) for word in self.text.split() if word.isdigit()]

    def lost(self, tokens: int) -> int:
        """How many of so many never came."""
        return tokens - len(set(self.numbers()) & set(range(tokens)))

    def reordered(self) -> int:
        """How many came after one that follows them, or twice."""
        numbers = self.numbers()
        return sum(later <= before for before, later in pairwise(numbers))


@dataclass
class Load:
    """Who speaks when: evenly over `ramp` seconds, replies of `seconds`."""

    streams: int
    seconds: float
    ramp: float
    heard: list[Heard] = field(default_factory=list)

    async def each(self, speak: Callable[[int], Awaitable[Heard]]) -> None:
        """Everybody at their moment; returns when the last reply has ended or nobody waits for it any more."""
        began = time.perf_counter()

        async def one(number: int) -> Heard:
            await asyncio.sleep(began + self.ramp * number / self.streams - time.perf_counter())
            return await speak(number)

        self.heard = await asyncio.gather(*(one(number) for number in range(self.streams)))


async def of_rosemary(load: Load, *, url: str, cookies: Sequence[str], ready: Callable[[], None]) -> Load:
    """Through the websocket; `ready` is called when all sockets stand."""
    gate = asyncio.Semaphore(AT_ONCE)
    async with AsyncExitStack() as open_ones:
        sockets = await asyncio.gather(*(_open(url, cookie, gate, open_ones) for cookie in cookies[: load.streams]))
        ready()
        await load.each(lambda number: _say(sockets[number], load.seconds))
    return load


async def _open(url: str, cookie: str, gate: asyncio.Semaphore, open_ones: AsyncExitStack) -> ClientConnection:
    address = url.replace("http", "ws", 1) + "/ws/chat/"
    async with gate:
        socket = await open_ones.enter_async_context(
            connect(address, additional_headers={"Cookie": cookie}, origin=url, open_timeout=PATIENCE)  # type: ignore[arg-type]
        )
        while json.loads(await socket.recv())["type"] != "welcome":
            pass
    return socket


async def _say(socket: ClientConnection, seconds: float) -> Heard:
    heard, since = Heard(), time.perf_counter()
    frame = {"type": "say", "client_id": str(uuid4()), "conversation": None, "text": SAID}
    await socket.send(json.dumps(frame))
    try:
        async with asyncio.timeout(seconds + PATIENCE):
            while not heard.ended:
                told = json.loads(await socket.recv())
                if told["type"] == "words":
                    heard.hear(told["text"], since=since)
                elif told["type"] == "again":
                    heard.text = ""
                heard.ended = told["type"] == "done"
    except TimeoutError:
        return heard
    return heard


async def of_engine(load: Load, *, url: str) -> Load:
    """Straight to the engine, by as little of HTTP as it takes."""
    await load.each(lambda _: _ask(url, load.seconds))
    return load


async def _ask(url: str, seconds: float) -> Heard:
    place = urlsplit(url)
    heard, since = Heard(), time.perf_counter()
    body = json.dumps({"model": "paced", "stream": True, "messages": [{"role": "user", "content": SAID}]}).encode()
    head = f"POST {place.path}/chat/completions HTTP/1.1\r\nHost: {place.netloc}\r\nContent-Length: {len(body)}\r\n\r\n"
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    writer.write(head.encode() + body)
    try:
        async with asyncio.timeout(seconds + PATIENCE):
            while not heard.ended:
                line = await reader.readline()
                if line.startswith(b"data: {"):
                    delta = json.loads(line[6:])["choices"][0]["delta"]
                    if "content" in delta:
                        heard.hear(delta["content"], since=since)
                heard.ended = not line or line.startswith(b"data: [DONE]")
    except TimeoutError:
        return heard
    finally:
        writer.close()
    return heard
