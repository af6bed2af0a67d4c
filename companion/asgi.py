"""The web process: pages over HTTP, the chat over a websocket of the same origin. It never imports torch."""

import os
from typing import Any

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "companion.settings")
http = get_asgi_application()

from channels.auth import AuthMiddlewareStack  # noqa: E402 - Django's apps come first
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.security.websocket import AllowedHostsOriginValidator  # noqa: E402
from django.urls import path  # noqa: E402

from companion.accounts.sessions import is_signed_in  # noqa: E402
from companion.chat.consumer import ChatConsumer  # noqa: E402
from companion.chat.origin import SameOrigin  # noqa: E402
from companion.operations.body_limit import BodyLimit  # noqa: E402
from companion.preferences.forms import LARGEST_FILE  # noqa: E402
from memory.isolation import waiting_at_most  # noqa: E402
from worker import logs  # noqa: E402

logs.hear_threads()

PATIENCE = 2.0  # seconds, less than anybody waits for a connection of the pool: one person's tabs do not take them all


def impatient(application: Any) -> Any:
    """Nobody who asks here waits for long for what holds their rows, as an erasure of years does."""

    async def asked(scope: Any, receive: Any, send: Any) -> None:
        with waiting_at_most(PATIENCE):
            await application(scope, receive, send)

    return asked


chat = URLRouter([path("ws/chat/", ChatConsumer.as_asgi())])
LARGER = {"/preferences/import/": LARGEST_FILE}  # bytes
application = impatient(
    ProtocolTypeRouter(
        {
            "http": BodyLimit(http, LARGER, is_signed_in),
            "websocket": AllowedHostsOriginValidator(SameOrigin(AuthMiddlewareStack(chat))),
        }
    )
)
