"""The derived layers: which rows are whose, how they are made, and what is made from which.

Turns and their rounds are the truth and belong to none. Whatever is derived belongs to exactly one layer.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from django.db.models import F, Q

from memory import clock, indexing
from memory.consolidation import periods, steps
from memory.encoder import Encoder
from memory.engine import Engine
from memory.isolation import acting_as
from memory.models import (
    Collection,
    Key,
    Lexicon,
    Link,
    Memory,
    Period,
    PortraitEvidence,
    PortraitLine,
    Source,
    Step,
    Turn,
)
from memory.models.owned import OwnedModel

AT_ONCE = 256  # turns that get their keys together

Rows = Mapping[type[OwnedModel], Q]  # which rows of each table
EVERY, NONE = Q(owner__isnull=False), Q(owner__isnull=True)  # an empty Q would be lost beside another
# The tables of work, and which column counts how often it was asked for: what was made for less is not kept.
ASKED: dict[type[OwnedModel], str] = {Step: "asked", Period: "revision"}


Progress = Callable[[int, int], None]  # how many are done, of how many
Make = Callable[[int, Engine, Encoder, Progress], None]  # all that waits, of a person


class UnknownLayer(LookupError):
    """There is no layer of this name. The message names those there are."""


@dataclass(frozen=True)
class Layer:
    """One layer of what is derived from turns."""

    make: Make
    kinds: tuple[Memory.Kind, ...] = ()  # memories of its own, with their sources and keys
    others: Rows = field(default_factory=dict)  # further rows of its own
    held: Rows = field(default_factory=dict)  # of the others, those that are as the person's hand left them
    work: Rows = field(default_factory=dict)  # rows that say how far it is: steps, periods
    above: tuple[str, ...] = ()  # layers that are made from it


def _turn_keys(person_id: int, engine: Engine, encoder: Encoder, progress: Progress) -> None:
    """Keys of the turns that have none, oldest first."""
    with acting_as(person_id):
        keyed = Key.objects.of(person_id).filter(encoder=encoder.name, kind=Key.Kind.TURN).values("turn_id")
        turns = Turn.objects.of(person_id).remembered().exclude(pk__in=keyed)
        lacking = list(turns.order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(lacking), AT_ONCE):
        some = lacking[start : start + AT_ONCE]
        indexing.index_turns(person_id=person_id, turn_ids=some, encoder=encoder)
        progress(start + len(some), len(lacking))


def _by_sessions(person_id: int, engine: Engine, encoder: Encoder, progress: Progress) -> None:
    """The steps that are due, in the order in which the sessions were."""
    with acting_as(person_id):
        due = Step.objects.of(person_id).filter(state=Step.State.WAITING, due_at__lte=clock.now())
        found = due.order_by("session__started_at", "session_id").values_list("session_id", flat=True)
        sessions = list(dict.fromkeys(found))
    for number, session_id in enumerate(sessions, start=1):
        steps.run(person_id=person_id, session_id=session_id, engine=engine, encoder=encoder)
        progress(number, len(sessions))


def _by_periods(person_id: int, engine: Engine, encoder: Encoder, progress: Progress) -> None:
    """The days that are due in their order, then the acquaintance."""
    with acting_as(person_id):
        waiting = Period.objects.of(person_id).filter(state=Step.State.WAITING)
        waiting.filter(day=None).update(due_at=clock.now())  # it waits for days that are not over, but not here
        due = waiting.filter(due_at__lte=clock.now())
        found = list(due.order_by(F("day").asc(nulls_last=True), "pk").values_list("pk", flat=True))
    for number, period_id in enumerate(found, start=1):
        periods.run(person_id=person_id, period_id=period_id, engine=engine, encoder=encoder)
        progress(number, len(found))


LAYERS: dict[str, Layer] = {
    "keys": Layer(_turn_keys, others={Key: Q(kind=Key.Kind.TURN), Lexicon: EVERY, Collection: EVERY}),
    "summaries": Layer(
        _by_sessions,
        kinds=(Memory.Kind.SESSION_SUMMARY,),
        work={Step: Q(kind=Step.Kind.SUMMARY)},
        above=("days", "acquaintance", "portrait"),
    ),
    "facts": Layer(
        _by_sessions,
        kinds=(Memory.Kind.FACT,),
        work={Step: Q(kind=Step.Kind.FACTS)},
        above=("links", "portrait"),
    ),
    "links": Layer(_by_sessions, others={Link: EVERY}, work={Step: Q(kind=Step.Kind.LINKS)}),
    "days": Layer(
        _by_periods,
        kinds=(Memory.Kind.DAY_SUMMARY,),
        work={Period: Q(day__isnull=False)},
        above=("acquaintance", "portrait"),
    ),
    "acquaintance": Layer(
        _by_periods,
        kinds=(Memory.Kind.ACQUAINTANCE,),
        work={Period: Q(day=None, layer=Period.Layer.SUMMARY)},
        above=("portrait",),
    ),
    "portrait": Layer(
        _by_periods,
        others={PortraitEvidence: EVERY, PortraitLine: EVERY},
        held={
            PortraitEvidence: ~Q(line__state__in=PortraitLine.UNANSWERED),
            PortraitLine: ~Q(state__in=PortraitLine.UNANSWERED),
        },
        work={Period: Q(layer=Period.Layer.PORTRAIT)},
    ),
}


def chosen(names: Iterable[str] = ()) -> list[str]:
    """These layers and all that are made from them, in order; without names all. Raises UnknownLayer."""
    wanted = list(names) or list(LAYERS)
    for name in wanted:
        if name not in LAYERS:
            raise UnknownLayer(f"There is no layer “{name}”. There are: {', '.join(LAYERS)}.")
        wanted += [above for above in LAYERS[name].above if above not in wanted]
    return [name for name in LAYERS if name in wanted]


def kinds(names: Iterable[str]) -> list[Memory.Kind]:
    """The kinds of memory that these layers consist of."""
    return [kind for name in names for kind in LAYERS[name].kinds]


def made(names: Iterable[str]) -> dict[type[OwnedModel], Q]:
    """What these layers consist of, table by table; what hangs on a memory comes before it."""
    of = kinds(names)
    rows: dict[type[OwnedModel], Q] = {
        Source: Q(memory__kind__in=of),
        Key: Q(memory__kind__in=of) | Q(fact__kind__in=of),
    }
    for name in names:
        _add(rows, LAYERS[name].others)
    rows[Memory] = Q(kind__in=of)
    return rows


def held(names: Iterable[str]) -> dict[type[OwnedModel], Q]:
    """Which of the further rows stay as the person's hand left them, found again or not."""
    rows: dict[type[OwnedModel], Q] = {}
    for name in names:
        _add(rows, LAYERS[name].held)
    return rows


def work(names: Iterable[str]) -> dict[type[OwnedModel], Q]:
    """The rows that say how far these layers are, table by table."""
    rows: dict[type[OwnedModel], Q] = {}
    for name in names:
        _add(rows, LAYERS[name].work)
    return rows


def tables() -> list[type[OwnedModel]]:
    """Every table in which a layer has rows."""
    return [*dict.fromkeys((*made(LAYERS), *work(LAYERS)))]


def _add(rows: dict[type[OwnedModel], Q], more: Rows) -> None:
    for model, which in more.items():
        rows[model] = rows[model] | which if model in rows else which
