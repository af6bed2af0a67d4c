"""Everything a reply stands on, laid out as messages within a token budget.

What changes least comes first, so that a server's prefix cache covers most of it: persona, portrait, summaries, the
conversation so far, and only then the notes, the date and the new turn (DESIGN: prefix caching). Portrait and summaries
change at most once a day, and the conversation loses its beginning in big steps, at places that depend on the
conversation alone.

`context.look_back` reads the database; `gather` and `lay_out` need none, so that an engine's own tokenizer can be asked
meanwhile.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from memory.budget import MESSAGE_OVERHEAD, beginning, cut_middle, estimate_tokens, most_tokens
from memory.context import Earlier, Heard, Told, look_back
from memory.engine import Message, Neighbour, Note, Prompt
from memory.models import Companion, Turn
from memory.question import asks
from memory.recall import Remembering

TEMPLATES = Path(__file__).parent / "prompts"
SUMMARY_SHARE = 0.19  # of the budget at most, for the portrait and all summaries together
LAYER_SHARES = {  # at most, for each layer; the first come first
    "portrait": 0.03,
    "whole": 0.06,
    "session": 0.12,
    "day": 0.06,
}
HISTORY_SHARES = (0.5, 0.25, 0.125, 0.0)  # the less, the longer the new turn is
NOTES_SHARE = 0.25
TURN_SHARE = 0.7  # of a longer new turn with its notes, no more is bought with history
LONGEST_MANNER = 1200
SHORTEST_TURN = 200  # characters below which the new turn is not cut any more
AROUND_NOTE = 24  # tokens of a note beside its words and its day, by the estimate
STEP = 0.85  # by which a prompt that the engine finds too long is laid out smaller
ATTEMPTS = 6

Count = Callable[[Sequence[Message]], int | None]  # tokens by the engine's own tokenizer; None: can't be told


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
class Material:
    """All that one prompt is made of, read and ready."""

    companion: str
    manner: str
    person: str
    text: str
    summaries: Sequence[Told]  # of each layer the latest first, of the portrait the surest
    history: Sequence[Heard]  # oldest first
    remembering: Remembering
    notes: Sequence[Note]
    moment: datetime
    remembered: bool = True  # whether the turn is


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
    """The prompt for one reply to one turn. `moment` stands on the person's clock. Runs inside `acting_as(person)`."""
    earlier = look_back(companion=companion, turn=turn, moment=moment)
    material = gather(
        companion=companion,
        person=person,
        turn=turn,
        earlier=earlier,
        remembering=remembering,
        notes=notes,
        moment=moment,
    )
    return lay_out(material, budget=settings.PROMPT_TOKENS, count=count)


def gather(
    *,
    companion: Companion,
    person: str,
    turn: Turn,
    earlier: Earlier,
    remembering: Remembering,
    notes: Sequence[Note],
    moment: datetime,
) -> Material:
    """What the prompt for one turn is made of. Reads nothing more."""
    return Material(
        companion=companion.name,
        manner=cut_middle(companion.manner, LONGEST_MANNER),
        person=person,
        text=turn.text,
        summaries=earlier.summaries,
        history=earlier.history,
        remembering=remembering,
        notes=notes,
        moment=moment,
        remembered=turn.remembered,
    )


def lay_out(material: Material, *, budget: int, count: Count | None = None) -> Prompt:
    """The prompt, at most `budget` tokens by the engine's own count, or by the estimate where it can't count.

    One count a prompt as a rule, and none for one that fits whatever the tokenizer: to ask costs the first word its
    time. Where it is too long, the room shrinks by fixed steps, so that the next prompts, which
    shrink as far, still share their beginning. Only the persona and the last characters of a turn are never given up.
    """
    room = budget
    for _ in range(ATTEMPTS):
        prompt = _laid_out(material, room)
        spent = count(prompt.messages) if count and _may_be_too_long(prompt, budget) else None
        if spent is None or spent <= budget:
            return prompt
        room = _smaller(room, needed=room * budget / spent)
    return _laid_out(material, 0)


def _may_be_too_long(prompt: Prompt, budget: int) -> bool:
    return sum(most_tokens(message["content"]) for message in prompt.messages) > budget


def _smaller(room: int, *, needed: float) -> int:
    """The next step down from a room that is at most what is needed."""
    smaller = room * STEP
    while smaller > max(needed, 1):
        smaller *= STEP
    return int(smaller)


def _laid_out(material: Material, budget: int) -> Prompt:
    """The prompt by the estimate: a long new turn takes from the history first, and is cut when that is not enough."""
    summaries = _summaries_that_fit(material.summaries, budget)
    system = _system(material, summaries)
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
    noted = sorted([*in_window, *told], key=lambda note: note.said_at)
    by_memory = {summary.memory: summary.text for summary in summaries if summary.memory is not None}
    return _prompt(material, system, window, asked, noted, by_memory)


def _prompt(
    material: Material,
    system: str,
    window: Sequence[Heard],
    asked: str,
    notes: list[Note],
    summaries: dict[int, str],
) -> Prompt:
    messages = [Message(role="system", content=system), *(heard.message for heard in window)]
    messages.append(Message(role="user", content=asked))
    return Prompt(
        messages=messages,
        notes=notes,
        summaries=summaries,
        question=material.text,
        moment=material.moment,
        person=material.person,
        companion=material.companion,
        needs_memory=material.remembering.needs_memory,
        sufficient=material.remembering.sufficient,
        remembered=material.remembered,
    )


def _cost(text: str) -> int:
    return estimate_tokens(text) + MESSAGE_OVERHEAD


def _summaries_that_fit(summaries: Sequence[Told], budget: int) -> list[Told]:
    """Of the portrait, what is known as a whole, the sessions and the days, what fits; each layer oldest first.

    The portrait ends with the surest line.
    """
    kept: list[Told] = []
    left = int(budget * SUMMARY_SHARE)
    for layer, share in LAYER_SHARES.items():
        room, fitting = min(int(budget * share), left), []
        for told in (told for told in summaries if told.layer == layer):
            longest = room - MESSAGE_OVERHEAD - 1
            summary = replace(told, text=beginning(told.text, longest)) if layer == "whole" else told
            if not summary.text or _cost(summary.text) > room:
                break
            fitting.append(summary)
            room -= _cost(summary.text)
            left -= _cost(summary.text)
        kept += reversed(fitting)
    return kept


def _system(material: Material, summaries: Sequence[Told]) -> str:
    """Persona, the portrait with its surest line first, and summaries."""
    named = {"companion": material.companion, "person": material.person, "manner": material.manner}
    layers = {layer: [told for told in summaries if told.layer == layer] for layer in LAYER_SHARES}
    shown = {"whole": layers["whole"], "days": layers["day"], "sessions": layers["session"]}
    return render("persona.jinja", **named, portrait=layers["portrait"][::-1], **shown)


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
        remembered=material.remembered,
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
