"""A browser's half of the websocket, for tests: signs in over HTTP, then speaks the protocol."""

import json
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.test import Client
from websockets.asyncio.client import ClientConnection, connect


class Tab:
    """One open page."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.greeted: dict[str, Any] = {}  # the first frame that it heard

    async def send(self, **frame: Any) -> None:
        """One frame, as JSON."""
        await self.socket.send(json.dumps(frame))

    async def receive(self, *types: str, reply: str | None = None) -> dict[str, Any]:
        """The next frame of one of these types (and this reply); others are passed over."""
        while True:
            frame = json.loads(await self.socket.recv())
            if (not types or frame["type"] in types) and reply in (None, frame.get("reply")):
                return frame

    async def say(self, text: str, *, conversation: str | None = None, client_id: str | None = None) -> dict[str, Any]:
        """Say something and wait until it is kept; an error is returned as it came."""
        await self.send(type="say", client_id=client_id or str(uuid4()), conversation=conversation, text=text)
        return await self.receive("kept", "error")

    async def ask(self, text: str, *, conversation: str | None = None) -> dict[str, Any]:
        """Say something and wait for the whole reply."""
        kept = await self.say(text, conversation=conversation)
        return await self.receive("done", reply=kept["reply"])


def signed_in_cookie(person: Any) -> str:
    """The session cookie of somebody who signed in."""
    client = Client()
    client.force_login(person)
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


@asynccontextmanager
async def open_tab(url: str, *, cookie: str = "", origin: str | None = None, of: int | None = None):
    """A socket to a running stack, welcomed; by the page of a person, if one is named."""
    headers = {"Cookie": cookie} if cookie else {}
    socket_url = url.replace("http", "ws", 1) + "/ws/chat/" + (f"?person={of}" if of else "")
    async with connect(socket_url, additional_headers=headers, origin=origin or url, max_size=2**24) as socket:
        tab = Tab(socket)
        if cookie:
            tab.greeted = await tab.receive("welcome", "error")
        yield tab
