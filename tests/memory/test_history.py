"""Histories from elsewhere: every readable turn once, at its own time, in its own session."""

import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.db import connections
from hypothesis import given
from hypothesis import strategies as st

from memory import encoder
from memory.history import jsonl, locomo
from memory.history.keep import keep
from memory.history.told import Skipped, Told, Unreadable
from memory.isolation import acting_as
from memory.models import Conversation, Key, Memory, Session, Step, Turn
from tests.memory.test_dialogue import companion_of
from tests.stack import ROOT, database_url

TODAY = date(2026, 11, 24)


def line(number, **fields):
    told = {
        "id": f"t{number}",
        "speaker": "person" if number % 2 else "companion",
        "text": f"Words number {number}.",
        "session": f"s{number // 4}",
        "conversation": "Old talks",
        "said_at": f"2025-03-{1 + number // 4:02}T10:{number % 60:02}:00+01:00",
    }
    return json.dumps({k: v for k, v in (told | fields).items() if v is not None})


def written(tmp_path, *lines):
    path = tmp_path / "history.jsonl"
    path.write_bytes(b"\n".join(each if isinstance(each, bytes) else each.encode() for each in lines))
    return path


def kept(person, path):
    history = jsonl.read(path, zone=person.time_zone, today=TODAY)
    return keep(companion=companion_of(person), history=history, encoder=encoder.current())


@pytest.mark.django_db
def test_turns_keep_their_own_times_sessions_rounds_and_keys(ana, tmp_path):
    result = kept(ana, written(tmp_path, *map(line, range(1, 9))))
    assert result.turns == 8
    with acting_as(ana.pk):
        turns = list(Turn.objects.order_by("number"))
        assert [turn.text for turn in turns] == [f"Words number {n}." for n in range(1, 9)]
        assert turns[0].said_at == datetime(2025, 3, 1, 9, 1, tzinfo=UTC)
        assert [session.origin for session in Session.objects.order_by("started_at")] == ["s0", "s1", "s2"]
        assert not Session.objects.filter(closed_at=None).exists()
        assert Step.objects.count() == 3 * len(Step.Kind)
        assert Conversation.objects.get().title == "Old talks"
        assert Key.objects.filter(kind="turn").count() == 8
        answered = Turn.objects.get(origin="t2")
        assert answered.answers.origin == "t1"
        (round_of_both,) = Memory.objects.filter(kind="round", sources__turn=answered)
        assert set(round_of_both.sources.values_list("turn__origin", flat=True)) == {"t1", "t2"}


@pytest.mark.django_db
def test_the_same_file_twice_changes_nothing(ana, tmp_path):
    path = written(tmp_path, *map(line, range(1, 9)))
    kept(ana, path)
    again = kept(ana, path)
    assert (again.turns, again.already) == (0, 8)
    with acting_as(ana.pk):
        assert Turn.objects.count() == 8
        assert Key.objects.filter(kind="turn").count() == 8


@pytest.mark.django_db
def test_a_history_that_grew_is_taken_up_where_it_ended(ana, tmp_path):
    kept(ana, written(tmp_path, *map(line, range(1, 5))))
    assert kept(ana, written(tmp_path, *map(line, range(1, 9)))).turns == 4


@pytest.mark.django_db
def test_nothing_of_it_reaches_anybody_else(ana, stranger, tmp_path):
    kept(ana, written(tmp_path, line(1)))
    with acting_as(stranger.pk):
        assert Turn.objects.count() == Key.objects.count() == 0


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        ("{not json", "not JSON"),
        (b'{"text": "\xff"}', "not UTF-8"),
        ("[1, 2]", "no JSON object"),
        (line(1, speaker="ghost"), "speaker"),
        (line(1, text=""), "text"),
        (line(1, text="   "), "no words"),
        (line(1, text="x" * 100_001), "text"),
        (line(1, said_at=None), "give said_at"),
        (line(1, said_at="2025-03-01T10:00:00"), "said_at"),
        (line(1, said_at="yesterday"), "said_at"),
        (line(1, days_ago=3, time="10:00"), "give said_at"),
        ("x" * 1_000_001, "bytes long"),
        ("[" * 100_000, "not JSON"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_a_bad_line_is_named_and_the_rest_is_read(tmp_path, bad, why):
    history = jsonl.read(written(tmp_path, line(1), bad, line(2)), zone="UTC", today=TODAY)
    first, skipped, last = history.entries
    assert isinstance(first, Told)
    assert isinstance(last, Told)
    assert isinstance(skipped, Skipped)
    assert str(skipped.where) == "line 2"
    assert why in str(skipped.why)


@given(st.binary(max_size=300))
def test_any_bytes_are_either_read_or_skipped(tmp_path_factory, raw):
    path = tmp_path_factory.mktemp("any") / "any.jsonl"
    path.write_bytes(b"x\n" + raw)
    for entry in jsonl.read(path, zone="UTC", today=TODAY).entries:
        assert isinstance(entry, Told | Skipped)


def test_days_ago_count_back_on_the_persons_own_clock(tmp_path):
    path = written(tmp_path, line(1, said_at=None, days_ago=3, time="23:30"))
    (told,) = jsonl.read(path, zone="Asia/Tokyo", today=TODAY).entries
    assert told.said_at == datetime(2026, 11, 21, 23, 30, tzinfo=ZoneInfo("Asia/Tokyo"))


@pytest.mark.parametrize("content", [b"", b"\n\n"])
def test_an_empty_file_is_told_as_such(tmp_path, content):
    path = tmp_path / "empty.jsonl"
    path.write_bytes(content)
    with pytest.raises(Unreadable, match="empty"):
        jsonl.read(path, zone="UTC", today=TODAY)


TALK = {
    "sample_id": "ours-1",
    "conversation": {
        "speaker_a": "Vera",
        "speaker_b": "Paul",
        "session_1_date_time": "1:56 pm on 8 May, 2023",
        "session_1": [
            {"speaker": "Vera", "dia_id": "D1:1", "text": "I bought a canoe."},
            {"speaker": "Paul", "dia_id": "D1:2", "text": "Look!", "blip_caption": "a red canoe"},
            {"speaker": "Nobody", "dia_id": "D1:3", "text": "Who am I?"},
        ],
        "session_2_date_time": "no date",
        "session_2": [{"speaker": "Vera", "dia_id": "D2:1", "text": "Lost."}],
    },
}


def test_a_talk_of_two_people_is_read_with_its_dates_and_pictures(tmp_path):
    path = tmp_path / "talk.json"
    path.write_text(json.dumps([TALK, TALK | {"sample_id": "ours-2"}]))
    history = locomo.read(path, zone="Europe/Lisbon")
    first, second, nobody, undated = history.entries
    assert (history.person, history.companion, history.total) == ("Vera", "Paul", 4)
    assert (first.id, first.speaker, second.speaker) == ("D1:1", "person", "companion")
    assert first.said_at == datetime(2023, 5, 8, 13, 56, tzinfo=ZoneInfo("Europe/Lisbon"))
    assert second.text == "Look! [image: a red canoe]"
    assert isinstance(nobody, Skipped)
    assert isinstance(undated, Skipped)
    assert "ours-2" in history.remarks[0]


def test_a_sample_that_is_not_there_is_told_with_those_that_are(tmp_path):
    path = tmp_path / "talk.json"
    path.write_text(json.dumps([TALK]))
    with pytest.raises(Unreadable, match="it has ours-1"):
        locomo.read(path, zone="UTC", sample="ours-9")


def command(*arguments):
    url = database_url(connections["owner"].settings_dict["NAME"])
    environment = os.environ | {"DATABASE_URL": url, "SECRET_KEY": settings.SECRET_KEY}
    return [sys.executable, "manage.py", *arguments], {"cwd": ROOT, "env": environment}


@pytest.mark.django_db
def test_an_import_that_is_killed_in_the_middle_is_completed_by_the_next(ana, tmp_path):
    path = written(tmp_path, *map(line, range(1, 100)))
    arguments, options = command("import_history", str(path), "--person", ana.email, "--json")
    first = subprocess.Popen(arguments, **options, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    for _ in range(600):
        with acting_as(ana.pk):
            if Turn.objects.count() >= 64:
                break
        time.sleep(0.05)
    first.send_signal(signal.SIGKILL)
    first.communicate()
    second = subprocess.run(arguments, **options, capture_output=True, text=True, check=True)
    summary = json.loads(second.stdout.splitlines()[-1])
    assert summary["turns_kept"] + summary["turns_already_there"] == 99
    with acting_as(ana.pk):
        assert Turn.objects.count() == Key.objects.filter(kind="turn").count() == 99
        assert list(Turn.objects.order_by("number").values_list("number", flat=True)) == list(range(1, 100))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["import_history", "/nowhere", "--person", "ana@example.org"], "cannot be read"),
        (["import_history", "/dev/null", "--person", "nobody@example.org"], "Nobody has an account"),
        (["import_history", "/dev/null", "--person", "ana@example.org", "--format", "locomo"], "not JSON"),
    ],
)
def test_what_cannot_be_imported_is_told_in_one_line(ana, arguments, told):
    full, options = command(*arguments)
    answer = subprocess.run(full, **options, capture_output=True, text=True, check=False)
    assert answer.returncode == 1
    assert told in answer.stderr
    assert "Traceback" not in answer.stderr


@pytest.mark.django_db
def test_sessions_that_alternate_keep_their_turns_their_rounds_and_their_ends(ana, tmp_path):
    order = [("a", "person"), ("b", "person"), ("a", "companion"), ("b", "companion"), ("a", "companion")]
    lines = [line(n, session=session, speaker=speaker) for n, (session, speaker) in enumerate(order)]
    assert kept(ana, written(tmp_path, *lines)).turns == 5
    with acting_as(ana.pk):
        assert list(Turn.objects.order_by("number").values_list("origin", flat=True)) == [f"t{n}" for n in range(5)]
        assert dict(Turn.objects.filter(answers__isnull=False).values_list("origin", "answers__origin")) == {
            "t2": "t0",
            "t3": "t1",
            "t4": "t0",
        }
        assert Memory.objects.filter(kind="round").count() == 2
        for session in Session.objects.all():
            assert session.ended_at == max(session.turns.values_list("said_at", flat=True))


class Broken:
    """An encoder that fails in the middle."""

    name = "broken"

    def read(self, texts):
        raise RuntimeError("the encoder failed")


@pytest.mark.django_db
def test_an_encoder_that_fails_is_told_and_what_was_kept_is_completed_by_the_next(ana, tmp_path):
    path = written(tmp_path, *map(line, range(1, 9)))
    history = jsonl.read(path, zone=ana.time_zone, today=TODAY)
    with pytest.raises(RuntimeError, match="the encoder failed"):
        keep(companion=companion_of(ana), history=history, encoder=Broken())
    assert kept(ana, path).already == 8
    with acting_as(ana.pk):
        assert Key.objects.filter(kind="turn").count() == 8
