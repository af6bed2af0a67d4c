"""The chat page, and what it reads beside the websocket."""

from collections.abc import Sequence
from datetime import datetime
from typing import cast
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from companion.accounts.models import Person
from companion.chat.conversations import Place, find_words, list_conversations, read_conversation
from companion.chat.pages import Boot, Chatter, Heading, Page, Partner
from companion.chat.protocol import EngineState
from companion.chat.sidebar import addresses
from memory import clock
from memory.dialogue import NoSuchConversation, default_companion
from memory.isolation import acting_as
from memory.models import Companion
from memory.unremembered import paused_since
from worker import engines


@login_required
@never_cache
@require_GET
def chat(request: HttpRequest, conversation_id: UUID | None = None) -> HttpResponse:
    """The page; without a conversation, the beginning of a new one."""
    person = cast(Person, request.user)
    conversation = _conversation(person, conversation_id) if conversation_id else None
    boot = _boot(person, conversation, request.GET.get("with", ""))
    return render(request, "chat/chat.html", {"boot": boot.model_dump(mode="json")})


@login_required
@require_GET
def conversations(request: HttpRequest) -> JsonResponse:
    """The sidebar's list: its beginning, or what follows after the conversation `id`, last active at `after`."""
    try:
        place = _place(request)
    except ValueError:
        return JsonResponse({"message": "“after” is a moment, and “id” a conversation’s."}, status=400)
    return JsonResponse(list_conversations(cast(Person, request.user), place).model_dump(mode="json"))


def _place(request: HttpRequest) -> Place | None:
    """Where a page of the list begins. Raises ValueError."""
    if "after" not in request.GET:
        return None
    moment = datetime.fromisoformat(request.GET["after"])
    if moment.tzinfo is None:
        raise ValueError("a moment without its zone")
    return moment, UUID(request.GET.get("id", ""))


@login_required
@require_POST
def search(request: HttpRequest) -> JsonResponse:
    """Conversations that hold the `words`, which stand in the body: addresses are logged."""
    return _json(find_words(cast(Person, request.user), request.POST.get("words", "")[:200]))


@login_required
@require_GET
def turns(request: HttpRequest, conversation_id: UUID) -> JsonResponse:
    """A page of turns that ends before the turn named by `before`; with `down_to`, as long as that turn is in it."""
    named = {name: request.GET[name] for name in ("before", "down_to") if request.GET.get(name)}
    for name, given in named.items():
        if not (given.isascii() and given.isdigit() and len(given) < 19):
            return JsonResponse({"message": f"“{name}” is the id of a turn."}, status=400)
    person = cast(Person, request.user)
    page = _conversation(person, conversation_id, **{name: int(given) for name, given in named.items()})
    return JsonResponse(page.model_dump(mode="json"))


def _json(listed: Sequence[Heading]) -> JsonResponse:
    return JsonResponse([one.model_dump(mode="json") for one in listed], safe=False)


def _conversation(person: Person, conversation_id: UUID, **which: int) -> Page:
    """Another person's conversation is as if it did not exist."""
    try:
        return read_conversation(person, conversation_id, **which)
    except NoSuchConversation as missing:
        raise Http404(str(missing)) from missing


def _boot(person: Person, conversation: Page | None, wanted: str) -> Boot:
    """All that the page needs to show its first content without waiting for the socket.

    A new conversation is with the companion `wanted`, by its number; with the first where there is none such.
    """
    with acting_as(person.pk):
        first = default_companion(person_id=person.pk)
        companions = list(Companion.objects.of(person.pk).present().order_by("pk"))
        spoken_to = str(conversation.companion) if conversation else wanted
        companion = next((one for one in companions if str(one.pk) == spoken_to), first)
        paused = paused_since(person.pk)
    return Boot(
        person=Chatter(
            id=person.pk,
            name=person.called,
            email=person.email,
            time_zone=person.time_zone,
            administrator=person.is_staff,
        ),
        companion=Partner(id=companion.pk, name=companion.name),
        companions=[Partner(id=one.pk, name=one.name) for one in companions],
        engine=EngineState(**engines.describe()),
        listed=list_conversations(person),
        conversation=conversation,
        limit=settings.MESSAGE_LIMIT,
        off_record_minutes=settings.OFF_RECORD_MINUTES,
        paused=paused,
        now=clock.now(),
        urls=addresses(person),
    )
