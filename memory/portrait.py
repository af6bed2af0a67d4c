"""The portrait as it stands: read, confirmed, corrected, refused, and taken back where its words are erased.

It is drawn in memory/consolidation/portrait.py (MemoryBank §2.2). How sure a line is, 0-1, is s / (s + c + 1): s sums
over days the most that one of its quotes bears out, times what is left of that quote's round (§2.3), and c the same of
what speaks against it. So it grows with the days on which a thing was said, and fades with them.
"""

import hmac
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256

from django.conf import settings
from django.db.models import F
from django.db.models.functions import Substr
from django.utils.translation import gettext

from memory import clock, lexicon, permission, retention, tombstone
from memory.isolation import acting_as
from memory.models import Companion, Matter, Memory, PortraitEvidence, PortraitLine, Source
from memory.models.portrait import PortraitLines

DOUBT = 1.0  # what a line must outweigh: said once today, it is held by two thirds
LEAST = 0.2  # confidence below which a line is not held
SURE = 0.5  # confidence from which a line is told to an engine
LONGEST_LINE = 160  # characters
# By hand, for every prompt waits for it, and Django takes longer to put it into SQL than PostgreSQL to answer. What is
# held is the same as in `PortraitLines.held`. What two companions hold is told by the surer one's line.
HELD = """
    line.owner_id = %(owner)s and line.companion_id = any(%(companions)s) and not line.state = any(%(unheld)s)
    and exists (
        select from memory_portraitevidence evidence where evidence.line_id = line.id and evidence.weight > 0
    )
    and not exists (
        select from memory_portraitevidence evidence join memory_turn turn on turn.id = evidence.turn_id
        where evidence.line_id = line.id and evidence.weight > 0 and turn.erasure_id is not null
    )
"""
TOLD = f"""
with held as (select line.* from memory_portraitline line where {HELD})
select held.* from held
where held.confidence >= %(sure)s
and not exists (
    select from held surer where surer.aspect = held.aspect and surer.digest = held.digest
    and (surer.confidence > held.confidence or (surer.confidence = held.confidence and surer.id < held.id))
)
and not exists (
    select from memory_portraitline refused
    where refused.owner_id = %(owner)s and refused.companion_id = any(%(companions)s)
    and refused.state = %(refused)s and refused.aspect = held.aspect and refused.digest = held.digest
)
order by held.confidence desc, held.id limit %(most)s
"""  # noqa: S608 - of the fragment above
DENIED = re.compile(r"n['’]t\b|\bnot\b", re.IGNORECASE)


class NotAllowed(Exception):
    """The house lets nothing of that sort be kept (memory/policy.py)."""


@dataclass(frozen=True)
class Quote:
    """Words of the person's that a line stands on, or that speak against it."""

    turn_id: int
    start: int  # characters of the turn
    end: int
    text: str
    said_at: datetime
    day: date  # on the person's calendar
    weight: float  # how much it bears out a day; below zero it speaks against the line
    left: float  # 0-1: retention of its round


@dataclass(frozen=True)
class Held:
    """A line as it stands at a moment."""

    id: int
    aspect: str
    text: str
    confidence: float  # 0-1
    confirmed: bool  # by the person
    quotes: tuple[Quote, ...]  # oldest first
    version: str


def read(companion: Companion, moment: datetime) -> list[Held]:
    """The lines that hold at a moment, the surest first. Runs inside `acting_as(person)`.

    None stands on words that are about to be erased.
    """
    held = weighed(_of(companion).held(), moment)
    return sorted((line for line in held if line.confidence >= LEAST), key=lambda line: (-line.confidence, line.id))


def told(person_id: int, drawn_by: Sequence[int], moment: datetime, *, most: int) -> list[Held]:
    """What an engine may be told: the surest when the portraits were drawn that are still sure, in that order.

    It changes with the portraits, so that prompts of one day begin alike. Of companions that share theirs, what two
    hold is told once, and what the person refused one of them none tells. Runs inside `acting_as(person)`.
    """
    wanted = {"owner": person_id, "companions": list(drawn_by), "unheld": list(PortraitLine.UNHELD), "sure": SURE}
    surest = PortraitLine.objects.raw(TOLD, wanted | {"refused": PortraitLine.State.REFUSED, "most": most})
    return [line for line in weighed(surest, moment) if line.confidence >= SURE]


def changed(companion: Companion, since: datetime) -> list[PortraitLine]:
    """What became new since a moment and still holds, and what was dropped since then; the latest first.

    Without what stands on words about to be erased. Runs inside `acting_as(person)`.
    """
    dropped = _of(companion).shown().filter(state=PortraitLine.State.DROPPED, made_at__gte=since)
    new = _of(companion).held().filter(first_at__gte=since)
    latest = {line.pk: line.first_at or line.made_at for line in new} | {line.pk: line.made_at for line in dropped}
    return sorted([*new, *dropped], key=lambda line: (latest[line.pk], line.pk), reverse=True)


def refused(companion: Companion) -> list[PortraitLine]:
    """What the person did not want to be concluded, the latest first. Runs inside `acting_as(person)`.

    Without those whose words are erased, or about to be.
    """
    lines = _of(companion).filter(state=PortraitLine.State.REFUSED).exclude(text="").shown()
    return list(lines.order_by("-made_at", "-pk"))


def _of(companion: Companion) -> PortraitLines:
    lines: PortraitLines = PortraitLine.objects.of(companion.owner_id).filter(companion=companion)
    return lines


def weighed(lines: Iterable[PortraitLine], moment: datetime) -> list[Held]:
    """Lines with their quotes, and how sure they are at a moment; in the order given."""
    rows = list(lines)
    quotes: dict[int, list[Quote]] = defaultdict(list)
    for line_id, quote in _quotes(rows, moment):
        quotes[line_id].append(quote)
    return [_held(line, quotes[line.pk]) for line in rows]


def _held(line: PortraitLine, quotes: list[Quote]) -> Held:
    confirmed = line.state == PortraitLine.State.CONFIRMED
    sure = 1.0 if confirmed else confidence((quote.day, quote.weight * quote.left) for quote in quotes)
    return Held(line.pk, line.aspect, line.text, sure, confirmed, tuple(quotes), line.version)


def _quotes(lines: list[PortraitLine], moment: datetime) -> Iterable[tuple[int, Quote]]:
    if not lines:
        return
    owner = lines[0].owner
    shown = PortraitEvidence.objects.of(owner.pk).filter(line__in=[line.pk for line in lines], turn__erasure=None)
    spoken = Substr("turn__text", F("start") + 1, F("end") - F("start"))
    rows = list(shown.annotate(quote=spoken, at=F("turn__said_at")).order_by("at", "turn", "start"))
    left = retentions({row.turn_id: row.at for row in rows}, moment)
    for row in rows:
        day = clock.local(row.at, owner.time_zone).date()
        yield row.line_id, Quote(row.turn_id, row.start, row.end, row.quote, row.at, day, row.weight, left[row.turn_id])


def retentions(said_at: dict[int, datetime], moment: datetime) -> dict[int, float]:
    """How much is left at a moment of the round of each turn, 0-1; `said_at` gives the turns."""
    first = retention.first_strength(Memory.Kind.ROUND)
    left = {turn: retention.retention(moment - at, strength=first) for turn, at in said_at.items()}
    rounds = Source.objects.filter(memory__kind=Memory.Kind.ROUND, turn__in=list(said_at)).select_related("memory")
    return left | {source.turn_id: source.memory.retention(moment) for source in rounds}


def confidence(told: Iterable[tuple[date, float]]) -> float:
    """How well a line is borne out, 0-1, by (day, weight times retention) of what speaks for it and, negative, against.

    Each day counts once, by the most of it: saying a thing ten times in an hour is saying it once, and what has faded
    bears nothing out.
    """
    for_it: dict[date, float] = defaultdict(float)
    against: dict[date, float] = defaultdict(float)
    for day, weight in told:
        side = for_it if weight > 0 else against
        side[day] = max(side[day], abs(weight))
    support = sum(for_it.values())
    return round(support / (support + sum(against.values()) + DOUBT), 2)


def wording(text: str) -> str:
    """What two wordings of one line have in common: their stems, in any order, with whether they deny something."""
    stems = sorted(lexicon.stems(text)) or text.lower().split()
    return " ".join([*stems, "not"] if DENIED.search(text) else stems)


def digest(person_id: int, text: str) -> bytes:
    """By what a line is known again: its wording, keyed by the installation's secret and the person.

    So it can stand where the words have been erased.
    """
    key = hmac.digest(settings.SECRET_KEY.encode(), f"portrait of person {person_id}".encode(), sha256)
    return hmac.digest(key, wording(text).encode(), sha256)


def refuse(*, person_id: int, line_id: int) -> bool:
    """Remove a line, so that neither it nor what says the same is concluded again; False where there is none."""
    return _answer(person_id, line_id, PortraitLine.State.REFUSED)


def confirm(*, person_id: int, line_id: int) -> bool:
    """The person says that a line is so, even a refused one: it stays while its words do. False where there is none."""
    return _answer(person_id, line_id, PortraitLine.State.CONFIRMED)


def take_back(*, person_id: int, line_id: int) -> bool:
    """What the person said to a line counts no more: it is drawn again, as sure as its words make it.

    A refused one may be concluded again from then on. False where there is none.
    """
    return _answer(person_id, line_id, PortraitLine.State.DRAWN)


def _answer(person_id: int, line_id: int, state: PortraitLine.State) -> bool:
    with acting_as(person_id):
        line = _line(person_id, line_id)
        if line is None:
            return False
        _stand(line, state)
    return True


def _stand(line: PortraitLine, state: PortraitLine.State) -> None:
    line.state, line.made_at = state, clock.now()
    refused = state == PortraitLine.State.REFUSED
    line.confidence = 0.0 if refused else weighed([line], line.made_at)[0].confidence
    line.save()


def correct(*, person_id: int, line_id: int, text: str) -> bool:
    """The person says it in their own way: what stood there is refused, theirs is confirmed, on the same words.

    False where there is no such line. Raises ValueError for a text that is empty, or longer than LONGEST_LINE, and
    NotAllowed.
    """
    text = " ".join(text.split())
    if not 0 < len(text) <= LONGEST_LINE:
        raise ValueError(f"A line has 1 to {LONGEST_LINE} characters.")
    with acting_as(person_id):
        line = _line(person_id, line_id)
        if line is None:
            return False
        if not permission.may_be_written(person_id, Matter.PORTRAIT, text):
            raise NotAllowed(gettext("This house lets nothing of that sort be remembered. It can be removed."))
        theirs = digest(person_id, text)
        if theirs != bytes(line.digest):
            of_companion = PortraitLine.objects.of(person_id).filter(companion=line.companion_id)
            of_companion.filter(aspect=line.aspect, digest=theirs).delete()
            _refuse_copy(line)
        line.text, line.digest = text, theirs
        _stand(line, PortraitLine.State.CONFIRMED)
    return True


def take_back_correction(*, person_id: int, line_id: int, said: str, confirmed: bool) -> bool:
    """A corrected line says again what it said before, drawn or confirmed as it was then.

    False where it did not say that, or there is no such line.
    """
    before = digest(person_id, said)
    with acting_as(person_id):
        line = _line(person_id, line_id)
        if line is None:
            return False
        if before == bytes(line.digest):
            line.text = said
        else:
            of_companion = PortraitLine.objects.of(person_id).filter(companion=line.companion_id, aspect=line.aspect)
            refused = of_companion.exclude(text="").filter(digest=before, state=PortraitLine.State.REFUSED).first()
            if refused is None:
                return False
            line.delete()
            line = refused
        _stand(line, PortraitLine.State.CONFIRMED if confirmed else PortraitLine.State.DRAWN)
    return True


def say_again(
    *,
    companion: Companion,
    aspect: str,
    text: str,
    state: PortraitLine.State,
    version: str,
    words: Sequence[tuple[int, int, int, float]],
) -> None:
    """What the person said to a line elsewhere, on the same words: (turn, start, end, weight).

    What they have answered here already stands. Without words it is kept without its text. Runs inside
    `acting_as(person)`.
    """
    known = digest(companion.owner_id, text)
    line = _of(companion).select_for_update().filter(aspect=aspect, digest=known).first()
    if line is None:
        line = PortraitLine(owner_id=companion.owner_id, companion=companion, aspect=aspect, digest=known)
        line.text, line.version, line.confidence, line.made_at = text if words else "", version, 0.0, clock.now()
        line.save()
    elif line.state not in PortraitLine.UNANSWERED:
        return
    PortraitEvidence.objects.bulk_create(
        [
            PortraitEvidence(owner_id=companion.owner_id, line=line, turn_id=turn, start=start, end=end, weight=weight)
            for turn, start, end, weight in words
        ],
        ignore_conflicts=True,
    )
    _stand(line, state)


def _line(person_id: int, line_id: int) -> PortraitLine | None:
    """The line, locked, unless its words were erased meanwhile."""
    tombstone.let_write(person_id)
    lines = PortraitLine.objects.of(person_id).exclude(text="").select_for_update()
    return lines.filter(pk=line_id).first()


def _refuse_copy(line: PortraitLine) -> None:
    """What the person corrected is not to be concluded again either; its words go when theirs do."""
    copy = PortraitLine.objects.get(pk=line.pk)
    evidence = list(copy.evidence.all())
    line.digest = b""  # makes room for the copy
    line.save(update_fields=["digest"])
    copy.pk, copy._state.adding = None, True
    copy.state, copy.confidence, copy.made_at = PortraitLine.State.REFUSED, 0.0, clock.now()
    copy.save()
    for one in evidence:
        one.pk, one.line = None, copy
    PortraitEvidence.objects.bulk_create(evidence)


def erase_with(*, person_id: int, turn_ids: Iterable[int]) -> Counter[str]:
    """Take back every line that stands on one of these turns, whatever else it stands on; counts what went.

    Its text may tell what they told. A refused one loses its text, and goes on keeping the same from being concluded.
    Runs in the transaction that erases the turns, before they go; the portrait is drawn anew from what is left.
    """
    on_them = PortraitEvidence.objects.of(person_id).filter(turn__in=list(turn_ids), weight__gt=0)
    ids = list(on_them.values_list("line", flat=True).distinct())
    lines = PortraitLine.objects.of(person_id).filter(pk__in=ids)
    _, gone = lines.exclude(state=PortraitLine.State.REFUSED).delete()
    silenced = lines.update(text="")
    evidence, _ = PortraitEvidence.objects.of(person_id).filter(line__in=ids).delete()
    words = evidence + gone.get("memory.PortraitEvidence", 0)
    return +Counter(portraitline=gone.get("memory.PortraitLine", 0) + silenced, portraitevidence=words)
