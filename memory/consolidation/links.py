"""Links between facts: few, and each with its reason in words (A-MEM, Xu et al. 2025, §3.2).

The nearest facts are candidates. An engine says which of them belong together, and why; without one, what two facts
share does: whom they are about, a name, their days, a word that the person seldom says. What no longer holds has no
links, and what was linked to it looks for others (§3.3).
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.db import connection
from django.db.models import Q
from pydantic import BaseModel, ConfigDict, Field

from memory import lexicon
from memory.consolidation import own_words
from memory.consolidation.asking import Unusable, ask, by_schema
from memory.consolidation.shared import SharedThings
from memory.encoder import Encoder
from memory.engine import Engine
from memory.isolation import acting_as
from memory.models import Link, Memory, Session
from memory.models.owned import OwnedQuerySet
from memory.prompt import render

VERSION = "links 1"
EXTRACTIVE = "extractive links 1"
MOST = 3  # links that are made for a fact
NEAR = 0.4  # cosine from which two facts that share something belong together
NEAR_ENOUGH_TO_ASK = 0.3  # cosine from which an engine is asked about them
MOST_CANDIDATES = 6  # of one fact, nearest first
MOST_PAIRS = 40  # that an engine is asked about at once, nearest first
LONGEST_SHOWN = 300  # characters of a fact
UNFOUNDED = "no such pair, or a reason that neither holds"
WISH = 'That was not one JSON object {"links": […]} with pair and why of each. Only that, please.'

# Every key of these facts against every fact's that still holds, in the person's own partition.
CANDIDATES = """
select one.fact_id, other.fact_id, max(1 - (one.embedding <=> other.embedding)) as cosine
from memory_key one
join memory_key other on other.owner_id = %(owner)s and other.kind = 'fact' and other.encoder = one.encoder
    and other.companion_id = one.companion_id and other.fact_id <> one.fact_id
join memory_memory fact on fact.id = other.fact_id and fact.superseded_by_id is null and fact.told <> 'dropped'
where one.owner_id = %(owner)s and one.kind = 'fact' and one.encoder = %(encoder)s and one.fact_id = any(%(facts)s)
group by one.fact_id, other.fact_id having max(1 - (one.embedding <=> other.embedding)) >= %(near)s
order by cosine desc, one.fact_id, other.fact_id
"""


class Belonging(BaseModel):
    """One pair that belongs together, as an engine is asked for it."""

    model_config = ConfigDict(extra="ignore", str_strip_whitespace=True)

    pair: int
    why: str = Field(min_length=3, max_length=120)


class BelongingPairs(BaseModel):
    """What an engine is asked for."""

    links: list[Belonging]


@dataclass(frozen=True)
class Found:
    """A link that is to be kept."""

    memory_id: int
    other_id: int
    why: str


@dataclass(frozen=True)
class Links:
    """What a session's facts belong with, ready to be kept."""

    version: str
    of: tuple[int, ...]  # the facts for which links were looked for
    found: tuple[Found, ...]
    refusals: Mapping[str, int] = field(default_factory=dict)
    error: str = ""  # what an engine failed at


Pair = tuple[Memory, Memory]


def make(*, person_id: int, session_id: int, engine: Engine, encoder: Encoder) -> Links | None:
    """What the facts of a session belong with; None where it told none. Raises EngineError."""
    with acting_as(person_id):
        session = Session.objects.select_related("owner", "conversation__companion").get(pk=session_id)
        of = tuple(_to_link(session).values_list("pk", flat=True))
        pairs = _pairs(person_id, of, encoder.name, NEAR_ENOUGH_TO_ASK if engine.converses else NEAR)
        shared = SharedThings.among(person_id, pairs)
        told = Memory.objects.of(person_id).filter(kind=Memory.Kind.FACT, sources__turn__session=session).exists()
    connection.close()
    if not of and not told:
        return None
    if not engine.converses:
        return Links(EXTRACTIVE, of, _by_what_they_share(pairs, shared))
    try:
        return _by_engine(session, of, pairs, engine)
    except Unusable as unusable:
        near = _by_what_they_share(pairs, shared)
        return Links(EXTRACTIVE, of, near, error=str(unusable))


def keep(*, session: Session, made: Links) -> None:
    """Write these links in place of those there were. Runs in the transaction that ends the step."""
    owner = session.owner_id
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtext('facts'), %s)", [owner])
    Link.objects.of(owner).filter(Q(memory__in=made.of) | _outdated("memory") | _outdated("other")).delete()
    named = {each for found in made.found for each in (found.memory_id, found.other_id)}
    still = set(_holding(owner).filter(pk__in=named).values_list("pk", flat=True))
    Link.objects.bulk_create(
        (
            Link(owner_id=owner, memory_id=found.memory_id, other_id=found.other_id, why=found.why)
            for found in made.found
            if {found.memory_id, found.other_id} <= still
        ),
        ignore_conflicts=True,
    )


def _holding(owner: int) -> OwnedQuerySet[Memory]:
    holding = Memory.objects.of(owner).shown().filter(kind=Memory.Kind.FACT, superseded_by=None)
    return holding.exclude(told=Memory.Told.DROPPED)


def _outdated(end: str) -> Q:
    return Q(**{f"{end}__superseded_by__isnull": False}) | Q(**{f"{end}__told": Memory.Told.DROPPED})


def _to_link(session: Session) -> OwnedQuerySet[Memory]:
    """The facts of a session that hold, and those that were linked to what holds no more."""
    left = Link.objects.of(session.owner_id).filter(_outdated("other")).values("memory")
    told = Q(sources__turn__session=session)
    return _holding(session.owner_id).filter(told | Q(pk__in=left)).order_by("said_at", "pk").distinct()


def _pairs(owner: int, facts: Sequence[int], encoder: str, near: float) -> list[Pair]:
    """Candidates, nearest first, each pair once; without those that are linked the other way round already."""
    with connection.cursor() as cursor:
        cursor.execute(CANDIDATES, {"owner": owner, "encoder": encoder, "facts": list(facts), "near": near})
        near_ones = [(one, other) for one, other, _ in cursor.fetchall()]
    linked = Link.objects.of(owner).filter(other__in=facts).exclude(memory__in=facts)
    known = {frozenset(pair) for pair in linked.values_list("memory", "other")}
    chosen: list[tuple[int, int]] = []
    of_one: Counter[int] = Counter()
    for one, other in near_ones:
        if frozenset((one, other)) not in known and of_one[one] < MOST_CANDIDATES:
            known.add(frozenset((one, other)))
            of_one[one] += 1
            chosen.append((one, other))
    memories = Memory.objects.of(owner).shown().in_bulk({each for pair in chosen for each in pair})
    return [(memories[one], memories[other]) for one, other in chosen if one in memories and other in memories]


def _by_what_they_share(pairs: Iterable[Pair], shared: SharedThings) -> tuple[Found, ...]:
    return _few(Found(one.pk, other.pk, why) for one, other in pairs if (why := shared.by(one, other)))


def _few(found: Iterable[Found]) -> tuple[Found, ...]:
    """The first few of each fact."""
    of_one: Counter[int] = Counter()
    chosen = []
    for link in found:
        if of_one[link.memory_id] < MOST:
            of_one[link.memory_id] += 1
            chosen.append(link)
    return tuple(chosen)


def _by_engine(session: Session, of: tuple[int, ...], pairs: Sequence[Pair], engine: Engine) -> Links:
    """Raises EngineError, and Unusable where the engine can't keep to the schema."""
    version, pairs = f"{engine.name} {VERSION}", pairs[:MOST_PAIRS]
    if not pairs:
        return Links(version, of, ())
    answer = ask(engine, _asked(session, pairs), schema=BelongingPairs, read=by_schema(BelongingPairs), wish=WISH)
    said = [found for each in answer.links if (found := _checked(each, pairs, session))]
    refused = len(answer.links) - len(said)
    return Links(version, of, _few(said), {UNFOUNDED: refused} if refused else {})


def _asked(session: Session, pairs: Sequence[Pair]) -> str:
    told = [{"one": one.text[:LONGEST_SHOWN], "other": other.text[:LONGEST_SHOWN]} for one, other in pairs]
    companion = session.conversation.companion.name
    return render("links.jinja", person=session.owner.called, companion=companion, pairs=told)


def _checked(given: Belonging, pairs: Sequence[Pair], session: Session) -> Found | None:
    """The link, if it names a pair and a reason with no name or number that neither of the two holds."""
    if not 1 <= given.pair <= len(pairs) or own_words.INSTRUCTION.search(given.why):
        return None
    one, other = pairs[given.pair - 1]
    known = set(lexicon.words(f"{one.text} {other.text} {session.owner.called}"))
    particular = [word for word in given.why.split()[1:] if word[:1].isupper() or any(map(str.isdigit, word))]
    if not known.issuperset(lexicon.words(" ".join(particular))):
        return None
    return Found(one.pk, other.pk, " ".join(given.why.split()))
