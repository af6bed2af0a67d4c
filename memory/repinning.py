"""Pins that came along with a file: each memory is pinned once it is made again, here or in a worker, later."""

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Greatest, Least

from memory import clock, pinning, portrait, staging
from memory.models import Brought, Memory, Period, Session, Source
from memory.models.trace import BY_HAND

OF_SESSIONS = (Brought.Kind.FACT, Brought.Kind.SESSION_SUMMARY)
PINS = Q(met_at=None) & ~Q(kind=Brought.Kind.LINE)


def unmet(person_id: int) -> QuerySet[Brought]:
    """Pins whose memory is not there yet. Runs inside `acting_as(person)`."""
    return Brought.objects.of(person_id).filter(PINS).select_related("turn__session", "turn__conversation")


def of_session(session: Session) -> None:
    """Pin what was just made of a session. Runs in the transaction that ends the step."""
    meet(unmet(session.owner_id).filter(kind__in=OF_SESSIONS, turn__session=session))


def of_period(period: Period) -> None:
    """The same of a day, or of the acquaintance."""
    of_companion = unmet(period.owner_id).filter(turn__conversation__companion=period.companion_id)
    if period.day is None:
        meet(of_companion.filter(kind=Brought.Kind.ACQUAINTANCE))
    else:
        meet(of_companion.filter(kind=Brought.Kind.DAY_SUMMARY, turn__session__day=period.day))


def meet(waiting: QuerySet[Brought]) -> None:
    """Pin what is there of these; what is not goes on waiting. What a rebuild makes is pinned once it is in place."""
    rows = list(waiting)
    if not rows or staging.is_read(Memory):
        return
    for one in rows:
        memory = _found(one)
        if memory is not None:
            pinning.pin(person_id=one.owner_id, memory_id=memory.pk, pinned=True)
            one.met_at = clock.now()
            one.save(update_fields=["met_at"])


def _found(one: Brought) -> Memory | None:
    of_kind = Memory.objects.of(one.owner_id).filter(kind=one.kind)
    session = one.turn.session
    match one.kind:
        case Brought.Kind.FACT:
            return _fact(one)
        case Brought.Kind.ROUND:
            return of_kind.filter(sources__turn=one.turn).first()
        case Brought.Kind.SESSION_SUMMARY:
            return of_kind.filter(session=session).first()
        case Brought.Kind.DAY_SUMMARY:
            of_day = of_kind.filter(period__day=session.day, period__day__isnull=False)
            return of_day.filter(companion=one.turn.conversation.companion_id).first()
        case _:
            return of_kind.filter(companion=one.turn.conversation.companion_id).first()


def _fact(one: Brought) -> Memory | None:
    """Of what was noted of these words, the one that says the same; else the one that most of them tell."""
    overlaps = Least(F("end"), one.end) - Greatest(F("start"), one.start)
    sources = Source.objects.of(one.owner_id).filter(turn=one.turn, start__lt=one.end, end__gt=one.start)
    of_facts = sources.filter(memory__kind=Memory.Kind.FACT).exclude(memory__version=BY_HAND)
    noted = [source.memory for source in of_facts.select_related("memory").order_by(-overlaps, "memory_id")]
    same = (memory for memory in noted if portrait.digest(one.owner_id, memory.text) == bytes(one.digest))
    return next(same, noted[0] if noted else None)
