"""An account goes, with all that memory holds of its person: asked for, taken back for a while, and then for good."""

from datetime import timedelta
from typing import Any

from django.contrib.sessions.models import Session as SignedIn
from django.db import transaction

from companion.accounts.models import Departure, Invitation, Person
from companion.chat import tabs
from memory import clock, erasure, leaving
from memory.isolation import acting_as

RECEIPT_KEPT = timedelta(days=30)


class LastAdministrator(Exception):
    """Others live here, and nobody else could look after the house."""


def ask(person: Person) -> str:
    """Hide all of a person, close the account, end their sessions; returns the code by which they can come back.

    Raises LastAdministrator, and memory.erasure.NothingToForget where it was asked for already.
    """
    code, now = Invitation.new_code(), clock.now()
    with transaction.atomic():
        if _alone_looks_after_others(person):
            raise LastAdministrator
        asked = leaving.ask(person_id=person.pk)
        Departure.objects.filter(done_at__lt=now - RECEIPT_KEPT).delete()
        Departure.objects.create(
            digest=Invitation.digest_of(code), leaver=person.pk, erasure=asked.pk, asked_at=now, due_at=asked.due_at
        )
        Person.objects.filter(pk=person.pk).update(is_active=False)
        end_sessions(person)
    tabs.sign_out(person.pk)
    return code


def _alone_looks_after_others(person: Person) -> bool:
    others = Person.objects.exclude(pk=person.pk)
    staff = others.select_for_update().filter(is_staff=True, is_active=True)  # two who leave at once take turns
    Person.objects.select_for_update().get(pk=person.pk)
    return person.is_staff and others.exists() and not staff.exists()


def end_sessions(person: Person) -> None:
    """Sign them out of every browser."""
    for session in SignedIn.objects.filter(expire_date__gt=clock.now()).iterator():
        if session.get_decoded().get("_auth_user_id") == str(person.pk):
            session.delete()


def find(code: str) -> Departure | None:
    """The departure whose link holds this code."""
    return Departure.objects.filter(digest=Invitation.digest_of(code)).first()


def take_back(departure: Departure) -> bool:
    """The account stays, with all there was of it; False where it is too late."""
    with transaction.atomic():
        if not erasure.withdraw(person_id=departure.leaver, erasure_id=departure.erasure):
            return False
        Person.objects.filter(pk=departure.leaver).update(is_active=True)
        departure.delete()
    return True


def end(*, person_id: int, counts: dict[str, int], **_: Any) -> None:
    """All that memory held is gone: keep the receipt, and let the account go. In the transaction of the erasure."""
    told = {"account": 1, **counts}
    Departure.objects.filter(leaver=person_id).update(done_at=clock.now(), counts=told)
    with acting_as(person_id):
        Person.objects.filter(pk=person_id).delete()
