"""A visit to a person's memories: opened with a reason, over after an hour, every look of it recorded.

All of it stands in the record itself (`Access`), to which the app can only add.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef

from companion.accounts.models import Person
from companion.inspection.models import Access, Act, Role
from memory import clock
from memory.isolation import acting_as

LASTS = timedelta(hours=1)


class NoVisit(Exception):
    """Nobody may look without having said why, or the hour is over."""


@dataclass(frozen=True)
class Visit:
    """A look at a person's memories that is under way, or an act upon them."""

    person: Person
    by: Person
    role: Role
    opened: Access
    details: dict[str, Any] = field(default_factory=dict)  # what will be recorded of it

    @property
    def ends_at(self) -> datetime:
        """When another reason is asked for."""
        return self.opened.at + LASTS

    @property
    def minutes_left(self) -> int:
        """Whole minutes, at least one."""
        return max(1, round((self.ends_at - clock.now()) / timedelta(minutes=1)))


def record(
    act: Act,
    *,
    person_id: int,
    by: Person,
    role: Role,
    reason: str = "",
    visit: Access | None = None,
    details: dict[str, Any] | None = None,
) -> Access:
    """Add to the record. Runs inside `acting_as(person_id)`, and stands or falls with what is done beside it."""
    named = f"{by.name} <{by.email}>" if by.name else by.email
    return Access.objects.create(
        owner_id=person_id,
        by=by,
        by_name=named,
        role=role,
        act=act,
        reason=reason,
        visit=visit,
        details=details or {},
        at=clock.now(),
    )


def open_visit(*, person: Person, by: Person, role: Role, reason: str) -> Access:
    """Begin a visit; the person can read the reason from now on."""
    with acting_as(person.pk):
        return record(Act.OPENED, person_id=person.pk, by=by, role=role, reason=reason)


@contextmanager
def looking(act: Act, *, person: Person, by: Person, role: Role, **details: Any) -> Iterator[Visit]:
    """A transaction that sees a person's rows and ends with the record of the look. Raises NoVisit.

    Nothing may leave the server before it has ended. Whatever fails in it undoes it all: then nothing was seen.
    """
    with acting_as(person.pk):
        opened = _open_now(person, by)
        if opened is None:
            raise NoVisit
        visit = Visit(person, by, role, opened, details)
        yield visit
        record(act, person_id=person.pk, by=by, role=role, visit=opened, details=visit.details)


def _open_now(person: Person, by: Person) -> Access | None:
    closed = Access.objects.filter(visit=OuterRef("pk"), act=Act.CLOSED)
    open_still = Access.objects.filter(~Exists(closed), owner=person, by=by, act=Act.OPENED, at__gt=clock.now() - LASTS)
    return open_still.order_by("-at", "-pk").first()


def close_visit(*, person: Person, by: Person, role: Role) -> None:
    """End every visit of theirs to this person; without one, nothing happens."""
    with acting_as(person.pk):
        while (opened := _open_now(person, by)) is not None:
            record(Act.CLOSED, person_id=person.pk, by=by, role=role, visit=opened)
