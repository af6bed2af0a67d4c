"""The page of the portrait, and its doors: JSON in, JSON out; every act a POST that answers with what then holds."""

from collections.abc import Callable
from typing import Any, Literal

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST
from pydantic import Field

from companion import chosen
from companion.accounts.models import Person
from companion.chat.sidebar import sidebar
from companion.doors import Asked, NotUnderstood, Refusal, body, person_of, query
from companion.doors import door as door_with
from companion.memories.progress import still_reading
from companion.portrait import words
from companion.portrait.reading import latest_moods, read_moods, read_portrait
from memory import portrait, preferences
from memory.isolation import acting_as
from memory.models import Companion, PortraitLine


class TooLate(LookupError):
    """The line changed meanwhile, so there is nothing to take back."""


door = door_with(
    {
        PortraitLine.DoesNotExist: Refusal("not_found", 404, words.NO_SUCH),
        Companion.DoesNotExist: Refusal("not_found", 404, words.NO_SUCH_COMPANION),
        portrait.NotAllowed: Refusal("conflict", 409),
        TooLate: Refusal("too_late", 409, words.NOT_TO_TAKE_BACK),
    }
)


class Keeping(chosen.AboutCompanion):
    """Whether a portrait is kept by companions at all, and by this one; it keeps one where both are so."""

    for_all: bool
    for_this: bool


class Moods(chosen.AboutCompanion):
    """Over how many weeks; of the shortest span that has any, where that is not said."""

    weeks: Literal["8", "26", "52", "260"] | None = None


class Correction(Asked):
    """What is right, in the person's words."""

    text: str = Field(max_length=portrait.LONGEST_LINE, pattern=r"\S")


class Before(Asked):
    """What a corrected line said before, and whether the person had confirmed it."""

    text: str = Field(min_length=1, max_length=portrait.LONGEST_LINE)
    confirmed: bool


@login_required
@never_cache
@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """The portrait; it asks for the moods by itself."""
    person = person_of(request)
    try:
        companion = chosen.chosen(request, person)
    except (Companion.DoesNotExist, NotUnderstood) as missing:
        raise Http404(words.NO_SUCH_COMPANION) from missing
    return render(request, "portrait/portrait.html", {"boot": _boot(person, companion)})


def _boot(person: Person, companion: Companion | None) -> dict[str, Any]:
    return {
        **sidebar(person),
        "reading": still_reading(person),
        "companions": chosen.companions(person),
        "companion": {"id": companion.pk, "name": companion.name} if companion else None,
        "portrait": read_portrait(person, companion),
        "longest": portrait.LONGEST_LINE,
    }


@door
@require_POST
def keep(request: HttpRequest) -> HttpResponse:
    """Keep a portrait, or none; answers with it as it then stands."""
    person, asked = person_of(request), body(request, Keeping)
    companion = chosen.choose(person, asked.companion)
    if companion is not None:
        with acting_as(person.pk):
            preferences.keep_portrait(companion=companion, for_all=asked.for_all, for_this=asked.for_this)
    return JsonResponse(read_portrait(person, companion))


@door
@require_GET
def moods(request: HttpRequest) -> HttpResponse:
    """How the last weeks were felt, day by day."""
    person, asked = person_of(request), query(request, Moods)
    companion = chosen.choose(person, asked.companion)
    if asked.weeks is None:
        return JsonResponse(latest_moods(person, companion))
    return JsonResponse(read_moods(person, companion, weeks=int(asked.weeks)))


def _answered(request: HttpRequest, line_id: int, say: Callable[[Person], bool]) -> JsonResponse:
    """The portrait as it stands once the person has said so. Raises PortraitLine.DoesNotExist."""
    person = person_of(request)
    with acting_as(person.pk):
        companion_id = PortraitLine.objects.of(person.pk).get(pk=line_id).companion_id
    if not say(person):
        raise PortraitLine.DoesNotExist
    return JsonResponse(read_portrait(person, chosen.choose(person, companion_id)))


@door
@require_POST
def confirm(request: HttpRequest, line_id: int) -> HttpResponse:
    """It is so."""
    return _answered(request, line_id, lambda person: portrait.confirm(person_id=person.pk, line_id=line_id))


@door
@require_POST
def refuse(request: HttpRequest, line_id: int) -> HttpResponse:
    """Not to be concluded again."""
    return _answered(request, line_id, lambda person: portrait.refuse(person_id=person.pk, line_id=line_id))


@door
@require_POST
def take_back(request: HttpRequest, line_id: int) -> HttpResponse:
    """Neither confirmed nor refused any more."""
    return _answered(request, line_id, lambda person: portrait.take_back(person_id=person.pk, line_id=line_id))


@door
@require_POST
def correct(request: HttpRequest, line_id: int) -> HttpResponse:
    """What is right instead."""
    text = body(request, Correction).text
    return _answered(request, line_id, lambda person: portrait.correct(person_id=person.pk, line_id=line_id, text=text))


@door
@require_POST
def uncorrect(request: HttpRequest, line_id: int) -> HttpResponse:
    """It says again what it said before."""
    before = body(request, Before)

    def say(person: Person) -> bool:
        if portrait.take_back_correction(
            person_id=person.pk, line_id=line_id, said=before.text, confirmed=before.confirmed
        ):
            return True
        raise TooLate

    return _answered(request, line_id, say)
