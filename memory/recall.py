"""One question to what is remembered: candidates with named score parts, best first.

Everything that remembers goes through `recall`: the chat, and all that looks into memory beside it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from time import perf_counter
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray
from pgvector import HalfVector, SparseVector

from memory import gate, lexicon
from memory.encoder import Encoder, Vectors
from memory.models import Companion
from memory.question import asked_about, normal_form

CANDIDATES = 200  # best by each key

# Each part is 0-1. The first four are measured on two keys of a turn, alone and after the turn before it; the round's
# are the best of all its turns: a reply often names what the person's own words only point at.
WEIGHTS = {
    "dense_turn": 0.15,
    "dense_context": 0.20,
    "lexical_turn": 0.15,
    "lexical_context": 0.25,
    "dense_round": 0.05,
    "lexical_round": 0.10,
    "speaker": 0.10,
}

SEARCH = """
with scored as materialized (
    select key.memory_id, key.turn_id, key.kind,
           1 - (key.embedding <=> %(vector)s::halfvec) as dense,
           -(key.terms <#> %(terms)s::sparsevec) as lexical
    from memory_key key
    where key.owner_id = %(owner)s and key.companion_id = %(companion)s and key.encoder = %(encoder)s
      and key.turn_id is not null and key.said_at <= %(moment)s and not key.turn_id = any(%(except)s)
), ranked as (
    select turn_id, rank() over (partition by kind order by dense desc) as by_meaning,
           rank() over (partition by kind order by lexical desc) as by_words
    from scored
), best as (
    select distinct turn_id from ranked where by_meaning <= %(candidates)s or by_words <= %(candidates)s
)
select scored.memory_id, scored.turn_id, turn.speaker,
       coalesce(max(scored.dense) filter (where kind = 'turn'), 0),
       coalesce(max(scored.dense) filter (where kind = 'context'), 0),
       coalesce(max(scored.lexical) filter (where kind = 'turn'), 0),
       coalesce(max(scored.lexical) filter (where kind = 'context'), 0)
from best join scored using (turn_id) join memory_turn turn on turn.id = scored.turn_id
group by scored.memory_id, scored.turn_id, turn.speaker
"""


@dataclass(frozen=True)
class Candidate:
    """A turn that came to mind."""

    memory_id: int
    turn_id: int
    scores: dict[str, float]  # parts and "total", each 0-1


@dataclass(frozen=True)
class Remembering:
    """One act of remembering, before anything is made of it."""

    question: str
    moment: datetime  # as of when
    forms: list[str]  # what was really looked for
    needs_memory: bool
    sufficient: bool
    candidates: list[Candidate] = field(default_factory=list)  # best first
    speaker: str | None = None  # whose words are asked for, where the question says
    milliseconds: float = 0.0


def recall(
    *,
    companion: Companion,
    person: str,
    question: str,
    moment: datetime,
    encoder: Encoder,
    vectors: Vectors | None = None,
    leave_out: Sequence[int] = (),
    most: int = 50,
) -> Remembering:
    """What this person's memory holds on a question, as of a moment, at most `most` turns.

    `vectors` are the encoded `question_forms`, where the caller had them encoded with other texts in one pass;
    `leave_out` names turns that are not looked at, such as the question's own. Runs inside `acting_as(person)`.
    """
    started = perf_counter()
    if not gate.needs_memory(question, companion=companion.name):
        return Remembering(question, moment, [], needs_memory=False, sufficient=False)
    forms = question_forms(question, person=person, companion=companion.name)
    if vectors is None:
        vectors = encoder.encode(forms)
    terms, reachable = lexicon.question_vector(companion.owner_id, lexicon.stems(forms[-1]))
    rows = _search(companion, vectors[-1], terms, moment, encoder.name, leave_out)
    speaker = asked_about(question, person=person, companion=companion.name)
    candidates = _ranked(rows, reachable, speaker)[:most]
    sufficient = gate.is_sufficient([candidate.scores for candidate in candidates])
    spent = (perf_counter() - started) * 1000
    return Remembering(
        question=question,
        moment=moment,
        forms=forms,
        needs_memory=True,
        sufficient=sufficient,
        candidates=candidates,
        speaker=speaker,
        milliseconds=spent,
    )


def question_forms(question: str, *, person: str, companion: str) -> list[str]:
    """The texts to encode for a question: its normal form, last."""
    return [normal_form(question, person=person, companion=companion)]


Row = tuple[int, int, str, float, float, float, float]


def _search(
    companion: Companion,
    vector: NDArray[np.float32],
    terms: SparseVector,
    moment: datetime,
    encoder: str,
    leave_out: Sequence[int],
) -> list[Row]:
    parameters: dict[str, Any] = {
        "vector": HalfVector(vector).to_text(),
        "terms": terms.to_text(),
        "owner": companion.owner_id,
        "companion": companion.pk,
        "encoder": encoder,
        "moment": moment,
        "except": list(leave_out),
        "candidates": CANDIDATES,
    }
    with connection.cursor() as cursor:
        cursor.execute(SEARCH, parameters)
        return list(cursor.fetchall())


def _ranked(rows: list[Row], reachable: float, speaker: str | None) -> list[Candidate]:
    """Weighted sum of the parts, not of their ranks: rank fusion throws the margins away."""
    if not rows:
        return []
    parts = _parts(rows, reachable, speaker)
    total = parts @ np.array(list(WEIGHTS.values()))
    order = np.lexsort(([-row[1] for row in rows], -total))
    return [Candidate(rows[i][0], rows[i][1], _named(parts[i], float(total[i]))) for i in order]


def _parts(rows: list[Row], reachable: float, speaker: str | None) -> NDArray[np.float64]:
    """One column a weight, in the order of WEIGHTS; lexical parts as the share of what the question could reach."""
    figures = np.array([row[3:] for row in rows], dtype=np.float64)
    figures[:, :2] = figures[:, :2].clip(0, 1)
    figures[:, 2:] = (figures[:, 2:] / reachable).clip(0, 1) if reachable else 0.0
    spoke = np.array([[0.5 if speaker is None else float(row[2] == speaker)] for row in rows])
    return np.hstack([figures, _best_of_round(rows, figures), spoke])


def _best_of_round(rows: list[Row], figures: NDArray[np.float64]) -> NDArray[np.float64]:
    """For each turn the best dense and the best lexical score that any turn of its round has."""
    _, rounds = np.unique([row[0] for row in rows], return_inverse=True)
    best = np.zeros((rounds.max() + 1, 2))
    np.maximum.at(best, rounds, np.stack([figures[:, :2].max(axis=1), figures[:, 2:].max(axis=1)], axis=1))
    return best[rounds]


def _named(parts: NDArray[np.float64], total: float) -> dict[str, float]:
    named = {name: round(float(part), 4) for name, part in zip(WEIGHTS, parts, strict=True)}
    dense = max(named["dense_turn"], named["dense_context"])
    lexical = max(named["lexical_turn"], named["lexical_context"])
    return named | {"dense": dense, "lexical": lexical, "total": round(total, 4)}
