"""A file that is sent to harm: what can't be read is told line by line, what can is kept, and it ends."""

import json
import resource
import time

import pytest

from memory.history import jsonl
from memory.history.told import Skipped, Told
from memory.isolation import acting_as
from memory.models import Import, Turn
from memory.wording import of_stored
from tests.memory.test_dialogue import say
from tests.memory.test_takeout import bring, exported, said

pytestmark = pytest.mark.django_db

GOOD = {"speaker": "person", "text": "I keep bees.", "session": "1", "said_at": "2026-03-01T10:00:00Z"}


def lines(*given):
    return "\n".join(json.dumps(one) if isinstance(one, dict) else one for one in given).encode()


HOSTILE = {
    "deep arrays": b"[" * 400_000,
    "deep objects": b'{"a":' * 150_000,
    "an array that never ends": b"[" + b"1," * 400_000,
    "a huge number": b'{"days_ago": ' + b"9" * 100_000 + b"}",
    "a huge line": b'{"text": "' + b"a" * 2_000_000 + b'"}',
    "null bytes": b"\0" * 10_000,
    "another encoding": "{“speaker”: “person”}".encode("utf-16"),
    "latin letters": '{"speaker": "person", "text": "Olá"}'.encode("latin-1"),
    "not a number": b'{"speaker": NaN}',
    "an archive": b"PK\x03\x04" + bytes(range(256)) * 40,
    "a compressed file": b"\x1f\x8b\x08" + bytes(range(256)) * 40,
    "the same name twice": b'{"speaker": "person", "speaker": ["person"], "text": "a"}',
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_what_cannot_be_read_is_told_and_what_stands_beside_it_is_kept(ana, stranger, content):
    say(stranger, "I am unharmed.")
    done = bring(ana, content.replace(b"\n", b"") + b"\n" + lines(GOOD))
    assert (done.state, done.kept) == (Import.State.DONE, 1)
    assert done.skipped_count >= 1
    first = str(of_stored(done.skipped[0]))
    assert first.startswith("line 1: ")
    assert len(first) < 300
    with acting_as(stranger.pk):
        assert Turn.objects.count() == 1


ODD = {
    "a null byte in a text": {"text": "bees\0bees"},
    "a null byte in a session": {"session": "a\0b"},
    "a null byte in a conversation": {"conversation": "a\0b"},
    "a null byte in an id": {"id": "a\0b"},
    "a null byte in a companion": {"companion": "a\0b"},
    "half a letter in a text": {"text": "bees \ud800"},
    "half a letter in a session": {"session": "a\ud800"},
    "half a letter in a conversation": {"conversation": "a\ud800"},
    "half a letter in an id": {"id": "a\ud800"},
    "half a letter in a companion": {"companion": "a\ud800"},
    "the first day of all": {"said_at": "0001-01-01T00:00:00+14:00"},
    "the last day of all": {"said_at": "9999-12-31T23:59:59-14:00"},
    "a hundred years ago": {"said_at": None, "days_ago": 36_500, "time": "00:00"},
    "marks that turn letters around": {"text": "\u202ebees\u2066"},
    "letters without end": {"text": "e" + "\u0301" * 50_000},
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_an_odd_line_is_kept_or_told_and_the_next_is_kept(ana, odd):
    done = bring(ana, lines({**GOOD, **odd}, {**GOOD, "text": "And a dog.", "session": "2"}))
    assert done.state == Import.State.DONE
    assert done.kept + done.skipped_count == 2
    assert done.kept >= 1
    assert any("And a dog." in row for row in (turn[4] for turn in said(ana)))
    assert exported(ana)


def test_of_lines_without_end_that_cannot_be_read_only_the_first_are_looked_at():
    content = lines(GOOD) + b"\n" + b"{}\n" * 3_000_000
    before, begun = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
    read = list(jsonl.read_sent(content, zone="UTC", today=None, source="sent").entries)
    assert time.monotonic() - begun < 20
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # kilobytes
    assert isinstance(read[0], Told)
    assert len(read) == 2 + jsonl.MOST_UNREADABLE
    last = read[-1]
    assert isinstance(last, Skipped)
    assert "not looked at" in str(last.why)


def test_empty_lines_without_end_take_no_room():
    content = b"\n" * 20_000_000 + lines(GOOD)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    read = list(jsonl.read_sent(content, zone="UTC", today=None, source="sent").entries)
    assert [one.text for one in read] == [GOOD["text"]]
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000
