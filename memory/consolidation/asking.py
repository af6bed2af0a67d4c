"""Ask an engine for an object of a schema: what fails is told once, and then done without."""

from collections.abc import Callable
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from memory import dialogue
from memory.engine import Engine, EngineError, Message, object_in

LONGEST_ANSWER = 200_000  # characters; what is longer is no answer to what was asked
SHOWN_AGAIN = 4_000  # characters of a bad answer that its repair is shown

Object = TypeVar("Object")
Model = TypeVar("Model", bound=BaseModel)


class Unusable(Exception):
    """An engine could not keep to the schema, or refused for good. The message names how, never what was said."""


def ask(
    engine: Engine, prompt: str, *, schema: type[BaseModel], read: Callable[[str], Object | None], wish: str
) -> Object:
    """What `read` makes of the answer; one it can't read is asked for once more, with the `wish`.

    Raises EngineError where trying later may help, and Unusable where it would not.
    """
    messages = [Message(role="user", content=prompt)]
    try:
        answer = engine.complete(messages, schema=schema)
        made = _read(answer, read)
        if made is None:
            told = Message(role="assistant", content=answer[:SHOWN_AGAIN])
            again = [*messages, told, Message(role="user", content=wish)]
            made = _read(engine.complete(again, schema=schema), read)
    except EngineError as error:
        if error.retryable:
            raise
        raise Unusable(type(error).__name__) from error
    if made is None:
        raise Unusable("no answer by the schema")
    return made


def by_schema(schema: type[Model]) -> Callable[[str], Model | None]:
    """Reads the object in an answer, prose around it forgiven; None where it is none by the schema."""

    def read(answer: str) -> Model | None:
        try:
            return schema.model_validate_json(object_in(answer).translate(dialogue.UNKEEPABLE))
        except ValidationError:
            return None

    return read


def _read(answer: str, read: Callable[[str], Object | None]) -> Object | None:
    return read(answer) if len(answer) <= LONGEST_ANSWER else None
