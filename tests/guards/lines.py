"""A websocket to the application in this process: what a server would hand it, and what it answers."""

import json
from typing import Any

from asgiref.testing import ApplicationCommunicator
from django.conf import settings

from companion.asgi import application

PATIENCE = 30.0  # seconds
QUIET = 0.05  # seconds without a frame, after which no more is expected


class Line:
    """One open tab."""

    def __init__(self, cookie: str) -> None:
        headers = [
            (b"host", b"localhost"),
            (b"origin", b"http://localhost"),
            (b"cookie", f"{settings.SESSION_COOKIE_NAME}={cookie}".encode()),
        ]
        scope = {"type": "websocket", "path": "/ws/chat/", "query_string": b"", "headers": headers, "subprotocols": []}
        self.socket = ApplicationCommunicator(application, scope)

    async def open(self) -> None:
        """Let in."""
        await self.socket.send_input({"type": "websocket.connect"})
        assert (await self.socket.receive_output(PATIENCE))["type"] == "websocket.accept"

    async def send(self, frame: str) -> None:
        """One frame."""
        await self.socket.send_input({"type": "websocket.receive", "text": frame})

    async def receive(self) -> dict[str, Any]:
        """The next frame; where the socket is closed, a frame that says so."""
        told = await self.socket.receive_output(PATIENCE)
        return json.loads(told["text"]) if told["type"] == "websocket.send" else {**told, "type": "closed"}

    async def rest(self) -> list[dict[str, Any]]:
        """What else comes, until it is quiet."""
        told = []
        while not await self.socket.receive_nothing(timeout=QUIET, interval=0.01):
            told.append(await self.receive())
        return told

    async def close(self) -> None:
        """The tab is gone."""
        await self.socket.send_input({"type": "websocket.disconnect", "code": 1000})
        await self.socket.wait(PATIENCE)
