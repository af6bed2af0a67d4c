"""All replies' logs of a worker, written by one thread: in order, soon, each into its own."""

import json
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import parts
from worker import reply_log
from worker.reply_log import ReplyLog
from worker.stream import connection, stream_key


def opened(asked=1, attempt=1, reply_id=None):
    return ReplyLog(reply_id or uuid4(), asked=asked, attempt=attempt)


def logged(entries):
    """The events of a log, once everything is written."""
    entries.settle()
    return [json.loads(fields[b"event"]) for _, fields in connection().xrange(stream_key(entries.reply_id))]


def text_of(events):
    return "".join(event["text"] for event in events if event["type"] == "words")


@pytest.fixture
def slow_grain(monkeypatch):
    """A round is long off: what comes before it came at once."""
    monkeypatch.setattr(reply_log, "GRAIN", 60.0)


def test_the_first_words_go_out_at_once_and_later_ones_together(slow_grain, monkeypatch):
    monkeypatch.setattr(reply_log, "writer", reply_log.Writer())
    filler = opened()
    filler.write("phase", phase="thinking", recalled=0)
    filler.settle()  # a round has just been
    entries = opened()
    entries.write("words", text="One ")
    entries.settle()
    for word in ("two ", "three ", "four"):
        entries.write("words", text=word)
    events = logged(entries)
    assert [event["text"] for event in events] == ["One ", "two three four"]
    assert [event["seq"] for event in events] == [entries.sequence - 3, entries.sequence]


@given(st.lists(st.tuples(st.integers(0, 4), st.text(st.characters(codec="utf-8"), min_size=1, max_size=8))))
@settings(max_examples=30, deadline=None)
def test_every_log_holds_its_own_words_in_order_and_no_others(said):
    logs = [opened() for _ in range(5)]
    for whose, word in said:
        logs[whose].write("words", text=word)
    for entries in logs:
        entries.write("done", state="whole")
    for number, entries in enumerate(logs):
        events = logged(entries)
        assert text_of(events) == "".join(word for whose, word in said if whose == number)
        assert events[-1]["type"] == "done"
        assert [event["seq"] for event in events] == sorted({event["seq"] for event in events})


def test_a_log_is_kept_for_a_while_only():
    entries = opened()
    entries.write("words", text="Hello")
    entries.settle()
    assert 0 < connection().ttl(stream_key(entries.reply_id)) <= 3600


def test_an_earlier_attempt_is_refused_and_a_later_one_and_others_are_not():
    reply_id = uuid4()
    dead, heir, other = opened(attempt=1, reply_id=reply_id), opened(attempt=2, reply_id=reply_id), opened()
    heir.write("words", text="I go on.")
    heir.settle()
    dead.write("words", text="I am still here!")
    other.write("words", text="Good morning.")
    assert text_of(logged(heir)) == "I go on."
    assert text_of(logged(other)) == "Good morning."
    dead.settle()
    assert (dead.refused, heir.refused, other.refused) == (True, False, False)


def test_a_redis_that_refuses_to_write_is_told_and_taken_for_no_later_attempt(caplog):
    entries = opened()
    before = connection().config_get("maxmemory"), connection().config_get("maxmemory-policy")
    connection().config_set("maxmemory-policy", "noeviction")
    connection().config_set("maxmemory", 1)
    try:
        entries.write("words", text="Into the void.")
        entries.settle()
    finally:
        for setting in before:
            for name, value in setting.items():
                connection().config_set(name, value)
    assert not entries.refused
    assert "cannot be written" in caplog.text


def test_while_redis_is_away_nobody_waits_long_and_afterwards_logs_are_written_again(caplog):
    entries, later = opened(), opened()
    with parts.redis_frozen():
        entries.write("words", text="Into the void.")
        entries.settle()
    assert not entries.refused
    assert "cannot be written" in caplog.text
    later.write("words", text="Here I am.")
    assert text_of(logged(later)) == "Here I am."
