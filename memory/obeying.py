"""Do what a person asked of memory in plain words (memory/requests/), and take it back.

To forget takes two steps: what was found on the topic is kept with the request, and goes once the person has said which
of it. The request goes with it, for it names what is to be forgotten.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.utils.translation import gettext

from memory import erasure, pinning
from memory.encoder import Encoder
from memory.erasure import Wish
from memory.isolation import acting_as
from memory.models import Erasure, Request, Speaker, Turn
from memory.recall import Candidate, question_forms

LIKELY = 0.3  # 0-1: how likely a turn must be on the topic to be shown; what merely stood beside it reaches about 0.26
WORDS = 0.25  # or the share of the topic's words that the turn itself has: one word of one is told as about 0.5
MOST_FOUND = 20  # turns shown for the person to choose from


class NoSuchRequest(LookupError):
    """This person has asked for no such thing, or it is done."""


def find(*, request: Request, person: str, moment: datetime, encoder: Encoder) -> Sequence[int]:
    """The person's turns on the topic that they want forgotten, the likeliest first; kept with the request.

    Of a reply that is on it, what it answers is meant, with which it goes. Not inside a transaction: the encoder reads
    the topic first.
    """
    companion = request.turn.conversation.companion
    read = encoder.read(question_forms(request.words, person=person, companion=companion.name, asked=True))
    with acting_as(request.owner_id):
        found = erasure.find(
            companion=companion, person=person, topic=request.words, moment=moment, encoder=encoder, read=read
        )
        return _kept(request, found)


def _kept(request: Request, candidates: Sequence[Candidate]) -> Sequence[int]:
    likely = [one.turn_id for one in candidates if _is_on_topic(one)]
    turns = Turn.objects.of(request.owner_id).in_bulk(likely)
    said = [turns[pk].answers_id or pk for pk in likely if pk in turns]
    theirs = Turn.objects.of(request.owner_id).shown().filter(pk__in=said, speaker=Speaker.PERSON)
    kept = set(theirs.values_list("pk", flat=True))
    request.found = [pk for pk in dict.fromkeys(said) if pk in kept][:MOST_FOUND]
    request.save(update_fields=["found"])
    return request.found


def _is_on_topic(candidate: Candidate) -> bool:
    return candidate.scores["total"] >= LIKELY or candidate.scores["lexical_turn"] >= WORDS


def forget(*, person_id: int, request_id: int, turn_ids: Iterable[int]) -> Erasure:
    """Have those of the found turns erased that the person confirmed, postponed as any erasure is.

    Raises NoSuchRequest; also where none of them was found.
    """
    with acting_as(person_id):
        request = _waiting(person_id, request_id)
        chosen = set(turn_ids) & set(request.found)
    if not chosen:
        raise NoSuchRequest(gettext("Nothing of it was chosen."))
    wish = Wish(Erasure.Kind.TOPIC, ids=[*sorted(chosen), request.turn_id])
    try:
        return erasure.forget(person_id=person_id, wish=wish)
    except erasure.NothingToForget as gone:
        raise NoSuchRequest(gettext("It is gone already.")) from gone


def _waiting(person_id: int, request_id: int) -> Request:
    waiting = Request.objects.of(person_id).filter(kind=Request.Kind.FORGET, state=Request.State.WAITING)
    request = waiting.filter(pk=request_id, turn__erasure=None).first()
    if request is None:
        raise NoSuchRequest(gettext("There is no such request."))
    return request


def forgotten(person_id: int) -> list[Erasure]:
    """Topics that can still be taken back, the latest first. Runs inside `acting_as(person)`."""
    waiting = Erasure.objects.of(person_id).filter(kind=Erasure.Kind.TOPIC, state=Erasure.State.WAITING)
    return list(waiting.order_by("-asked_at"))


def let_fade(*, person_id: int, request_id: int) -> Request:
    """Take back a wish to remember: it may fade as anything else. Runs inside `acting_as(person)`.

    Raises NoSuchRequest.
    """
    done = Request.objects.of(person_id).filter(kind=Request.Kind.REMEMBER, state=Request.State.DONE)
    request = done.select_for_update(of=("self",)).filter(pk=request_id).select_related("turn").first()
    if request is None:
        raise NoSuchRequest(gettext("There is no such request."))
    if request.memory_id is not None:
        pinning.pin(person_id=person_id, memory_id=request.memory_id, pinned=False)
    request.state = Request.State.WITHDRAWN
    request.save(update_fields=["state"])
    return request
