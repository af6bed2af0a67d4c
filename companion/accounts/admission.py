"""Who comes in: the first account becomes the administrator, later ones enter by the rule in `SIGN_UP`."""

import hmac
import ipaddress
from collections.abc import Sequence
from enum import StrEnum
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection
from django.http import HttpRequest
from django.http.request import split_domain_port

from companion.accounts.models import INVITATION_LASTS, Invitation, Person
from companion.operations.setup_token import token as setup_token
from memory import clock, companions, policy, preferences
from memory.isolation import acting_as
from memory.models import Matter

LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
CARRIED_BY_A_PROXY = ("HTTP_FORWARDED", "HTTP_X_FORWARDED", "HTTP_X_REAL_IP", "HTTP_VIA")  # how such headers begin
DEFAULT_NAME = "Rosemary"
FIRST_ACCOUNT_LOCK = 7_226_637_629  # any number, the same in every process: "rosemary" on a telephone's keys
INVITATION_IN_SESSION = "invitation"


class SignUpRule(StrEnum):
    """The values of the setting `SIGN_UP`, in place of which an administrator may rule (`/inspect/policies/`)."""

    OPEN = "open"
    INVITATION = "invitation"
    CLOSED = "closed"


class NotAdmitted(Exception):
    """This newcomer may not sign up, though a moment ago it looked as if they might."""


def is_first() -> bool:
    """Nobody has an account yet."""
    return not Person.objects.exists()


def is_local(request: HttpRequest) -> bool:
    """It came from this very machine, asked for it by a local name, and no proxy carried it.

    A proxy here on the machine also connects from 127.0.0.1 and may even ask for "localhost", so the installation's
    own address, SITE_URL, must be local as well.
    """
    host = split_domain_port(request.get_host())[0].strip("[]")
    site = urlsplit(settings.SITE_URL).hostname
    carried = any(name.startswith(CARRIED_BY_A_PROXY) for name in request.META)
    return host in LOCAL_NAMES and site in LOCAL_NAMES and not carried and _is_loopback(request.META.get("REMOTE_ADDR"))


def _is_loopback(address: str | None) -> bool:
    try:
        return ipaddress.ip_address(address or "").is_loopback
    except ValueError:
        return False


def needs_token(request: HttpRequest) -> bool:
    """Becoming the administrator from anywhere but this machine takes the set-up token."""
    return is_first() and not is_local(request)


def may_be_first(request: HttpRequest, *, token: str) -> bool:
    """Nobody has an account yet, and this visitor may make the first."""
    return is_first() and (is_local(request) or is_token(token))


def is_token(given: str) -> bool:
    """It is the set-up token; takes the same time however much of it is right."""
    return hmac.compare_digest(given.strip().encode(errors="surrogatepass"), setup_token().encode())


def rule() -> str:
    """Who may come in: as an administrator ruled, else as `SIGN_UP` says."""
    return policy.of_house().sign_up or str(settings.SIGN_UP)


def may_sign_up(request: HttpRequest) -> bool:
    """The door is open for whoever asks: decides what is shown; `settle` decides who gets in."""
    return is_first() or rule() == SignUpRule.OPEN or (by_invitation() and _invited(request))


def by_invitation() -> bool:
    """The rule is that newcomers need an invitation."""
    return rule() == SignUpRule.INVITATION


def _invited(request: HttpRequest) -> bool:
    digest = request.session.get(INVITATION_IN_SESSION)
    return bool(digest) and Invitation.objects.open(at=clock.now()).filter(digest=digest).exists()


def invite(*, by: Person, made_for: str = "") -> str:
    """Make an invitation and return its code, which is kept nowhere."""
    code, now = Invitation.new_code(), clock.now()
    Invitation.objects.create(
        digest=Invitation.digest_of(code),
        made_for=made_for,
        made_by=by,
        made_at=now,
        expires_at=now + INVITATION_LASTS,
    )
    return code


def accept(request: HttpRequest, *, code: str) -> bool:
    """Carry an invitation to the sign-up page; false when it lets nobody in any more."""
    digest = Invitation.digest_of(code)
    if not Invitation.objects.open(at=clock.now()).filter(digest=digest).exists():
        return False
    request.session[INVITATION_IN_SESSION] = digest
    return True


def settle(
    *,
    person: Person,
    request: HttpRequest,
    token: str,
    companion: str = "",
    manner: str = "",
    unkept: Sequence[Matter] = (),
) -> None:
    """Give a newcomer their place, in the transaction that made their row; raises NotAdmitted to undo it.

    The first becomes the administrator. Two at once are told apart by a lock that holds until the commit. The rest is
    the companion's name and manner, and what may not be remembered.
    """
    if _is_the_first(person):
        if not is_local(request) and not is_token(token):
            raise NotAdmitted
        person.is_staff = person.is_superuser = True
        person.save(update_fields=["is_staff", "is_superuser"])
    else:
        _let_in(person, request)
    with acting_as(person.pk):
        companions.create(person_id=person.pk, name=companion or DEFAULT_NAME, manner=manner)
        if unkept:
            preferences.choose(person_id=person.pk, unkept=unkept, fading=None, joined=False)


def _is_the_first(person: Person) -> bool:
    others = Person.objects.exclude(pk=person.pk)
    if others.exists():
        return False
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [FIRST_ACCOUNT_LOCK])
    return not others.exists()


def _let_in(person: Person, request: HttpRequest) -> None:
    used = _use_invitation(person, request)
    if rule() != SignUpRule.OPEN and not (by_invitation() and used):
        raise NotAdmitted


def _use_invitation(person: Person, request: HttpRequest) -> bool:
    """One update claims it, so that of two at once the second finds it used."""
    now, digest = clock.now(), request.session.get(INVITATION_IN_SESSION)
    claimed = Invitation.objects.open(at=now).filter(digest=digest).update(used_by=person, used_at=now)
    return claimed == 1
