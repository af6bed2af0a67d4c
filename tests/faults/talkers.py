"""People who go on talking whatever dies: each message is sent until it is kept, each reply followed to its end."""

import asyncio
import re
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import uuid4

import httpx
from websockets.exceptions import WebSocketException

from tests.people import PASSWORD
from tests.socket_client import Tab, open_tab

PATIENCE = 180.0  # seconds, on a busy machine, until a reply has ended after whatever died
AGAIN = 0.3  # seconds between two tries
SLOW = "One word after the other, and then the end."
GONE = (WebSocketException, OSError, TimeoutError, EOFError)


@dataclass
class Kept:
    """A message that was acknowledged, and how its reply ended."""

    text: str
    frame: dict[str, Any]
    done: dict[str, Any] | None = None


@dataclass
class Talker:
    """Somebody with an account, a word of their own, and all that was acknowledged to them."""

    url: str
    word: str
    cookie: str
    kept: dict[str, Kept] = field(default_factory=dict)

    async def talk(self, dice: Random, messages: int) -> None:
        """A few messages, each in a conversation of its own or in the last one's."""
        for _ in range(messages):
            manner = dice.choice(["", "", " /slow", " /slow", " /broken-off"])
            last = next(reversed(self.kept.values())).frame["conversation"] if self.kept else None
            text = f"I met {self.word} number {len(self.kept)} in the harbour.{manner}"
            await asyncio.wait_for(self.say(text, dice.choice([None, last]), dice), PATIENCE)

    async def say(self, text: str, conversation: str | None, dice: Random) -> Kept:
        """Until its reply has ended."""
        client_id = str(uuid4())
        while True:
            try:
                async with asyncio.timeout(20), open_tab(self.url, cookie=self.cookie) as tab:
                    if client_id not in self.kept or dice.random() < 0.5:
                        frame = await tab.say(text, conversation=conversation, client_id=client_id)
                        if frame["type"] == "error":
                            assert frame["retry"], frame
                            await asyncio.sleep(AGAIN)
                            continue
                        before = self.kept.setdefault(client_id, Kept(text, frame))
                        assert before.frame["turn"] == frame["turn"], "the same message was kept twice"
                    one = self.kept[client_id]
                    one.done = await ended(tab, one.frame["reply"])
                    return one
            except GONE:
                await asyncio.sleep(AGAIN)


async def ended(tab: Tab, reply: str) -> dict[str, Any]:
    """Follow a reply to its end, as the page does: what comes again after `again` is all there is of it."""
    await tab.send(type="follow", reply=reply, last_seq=0)
    words = ""
    while True:
        frame = await tab.receive(reply=reply)
        match frame["type"]:
            case "again":
                words = ""
            case "words":
                words += frame["text"]
            case "error":
                await asyncio.sleep(AGAIN)
                await tab.send(type="follow", reply=reply, last_seq=0)
                words = ""
            case "done":
                assert frame["state"] != "whole" or frame["text"]
                return frame


def newcomer(url: str, word: str) -> Talker:
    """Signs up as anybody does."""
    with httpx.Client(base_url=url, follow_redirects=False, timeout=60) as visitor:
        page = visitor.get("/account/signup/").text
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert token is not None
        form = {
            "csrfmiddlewaretoken": token[1],
            "name": word.capitalize(),
            "email": f"{word}@example.org",
            "password1": PASSWORD,
            "time_zone": "Europe/Lisbon",
        }
        answer = visitor.post("/account/signup/", data=form, headers={"Referer": url})
        assert answer.status_code == 302, answer.text
        return Talker(url, word, f"sessionid={visitor.cookies['sessionid']}")
