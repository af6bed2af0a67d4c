"""The time that a question means, as an engine reads it where the grammar is not sure (LongMemEval §5.4).

An expansion can only add: without an engine, or with one that answers nonsense, a question is what it was before.
"""

from datetime import date, datetime, timedelta

from pydantic import BaseModel, ConfigDict, ValidationError

from memory.engine import Engine, EngineError, Message, object_in
from memory.prompt import render
from memory.question import asks, shortened
from memory.temporal import DateRange, asked_range, asks_when, has_time_words

LONGEST = timedelta(days=800)  # of a stretch that still says where to look
BACK = timedelta(days=366 * 150)
AHEAD = timedelta(days=366)  # what lies further in the past or the future was not talked about


class AskedTime(BaseModel):
    """What an engine is asked for; nulls where it is not sure."""

    model_config = ConfigDict(extra="ignore", str_strip_whitespace=True)

    words: str | None
    first: date | None
    last: date | None


def is_wanted(question: str, *, moment: datetime) -> bool:
    """Whether an engine is worth asking: the question names some time, and the grammar can't say which."""
    question = shortened(question)
    if not asks(question) or asks_when(question) or not has_time_words(question):
        return False
    return asked_range(question, moment=moment) is None


def expanded(question: str, *, moment: datetime, engine: Engine) -> DateRange | None:
    """The days that the engine reads out of a question, as of a moment on the person's clock.

    None where it is not sure, fails, or answers nonsense.
    """
    question = shortened(question)
    asked = render("expansion.jinja", question=question, moment=moment)
    try:
        answer = engine.complete([Message(role="user", content=asked)], schema=AskedTime)
        told = AskedTime.model_validate_json(object_in(answer))
    except (EngineError, ValidationError):
        return None
    return _sensible(told, question, moment.date())


def _sensible(told: AskedTime, question: str, today: date) -> DateRange | None:
    """Only words that stand in the question, and days that can be meant."""
    if not told.words or told.first is None or told.last is None or told.words.lower() not in question.lower():
        return None
    if not timedelta() <= told.last - told.first <= LONGEST or not -BACK <= told.first - today <= AHEAD:
        return None
    return DateRange(told.first, told.last, text=told.words)
