"""Any server that speaks OpenAI's chat completions: vLLM, Ollama, llama.cpp and the rest."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextvars import copy_context
from dataclasses import dataclass
from functools import lru_cache
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, cast

import openai
import stamina
from django.utils.translation import gettext
from pydantic import BaseModel

from memory.dialogue import UNKEEPABLE
from memory.engine import EngineError, Message, Prompt
from worker import request_id
from worker.engines.chosen import shown
from worker.engines.discovery import models_at
from worker.engines.thinking import spoken
from worker.engines.tokenizing import tokenizer
from worker.reply_log import pause

CONNECT = 5.0  # seconds to reach the server
LOOK_UP = 0.1  # seconds between two looks whether to stop
LONGEST_REPLY = 600.0  # seconds
LEAST_PAUSE = 0.05  # seconds: below it pauses spare nothing
AT_HAND = 0.002  # seconds: what is there within so long had come already
ATTEMPTS = 3  # before the first token; after it never again, or words would come twice
TO_BE_CONFIGURED = (openai.AuthenticationError, openai.PermissionDeniedError, openai.NotFoundError)
PASSING = (openai.APIConnectionError, openai.RateLimitError, openai.InternalServerError)

Piece = str | BaseException | None  # None is the end


class NoModel(Exception):
    """The server lists none. It is told in words where the reply is written: only there the person's language holds."""


class OpenAICompatible:
    """An engine behind `url` (ending in /v1). `silence`: seconds without a token after which it is given up."""

    converses = True

    def __init__(
        self, *, url: str, model: str = "", key: str = "", silence: float = 60.0, most_tokens: int = 1024
    ) -> None:
        self.url = url.rstrip("/")
        self.silence = silence
        self.most_tokens = most_tokens
        self._model = model
        self._key = key or "none"
        self._client = client(self.url, self._key, silence)

    @property
    def name(self) -> str:
        """The model's name, or the server's address while the model is not chosen yet."""
        return self._model or self.where

    def models(self, *, patience: float) -> list[str]:
        """What the server lists. Raises as `models_at`."""
        return models_at(self.url, key=self._key, patience=patience)

    def by(self, model: str) -> "OpenAICompatible":
        """The same server with another of its models."""
        return OpenAICompatible(
            url=self.url, model=model, key=self._key, silence=self.silence, most_tokens=self.most_tokens
        )

    @property
    def where(self) -> str:
        """The server, as one would say it."""
        return shown(self.url)

    def stream(self, prompt: Prompt, *, stopped: Callable[[], bool]) -> Iterator[str]:
        """The reply, piece by piece, without what the model thinks to itself. Raises EngineError."""
        yield from spoken(self._pieces(prompt.messages, stopped))

    def count(self, messages: Sequence[Message]) -> int | None:
        """Tokens of a prompt by the server's own tokenizer, or None where it can't be asked."""
        return tokenizer(self.url, self._key).count(self._model, messages)

    def complete(self, messages: Sequence[Message], *, schema: type[BaseModel]) -> str:
        """One answer in JSON of the schema, as far as the server can be held to one. Raises EngineError."""
        asked = {
            "type": "json_schema",
            "json_schema": {"name": schema.__name__, "schema": schema.model_json_schema(), "strict": True},
        }
        try:
            try:
                text = self._complete(messages, response_format=asked)
            except openai.BadRequestError:  # a server without structured output
                text = self._complete(messages)
        except (openai.OpenAIError, NoModel) as error:
            raise self._in_words(error) from error
        return "".join(spoken([text])).translate(UNKEEPABLE)

    def _complete(self, messages: Sequence[Message], **options: Any) -> str:
        for attempt in stamina.retry_context(on=may_pass, attempts=ATTEMPTS, wait_initial=0.3, wait_max=3.0):
            with attempt:
                answer = self._client.chat.completions.create(
                    model=self._chosen(),
                    messages=cast(Any, messages),
                    max_tokens=self.most_tokens,
                    extra_headers=request_id.headers(),
                    **options,
                )
        return (answer.choices[0].message.content or "") if answer.choices else ""

    def _pieces(self, messages: Sequence[Message], stopped: Callable[[], bool]) -> Iterator[str]:
        """The answer is read in a thread of its own, so that a wish to stop is heard while the server is silent."""
        pieces: SimpleQueue[Piece] = SimpleQueue()
        reading = _Reading(self, messages, pieces)
        reading.start()
        began = heard = time.monotonic()
        try:
            while not stopped():
                now = time.monotonic()
                if now - began > LONGEST_REPLY or now - heard > self.silence:
                    raise self._gave_up(now - heard)
                try:
                    piece = pieces.get(timeout=LOOK_UP + pause())
                except Empty:
                    continue
                heard = time.monotonic()
                if piece is None:
                    return
                if isinstance(piece, BaseException):
                    raise self._in_words(piece, begun=reading.begun) from piece
                yield piece
        finally:
            reading.close()

    def open(self, messages: Sequence[Message]) -> "openai.APIResponse[Any]":
        """An answer that has begun to stream; what may pass is tried again, since nothing was said yet."""
        ask = self._client.chat.completions.with_streaming_response.create
        for attempt in stamina.retry_context(on=may_pass, attempts=ATTEMPTS, wait_initial=0.3, wait_max=3.0):
            with attempt:
                answer = ask(
                    model=self._chosen(),
                    messages=cast(Any, messages),
                    max_tokens=self.most_tokens,
                    extra_headers=request_id.headers(),
                    stream=True,
                ).__enter__()  # left by whoever reads it, maybe in the middle
        return answer

    def _chosen(self) -> str:
        if not self._model:
            listed = [model.id for model in self._client.models.list()]
            if not listed:
                raise NoModel
            self._model = listed[0]
        return self._model

    def _gave_up(self, silent: float) -> EngineError:
        if silent > self.silence:
            words = gettext(
                "The language model at %(where)s said nothing for %(seconds)s seconds. "
                "It may still be loading; try again in a moment."
            )
            return EngineError(words % {"where": self.where, "seconds": f"{self.silence:.0f}"})
        return EngineError(gettext("The language model at %(where)s did not come to an end.") % {"where": self.where})

    def _in_words(self, error: BaseException, *, begun: bool = False) -> EngineError:
        """What went wrong, as one would tell it, and what to do."""
        if isinstance(error, EngineError):
            return error
        told = {"where": self.where, "model": self._model, "status": getattr(error, "status_code", "")}
        return EngineError(_words_of(error, begun=begun) % told, retryable=_may_be_tried_again(error))


def _words_of(error: BaseException, *, begun: bool) -> str:  # noqa: PLR0911
    """What is told of an error, with places for where, model and status."""
    match error:
        case NoModel():
            return gettext("The server at %(where)s has no language model. Load one and try again.")
        case openai.APITimeoutError():
            return gettext(
                "The language model at %(where)s did not answer in time. "
                "It may still be loading; try again in a moment."
            )
        case openai.AuthenticationError() | openai.PermissionDeniedError():
            return gettext(
                "The language model at %(where)s refused the key. Whoever looks after this house can give another "
                "one under Preferences, or as ENGINE_KEY."
            )
        case openai.NotFoundError():
            return gettext(
                "The language model at %(where)s does not know “%(model)s”. Whoever looks after this house can name "
                "another one under Preferences, or as ENGINE_MODEL."
            )
        case openai.BadRequestError() if _is_too_long(error):
            return gettext("The language model at %(where)s can’t read so long a text. Lower PROMPT_TOKENS.")
        case openai.RateLimitError():
            return gettext("The language model at %(where)s has too much to do. Try again in a moment.")
        case openai.APIStatusError():
            return gettext(
                "The language model at %(where)s failed (status %(status)s). Try again; if it stays, look at its log."
            )
        case _ if begun:
            return gettext(
                "The language model at %(where)s broke off in the middle. What it said so far is kept; try again."
            )
        case openai.APIConnectionError():
            return gettext("The language model at %(where)s can’t be reached. Is it running? Start it and try again.")
        case _:
            return gettext(
                "The language model at %(where)s answered in a way I can’t read. Is it an OpenAI-compatible server?"
            )


def _is_too_long(error: BaseException) -> bool:
    return "context" in str(error).lower()


def _may_be_tried_again(error: BaseException) -> bool:
    """Not where somebody has to change a setting first."""
    too_long = isinstance(error, openai.BadRequestError) and _is_too_long(error)
    return not too_long and not isinstance(error, TO_BE_CONFIGURED)


class _Reading(Thread):
    """Reads one streamed answer into a queue, until its end, an error, or until nobody wants it any more."""

    def __init__(self, engine: OpenAICompatible, messages: Sequence[Message], pieces: "SimpleQueue[Piece]") -> None:
        super().__init__(name="engine", daemon=True)
        self.engine = engine
        self.messages = messages
        self.pieces = pieces
        self.begun = False
        self.closed = False
        self.answer: openai.APIResponse[Any] | None = None
        self.context = copy_context()  # the id of the request goes along into the thread

    def run(self) -> None:
        """Every way this can end is told through the queue."""
        try:
            self.answer = self.context.run(self.engine.open, self.messages)
            finished = self._read(self.answer)
            broken = None if finished or self.closed else EOFError("the stream just ended")
            self.pieces.put(broken)
        except Exception as error:
            self.pieces.put(error)

    def _read(self, answer: "openai.APIResponse[Any]") -> bool:
        """Whether the server itself said that this was the end.

        The events are read as they come: the client's own objects cost a processor twenty times as much as the JSON,
        which with some hundred streams is all of it. What gathers in a pause is read to its end before the next: a
        chunk of HTTP holds one token, and a pause for each would keep back an engine that says several meanwhile.
        """
        finished, rest = False, b""
        for came, waited_for in _as_it_came(answer.iter_bytes()):
            *lines, rest = (rest + came).split(b"\n")
            heard = _Heard()
            try:
                for line in lines:
                    heard.read(line)
            finally:
                if heard.text:
                    self.begun = True
                    self.pieces.put(heard.text.translate(UNKEEPABLE))
            finished = finished or heard.finished
            if self.closed or heard.done:
                break
            if waited_for and self.begun and (together := pause()) > LEAST_PAUSE:
                time.sleep(together)
        return finished

    def close(self) -> None:
        """Hang up, so that the server stops generating."""
        self.closed = True
        if self.answer is not None:
            self.answer.close()


def _as_it_came(chunks: Iterator[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Each chunk, and whether it had to be waited for: then there was no more."""
    asked = time.monotonic()
    for chunk in chunks:
        yield chunk, time.monotonic() - asked > AT_HAND
        asked = time.monotonic()


@dataclass
class _Heard:
    """What some lines of a stream of events say."""

    text: str = ""
    finished: bool = False  # the answer has come to its end
    done: bool = False  # nothing more will come

    def read(self, line: bytes) -> None:
        """One line. Raises ValueError for what is none of the protocol's."""
        if self.done or not line.startswith(b"data:"):
            return
        if line.startswith(b"data: [DONE]"):
            self.done = True
            return
        for choice in _choices(json.loads(line[5:])):
            self.text += (choice.get("delta") or {}).get("content") or ""
            self.finished = self.finished or choice.get("finish_reason") is not None


def _choices(event: Any) -> list[dict[str, Any]]:
    """What one event of a stream offers. Raises ValueError where the server tells of an error in it."""
    if not isinstance(event, dict) or "error" in event:
        raise ValueError("an error in the stream")
    return event.get("choices") or []


@lru_cache(maxsize=4)
def client(url: str, key: str, silence: float) -> openai.OpenAI:
    """One client a server, with its connections kept; retries are ours, for they depend on what was said already."""
    timeout = openai.Timeout(silence + CONNECT, connect=CONNECT)
    return openai.OpenAI(base_url=url, api_key=key, max_retries=0, timeout=timeout)


def may_pass(error: Exception) -> bool:
    """Whether the same request may succeed a moment later."""
    return isinstance(error, PASSING) and not isinstance(error, openai.APITimeoutError)
