"""Who may do what: support, inspector, administrator. The first account is an administrator; they give the others."""

from django.db import transaction

from companion.accounts.models import Person
from companion.inspection.models import Act, Office, Role
from companion.inspection.visits import record
from memory import clock
from memory.isolation import acting_as

RANK = {role: place for place, role in enumerate(Role)}


class LastAdministrator(Exception):
    """Without this one, nobody could give roles any more."""


def role_of(person: Person) -> Role | None:
    """The role somebody has, if any."""
    if person.is_staff:
        return Role.ADMINISTRATOR
    office = Office.objects.filter(person=person).first()
    return Role(office.role) if office else None


def may(role: Role | None, least: Role) -> bool:
    """Whether a role is enough for what asks at least another."""
    return role is not None and RANK[role] >= RANK[least]


@transaction.atomic
def appoint(*, person: Person, role: Role | None, by: Person) -> None:
    """Give somebody a role in place of the one they had; None takes it away. It is recorded for them to see.

    Raises LastAdministrator.
    """
    others = Person.objects.select_for_update().filter(is_staff=True, is_active=True)  # two at once take turns
    if role != Role.ADMINISTRATOR and not set(others.order_by("pk").values_list("pk", flat=True)) - {person.pk}:
        raise LastAdministrator
    person.is_staff = person.is_superuser = role == Role.ADMINISTRATOR
    person.save(update_fields=["is_staff", "is_superuser"])
    Office.objects.filter(person=person).delete()
    if role in (Role.SUPPORT, Role.INSPECTOR):
        Office.objects.create(person=person, role=role, given_at=clock.now())
    with acting_as(person.pk):
        record(Act.APPOINTED, person_id=person.pk, by=by, role=Role.ADMINISTRATOR, details={"role": role or "none"})
