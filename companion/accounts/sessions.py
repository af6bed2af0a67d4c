"""Whether a session still stands: signing out, another password and a closed account end it everywhere."""

from importlib import import_module

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.utils.crypto import constant_time_compare

from companion.accounts.models import Person


def is_open(session_key: str, person: Person) -> bool:
    """Whether this session is, by now, still this person's."""
    session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    now = Person.objects.filter(pk=person.pk, is_active=True).first()
    if now is None or session.get(SESSION_KEY) != str(now.pk):
        return False
    return constant_time_compare(session.get(HASH_SESSION_KEY, ""), now.get_session_auth_hash())
