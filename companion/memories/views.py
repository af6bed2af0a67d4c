"""The page of memories, and its doors: JSON in, JSON out; every act a POST."""

from datetime import date
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST
from pydantic import Field

from companion.accounts.models import Person
from companion.chat.sidebar import sidebar
from companion.doors import NOT_UNDERSTOOD, Asked, NotUnderstood, Refusal, body, person_of
from companion.doors import door as door_with
from companion.memories import acts, words
from companion.memories.details import read_memory
from companion.memories.listing import KINDS, Filters, NotAPlace, list_memories
from companion.memories.progress import still_reading
from companion.memories.searching import search as search_memories
from memory import correction, dialogue
from memory.isolation import acting_as
from memory.listed import STATES
from memory.models import Companion, Memory

door = door_with(
    {
        Memory.DoesNotExist: Refusal("not_found", 404, words.NO_SUCH),
        NotAPlace: Refusal("malformed", 400, NOT_UNDERSTOOD),
        dialogue.NothingSaid: Refusal("empty", 400),
        dialogue.TooLong: Refusal("too_long", 400),
        dialogue.SaidOtherwise: Refusal("conflict", 409),
        correction.NotCorrectable: Refusal("conflict", 409),
        acts.NotForgettable: Refusal("conflict", 409),
        acts.NothingToForget: Refusal("conflict", 409, words.NOTHING_TO_FORGET),
        acts.TooLate: Refusal("too_late", 409),
    }
)


class Wanted(Asked):
    """Which memories."""

    kind: str = ""
    states: list[str] = Field(default=[], max_length=len(STATES))
    companion: int | None = Field(default=None, gt=0, lt=2**63)
    since: date | None = None
    until: date | None = None

    def filters(self) -> Filters:
        """Raises NotUnderstood for a kind or a state that there is not."""
        if self.kind not in ("", *KINDS) or not set(self.states) <= set(STATES):
            raise NotUnderstood
        years = {day.year for day in (self.since, self.until) if day}
        if not all(1900 <= year <= 2200 for year in years):
            raise NotUnderstood
        return Filters(self.kind, tuple(self.states), self.companion, self.since, self.until)


class Listed(Wanted):
    """A page of them."""

    after: str = Field(default="", max_length=80)


class Searched(Wanted):
    """Those on a question. It stands in the body: addresses are logged, what people ask is not."""

    question: str = Field(min_length=1, max_length=2000)


class Pin(Asked):
    """Keep it, or let go."""

    pinned: bool


class Correction(Asked):
    """What is right; whether what stood there never held, or held until now."""

    text: str = Field(max_length=20_000)
    mistaken: bool
    client_id: UUID


class Forgetting(Asked):
    """Whether replies go along that may say it again."""

    with_repeats: bool = False


@login_required
@never_cache
@require_GET
def page(request: HttpRequest, memory_id: int | None = None) -> HttpResponse:
    """The list; with a memory, that one beside it."""
    person = person_of(request)
    try:
        detail = read_memory(person, memory_id) if memory_id is not None else None
    except (Memory.DoesNotExist, OverflowError) as missing:
        raise Http404(words.NO_SUCH) from missing
    return render(request, "memories/memories.html", {"boot": _boot(person, detail)})


def _boot(person: Person, detail: dict[str, Any] | None) -> dict[str, Any]:
    with acting_as(person.pk):
        companions = list(Companion.objects.of(person.pk).present().order_by("pk").values("id", "name"))
    return {
        **sidebar(person),
        "reading": still_reading(person),
        "companions": companions,
        "list": list_memories(person, Filters()),
        "forgetting": acts.being_forgotten(person),
        "memory": detail,
        "longest": correction.LONGEST,
    }


@door
@require_POST
def listed(request: HttpRequest) -> HttpResponse:
    """A page of memories."""
    wanted = body(request, Listed)
    return JsonResponse(list_memories(person_of(request), wanted.filters(), after=wanted.after))


@door
@require_POST
def search(request: HttpRequest) -> HttpResponse:
    """What is remembered on a question."""
    wanted = body(request, Searched)
    return JsonResponse(search_memories(person_of(request), wanted.question, wanted.filters()))


@door
@require_GET
def memory(request: HttpRequest, memory_id: int) -> HttpResponse:
    """One memory."""
    return JsonResponse(read_memory(person_of(request), memory_id))


@door
@require_POST
def pin(request: HttpRequest, memory_id: int) -> HttpResponse:
    """Pin it, or let go."""
    acts.pin(person_of(request), memory_id, pinned=body(request, Pin).pinned)
    return JsonResponse(read_memory(person_of(request), memory_id))


@door
@require_POST
def correct(request: HttpRequest, memory_id: int) -> HttpResponse:
    """Put it right; answers with what stands in its place."""
    asked = body(request, Correction)
    new_id = acts.correct(
        person_of(request), memory_id, text=asked.text, mistaken=asked.mistaken, client_id=asked.client_id
    )
    return JsonResponse(read_memory(person_of(request), new_id))


@door
@require_POST
def uncorrect(request: HttpRequest, memory_id: int) -> HttpResponse:
    """Take a correction back."""
    acts.take_back_correction(person_of(request), memory_id)
    return JsonResponse({})


@door
@require_GET
def foretold(request: HttpRequest, memory_id: int) -> HttpResponse:
    """What forgetting it would take."""
    return JsonResponse(acts.foretell(person_of(request), memory_id))


@door
@require_POST
def forget(request: HttpRequest, memory_id: int) -> HttpResponse:
    """Forget it; answers with until when that can be taken back."""
    with_repeats = body(request, Forgetting).with_repeats
    return JsonResponse(acts.forget(person_of(request), memory_id, with_repeats=with_repeats))


@door
@require_GET
def forgetting(request: HttpRequest) -> HttpResponse:
    """What is being forgotten, and until when it can be taken back."""
    return JsonResponse(acts.being_forgotten(person_of(request)), safe=False)


@door
@require_POST
def undo(request: HttpRequest, erasure_id: int) -> HttpResponse:
    """Take it back."""
    acts.undo(person_of(request), erasure_id)
    return JsonResponse({})
