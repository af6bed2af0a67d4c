"""Everything a reply stands on, laid out as messages within a token budget.

What changes least comes first, so that a server's prefix cache covers most of it: persona, summaries, the conversation
so far, and only then the notes, the date and the new turn (DESIGN: prefix caching).
"""

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from memory.engine import Message, Note, Prompt
from memory.models import Companion, Memory, Speaker, Turn
from memory.recall import Remembering

TEMPLATES = Path(__file__).parent / "prompts"
SUMMARIES = 3  # latest sessions told
SUMMARY_SHARE = 0.2  # of the budget at most
NOTES_SHARE = 0.35
MESSAGE_OVERHEAD = 8  # tokens that a chat template adds around one message, at most

Tokens = Callable[[str], int]


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


def build(
    *,
    companion: Companion,
    person: str,
    turn: Turn,
    remembering: Remembering,
    notes: Sequence[Note],
    moment: datetime,
    tokens: Tokens = estimate_tokens,
) -> Prompt:
    """The prompt for one reply to one turn. `moment` stands on the person's clock."""
    budget = settings.PROMPT_TOKENS
    summaries = _summaries(companion, before=turn, room=int(budget * SUMMARY_SHARE), tokens=tokens)
    system = render("persona.jinja", companion=companion, person=person, summaries=summaries)
    fitting = _fitting(notes, room=int(budget * NOTES_SHARE), tokens=tokens)
    room = budget - _cost(system, tokens) - MESSAGE_OVERHEAD
    window = _window(turn, room=room // 2, tokens=tokens)
    shown = {said.pk for said in window}
    told = [note for note in fitting if note.turn not in shown]
    nothing = remembering.needs_memory and not fitting
    question = _asked(turn, told, nothing, remembering.sufficient, moment, tokens, room // 2)
    messages = [Message(role="system", content=system), *map(_as_message, window)]
    messages.append(Message(role="user", content=question))
    return Prompt(
        messages=messages,
        notes=fitting,
        question=turn.text,
        moment=moment,
        person=person,
        companion=companion.name,
        needs_memory=remembering.needs_memory,
        sufficient=remembering.sufficient,
    )


def _cost(text: str, tokens: Tokens) -> int:
    return tokens(text) + MESSAGE_OVERHEAD


def _summaries(companion: Companion, *, before: Turn, room: int, tokens: Tokens) -> list[Memory]:
    """The latest sessions' summaries that fit, oldest first."""
    kept: list[Memory] = []
    latest = Memory.objects.of(companion.owner_id).filter(
        companion=companion, kind=Memory.Kind.SESSION_SUMMARY, said_at__lt=before.said_at
    )
    for memory in latest.order_by("-said_at")[:SUMMARIES]:
        room -= tokens(memory.text)
        if room < 0:
            break
        kept.insert(0, memory)
    return kept


def _fitting(notes: Sequence[Note], *, room: int, tokens: Tokens) -> list[Note]:
    """The best notes that fit, in time order."""
    kept = []
    for note in sorted(notes, key=lambda note: -note.score):
        cost = tokens(note.quote) + tokens(note.when) + MESSAGE_OVERHEAD
        if cost <= room:
            room -= cost
            kept.append(note)
    return sorted(kept, key=lambda note: note.said_at)


def _window(turn: Turn, *, room: int, tokens: Tokens) -> list[Turn]:
    """The conversation so far, as much of its end as fits, oldest first and beginning with the person."""
    earlier = Turn.objects.filter(conversation_id=turn.conversation_id, number__lt=turn.number)
    window: list[Turn] = []
    for said in earlier.order_by("-number")[:100]:
        room -= _cost(said.text, tokens)
        if room < 0:
            break
        window.insert(0, said)
    while window and window[0].speaker != Speaker.PERSON:
        window.pop(0)
    return window


def _as_message(turn: Turn) -> Message:
    return Message(role="user" if turn.speaker == Speaker.PERSON else "assistant", content=turn.text)


def _asked(
    turn: Turn,
    notes: list[Note],
    nothing: bool,
    sufficient: bool,
    moment: datetime,
    tokens: Tokens,
    room: int,
) -> str:
    """The new turn under what memory brings to it; a very long turn is cut in its middle, never the notes."""
    text = turn.text
    while True:
        asked = render("turn.jinja", text=text, notes=notes, nothing=nothing, sufficient=sufficient, moment=moment)
        if (over := _cost(asked, tokens) - room) <= 0 or len(text) < 200:
            return asked
        text = cut_middle(text, len(text) - max(3 * over, 100))


def cut_middle(text: str, length: int) -> str:
    """The beginning and the end of a text, with a mark for what is left out between them."""
    half = max(length // 2, 40)
    return f"{text[:half]}\n[…]\n{text[-half:]}"
