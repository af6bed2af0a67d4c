"""Many people with many memories, written straight into the tables in the shape that indexing gives them.

Encoding hundreds of thousands of texts would take an hour, so only a few thousand sentences are really encoded: every
memory is made of one to three of them, about a name of its own, and its vector is their mean with some noise added, of
unit length. Its words and BM25 vectors are made by the product's own functions. Each memory is one turn's round, and
tells of no other day than its own.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any
from uuid import uuid4

import numpy as np
import psycopg
from numpy.typing import NDArray
from pgvector import HalfVector
from pgvector.psycopg import register_vector

from companion.operations.benchmarks.scratch import owner_address, scratch_person
from companion.operations.benchmarks.synthetic import SESSION, Talk
from memory import clock, lexicon, retention
from memory.encoder import Encoder
from memory.models import Companion
from memory.question import ends_in_question
from memory.temporal import has_time_words

BANK = 3_000  # sentences that are really encoded, at most: as many as there are memories
PLACEHOLDER = "Nora"  # the name they are encoded with
NOISE = 0.03  # standard deviation a dimension, before the vector is brought to unit length
SPAN = timedelta(days=3 * 365)  # over which everybody's memories are spread, until yesterday
MEAN_LENGTH = 14.0  # terms in a turn of this talk, about
CHUNK = 2_000  # turns made at a time

TABLES = {
    "memory_conversation": ("id", "owner_id", "companion_id", "title", "started_at", "active_at"),
    "memory_session": ("id", "owner_id", "conversation_id", "started_at", "ended_at", "closed_at"),
    "memory_turn": (
        "id", "owner_id", "conversation_id", "session_id", "number", "speaker", "text", "said_at", "client_id",
    ),
    "memory_memory": (
        "id", "owner_id", "companion_id", "session_id", "kind", "text", "said_at", "strength", "recalled_at",
        "fades_at", "pinned", "state", "sensitivity", "version",
    ),
    "memory_source": ("owner_id", "memory_id", "turn_id", "start", '"end"'),
    "memory_key": (
        "owner_id", "companion_id", "memory_id", "session_id", "turn_id", "kind", "piece", "encoder", "embedding",
        "tokens", "terms", "terms_before", "terms_window", "said_at", "place", "speaker", "asks", "timely", "length",
    ),
    "memory_lexicon": ("owner_id", "term", "frequency"),
    "memory_collection": ("owner_id", "turns", "length"),
}  # fmt: skip
NUMBERED = ("memory_session", "memory_turn", "memory_memory")  # their ids are given here
Row = tuple[Any, ...]


@dataclass(frozen=True)
class Sentence:
    """A sentence of the bank, with a place for a name."""

    text: str
    stems: list[str]
    vector: NDArray[np.float32]
    timely: bool
    asks: bool


@dataclass(frozen=True)
class Made:
    """A turn of somebody."""

    id: int  # of the turn and of its memory
    session: int
    number: int
    text: str
    stems: list[str]
    said_at: datetime
    vector: NDArray[np.float32]
    timely: bool
    asks: bool

    @property
    def speaker(self) -> str:
        """Person and companion by turns."""
        return "person" if self.number % 2 else "companion"


class Crowd:
    """Fills an empty database."""

    def __init__(self, encoder: Encoder, *, memories: int, seed: int = 0) -> None:
        self._dice = np.random.default_rng(seed)
        self._talk = Talk(seed)
        self._encoder = encoder.name
        self._bank = _bank(self._talk, encoder, min(memories, BANK))
        self._last_turn = self._last_session = 0

    def fill(self, *, sizes: Sequence[int], progress: Callable[[int], None]) -> list[Companion]:
        """One person a size, with so many memories; their companions in the same order."""
        names = ["Ida", *[""] * (len(sizes) - 1)]
        companions = [scratch_person(f"crowd-{n}", name=name)[1] for n, name in enumerate(names)]
        with _unguarded() as connection:
            for companion, size in zip(companions, sizes, strict=True):
                self._fill_one(connection, companion, size, progress)
        _settle()
        return companions

    def _fill_one(self, connection: Any, companion: Companion, size: int, progress: Callable[[int], None]) -> None:
        conversation, now = uuid4(), clock.now()
        start, step = now - SPAN, (SPAN - timedelta(days=1)) / size
        bare = (conversation, companion.owner_id, companion.pk, "Everything", start, now)
        _copy(connection, "memory_conversation", [bare])
        turns = self._turns(size, start, step)
        counted: Counter[int] = Counter()
        length = 0
        while chunk := list(islice(turns, CHUNK)):
            _write(connection, companion, conversation, chunk, self._encoder)
            for made in chunk:
                counted.update({lexicon.term_id(stem) for stem in made.stems})
                length += len(made.stems)
            progress(len(chunk))
        _copy(connection, "memory_lexicon", ((companion.owner_id, term, n) for term, n in counted.items()))
        _copy(connection, "memory_collection", [(companion.owner_id, size, length)])

    def _turns(self, size: int, start: datetime, step: timedelta) -> Iterator[Made]:
        for number in range(1, size + 1):
            if number % SESSION == 1:
                self._last_session += 1
            self._last_turn += 1
            yield self._turn(self._last_turn, self._last_session, number, start + step * number)

    def _turn(self, turn: int, session: int, number: int, said_at: datetime) -> Made:
        chosen = [self._bank[place] for place in self._dice.integers(len(self._bank), size=self._dice.integers(1, 4))]
        name = self._talk.name()
        mixed = np.mean([sentence.vector for sentence in chosen], axis=0)
        mixed = mixed + self._dice.normal(scale=NOISE, size=len(mixed))
        named = lexicon.stems(name)
        return Made(
            id=turn,
            session=session,
            number=number,
            text=" ".join(sentence.text for sentence in chosen).replace(PLACEHOLDER, name),
            stems=[stem for sentence in chosen for stem in sentence.stems] + named,
            said_at=said_at,
            vector=np.asarray(mixed / np.linalg.norm(mixed), dtype=np.float32),
            timely=any(sentence.timely for sentence in chosen),
            asks=chosen[-1].asks,
        )


def _bank(talk: Talk, encoder: Encoder, size: int) -> list[Sentence]:
    texts = [talk.sentence(PLACEHOLDER) for _ in range(size)]
    vectors = encoder.encode(texts)
    left_out = set(lexicon.stems(PLACEHOLDER))
    return [
        Sentence(
            text=text,
            stems=[stem for stem in lexicon.stems(text) if stem not in left_out],
            vector=vector,
            timely=has_time_words(text),
            asks=ends_in_question(text),
        )
        for text, vector in zip(texts, vectors, strict=True)
    ]


def _write(connection: Any, companion: Companion, conversation: Any, chunk: Sequence[Made], encoder: str) -> None:
    """A chunk of one person's turns into every table it belongs to."""
    owner, with_whom = companion.owner_id, companion.pk
    begun = [made for made in chunk if made.number % SESSION == 1]
    ended = timedelta(days=1)
    _copy(
        connection,
        "memory_session",
        ((m.session, owner, conversation, m.said_at, m.said_at + ended, m.said_at + ended) for m in begun),
    )
    _copy(
        connection,
        "memory_turn",
        ((m.id, owner, conversation, m.session, m.number, m.speaker, m.text, m.said_at, uuid4()) for m in chunk),
    )
    _copy(connection, "memory_memory", (_memory_row(made, owner, with_whom) for made in chunk))
    _copy(connection, "memory_source", ((owner, m.id, m.id, 0, len(m.text)) for m in chunk))
    _copy(connection, "memory_key", _key_rows(chunk, owner, with_whom, encoder))


def _memory_row(made: Made, owner: int, companion: int) -> Row:
    begun = retention.begun("round", said_at=made.said_at, now=clock.now())
    return (
        made.id, owner, companion, made.session, "round", "", made.said_at, begun.strength, begun.recalled_at,
        begun.fades_at, False, begun.state, 0.0, "",
    )  # fmt: skip


def _key_rows(chunk: Sequence[Made], owner: int, companion: int, encoder: str) -> Iterator[Row]:
    """What memory.indexing writes for each turn: one key, with its words alone, after the turn before, and between."""
    for place, made in enumerate(chunk):
        before = _stems_beside(chunk, place - 1, made.session)
        after = _stems_beside(chunk, place + 1, made.session)
        yield (
            owner, companion, made.id, made.session, made.id, "turn", 0, encoder, HalfVector(made.vector),
            _signs(made), _terms(made.stems), _terms(before + made.stems, 1), _terms(before + made.stems + after, 2),
            made.said_at, made.number, made.speaker, made.asks, made.timely, len(made.stems),
        )  # fmt: skip


def _signs(made: Made) -> bytes:
    """As many as its tokens would have; what they say is chance, for only the time of comparing them is measured."""
    tokens = 2 * len(made.stems)
    return np.random.default_rng(made.id).bytes(tokens * len(made.vector) // 8)


def _stems_beside(chunk: Sequence[Made], place: int, session: int) -> list[str]:
    beside = chunk[place] if 0 <= place < len(chunk) else None
    return beside.stems if beside and beside.session == session else []


def _terms(stems: Sequence[str], around: int = 0) -> Any:
    return lexicon.document_vector(stems, mean_length=MEAN_LENGTH * (1 + around))


def _copy(connection: Any, table: str, rows: Iterable[Row]) -> None:
    """Rows by COPY, in binary."""
    columns = TABLES[table]
    types = _types(connection, table, columns)
    command = f"copy {table} ({', '.join(columns)}) from stdin (format binary)"
    with connection.cursor() as cursor, cursor.copy(command) as copy:
        copy.set_types(types)
        for row in rows:
            copy.write_row(row)


def _types(connection: Any, table: str, columns: Sequence[str]) -> list[str]:
    found = connection.execute(
        "select a.attname, t.typname from pg_attribute a join pg_type t on t.oid = a.atttypid"
        " where a.attrelid = %s::regclass and a.attnum > 0",
        [table],
    ).fetchall()
    by_name = dict(found)
    return [by_name[column.strip('"')] for column in columns]


@contextmanager
def _unguarded() -> Iterator[Any]:
    """One transaction of the tables' owner in which COPY is not held by row-level security, which refuses it."""
    with psycopg.connect(owner_address()) as connection:
        register_vector(connection)
        if connection.info.parameter_status("is_superuser") == "on":
            connection.execute("set local session_replication_role = replica")  # foreign keys are right as made
        for table in TABLES:
            connection.execute(f"alter table {table} no force row level security")
        yield connection
        connection.execute("set constraints all immediate")
        for table in TABLES:
            connection.execute(f"alter table {table} force row level security")
        for table in NUMBERED:
            connection.execute(
                f"select setval(pg_get_serial_sequence('{table}', 'id'), (select max(id) from {table}))"  # noqa: S608
            )


def _settle() -> None:
    """What the server does by itself after a while: statistics, and the map of rows that everybody sees."""
    with psycopg.connect(owner_address(), autocommit=True) as connection:
        for table in TABLES:
            connection.execute(f"vacuum (analyze) {table}")
