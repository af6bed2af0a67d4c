"""What a person had judged elsewhere holds here, too: pins, corrections, what they said to lines of their portrait.

Only of words that an import brought: in the account that a file came from they have decided since. Each is heeded once.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_noop

from memory import clock, correction, permission, portrait, repinning, tombstone
from memory.history.judgements import Judged, Line, Pin, Right, Words
from memory.history.known import here
from memory.history.told import Skipped
from memory.models import Brought, Companion, Matter, Memory, PortraitLine, Speaker, Turn
from memory.models.trace import BY_HAND
from memory.wording import Worded, Wording

OF_WORDS = (Memory.Kind.ROUND, Memory.Kind.FACT)


NOT_HERE = Wording(gettext_noop("the words that it is about are not here; they may have been forgotten"))
NOT_ALLOWED = Wording(gettext_noop("this house lets nothing of that sort be remembered"))


class NotHeeded(Worded, ValueError):
    """It can't be heeded here; the wording says why."""


def heed(companion: Companion, source: str, judged: Sequence[Judged]) -> tuple[list[Skipped], list[int]]:
    """Let them hold; returns those that can't, and the turns whose corrections want keys.

    Runs inside `acting_as(person)`, under the lock of imports.
    """
    tombstone.let_write(companion.owner_id)
    turns = _turns(companion.owner_id, source, judged)
    skipped: list[Skipped] = []
    righted: list[int] = []
    for one in judged:
        try:
            match one.what:
                case Pin():
                    _pin(one.what, turns)
                case Right():
                    righted += _right(one.what, turns)
                case Line():
                    _say(companion, one.what, turns)
        except NotHeeded as error:
            skipped.append(Skipped(one.where, error.why))
    return skipped, righted


def _turns(person_id: int, source: str, judged: Iterable[Judged]) -> dict[str, Turn]:
    """The turns that they are about, by their ids in the file, as far as these are here."""
    named = {identity for one in judged for identity in _named(one.what)}
    pks = here(person_id, source, named)
    shown = Turn.objects.of(person_id).shown().select_related("owner", "session", "conversation__companion")
    found = shown.in_bulk(pks.values())
    return {identity: found[pk] for identity, pk in pks.items() if pk in found}


def _named(what: Pin | Right | Line) -> list[str]:
    match what:
        case Pin():
            return [what.turn]
        case Right():
            return [what.turn, *(wrong.turn for wrong in what.in_place_of)]
        case _:
            return [quote.turn for quote in what.quotes]


def _turn(identity: str, turns: Mapping[str, Turn]) -> Turn:
    turn = turns.get(identity)
    if turn is None:
        raise NotHeeded(NOT_HERE)
    return turn


def _spoken(words: Words, turns: Mapping[str, Turn]) -> Turn:
    """The person's turn of these words."""
    turn = _turn(words.turn, turns)
    if words.end > len(turn.text) or turn.speaker != Speaker.PERSON:
        raise NotHeeded(Wording(gettext_noop("it names words that do not stand there")))
    return turn


def _is_new(turn: Turn, kind: Brought.Kind, words: Words, digest: bytes, **more: Any) -> Brought | None:
    """It is noted that this is heeded; None where it was before, or where the words were said here."""
    if turn.origin is None:
        return None
    of_it = {"owner_id": turn.owner_id, "turn": turn, "kind": kind, "start": words.start, "end": words.end}
    row, is_new = Brought.objects.get_or_create(**of_it, digest=digest, defaults=more)
    return row if is_new else None


def _pin(pin: Pin, turns: Mapping[str, Turn]) -> None:
    turn = _spoken(pin, turns) if pin.memory in OF_WORDS else _turn(pin.turn, turns)
    wording = pin.text if pin.memory == Memory.Kind.FACT else ""  # a summary is made anew in other words
    row = _is_new(turn, Brought.Kind(pin.memory), pin, portrait.digest(turn.owner_id, wording))
    if row is not None:
        repinning.meet(repinning.unmet(turn.owner_id).filter(pk=row.pk))


def _right(right: Right, turns: Mapping[str, Turn]) -> list[int]:
    """The turn of a correction that holds by this import, which may want its key yet."""
    turn = _turn(right.turn, turns)
    wrong = [
        correction.Wrong(_spoken(one, turns).pk, one.start, one.end, one.subject, one.attribute, one.mistaken)
        for one in right.in_place_of
        if one.turn in turns
    ]
    if turn.origin is None:
        return []
    if Memory.objects.of(turn.owner_id).filter(version=BY_HAND, sources__turn=turn).exists():
        return [turn.pk]
    if not (turn.conversation.origin or "").startswith(BY_HAND):
        raise NotHeeded(
            Wording(gettext_noop("its words came with an older file, where they were no correction; they stay so"))
        )
    if len(turn.text) > correction.LONGEST:
        raise NotHeeded(
            Wording(
                gettext_noop("a correction is at most %(count)s characters long"), {"count": str(correction.LONGEST)}
            )
        )
    if not permission.may_be_written(turn.owner_id, Matter.FACTS, turn.text):
        raise NotHeeded(NOT_ALLOWED)
    noted = right.model_dump(include=correction.NOTED)
    correction.bring_back(turn=turn, noted=noted, wrong=wrong)
    return [turn.pk]


def _say(companion: Companion, line: Line, turns: Mapping[str, Turn]) -> None:
    """What was only drawn is drawn here anew. Where words have gone that it stands on, its text does not come back."""
    if line.state == "drawn":
        return
    state = PortraitLine.State(line.state)
    stands_on = [quote for quote in line.quotes if quote.weight > 0]
    spoken = {quote: _spoken(quote, turns) for quote in line.quotes if quote.turn in turns}
    whole = bool(stands_on) and all(quote in spoken for quote in stands_on)
    if not whole and state == PortraitLine.State.CONFIRMED:
        raise NotHeeded(NOT_HERE)
    first = spoken[stands_on[0]] if whole else None
    about = first.conversation.companion if first else companion
    text = " ".join(line.text.split())
    if state == PortraitLine.State.CONFIRMED and not permission.may_be_written(about.owner_id, Matter.PORTRAIT, text):
        raise NotHeeded(NOT_ALLOWED)
    digest = portrait.digest(about.owner_id, f"{line.aspect} {text}")
    if first and not _is_new(first, Brought.Kind.LINE, stands_on[0], digest, met_at=clock.now()):
        return
    words = [(spoken[quote].pk, quote.start, quote.end, quote.weight) for quote in line.quotes if quote in spoken]
    portrait.say_again(
        companion=about, aspect=line.aspect, text=text, state=state, version=BY_HAND, words=words if whole else []
    )
