"""What an inspector sees of a person's memories: text or quotes, where they come from, how fresh they are, revisions.

What is forgotten or about to be stays withheld: everything here asks for what is `shown`. Runs inside a visit,
and so inside `acting_as(person)`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext, gettext_lazy

from memory import clock, retention
from memory.listed import HOLDS, STATES, listed
from memory.models import Conversation, Erasure, Memory, Period, Recall, Recalled, Session, Source, Step, Turn
from memory.reading import excerpt
from memory.temporal import range_in_words

PAGE = 50  # memories
RECALLS = 20  # of a page
LONGEST = 300  # characters of one in a list
TALK = "round"  # what was said, pinned or not: not listed as memories, and read under a kind of its own
KINDS = {
    "fact": gettext_lazy("Fact"),
    "session": gettext_lazy("Session’s summary"),
    "day": gettext_lazy("Day’s summary"),
    "whole": gettext_lazy("Acquaintance"),
    TALK: gettext_lazy("Talk"),
}
STATES_IN_WORDS = {
    "vivid": gettext_lazy("vivid"),
    "fading": gettext_lazy("fading"),
    "faded": gettext_lazy("faded"),
    "pinned": gettext_lazy("pinned"),
    "superseded": gettext_lazy("no longer so"),
}
TOLD = {
    Memory.Told.STATE: gettext_lazy("state"),
    Memory.Told.EVENT: gettext_lazy("event"),
    Memory.Told.PLAN: gettext_lazy("plan"),
    Memory.Told.DROPPED: gettext_lazy("plan that was dropped"),
}


@dataclass(frozen=True)
class Quoted:
    """Where a memory comes from: words of a turn."""

    turn: int
    speaker: str
    said_at: datetime
    before: str  # what stands before the words in their turn
    words: str
    after: str


@dataclass(frozen=True)
class Shown:
    """A memory as it is shown."""

    memory: Memory
    text: str
    freshness: float  # R, 0-1
    recalled: int  # how often a reply used it

    @property
    def kind(self) -> str:
        """The sort of memory, in words."""
        return str(KINDS.get(self.memory.kind, self.memory.kind))

    @property
    def told(self) -> str:
        """As what a fact is told."""
        return str(TOLD.get(self.memory.told, ""))  # type: ignore[call-overload]

    @property
    def state(self) -> str:
        """vivid, fading or faded, as of now."""
        return retention.freshness(self.freshness)

    @property
    def state_in_words(self) -> str:
        """The same, to read."""
        return str(STATES_IN_WORDS[self.state])

    @property
    def percent(self) -> int:
        """How much of it is left."""
        return round(100 * self.freshness)


def figures(person_id: int) -> dict[str, Any]:
    """How much there is of what, and in what state, counted as on the person's own page. No words."""
    kinds = {kind: Count("pk", filter=HOLDS & Q(kind=kind)) for kind in KINDS if kind != TALK}
    counts = _of_kind(person_id, "").aggregate(all=Count("pk", filter=HOLDS), **kinds)
    counts[TALK] = _of_kind(person_id, TALK).filter(HOLDS).count()
    first = Turn.objects.of(person_id).order_by("said_at").values_list("said_at", flat=True).first()
    return {
        "memories": counts["all"],
        "kinds": [(kind, str(name), counts[kind]) for kind, name in KINDS.items()],
        "states": states(person_id, kind=""),
        "turns": Turn.objects.of(person_id).count(),
        "conversations": Conversation.objects.of(person_id).count(),
        "sessions": Session.objects.of(person_id).count(),
        "recalls": Recall.objects.of(person_id).count(),
        "since": first,
    }


def states(person_id: int, *, kind: str) -> list[tuple[str, str, int]]:
    """(state, its name, how many there are) of a kind of memory, or of all."""
    counted = {state: Count("pk", filter=of_state) for state, of_state in STATES.items()}
    counts = _of_kind(person_id, kind).aggregate(**counted)
    return [(state, str(STATES_IN_WORDS[state]), counts[state]) for state in STATES]


def _of_kind(person_id: int, kind: str) -> QuerySet[Memory]:
    """What counts as a memory, of a kind or of all; talk, where it is asked for."""
    shown: QuerySet[Memory] = Memory.objects.of(person_id).shown()
    if kind == TALK:
        return shown.filter(kind=kind)
    return listed(shown).filter(kind=kind) if kind in KINDS else listed(shown)


def unfinished_first(person_id: int, most: int = 12) -> list[Step | Period]:
    """Steps of sessions, days and the acquaintance: what failed or waits before what is done, the newest first."""
    rows: list[Step | Period] = [
        *Step.objects.of(person_id).select_related("session").order_by("-due_at")[:200],
        *Period.objects.of(person_id).order_by("-due_at")[:200],
    ]
    urgency = {Step.State.FAILED.value: 0, Step.State.WAITING.value: 1}
    rows.sort(key=lambda row: (urgency.get(row.state, 2), -row.due_at.timestamp()))
    return rows[:most]


def erasures(person_id: int) -> QuerySet[Erasure]:
    """What was forgotten on request: receipts without words."""
    return Erasure.objects.of(person_id).order_by("-asked_at")


def memories(person_id: int, *, kind: str, state: str, before: int | None) -> tuple[list[Shown], bool]:
    """A page of memories, the newest first, that ends before one of them; and whether there are more."""
    rows = _with_sources(person_id, _of_kind(person_id, kind)).filter(STATES.get(state, HOLDS))
    last = Memory.objects.of(person_id).filter(pk=before).first() if before else None
    if last is not None:
        rows = rows.filter(Q(said_at__lt=last.said_at) | Q(said_at=last.said_at, pk__lt=last.pk))
    page = list(rows.order_by("-said_at", "-pk")[: PAGE + 1])
    return [_shown(memory) for memory in page[:PAGE]], len(page) > PAGE


def memory(person_id: int, memory_id: int) -> Shown | None:
    """One memory; None where there is none, or it is withheld."""
    found = _with_sources(person_id, Memory.objects.of(person_id).shown()).filter(pk=memory_id).first()
    return _shown(found) if found else None


def quotes(shown: Shown) -> list[Quoted]:
    """The words it comes from, in the order in which they were said."""
    return [
        Quoted(
            turn=source.turn_id,
            speaker=source.turn.speaker,
            said_at=source.turn.said_at,
            before=source.turn.text[: source.start],
            words=source.turn.text[source.start : source.end],
            after=source.turn.text[source.end :],
        )
        for source in shown.memory.sources.all()
    ]


def revisions(person_id: int, shown: Shown) -> list[tuple[str, Memory]]:
    """What it replaced, what replaced it, and what it disagrees with, as far as these are shown."""
    others = Memory.objects.of(person_id).shown()
    one = shown.memory
    found = [(gettext("It replaces"), other) for other in others.filter(superseded_by=one).order_by("said_at")]
    found += [(gettext("It is replaced by"), other) for other in others.filter(supersedes=one)]
    found += [(gettext("It contradicts"), other) for other in others.filter(contradicted_by=one)]
    return found + [(gettext("It is contradicted by"), other) for other in others.filter(contradicts=one)]


def turns_behind(shown: Shown) -> int:
    """How many turns would go if it were erased, without the replies to them."""
    return len({source.turn_id for source in shown.memory.sources.all()})


@dataclass(frozen=True)
class Remembered:
    """A recall that was kept, with what came to mind."""

    recall: Recall
    recalled: Sequence[tuple[Recalled, str]]  # each with an excerpt of its words
    forms: Sequence[str]  # what was looked for; withheld where it may hold what is about to be erased

    @property
    def dates(self) -> str:
        """The days that were understood."""
        first, last = self.recall.asked_from, self.recall.asked_to
        return range_in_words(first, last) if first and last else ""


def recalls(person_id: int, *, before: int | None) -> tuple[list[Remembered], bool]:
    """A page of recalls, the newest first, that ends before one of them; and whether there are more."""
    marked = Turn.objects.of(person_id).filter(erasure__isnull=False)
    beside = Exists(
        marked.filter(conversation=OuterRef("reply__turn__conversation"))
    )  # a short question is read with them
    rows = Recall.objects.of(person_id).filter(reply__turn__erasure=None).annotate(withheld=beside)
    rows = rows.exclude(reply__turn__conversation__off_record=True)
    kept = Recalled.objects.of(person_id).exclude(turn__erasure__isnull=False).select_related("turn", "memory")
    kept = kept.filter(memory__in=Memory.objects.of(person_id).shown())
    rows = rows.prefetch_related(Prefetch("recalled", kept))
    if before:
        rows = rows.filter(pk__lt=before)
    page = list(rows.order_by("-pk")[: RECALLS + 1])
    return [_remembered(recall) for recall in page[:RECALLS]], len(page) > RECALLS


def _remembered(recall: Recall) -> Remembered:
    rows = [(row, excerpt(row.turn.text if row.turn else row.memory.text, LONGEST)) for row in recall.recalled.all()]
    return Remembered(recall, rows, [] if recall.withheld else recall.forms)  # type: ignore[attr-defined]


def _with_sources(person_id: int, rows: QuerySet[Memory]) -> QuerySet[Memory]:
    told = Source.objects.of(person_id).select_related("turn").order_by("turn__said_at", "turn__number", "start")
    recalls = Recalled.objects.of(person_id).filter(memory=OuterRef("pk"), used=True).order_by()
    used = recalls.values("memory").annotate(times=Count("pk")).values("times")  # asked for the page's rows alone
    return rows.annotate(used=Coalesce(Subquery(used), 0)).prefetch_related(Prefetch("sources", told))


def _shown(memory: Memory) -> Shown:
    text = memory.text or " — ".join(source.turn.text for source in memory.sources.all())
    return Shown(memory, excerpt(text, LONGEST), memory.retention(clock.now()), memory.used)  # type: ignore[attr-defined]
