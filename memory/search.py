"""A question's vectors, words and days to the keys that may lead to an answer: two looks, both in PostgreSQL.

The first look reads a narrow index over all of a person's keys: the signs of each embedding (how many agree follows the
angle between two vectors; Charikar 2002) and the BM25 of its widest text. The second computes the exact figures of the
few hundred keys that came out best.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray
from pgvector import HalfVector, SparseVector

from memory import lexicon, permission
from memory.models import Companion
from memory.temporal import DateRange

FIRST_LOOK = 400  # keys that are looked at twice
PADDING = 2  # days: people are wrong by so much about a date
MATCHED_ALONE = 24  # terms of a question that are matched one by one: the rarest
YEARS_BACK = 60  # of a month without a year

PER_TURN = 4  # of them: a pasted document must not crowd out all that was said

# What is looked at stays in memory, so the planner need not fear an index as if it were on a turning disk. Turns that
# are marked for erasure are left out, beside those that the caller leaves out.
FIRST = """
set local random_page_cost = 1.1;
select id from (
    select id, turn_id, distance, row_number() over (partition by turn_id order by distance) as place from (
        select id, turn_id,
            3 * (sketch <~> binary_quantize(%(vector)s::halfvec)) / %(dimension)s
            + (terms_window <#> %(terms)s::sparsevec) / %(reachable)s
            {in_time} as distance
        from memory_key
        where owner_id = %(owner)s and companion_id = any(%(companions)s) and encoder = %(encoder)s
          and said_at <= %(moment)s and (turn_id is null or not turn_id = any(%(except)s::bigint[] || array(
              select id from memory_turn where owner_id = %(owner)s and erasure_id is not null)))
        order by distance limit 3 * %(most)s
    ) as near
) as each
where turn_id is null or place <= %(per_turn)s
order by distance limit %(most)s
"""
IN_TIME = """
- case when said_at <@ %(moments)s::tstzmultirange
         or daterange(happened_from, happened_to, '[]') && %(days)s::datemultirange then 0.3 else 0 end::float8
"""
SECOND = """
select key.turn_id, key.memory_id, key.session_id, key.place, key.speaker,
       1 - (key.embedding <=> %(vector)s::halfvec), 1 - (key.embedding <=> %(as_asked)s::halfvec),
       -(key.terms <#> %(terms)s::sparsevec), -(key.terms_before <#> %(terms)s::sparsevec),
       -(key.terms_window <#> %(terms)s::sparsevec),
       (key.said_at <@ %(moments)s::tstzmultirange)::int,
       coalesce((daterange(key.happened_from, key.happened_to, '[]') && %(days)s::datemultirange)::int, 0),
       key.timely::int, key.asks::int, key.length,
       array(select -(key.terms <#> term) from unnest(%(each)s::sparsevec[]) with ordinality as t(term, n) order by n),
       extract(epoch from (%(moment)s - memory.recalled_at)) / 86400, memory.strength,
       memory.pinned or coalesce(key.turn_id = any(array(
           select source.turn_id from memory_memory fact join memory_source source on source.memory_id = fact.id
           where fact.owner_id = %(owner)s and fact.pinned and fact.kind = 'fact')), false),
       memory.sensitivity, key.id
from memory_key key join memory_memory memory on memory.id = key.memory_id
where key.owner_id = %(owner)s and memory.owner_id = %(owner)s and key.id = any(%(ids)s)
"""


TOKENS = """
select turn_id, tokens from memory_key
where owner_id = %(owner)s and id = any(%(keys)s) and turn_id = any(%(turns)s) and tokens is not null
"""


@dataclass(frozen=True)
class Wanted:
    """What is looked for."""

    vector: NDArray[np.float32]  # of the question's normal form
    as_asked: NDArray[np.float32]  # of its own words
    idf: dict[int, float]  # by term id
    dates: DateRange | None

    @property
    def reachable(self) -> float:
        """The highest BM25 that any text could have, so that a score is the share of the question's words (0-1)."""
        return sum(self.idf.values()) * (lexicon.K1 + 1) or 1.0


@dataclass(frozen=True)
class Keys:
    """Figures of the keys that were looked at twice; every array has one row a key."""

    id: NDArray[np.int64]
    turn: NDArray[np.int64]  # 0 for a key that leads to no turn: a session's summary
    memory: NDArray[np.int64]
    session: NDArray[np.int64]
    place: NDArray[np.int64]
    said_by_person: NDArray[np.bool_]
    figures: NDArray[np.float64]  # columns: see COLUMNS
    by_term: NDArray[np.float64]  # BM25 of each term alone, 0 where the text lacks it
    retention: NDArray[np.float64]  # R, 0-1
    sensitivity: NDArray[np.float64]  # 0-1

    def __len__(self) -> int:
        return len(self.turn)


COLUMNS = (
    "dense",
    "dense_as_asked",
    "lexical_turn",
    "lexical_before",
    "lexical_window",
    "said_then",
    "happened_then",
    "timely",
    "asks",
    "length",
)


def search(
    wanted: Wanted, *, companion: Companion, moment: datetime, encoder: str, leave_out: Sequence[int], most: int
) -> Keys:
    """The best `most` keys of what this companion may recall, as of a moment on the person's clock.

    None of a turn that is about to be erased.
    """
    parameters = _parameters(wanted, companion, moment, encoder, leave_out, most)
    with connection.cursor() as cursor:
        cursor.execute(FIRST.format(in_time=IN_TIME if wanted.dates else ""), parameters)
        cursor.nextset()
        ids = [row[0] for row in cursor.fetchall()]
        if ids:
            cursor.execute(SECOND, {**parameters, "ids": ids})
        return _keys(cursor.fetchall() if ids else [], wanted)


def tokens_of(turn_ids: Sequence[int], *, owner: int, keys: Keys) -> list[tuple[int, bytes]]:
    """(turn, the signs of the tokens of one of its pieces or facts), of those that were looked at twice."""
    with connection.cursor() as cursor:
        cursor.execute(TOKENS, {"owner": owner, "keys": keys.id.tolist(), "turns": list(turn_ids)})
        return [(turn, bytes(tokens)) for turn, tokens in cursor.fetchall()]


def _parameters(
    wanted: Wanted, companion: Companion, moment: datetime, encoder: str, leave_out: Sequence[int], most: int
) -> dict[str, Any]:
    rarest = sorted(wanted.idf, key=lambda term: -wanted.idf[term])[:MATCHED_ALONE]
    return {
        "vector": HalfVector(wanted.vector).to_text(),
        "as_asked": HalfVector(wanted.as_asked).to_text(),
        "dimension": len(wanted.vector),
        "terms": SparseVector(wanted.idf, lexicon.DIMENSIONS).to_text(),
        "each": [SparseVector({term: wanted.idf[term]}, lexicon.DIMENSIONS).to_text() for term in rarest],
        "reachable": wanted.reachable,
        "owner": companion.owner_id,
        "companions": permission.recalled_by(companion),
        "encoder": encoder,
        "moment": moment,
        "except": list(leave_out),
        "most": most,
        "per_turn": PER_TURN,
        **_days(wanted.dates, moment),
    }


def _days(dates: DateRange | None, moment: datetime) -> dict[str, str]:
    """The asked days as PostgreSQL's multiranges; a month without a year stands in each of many years."""
    ranges = [] if dates is None else _every_year(dates, moment) if dates.any_year else [(dates.start, dates.end)]
    days, moments = [], []
    for first, last in ranges:
        days.append(f"[{first.isoformat()},{last.isoformat()}]")
        opens = datetime(first.year, first.month, first.day, tzinfo=moment.tzinfo) - timedelta(days=PADDING)
        closes = datetime(last.year, last.month, last.day, tzinfo=moment.tzinfo) + timedelta(days=PADDING + 1)
        moments.append(f"[{opens.isoformat()},{closes.isoformat()})")
    return {"days": f"{{{','.join(days)}}}", "moments": f"{{{','.join(moments)}}}"}


def _every_year(dates: DateRange, moment: datetime) -> list[tuple[date, date]]:
    years = range(max(moment.year - YEARS_BACK, 2), min(moment.year + 2, 9998))
    return [dates.in_year(year) for year in years]


def _keys(rows: list[tuple[Any, ...]], wanted: Wanted) -> Keys:
    figures = np.array([row[5:15] for row in rows], dtype=np.float64).reshape(-1, len(COLUMNS))
    figures[:, 2:5] /= wanted.reachable
    faded = np.array([row[16:18] for row in rows], dtype=np.float64).reshape(-1, 2)
    pinned = np.array([row[18] for row in rows], dtype=bool)
    by_term = np.array([row[15] for row in rows], dtype=np.float64).reshape(len(rows), -1) if rows else np.zeros((0, 0))
    return Keys(
        id=np.array([row[20] for row in rows], dtype=np.int64),
        turn=np.array([row[0] or 0 for row in rows], dtype=np.int64),
        memory=np.array([row[1] for row in rows], dtype=np.int64),
        session=np.array([row[2] for row in rows], dtype=np.int64),
        place=np.array([row[3] for row in rows], dtype=np.int64),
        said_by_person=np.array([row[4] == "person" for row in rows], dtype=bool),
        figures=figures,
        by_term=by_term,
        retention=np.where(pinned, 1.0, np.exp(-np.maximum(faded[:, 0], 0) / faded[:, 1])),
        sensitivity=np.array([row[19] for row in rows], dtype=np.float64),
    )
