"""The engine client against a server that speaks the real protocol, in all the ways one can misbehave."""

import json
import threading
import time
from datetime import UTC, datetime
from queue import SimpleQueue
from types import SimpleNamespace

import pytest
from pydantic import BaseModel, Field

from memory.engine import EngineError, Prompt
from tests.stack import free_port
from worker.engines import openai_compatible
from worker.engines.openai_compatible import OpenAICompatible, _Reading


def prompt(text="Hello?"):
    return Prompt(
        messages=[{"role": "user", "content": text}],
        notes=[],
        question=text,
        moment=datetime.now(UTC),
        person="Ana",
        companion="Rosemary",
        needs_memory=True,
        sufficient=False,
    )


@pytest.fixture
def engine(engine_server):
    def made(model, **options):
        return OpenAICompatible(url=engine_server.url, model=model, **options)

    return made


def whole(engine, text="Hello?", stopped=lambda: False):
    return "".join(engine.stream(prompt(text), stopped=stopped))


def test_a_reply_comes_piece_by_piece(engine):
    pieces = list(engine("slow").stream(prompt("the bees"), stopped=lambda: False))
    assert len(pieces) > 2
    assert "".join(pieces) == "One word after the other, and then the end."


class Answer:
    """A stream of events that arrives in these pieces."""

    def __init__(self, *arriving):
        self.arriving = arriving

    def iter_bytes(self):
        yield from self.arriving


EVENTS = "".join(
    f"data: {json.dumps({'choices': [{'delta': {'content': word}, 'finish_reason': end}]})}\n\n"
    for word, end in (("Ça ", None), ("va ", None), ("bien.", "stop"))
).encode()


@pytest.mark.parametrize("size", [1, 7, 60, 1000])
def test_events_are_read_whole_wherever_the_network_parts_them(size):
    pieces = SimpleQueue()
    reading = _Reading(None, [], pieces)
    parts = [EVENTS[start : start + size] for start in range(0, len(EVENTS), size)]
    assert reading._read(Answer(*parts, b"data: [DONE]\n\n"))
    assert "".join(iter(lambda: pieces.get_nowait() if not pieces.empty() else "", "")) == "Ça va bien."


def test_words_before_an_event_that_cannot_be_read_are_not_lost():
    pieces = SimpleQueue()
    with pytest.raises(ValueError, match="error in the stream"):
        _Reading(None, [], pieces)._read(Answer(EVENTS + b'data: {"error": "away"}\n\n'))
    assert pieces.get_nowait() == "Ça va bien."


class Late(Answer):
    """Each piece of which is waited for."""

    def iter_bytes(self):
        for piece in self.arriving:
            threading.Event().wait(5 * openai_compatible.AT_HAND)
            yield piece


@pytest.mark.parametrize(("answer", "least", "most"), [(Answer, 0, 10), (Late, 90, 100)])
def test_words_that_are_at_hand_are_read_without_a_pause_between_them(monkeypatch, answer, least, most):
    pauses = []
    monkeypatch.setattr(openai_compatible, "pause", lambda: 0.5)
    monkeypatch.setattr(openai_compatible, "time", SimpleNamespace(sleep=pauses.append, monotonic=time.monotonic))
    pieces = SimpleQueue()
    assert _Reading(None, [], pieces)._read(answer(*[EVENTS] * 100))
    assert pieces.qsize() == 100
    assert least <= len(pauses) <= most


def test_the_first_model_is_taken_where_none_is_named(engine):
    unnamed = engine("")
    whole(unnamed)
    assert unnamed.name == "echo"


def test_thousands_of_tokens_at_once_all_arrive_in_order(engine):
    assert whole(engine("fast")).split() == [str(number) for number in range(5000)]


def test_what_a_model_thinks_to_itself_is_not_said(engine):
    assert whole(engine("thinking")) == "Hello there."


def test_a_failure_before_the_first_token_is_tried_again(engine):
    assert "heard" in whole(engine("error-500-once"), f"try {time.monotonic()}")


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ("error-500", "failed (status 500)"),
        ("broken-off", "broke off in the middle"),
        ("malformed", "can’t read"),
        ("no-such-model", "does not know “no-such-model”"),
    ],
)
def test_a_failure_is_told_in_words_a_person_understands(engine, model, words):
    with pytest.raises(EngineError) as failure:
        whole(engine(model))
    assert words in failure.value.words


def test_what_was_said_before_it_broke_off_is_not_lost(engine):
    pieces = []
    try:
        for piece in engine("broken-off").stream(prompt(), stopped=lambda: False):
            pieces.append(piece)
    except EngineError:
        assert "".join(pieces) == "This will not"


def test_a_server_that_is_not_there_is_told_as_such():
    with pytest.raises(EngineError, match="can’t be reached"):
        whole(OpenAICompatible(url=f"http://127.0.0.1:{free_port()}/v1", model="echo"))


def test_a_silent_server_is_given_up(engine):
    with pytest.raises(EngineError, match="said nothing for 1 seconds"):
        whole(engine("silent", silence=1.0))


def test_a_wish_to_stop_is_heard_while_the_server_is_silent(engine):
    stop = threading.Event()
    threading.Timer(0.3, stop.set).start()
    began = time.monotonic()
    assert whole(engine("silent"), stopped=stop.is_set) == ""
    assert time.monotonic() - began < 5


def test_stopping_hangs_up_so_that_the_server_ends_too(engine, engine_server):
    talk = engine("endless").stream(prompt("stop me"), stopped=lambda: False)
    assert next(talk)
    talk.close()
    for _ in range(50):
        if engine_server.seen()[-1]["hung_up"]:
            return
        time.sleep(0.1)
    pytest.fail("the server was not told")


class Summary(BaseModel):
    title: str = Field(max_length=20)
    mood: int


def test_an_answer_is_asked_for_by_its_schema(engine, engine_server):
    text = engine("json").complete([{"role": "user", "content": "Sum it up."}], schema=Summary)
    assert Summary.model_validate_json(text)
    assert engine_server.seen()[-1]["request"]["response_format"]["type"] == "json_schema"
