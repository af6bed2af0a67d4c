"""Everything a reply stands on, laid out as messages within a token budget.

What changes least comes first, so that a server's prefix cache covers most of it: persona, summaries, the conversation
so far, and only then the notes, the date and the new turn (DESIGN: prefix caching). The summaries change at most once a
day, and the conversation loses its beginning in big steps, at places that depend on the conversation alone.

`gather` reads the database once; `lay_out` needs none, so that an engine's own tokenizer can be asked meanwhile.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import Func, IntegerField
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from memory.engine import Message, Neighbour, Note, Prompt
from memory.models import Companion, Memory, Session, Speaker, Turn
from memory.question import asks
from memory.recall import Remembering

TEMPLATES = Path(__file__).parent / "prompts"
SUMMARIES = 3  # latest sessions told
SUMMARY_SHARE = 0.12  # of the budget at most
HISTORY_SHARES = (0.5, 0.25, 0.125, 0.0)  # the less, the longer the new turn is
NOTES_SHARE = 0.25
TURN_SHARE = 0.7  # of a longer new turn with its notes, no more is bought with history
LONGEST_TOLD = 2400  # characters of one earlier turn
LONGEST_MANNER = 1200
SHORTEST_TURN = 200  # characters below which the new turn is not cut any more
LOOKED_BACK = 256  # turns of the conversation, at most
LOOKED_BACK_STEP = 64  # turns by which their beginning moves on
MILESTONE = 1024  # turns: a session is measured from its start, or from the last such number in it
MESSAGE_OVERHEAD = 8  # tokens that a chat template adds around one message, at most
AROUND_NOTE = 24  # tokens of a note beside its words and its day, by the estimate
STEP = 0.85  # by which a prompt that the engine finds too long is laid out smaller
ATTEMPTS = 6

Count = Callable[[Sequence[Message]], int | None]  # tokens by the engine's own tokenizer; None: can't be told


def estimate_tokens(text: str) -> int:
    """Tokens of a text without the engine's own tokenizer: one for three bytes, more than English needs."""
    return len(text.encode()) // 3 + 1


@lru_cache(maxsize=1)
def templates() -> Environment:
    """The prompts' own templates; a name that is missing raises instead of leaving a gap."""
    loader = FileSystemLoader(TEMPLATES)
    made = Environment(loader=loader, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)  # noqa: S701
    made.filters["quoted"] = quoted
    return made


def quoted(text: str) -> str:
    """Somebody's words as a JSON string that cannot close the fence around the notes."""
    return json.dumps(text, ensure_ascii=False).replace("<", "\\u003c")


def render(template: str, **context: object) -> str:
    """One prompt's text."""
    return templates().get_template(template).render(**context).strip()


@dataclass(frozen=True)
class Told:
    """A summary of an earlier session, with the day it ended on."""

    day: str
    text: str


@dataclass(frozen=True)
class Heard:
    """An earlier turn of this conversation, and how far it begins from where its session is measured, in tokens."""

    turn: int
    message: Message
    offset: int


@dataclass(frozen=True)
class Material:
    """All that one prompt is made of, read and ready."""

    companion: str
    manner: str
    person: str
    text: str
    summaries: Sequence[Told]  # latest first
    history: Sequence[Heard]  # oldest first
    remembering: Remembering
    notes: Sequence[Note]
    moment: datetime


def build(
    *,
    companion: Companion,
    person: str,
    turn: Turn,
    remembering: Remembering,
    notes: Sequence[Note],
    moment: datetime,
    count: Count | None = None,
) -> Prompt:
    """The prompt for one reply to one turn. `moment` stands on the person's clock."""
    material = gather(
        companion=companion, person=person, turn=turn, remembering=remembering, notes=notes, moment=moment
    )
    return lay_out(material, budget=settings.PROMPT_TOKENS, count=count)


def gather(
    *,
    companion: Companion,
    person: str,
    turn: Turn,
    remembering: Remembering,
    notes: Sequence[Note],
    moment: datetime,
) -> Material:
    """What the prompt for one turn is made of. Runs inside `acting_as(person)`."""
    return Material(
        companion=companion.name,
        manner=cut_middle(companion.manner, LONGEST_MANNER),
        person=person,
        text=turn.text,
        summaries=_summaries(companion, turn, moment),
        history=_history(turn),
        remembering=remembering,
        notes=notes,
        moment=moment,
    )


def _summaries(companion: Companion, turn: Turn, moment: datetime) -> list[Told]:
    """Those of the days before this session began, latest first: within a day they stay the same."""
    began = Session.objects.values_list("started_at", flat=True).get(pk=turn.session_id)
    day = began.astimezone(moment.tzinfo).replace(hour=0, minute=0, second=0, microsecond=0)
    latest = Memory.objects.of(companion.owner_id).filter(
        companion=companion, kind=Memory.Kind.SESSION_SUMMARY, said_at__lt=day
    )
    return [
        Told(f"{memory.said_at.astimezone(moment.tzinfo):%Y-%m-%d}", memory.text)
        for memory in latest.order_by("-said_at", "-pk")[:SUMMARIES]
    ]


def _history(turn: Turn) -> list[Heard]:
    """The conversation before a turn, oldest first; offsets depend on what was said alone, not on how it is read."""
    first = max(turn.number - LOOKED_BACK, 1)
    first += -first % LOOKED_BACK_STEP if first > 1 else 0
    start = turn.number - turn.number % MILESTONE
    earlier = Turn.objects.filter(conversation_id=turn.conversation_id, number__lt=turn.number)
    said = list(earlier.filter(number__gte=first).order_by("number"))
    measured = [s.session_id == turn.session_id and s.number >= start for s in said]
    offset = -sum(_weight(len(s.text.encode())) for s, ours in zip(said, measured, strict=True) if not ours)
    if start < first:
        size = Func("text", function="octet_length", output_field=IntegerField())
        unseen = earlier.filter(session_id=turn.session_id, number__gte=start, number__lt=first)
        offset += sum(map(_weight, unseen.values_list(size, flat=True)))
    history = []
    for one in said:
        history.append(Heard(one.pk, _as_message(one), offset))
        offset += _weight(len(one.text.encode()))
    return history


def _weight(size: int) -> int:
    """About what a turn of so many bytes costs once it is replayed."""
    return min(size, LONGEST_TOLD) // 3 + 1 + MESSAGE_OVERHEAD


def _as_message(turn: Turn) -> Message:
    role: Any = "user" if turn.speaker == Speaker.PERSON else "assistant"
    return Message(role=role, content=cut_middle(turn.text, LONGEST_TOLD))


def lay_out(material: Material, *, budget: int, count: Count | None = None) -> Prompt:
    """The prompt, at most `budget` tokens by the engine's own count, or by the estimate where it can't count.

    One count a prompt as a rule; where it is too long, the room shrinks by fixed steps, so that the next prompts, which
    shrink as far, still share their beginning. Only the persona and the last characters of a turn are never given up.
    """
    room = budget
    for _ in range(ATTEMPTS):
        prompt = _laid_out(material, room)
        spent = count(prompt.messages) if count else None
        if spent is None or spent <= budget:
            return prompt
        room = _smaller(room, needed=room * budget / spent)
    return _laid_out(material, 0)


def _smaller(room: int, *, needed: float) -> int:
    """The next step down from a room that is at most what is needed."""
    smaller = room * STEP
    while smaller > max(needed, 1):
        smaller *= STEP
    return int(smaller)


def _laid_out(material: Material, budget: int) -> Prompt:
    """The prompt by the estimate: a long new turn takes from the history first, and is cut when that is not enough."""
    system = _system(material, budget)
    left = budget - _cost(system)
    for share in HISTORY_SHARES:
        window = _window(material.history, int(budget * share))
        room = left - sum(_cost(heard.message["content"]) for heard in window)
        shown = {heard.turn for heard in window}
        notes = _fitting([note for note in material.notes if note.turn not in shown], int(budget * NOTES_SHARE))
        wanted = _cost(_asked(material, material.text, [_bare(note) for note in notes]))
        if min(wanted, int(budget * TURN_SHARE)) <= room:
            break
    told = _with_neighbours(notes, shown, room - wanted)
    asked, told = _cut_to_fit(material, told, room)
    in_window = [note for note in material.notes if note.turn in shown]
    return _prompt(material, system, window, asked, sorted([*in_window, *told], key=lambda note: note.said_at))


def _prompt(material: Material, system: str, window: Sequence[Heard], asked: str, notes: list[Note]) -> Prompt:
    messages = [Message(role="system", content=system), *(heard.message for heard in window)]
    messages.append(Message(role="user", content=asked))
    return Prompt(
        messages=messages,
        notes=notes,
        question=material.text,
        moment=material.moment,
        person=material.person,
        companion=material.companion,
        needs_memory=material.remembering.needs_memory,
        sufficient=material.remembering.sufficient,
    )


def _cost(text: str) -> int:
    return estimate_tokens(text) + MESSAGE_OVERHEAD


def _system(material: Material, budget: int) -> str:
    """Persona, and the latest summaries that fit, oldest first."""
    kept: list[Told] = []
    room = int(budget * SUMMARY_SHARE)
    for summary in material.summaries:
        room -= _cost(summary.text)
        if room < 0:
            break
        kept.insert(0, summary)
    named = {"companion": material.companion, "person": material.person, "manner": material.manner}
    return render("persona.jinja", **named, summaries=kept)


def _window(history: Sequence[Heard], room: int) -> list[Heard]:
    """As much of the conversation's end as fits, beginning with the person at a multiple of half the room.

    As the conversation grows the beginning stays where it is, until it no longer fits and moves on by half the room.
    """
    step = max(room // 2, 1)
    costs = [_cost(heard.message["content"]) for heard in history]
    after = sum(costs)
    begin, bound = 0, history[0].offset if history else 0
    while begin < len(history) and after > room:
        bound = (bound // step + 1) * step
        while begin < len(history) and history[begin].offset < bound:
            after -= costs[begin]
            begin += 1
    while begin < len(history) and history[begin].message["role"] != "user":
        begin += 1
    return list(history[begin:])


def _fitting(notes: Sequence[Note], room: int) -> list[Note]:
    """The best notes that fit, in time order; their neighbours cost nothing yet."""
    kept = []
    for note in sorted(notes, key=lambda note: -note.score):
        cost = estimate_tokens(quoted(note.quote)) + estimate_tokens(note.when) + AROUND_NOTE
        if cost <= room:
            room -= cost
            kept.append(note)
    return sorted(kept, key=lambda note: note.said_at)


def _bare(note: Note) -> Note:
    return replace(note, before=None, after=None)


def _with_neighbours(notes: Sequence[Note], shown: set[int], room: int) -> list[Note]:
    """The notes, of which the best get the neighbours that nothing else shows, as far as the room that is left goes."""
    told = [_bare(note) for note in notes]
    seen = shown | {note.turn for note in notes if note.turn}
    for place in sorted(range(len(notes)), key=lambda place: -notes[place].score):
        before, after = _unseen(notes[place].before, seen), _unseen(notes[place].after, seen)
        cost = sum(estimate_tokens(quoted(beside.quote)) + AROUND_NOTE for beside in (before, after) if beside)
        if cost and cost <= room:
            room -= cost
            told[place] = replace(notes[place], before=before, after=after)
    return told


def _unseen(neighbour: Neighbour | None, seen: set[int]) -> Neighbour | None:
    return neighbour if neighbour and neighbour.turn not in seen else None


def _asked(material: Material, text: str, notes: Sequence[Note]) -> str:
    """The new turn under what memory brings to it."""
    remembering = material.remembering
    return render(
        "turn.jinja",
        text=text,
        person=material.person,
        notes=notes,
        conflicts=_conflicts(notes),
        nothing=remembering.needs_memory and not material.notes,
        missing=remembering.needs_memory and not remembering.sufficient and asks(material.text),
        sufficient=remembering.sufficient,
        dates=remembering.dates,
        moment=material.moment,
    )


def _conflicts(notes: Sequence[Note]) -> list[dict[str, object]]:
    """The pairs of notes, by their numbers in the list, of which the later seems to disagree with the earlier."""
    places = {note.turn: place for place, note in enumerate(notes, start=1) if note.turn}
    return [
        {
            "later": place,
            "later_at": note.said_at,
            "earlier": places[note.contradicts],
            "earlier_at": notes[places[note.contradicts] - 1].said_at,
        }
        for place, note in enumerate(notes, start=1)
        if note.contradicts in places
    ]


def _cut_to_fit(material: Material, notes: list[Note], room: int) -> tuple[str, list[Note]]:
    """The new turn with its notes; the turn is cut in its middle where it is too long, then the least note falls."""
    text, told = material.text, list(notes)
    while True:
        asked = _asked(material, text, told)
        if (over := _cost(asked) - room) <= 0:
            return asked, told
        if len(text) >= SHORTEST_TURN:
            bytes_each = len(text.encode()) / len(text)
            text = cut_middle(text, len(text) - int(3 * over / bytes_each) - 20)
        elif told:
            told.remove(min(told, key=lambda note: note.score))
        else:
            return asked, told


def cut_middle(text: str, length: int) -> str:
    """The beginning and the end of a text, with a mark for what is left out between them; a shorter one as it is."""
    if len(text) <= length:
        return text
    half = max(length // 2, 40)
    return f"{text[:half]}\n[…]\n{text[-half:]}"
