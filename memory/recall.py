"""One question to what is remembered: candidates with named score parts, best first.

Everything that remembers goes through `recall`: the chat, and all that looks into memory beside it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from memory import combination, gate, lexicon, permission, retention
from memory.combination import NOTHING, TABLE, Turns, Weights
from memory.encoder import Reader, Tokens, Vectors
from memory.models import Companion
from memory.question import asked_about, asks, in_context, normal_form, shortened
from memory.search import FIRST_LOOK, Wanted, search, tokens_of
from memory.temporal import DateRange, asked_range, asks_when

WELCOME = 0.5  # sensitivity from which a memory is not brought up unasked
LAST_WORDS = 200  # characters of a dialogue that say what is on the person's mind now


@dataclass(frozen=True)
class Candidate:
    """A turn that came to mind."""

    memory_id: int
    turn_id: int
    scores: dict[str, float]  # the parts, and "dense", "lexical" and "total", which is 0-1: how likely it is evidence


@dataclass(frozen=True)
class Remembering:
    """One act of remembering, before anything is made of it."""

    question: str
    moment: datetime  # as of when
    forms: list[str]  # what was really looked for
    needs_memory: bool
    sufficient: bool  # whether memory seems to hold the answer
    candidates: list[Candidate] = field(default_factory=list)  # best first
    speaker: str | None = None  # whose words are asked for, where the question says
    answerable: float = 0.0  # 0-1: how sure it is that memory holds the answer
    asked: bool = True  # False where nothing was asked and memory offers what may help
    dates: DateRange | None = None  # the time that the question names
    beside_others: int | None = None  # the companion that remembers, where it also recalls what others were told
    milliseconds: float = 0.0
    weights: Mapping[str, float] = field(default_factory=dict)  # by which the candidates' parts were weighed


def varied(changes: Mapping[str, float]) -> dict[str, Weights]:
    """The table with other weights of some parts, to compare what it would rank. Raises KeyError for no such part."""
    if unknown := set(changes) - set(combination.PARTS):
        raise KeyError(*sorted(unknown))
    return TABLE | {name: {**TABLE[name], **changes} for name in ("asked", "unasked")}


def recall(
    *,
    companion: Companion,
    person: str,
    question: str,
    moment: datetime,
    encoder: Reader,
    before: Sequence[str] = (),
    asked: bool | None = None,
    admit_faded: bool = False,
    read: tuple[Vectors, Tokens] | None = None,
    leave_out: Sequence[int] = (),
    dates: DateRange | None = None,
    most: int = 50,
    table: Mapping[str, Weights] = TABLE,
) -> Remembering:
    """What this person's memory holds on a question, as of a moment on their clock, at most `most` turns.

    `before` are the turns just before it in its conversation, oldest first. Whether something is `asked` is read from
    the words unless it is said. Unasked, only what is vivid and welcome comes to mind, unless faded ones are admitted.
    `read` is what the encoder read in `question_forms`, where the caller had it read other texts in the same pass;
    `leave_out` names turns that are not looked at, such as the question's own; `dates` is what an engine read where the
    grammar is not sure (`memory/expansion.py`); another `table` of weights shows what it would rank. Runs inside
    `acting_as(person)`. Writes nothing.
    """
    started = perf_counter()
    remembering, turns = come_to_mind(
        companion=companion,
        person=person,
        question=question,
        moment=moment,
        encoder=encoder,
        before=before,
        asked=asked,
        read=read,
        leave_out=leave_out,
        dates=dates,
    )
    if remembering.needs_memory:
        remembering = (
            _asked(remembering, turns, most, table)
            if remembering.asked
            else _unasked(remembering, turns, most, table, admit_faded)
        )
    return replace(remembering, milliseconds=(perf_counter() - started) * 1000)


def come_to_mind(
    *,
    companion: Companion,
    person: str,
    question: str,
    moment: datetime,
    encoder: Reader,
    before: Sequence[str] = (),
    asked: bool | None = None,
    read: tuple[Vectors, Tokens] | None = None,
    leave_out: Sequence[int] = (),
    dates: DateRange | None = None,
) -> tuple[Remembering, Turns]:
    """The turns that a question brings to mind with their parts, not yet weighed; `recall` weighs them."""
    asked = asks(question) if asked is None else asked
    question, whole = shortened(question), question
    remembering = Remembering(whole, moment, [], needs_memory=True, sufficient=False, asked=asked)
    if not gate.needs_memory(question, companion=companion.name):
        return replace(remembering, needs_memory=False), NOTHING
    forms = question_forms(question, person=person, companion=companion.name, before=before, asked=asked)
    vectors, tokens = read or encoder.read(forms)
    speaker = asked_about(question, person=person, companion=companion.name) if asked else None
    dates = asked_range(question, moment=moment) or dates if asked else None
    names = set(lexicon.stems(f"{person} {companion.name}"))
    idf = lexicon.inverse_frequencies(companion.owner_id, set(lexicon.stems(forms[-1])) - names)
    found = search(
        Wanted(vectors[-1], vectors[0], idf, dates),
        companion=companion,
        moment=moment,
        encoder=encoder.name,
        leave_out=leave_out,
        most=FIRST_LOOK,
    )
    keys = combination.without_echoes(found) if asked else found
    turns = combination.turns(keys, speaker=speaker, when=asked and asks_when(question))
    if len(turns) and tokens:
        looked_up = partial(tokens_of, owner=companion.owner_id, keys=keys)
        turns = combination.read_closely(turns, looked_up, tokens[-1])
    beside_others = companion.pk if permission.chosen(companion.owner_id).joined else None
    return replace(remembering, forms=forms, speaker=speaker, dates=dates, beside_others=beside_others), turns


def question_forms(
    question: str, *, person: str, companion: str, before: Sequence[str] = (), asked: bool | None = None
) -> list[str]:
    """The two texts to encode: the question as it was put, and its normal form.

    Where nothing is asked: the last words of the dialogue, and all of it.
    """
    question = shortened(question)
    if asked is None:
        asked = asks(question)
    if asked:
        form = normal_form(question, person=person, companion=companion)
        return [question, in_context(question, form, before)]
    dialogue = shortened(" ".join([*before, question]))
    return [dialogue[-LAST_WORDS:], dialogue]


def _asked(remembering: Remembering, turns: Turns, most: int, table: Mapping[str, Weights]) -> Remembering:
    """Ranked by all parts; retention only breaks ties, so that what was asked for is found however faded it is."""
    weights = table["asked"]
    scores = combination.weigh(turns.parts, weights)
    answerable = gate.answerable(turns, weights, speaker=remembering.speaker)
    candidates = _candidates(turns, scores, scores + combination.TIE_BREAK * turns.retention, most, table["evidence"])
    sufficient = answerable >= gate.SUFFICIENT
    return replace(remembering, candidates=candidates, answerable=answerable, sufficient=sufficient, weights=weights)


def _unasked(
    remembering: Remembering, turns: Turns, most: int, table: Mapping[str, Weights], admit_faded: bool
) -> Remembering:
    """Only what is vivid and will not hurt; near in meaning to what is on the person's mind."""
    weights = table["unasked"]
    scores = combination.weigh(turns.parts, weights)
    welcome = (turns.sensitivity < WELCOME) & (admit_faded | (turns.retention >= retention.VIVID))
    order = np.where(welcome, scores, -np.inf)
    candidates = _candidates(turns, scores, order, most, table["welcome"])[: int(welcome.sum())]
    best = candidates[0].scores["total"] if candidates else 0.0
    sufficient = best >= gate.SUFFICIENT
    return replace(remembering, candidates=candidates, answerable=best, sufficient=sufficient, weights=weights)


def _candidates(
    turns: Turns, scores: NDArray[np.float64], order: NDArray[np.float64], most: int, chance: Weights
) -> list[Candidate]:
    total = combination.likelihood(scores, chance)
    best = np.lexsort((-turns.turn, -order))[:most]
    return [Candidate(int(turns.memory[i]), int(turns.turn[i]), _named(turns.parts[i], float(total[i]))) for i in best]


def _named(parts: NDArray[np.float64], total: float) -> dict[str, float]:
    named = {name: round(float(part), 4) for name, part in zip(combination.PARTS, parts, strict=True)}
    lexical = max(named["lexical_turn"], named["lexical_before"], named["lexical_window"])
    return named | {"lexical": min(lexical, 1.0), "total": round(total, 4)}
