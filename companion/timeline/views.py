"""The timeline, and the door that reads it page by page."""

from datetime import date
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET
from pydantic import Field

from companion import chosen
from companion.accounts.models import Person
from companion.chat.sidebar import sidebar
from companion.doors import NotUnderstood, Refusal, person_of, query
from companion.doors import door as door_with
from companion.memories.progress import still_reading
from companion.timeline.reading import read_days, read_months
from memory.models import Companion

NO_SUCH_COMPANION = gettext_lazy("There is no such companion.")

door = door_with({Companion.DoesNotExist: Refusal("not_found", 404, NO_SUCH_COMPANION)})


class Wanted(chosen.AboutCompanion):
    """The days up to this one; without it, the latest."""

    until: date | None = Field(default=None, ge=date(1900, 1, 1), le=date(2200, 12, 31))


@login_required
@never_cache
@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """The latest days, or those up to the day that the address names."""
    person = person_of(request)
    try:
        wanted = query(request, Wanted)
        companion = chosen.choose(person, wanted.companion)
    except (Companion.DoesNotExist, NotUnderstood) as missing:
        raise Http404(NO_SUCH_COMPANION) from missing
    return render(request, "timeline/timeline.html", {"boot": _boot(person, companion, wanted.until)})


def _boot(person: Person, companion: Companion | None, until: date | None) -> dict[str, Any]:
    return {
        **sidebar(person),
        "reading": still_reading(person),
        "companions": chosen.companions(person),
        "companion": {"id": companion.pk, "name": companion.name} if companion else None,
        "months": read_months(person, companion),
        "page": read_days(person, companion, until=until),
    }


@door
@require_GET
def days(request: HttpRequest) -> HttpResponse:
    """A page of days, the latest first."""
    person, wanted = person_of(request), query(request, Wanted)
    return JsonResponse(read_days(person, chosen.choose(person, wanted.companion), until=wanted.until))
