"""Which companion a page is asked about."""

from typing import Any, cast

from django.http import HttpRequest
from pydantic import Field

from companion.accounts.models import Person
from companion.doors import Asked, query
from memory.isolation import acting_as
from memory.models import Companion


class AboutCompanion(Asked):
    """`?companion=ID`; without it, the first."""

    companion: int | None = Field(default=None, gt=0, lt=2**63)


def choose(person: Person, companion_id: int | None) -> Companion | None:
    """The person's companion of that id, or their first, if they have one. Raises Companion.DoesNotExist."""
    with acting_as(person.pk):
        companions = Companion.objects.of(person.pk).present().select_related("owner").order_by("pk")
        return companions.first() if companion_id is None else companions.get(pk=companion_id)


def chosen(request: HttpRequest, person: Person) -> Companion | None:
    """The one that the address names. Raises NotUnderstood, Companion.DoesNotExist."""
    return choose(person, query(request, AboutCompanion).companion)


def companions(person: Person) -> list[dict[str, Any]]:
    """All of a person's, the first one first."""
    with acting_as(person.pk):
        named = Companion.objects.of(person.pk).present().order_by("pk").values("id", "name")
        return cast("list[dict[str, Any]]", list(named))
