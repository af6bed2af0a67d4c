"""Only pages of this very site may open the websocket: cookies travel with it wherever the page came from."""

from typing import Any
from urllib.parse import urlsplit

from channels.security.websocket import WebsocketDenier
from django.conf import settings


class SameOrigin:
    """Refuses a handshake whose Origin is neither the host that was asked nor a trusted one."""

    def __init__(self, application: Any) -> None:
        self.application = application

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> Any:
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        allowed = is_same_origin(headers.get(b"origin", ""), headers.get(b"host", ""))
        application = self.application if allowed else WebsocketDenier()
        return await application(scope, receive, send)


def is_same_origin(origin: str, host: str) -> bool:
    """Whether a page of this origin may talk to a server that was asked as this host (with its port)."""
    if origin in settings.CSRF_TRUSTED_ORIGINS:
        return True
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(host) and parts.netloc == host
