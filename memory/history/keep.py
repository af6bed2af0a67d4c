"""Keep a history: the same turns, rounds and keys as if it had been said here, at its own times.

Each batch is one transaction; a run that was broken off goes on where it stopped, and a second one changes nothing.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from itertools import islice
from threading import Lock
from typing import Self
from uuid import UUID

from django.db import connection
from django.db.models import Q
from django.utils.translation import gettext_noop

from memory import clock, correction, dialogue, indexing, permission, quota, tombstone
from memory.consolidation import attempts
from memory.encoder import Encoder, Tokens, Vectors
from memory.history import bringing_back
from memory.history.judgements import Judged
from memory.history.known import here, turn_id
from memory.history.told import History, Skipped, Told
from memory.isolation import acting_as
from memory.models import Companion, Conversation, Matter, Session, Speaker, Step, Turn
from memory.sensitive import is_sensitive
from memory.wording import Wording

BATCH = 256  # turns of one transaction and one pass of the encoder
INDEXERS = 2  # batches on their way into the index: one is encoded while the one before it is written
AHEAD = 3  # batches kept and not yet indexed, at most


class CompanionGone(LookupError):
    """The companion that a history is kept for was deleted. The wording says what to do."""

    why = Wording(
        gettext_noop(
            "The companion whom it was imported for has been deleted, and what was kept with it goes along. Import the "
            "same file again to keep the rest with another; nothing comes twice."
        )
    )

    def __str__(self) -> str:
        return str(self.why)


@dataclass
class Kept:
    """What became of a history."""

    turns: int = 0
    already: int = 0
    erased: int = 0  # left out, as the person had them erased
    sessions: list[int] = field(default_factory=list)
    conversations: set[UUID] = field(default_factory=set)
    skipped: list[Skipped] = field(default_factory=list)
    righted: list[int] = field(default_factory=list)  # turns by hand that put something right
    whole: bool = True  # to its end, not only until it was enough
    refused: Wording | None = None  # why it stopped before its end: what was kept until then is whole


def keep(
    *,
    companion: Companion,
    history: History,
    encoder: Encoder,
    progress: Callable[[int], None] = lambda _: None,
    enough: Callable[[], bool] = lambda: False,
) -> Kept:
    """Keep every readable turn once, give it its keys, close the sessions; `progress` is told how many were read.

    After each batch it is asked whether that was `enough` for now; sessions stay open then, for the rest to join. Where
    nothing more fits, or the companion is deleted meanwhile, it stops before the batch that would be too much.
    """
    kept = Kept()
    with _Indexing(companion.owner_id, encoder, progress) as indexing_:
        for batch in _batches(history.entries):
            told = [entry for entry in batch if isinstance(entry, Told)]
            kept.skipped += [entry for entry in batch if isinstance(entry, Skipped)]
            try:
                with acting_as(companion.owner_id):
                    turns = _keep_batch(companion, history.source, told, kept)
                _heed(companion, history.source, [entry for entry in batch if isinstance(entry, Judged)], kept)
            except (quota.OverQuota, CompanionGone) as refused:
                kept.refused = refused.why
                break
            finally:
                connection.close()
            indexing_.give(turns, len(batch))
            if enough():
                kept.whole = False
                break
    correction.index(person_id=companion.owner_id, turn_ids=kept.righted, encoder=encoder)
    if not kept.whole:
        return kept
    with acting_as(companion.owner_id):
        tombstone.let_write(companion.owner_id)
        _close(companion.owner_id, kept)
    connection.close()
    return kept


def adds(*, person_id: int, history: History) -> int:
    """How many turns keeping it would add: not those that are here, nor those that were erased. Reads it to its end."""
    more = 0
    seen: set[UUID] = set()
    for batch in _batches(history.entries):
        told = {turn_id(history.source, entry.id): entry for entry in batch if isinstance(entry, Told)}
        with acting_as(person_id):
            before = _before(person_id, history.source, told)
            fresh = {client_id: each for client_id, each in told.items() if client_id not in seen | set(before)}
            more += len(fresh) - len(_erased(person_id, fresh))
        seen |= fresh.keys()
        connection.close()
    return more


def _batches(entries: Iterator[Told | Skipped | Judged]) -> Iterator[list[Told | Skipped | Judged]]:
    while batch := list(islice(entries, BATCH)):
        yield batch


class _Indexing:
    """Batches that get their keys while the next ones are read and kept."""

    def __init__(self, person_id: int, encoder: Encoder, progress: Callable[[int], None]) -> None:
        self._person_id = person_id
        self._encoder = encoder
        self._encoding = Lock()
        self._progress = progress
        self._threads = ThreadPoolExecutor(INDEXERS, thread_name_prefix="indexing")
        self._under_way: deque[tuple[Future[None], int]] = deque()

    def give(self, turn_ids: list[int], entries: int) -> None:
        """Take on a batch made of so many entries; waits where too many are under way. Raises what indexing raises."""
        before = self._under_way[-1][0] if self._under_way else None
        encoder = _InOrder(self._encoder, self._encoding, before)
        self._under_way.append((self._threads.submit(self._index, turn_ids, encoder), entries))
        self._finish(AHEAD)

    def _index(self, turn_ids: list[int], encoder: Encoder) -> None:
        try:
            indexing.index_turns(person_id=self._person_id, turn_ids=turn_ids, encoder=encoder)
        finally:
            connection.close()

    def _finish(self, but: int) -> None:
        """Wait, oldest first, until no more than `but` batches are under way."""
        while len(self._under_way) > but:
            batch, entries = self._under_way.popleft()
            batch.result()
            self._progress(entries)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, problem: type[BaseException] | None, *_: object) -> None:
        try:
            if problem is None:
                self._finish(0)
        finally:
            self._threads.shutdown(cancel_futures=True)


class _InOrder:
    """The encoder for one batch of an import: alone with it, and back only once the batch before is in the index.

    So one batch is encoded while the one before it is written, and no batch is written before the one before it.
    """

    def __init__(self, encoder: Encoder, encoding: Lock, before: "Future[None] | None") -> None:
        self.name = encoder.name
        self._encoder = encoder
        self._encoding = encoding
        self._before = before

    def encode(self, texts: list[str]) -> Vectors:
        """As the encoder itself does."""
        return self.read(texts)[0]

    def read(self, texts: list[str]) -> tuple[Vectors, Tokens]:
        """As the encoder itself does, in this batch's turn."""
        with self._encoding:
            made = self._encoder.read(texts)
        if self._before is not None:
            wait([self._before])
        return made

    def count(self, text: str) -> int:
        """As the encoder itself does."""
        return self._encoder.count(text)


def _keep_batch(companion: Companion, source: str, batch: Sequence[Told], kept: Kept) -> list[int]:
    """The ids of these turns, kept now or before."""
    _lock(companion.owner_id)
    tombstone.let_write(companion.owner_id)
    _check_is_there(companion)
    ids = {turn_id(source, told.id): told for told in batch}
    before = _before(companion.owner_id, source, ids)
    fresh = {client_id: told for client_id, told in ids.items() if client_id not in before}
    erased = _erased(companion.owner_id, fresh)
    quota.check_part(person_id=companion.owner_id, more=len(fresh) - len(erased))
    kept.already += len(before)
    kept.erased += len(erased)
    new: dict[tuple[str, str, bool], dict[UUID, Told]] = {}
    for client_id, told in fresh.items():
        if client_id not in erased:
            new.setdefault((told.companion, told.conversation, told.by_hand), {})[client_id] = told
    made = [
        turn.pk
        for (name, *_), told in new.items()
        for turn in _keep_talk(_companion(companion, name), source, told, kept)
    ]
    kept.turns += len(made)
    return [*before.values(), *made]


def _heed(companion: Companion, source: str, judged: Sequence[Judged], kept: Kept) -> None:
    """What the person had judged, once the words that it is about are kept."""
    if not judged:
        return
    with acting_as(companion.owner_id):
        _lock(companion.owner_id)
        _check_is_there(companion)
        skipped, righted = bringing_back.heed(companion, source, judged)
    kept.skipped += skipped
    kept.righted += righted


def _lock(person_id: int) -> None:
    """Keep two imports of the same person apart, to the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtext('import'), %s)", [person_id])


def _check_is_there(companion: Companion) -> None:
    """Raises CompanionGone."""
    if not Companion.objects.of(companion.owner_id).present().filter(pk=companion.pk).exists():
        raise CompanionGone


def _before(person_id: int, source: str, told: dict[UUID, Told]) -> dict[UUID, int]:
    """Those that are here already: imported before, or exported from this very account."""
    found = here(person_id, source, (each.id for each in told.values()))
    return {client_id: found[each.id] for client_id, each in told.items() if each.id in found}


def _companion(default: Companion, name: str) -> Companion:
    """The person's of that name, made where there is none."""
    if not name or name == default.name:
        return default
    named = Companion.objects.of(default.owner_id).present().filter(name=name[:60]).order_by("pk").first()
    return named or Companion.objects.create(owner_id=default.owner_id, name=name[:60], created_at=clock.now())


def _erased(person_id: int, told: dict[UUID, Told]) -> set[UUID]:
    """Those that were erased, here or under another name."""
    by_id = {client_id: tombstone.of_message(person_id, client_id) for client_id in told}
    by_words = {client_id: tombstone.of_words(person_id, each) for client_id, each in told.items()}
    standing = tombstone.standing(person_id, {*by_id.values(), *by_words.values()})
    return {client_id for client_id in told if not standing.isdisjoint((by_id[client_id], by_words[client_id]))}


def _keep_talk(companion: Companion, source: str, new: dict[UUID, Told], kept: Kept) -> list[Turn]:
    """New turns of one conversation, by their client ids."""
    first = next(iter(new.values()))
    by_hand = first.by_hand
    conversation = (
        correction.conversation_of(companion, at=first.said_at) if by_hand else _conversation(companion, source, first)
    )
    all_matters = permission.may_remember(companion, Matter.SENSITIVE)
    sessions = _Sessions(conversation, by_hand=by_hand)
    utterances = [
        dialogue.Utterance(
            session=sessions.of(told),
            speaker=Speaker(told.speaker),
            text=told.text,
            said_at=told.said_at,
            client_id=client_id,
            origin=told.id,
            remembered=told.remembered and (all_matters or not is_sensitive(told.text)),
        )
        for client_id, told in new.items()
    ]
    made = dialogue.keep_turns(conversation=conversation, utterances=utterances)
    if by_hand:
        sessions.shut()
        return made
    kept.conversations.add(conversation.pk)
    kept.sessions += [pk for pk in sessions.seen() if pk not in kept.sessions]
    late = Step.objects.of(companion.owner_id).filter(session__in=sessions.seen(), session__closed_at__isnull=False)
    attempts.ask_anew(late.exclude(kind=Step.Kind.CUT))  # what is made of a session that was over knows of these, too
    return made


def _conversation(companion: Companion, source: str, told: Told) -> Conversation:
    """The one it is known by; where that goes with a companion who is about to be erased, another beside it."""
    origin = " / ".join(filter(None, (source, told.companion, told.conversation)))[:200]
    beside = f"{origin[:170]} / {companion.pk}"
    conversations = Conversation.objects.of(companion.owner_id)
    found = (
        conversations.present().filter(companion=companion, origin__in=(origin, beside)).order_by("started_at").first()
    )
    return found or conversations.create(
        owner_id=companion.owner_id,
        companion=companion,
        title=told.conversation[:120],
        origin=beside if conversations.filter(origin=origin).exists() else origin,
        started_at=told.said_at,
        active_at=told.said_at,
    )


class _Sessions:
    """One conversation's sessions by the source's own bounds, while a batch of it is read."""

    def __init__(self, conversation: Conversation, *, by_hand: bool) -> None:
        self._conversation = conversation
        self._by_hand = by_hand
        self._by_origin: dict[str, Session] = {}

    def of(self, told: Told) -> Session:
        """The session of a turn. One that stood open is closed by the next one, as in the chat."""
        session = self._by_origin.get(told.session) or self._find(told.session) or self._begin(told)
        session.ended_at = max(session.ended_at, told.said_at)
        self._by_origin[told.session] = session
        return session

    def seen(self) -> list[int]:
        """Their ids, in the order of their appearance."""
        return [session.pk for session in self._by_origin.values()]

    def shut(self) -> None:
        """Close what is open, with no step to do: nothing sums up what is written by hand."""
        self._conversation.sessions.filter(closed_at=None).update(closed_at=clock.now())

    def _find(self, origin: str) -> Session | None:
        """The one that is called so; where it was cut since, its last part."""
        of_it = self._conversation.sessions.filter(Q(origin=origin) | Q(part_of__origin=origin))
        return of_it.order_by("-ended_at", "-pk").first()

    def _begin(self, told: Told) -> Session:
        if self._by_hand:
            self.shut()
        read = {session.pk: session for session in self._by_origin.values()}
        for session in self._conversation.sessions.filter(closed_at=None):
            dialogue.close_session(session=session, at=read.get(session.pk, session).ended_at)
        return dialogue.begin_session(conversation=self._conversation, started_at=told.said_at, origin=told.session)


def _close(person_id: int, kept: Kept) -> None:
    """What was imported is over; it is consolidated like any closed session."""
    open_still = Session.objects.of(person_id).filter(
        closed_at=None, origin__isnull=False, conversation_id__in=kept.conversations
    )
    for session in open_still:
        dialogue.close_session(session=session, at=min(session.ended_at, clock.now()))
