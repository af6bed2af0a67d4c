"""The web process: pages over HTTP, the chat over a websocket of the same origin. It never imports torch."""

import os

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
from worker import logs  # noqa: E402

logs.hear_threads()

chat = URLRouter([path("ws/chat/", ChatConsumer.as_asgi())])
LARGER = {"/preferences/import/": LARGEST_FILE}  # bytes
application = ProtocolTypeRouter(
    {
        "http": BodyLimit(http, LARGER, is_signed_in),
        "websocket": AllowedHostsOriginValidator(SameOrigin(AuthMiddlewareStack(chat))),
    }
)
