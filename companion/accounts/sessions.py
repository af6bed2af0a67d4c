"""Whether a session still stands: signing out, another password and a closed account end it everywhere."""

import logging
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from channels.db import database_sync_to_async
from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.db import DatabaseError, InterfaceError
from django.http import parse_cookie
from django.utils.crypto import constant_time_compare

from companion.accounts.models import Person

log = logging.getLogger(__name__)


def is_open(session_key: str, person: Person) -> bool:
    """Whether this session is, by now, still this person's."""
    session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    now = Person.objects.filter(pk=person.pk, is_active=True).first()
    if now is None or session.get(SESSION_KEY) != str(now.pk):
        return False
    return constant_time_compare(session.get(HASH_SESSION_KEY, ""), now.get_session_auth_hash())


async def is_signed_in(scope: Mapping[str, Any]) -> bool:
    """Whether a request that only begins to come is somebody's. Without the database it is nobody's."""
    cookies = parse_cookie(dict(scope["headers"]).get(b"cookie", b"").decode("latin-1"))
    ask = database_sync_to_async(_is_somebodys, thread_sensitive=False)
    try:
        return bool(await ask(cookies.get(settings.SESSION_COOKIE_NAME)))
    except (DatabaseError, InterfaceError) as error:
        log.warning("who sends a request cannot be looked up: %s", type(error).__name__)
        return False


def _is_somebodys(session_key: str | None) -> bool:
    session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    whose = str(session.get(SESSION_KEY, "")) if session_key else ""
    person = Person.objects.filter(pk=whose).first() if whose.isdigit() else None
    return person is not None and is_open(str(session_key), person)
