"""What is still being read of a person, for every page of what is remembered; it is asked again while one looks on."""

from dataclasses import asdict
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_GET

from companion.accounts.models import Person
from companion.doors import door, person_of
from memory.consolidation.progress import how_far
from memory.isolation import acting_as


def still_reading(person: Person) -> dict[str, Any] | None:
    """How far it is; none where everything is read."""
    with acting_as(person.pk):
        progress = how_far(person.pk)
    return None if progress.is_done else asdict(progress)


@door({})
@require_GET
def progress(request: HttpRequest) -> HttpResponse:
    """The same, by itself."""
    return JsonResponse({"reading": still_reading(person_of(request))})
