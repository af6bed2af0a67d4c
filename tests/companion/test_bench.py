"""The measurements: in through the import, out through the recall, to the judge's contract, without a trace."""

import json
import os
import signal
import subprocess
import sys
from io import StringIO
from xml.etree import ElementTree

import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connections

from companion.operations.benchmarks import beam, locomo, madial, peer_ways, peers, recall
from companion.operations.benchmarks.year import Year
from memory.history import beam as beam_format
from memory.history import locomo as locomo_format
from memory.history import madial as madial_format
from memory.history.told import Skipped
from tests.stack import ROOT, database_url

SAMPLE = {
    "sample_id": "ours-1",
    "conversation": {
        "speaker_a": "Vera",
        "speaker_b": "Paul",
        "session_1_date_time": "1:56 pm on 8 May, 2023",
        "session_1": [
            {"speaker": "Vera", "dia_id": "D1:1", "text": "Yesterday I bought a red canoe for the summer."},
            {"speaker": "Paul", "dia_id": "D1:2", "text": "How lovely! I adopted a greyhound from the shelter."},
        ],
        "session_2_date_time": "9:05 am on 2 June, 2023",
        "session_2": [
            {"speaker": "Paul", "dia_id": "D2:1", "text": "My greyhound chewed the sofa to pieces."},
            {"speaker": "Vera", "dia_id": "D2:2", "text": "I paddled down the river on Sunday."},
        ],
    },
    "qa": [
        {"question": "When did Vera buy a canoe?", "evidence": ["D1:1"], "category": 2},
        {"question": "What did Paul's greyhound do?", "evidence": ["D2:1"], "category": 4},
    ],
}


def message(number, role, content, **fields):
    return {"id": number, "role": role, "content": content} | fields


CHAT = [
    {
        "batch_number": 1,
        "time_anchor": None,
        "turns": [
            [
                message(0, "user", "I plan a bakery in Ghent. ->-> 1,1", time_anchor="March-15-2024"),
                message(1, "assistant", "Which breads will your bakery sell?"),
            ],
            [message(2, "user", "Rye and spelt ->-> 1,N/A"), message(3, "system", "Not speech.")],
        ],
    },
    {
        "batch_number": 2,
        "turns": {
            "nested": [[message(8, "user", "The oven arrives on Friday. ->-> 2,14)", time_anchor="April-05-2024")]]
        },
    },
]
PROBES = {
    "information_extraction": [{"question": "Which breads will I sell?", "source_chat_ids": [2]}],
    "abstention": [{"question": "Who is my landlord?"}],
}
MEMORIES = {
    "7": {"time": "2023-05-20", "scene": "Activity", "emotion": "Happy", "event": "Lia won the chess final."},
    "3": {"time": "2023-01-02", "scene": "Others", "emotion": "Sad", "event": "Lia lost her umbrella in the rain."},
    "9": {"time": "some day", "event": "Nobody knows when."},
}
LIVES = {
    name: {
        "name": name,
        "history": {"2025-03-01": [{"query": said, "response": "I love noise."}], "2025-03-02": []},
        "meta_information": {"personality": nature, "hobbies": hobby, "speaking_style": "plain"},
    }
    for name, nature, hobby, said in (
        ("Ida", "quiet", "collecting stamps", "I love collecting stamps."),
        ("Rolf", "daring", "parachuting", "I love parachuting."),
    )
}
DIALOGUES = [
    {
        "dialogue": ["<BOD>\n", '<Lia>: "My chess club meets tonight."\n', '<Assistant>: "Enjoy!"\n', "<EOD>"],
        "test-turn": [2, 3],
        "relevant-id": [7],
    }
]


@pytest.fixture(scope="session")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    (folder / "talks.json").write_text(json.dumps([SAMPLE]))
    for name, chat in (("2", CHAT), ("10", CHAT)):
        (folder / "beam" / name).mkdir(parents=True)
        (folder / "beam" / name / "chat.json").write_text(json.dumps(chat))
        (folder / "beam" / name / "probing_questions.json").write_text(json.dumps(PROBES))
    (folder / "lives").mkdir()
    (folder / "lives" / "memory_bank.json").write_text(json.dumps(LIVES))
    (folder / "madial").mkdir()
    (folder / "madial" / "memories.json").write_text(json.dumps(MEMORIES))
    (folder / "madial" / "dialogues.json").write_text(json.dumps(DIALOGUES))
    return folder


def databases():
    with connections["owner"].cursor() as cursor:
        cursor.execute("select datname from pg_database order by datname")
        return [name for (name,) in cursor.fetchall()]


def bench(*arguments):
    """A benchmark on the tests' server: its figures; it leaves no database behind, and each connection where it was."""
    before = databases()
    said = StringIO()
    told_to_stop = signal.getsignal(signal.SIGTERM)
    try:
        call_command("bench", *map(str, arguments), "--json", stdout=said)
    finally:
        signal.signal(signal.SIGTERM, told_to_stop)
    assert databases() == before
    return json.loads(said.getvalue().splitlines()[-1])


def bench_by_itself(*arguments):
    """The same as a process of its own, as one says it in a shell."""
    url = database_url(connections["owner"].settings_dict["NAME"])
    environment = os.environ | {"DATABASE_URL": url, "SECRET_KEY": settings.SECRET_KEY}
    before = databases()
    answer = subprocess.run(
        [sys.executable, "manage.py", "bench", *map(str, arguments), "--json"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    assert databases() == before
    return json.loads(answer.stdout.splitlines()[-1])


def ranked(path):
    return {row["question_id"]: row for row in map(json.loads, path.read_text().splitlines())}


def keeps_the_contract(rows, known):
    for row in rows.values():
        assert 0 < len(row["ranked"]) == len(set(row["ranked"])) <= 50
        assert set(row["ranked"]) <= known
        assert 0 <= row["answerable"] <= 1
        assert row["ms"] > 0


@pytest.mark.django_db
def test_a_talk_of_two_people_is_ranked_by_turn(ana, data, tmp_path):
    out = tmp_path / "ranked.jsonl"
    figures = bench_by_itself("locomo", data / "talks.json", "--out", out)
    rows = ranked(out)
    assert list(rows) == ["ours-1:0", "ours-1:1"]
    keeps_the_contract(rows, {"D1:1", "D1:2", "D2:1", "D2:2"})
    assert rows["ours-1:0"]["ranked"][0] == "D1:1"
    assert (figures["turns"], figures["questions"], figures["lives"]) == (4, 2, 1)
    assert set(figures["ms"]) == {"p50", "p95"}


@pytest.mark.django_db
def test_chats_are_ranked_by_message_each_within_itself(ana, data, tmp_path):
    out = tmp_path / "ranked.jsonl"
    figures = bench("beam", data / "beam", "--out", out)
    rows = ranked(out)
    assert list(rows) == [f"{chat}:{kind}:0" for chat in (2, 10) for kind in PROBES]
    keeps_the_contract(rows, {0, 1, 2, 8})
    assert (figures["turns"], figures["skipped"], figures["lives"]) == (8, 2, 2)


@pytest.mark.django_db
def test_a_dialogue_brings_up_memories(ana, data, tmp_path):
    out = tmp_path / "ranked.jsonl"
    bench("madial", data / "madial", "--out", out)
    rows = ranked(out)
    assert list(rows) == ["0:2", "0:3"]
    keeps_the_contract(rows, {"7", "3"})
    assert rows["0:2"]["ranked"][0] == "7"


@pytest.mark.django_db
def test_a_portrait_is_nearest_to_the_description_of_the_one_it_is_of(ana, data):
    figures = bench("portrait", data / "lives")
    assert figures["people"] == 2
    assert figures["chance"] == {"mrr": 0.75, "top_1": 0.5, "top_3": 1.0}
    assert figures["all"] == {"mrr": 1.0, "top_1": 1.0, "top_3": 1.0}
    assert figures["preference"]["lines"] == 2


@pytest.mark.parametrize(("data", "told"), [("/nowhere", "cannot be read"), ("bare", "is not JSON of people")])
def test_lives_without_a_description_are_refused_before_anything_is_begun(tmp_path, data, told):
    (tmp_path / "bare").mkdir()
    (tmp_path / "bare" / "memory_bank.json").write_text('{"Ida": {"history": {}}}')
    with pytest.raises(CommandError, match=told):
        call_command("bench", "portrait", str(tmp_path / data))


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["locomo", "/nowhere.json"], "cannot be read"),
        (["locomo", "/dev/null"], "not JSON"),
        (["beam", "/nowhere"], "not a folder"),
        (["beam", "/dev"], "no folder with a chat.json"),
        (["madial", "/nowhere"], "not a folder"),
        (["madial", "/dev"], "cannot be read"),
    ],
)
def test_what_cannot_be_measured_is_told_before_anything_is_begun(tmp_path, arguments, told):
    with pytest.raises(CommandError, match=told) as problem:
        call_command("bench", *arguments, "--out", str(tmp_path / "out.jsonl"))
    assert "\n" not in str(problem.value)


@pytest.mark.parametrize("out", ["/nowhere/out.jsonl", "/dev"])
def test_an_output_that_cannot_be_written_is_told_at_once(data, out):
    with pytest.raises(CommandError, match=r"cannot be written|is a folder"):
        call_command("bench", "locomo", str(data / "talks.json"), "--out", out)


@pytest.mark.parametrize("damage", ['{"a": 1}', '[{"question": 1}]', '{"kind": [{}]}', "[", "3"])
def test_questions_of_another_form_are_told(data, tmp_path, damage):
    for module, name, good in ((beam, "probing_questions.json", "beam/2"), (madial, "dialogues.json", "madial")):
        folder = tmp_path / module.__name__ / "1"
        folder.mkdir(parents=True)
        for path in (data / good).iterdir():
            (folder / path.name).write_text(path.read_text())
        (folder / name).write_text(damage)
        with pytest.raises(CommandError, match="is not JSON of the form"):
            beam.lives(folder.parent) if module is beam else madial.life(folder)


def test_a_sample_without_a_list_of_questions_is_told(tmp_path):
    (tmp_path / "talks.json").write_text(json.dumps([SAMPLE | {"qa": [{"answer": 1}]}]))
    with pytest.raises(CommandError, match="not a list of questions"):
        locomo.lives(tmp_path / "talks.json")


def test_a_chat_keeps_its_dates_and_sessions_and_loses_its_marks(data):
    history = beam_format.read(data / "beam" / "2" / "chat.json", zone="Europe/Lisbon")
    first, second, third, system, last = history.entries
    assert [told.text for told in (first, second, third)] == [
        "I plan a bakery in Ghent.",
        "Which breads will your bakery sell?",
        "Rye and spelt",
    ]
    assert isinstance(system, Skipped)
    assert (first.id, first.speaker, second.speaker, first.session) == ("0", "person", "companion", "batch 1")
    assert third.said_at.isoformat() == "2024-03-15T09:02:00+00:00"
    assert (last.text, last.session) == ("The oven arrives on Friday.", "batch 2")
    assert last.said_at.isoformat() == "2024-04-05T09:00:00+01:00"


def test_memories_come_in_the_order_of_their_days(data):
    history = madial_format.read(data / "madial" / "memories.json", zone="UTC")
    first, second, dateless = history.entries
    assert (first.id, second.id) == ("3", "7")
    assert first.text == "Lia lost her umbrella in the rain. (Others, Sad)"
    assert first.session == "2023-01-02"
    assert isinstance(dateless, Skipped)


@pytest.mark.django_db
def test_writing_is_measured_against_the_bare_encoder(ana):
    figures = bench("write", "--turns", "48")
    assert figures["turns"] == 48
    assert 1 <= figures["texts_per_turn"] <= 3
    assert figures["share"] == pytest.approx(
        figures["turns_per_s"] * figures["texts_per_turn"] / figures["encoder_texts_per_s"], rel=0.02
    )


@pytest.mark.django_db
def test_fading_is_measured_against_a_look_at_every_row(ana):
    figures = bench("fade", "--total", "400", "--crossing", "20")
    assert (figures["total"], figures["crossing"]) == (400, 20)
    assert figures["ratio"] == pytest.approx(figures["fade_s"] / figures["full_scan_s"], rel=0.2)


def test_more_crossings_than_memories_are_told():
    with pytest.raises(CommandError, match="--total must be at least"):
        call_command("bench", "fade", "--total", "100", "--crossing", "50")


@pytest.mark.django_db
def test_a_year_of_forgetting_follows_theory_and_is_drawn(ana, tmp_path):
    figures = bench("forgetting", "--days", "12", "--out", tmp_path / "year.svg")
    assert figures["max_deviation"] < 1e-6
    assert figures["states_off"] == 0
    assert figures["useful_recalls"]["companion"] > 0
    assert figures["vivid_by_month"]["companion"] == figures["remembered_by_month"]
    assert figures["vivid_by_month"]["paper"][-1] < figures["remembered_by_month"][-1]
    assert figures["asked_recall"]["paper"]["faded"] > 0.8
    assert ElementTree.parse(tmp_path / "year.svg").getroot().tag.endswith("svg")  # noqa: S314 - our own


def test_a_year_is_the_same_with_the_same_seed_and_each_thing_is_told_once():
    year, again = Year(), Year()
    lived = list(year.days(200))
    assert lived == list(again.days(200))
    assert len({thing.told for thing in year.things}) == len(year.things) > 100
    told: set[int] = set()
    for day in lived:
        assert {thing.number for thing in day.asks} <= told
        told |= {thing.number for thing in day.tells}


def test_peers_that_are_not_installed_are_told_with_the_command_that_installs_them(monkeypatch):
    monkeypatch.setattr(peers, "find_spec", lambda _: None)
    with pytest.raises(CommandError, match=r"pip install -c requirements\.lock -r requirements-peers\.txt") as problem:
        call_command("bench", "peers")
    assert "\n" not in str(problem.value)


def test_measures_are_shares_of_the_gold():
    assert peers.measured(["a", "b"], frozenset({"a"})) == (1.0, 1.0, 1.0)
    assert peers.measured(["x"] * 5 + ["a"], frozenset({"a", "b"}))[:2] == (0.0, 0.5)
    assert peers.measured([], frozenset({"a"})) == (0.0, 0.0, 0.0)


def test_a_round_is_a_turn_of_the_person_with_the_reply_to_it(data):
    turns = list(locomo_format.read(data / "talks.json", zone="UTC").entries)
    assert [[told.id for told in one] for one in peer_ways._rounds(turns)] == [["D1:1", "D1:2"], ["D2:1"], ["D2:2"]]


def test_made_up_questions_have_one_turn_as_their_gold():
    (trial,) = peers._trials(None)
    known = {told.id for told in trial.life.turns}
    assert len(trial.questions) == 100
    assert all(len(gold) == 1 and gold <= known for _, gold in trial.questions)


@pytest.mark.django_db
def test_prompts_of_a_conversation_share_their_beginnings(ana):
    figures = bench("prompt", "--turns", "6")
    assert figures["prompts"] == 3
    assert 0 < figures["prefix_share"] < 1


@pytest.mark.django_db
def test_remembering_in_a_crowd_is_measured_against_its_floor(ana):
    figures = bench("recall", "--memories", "300", "--people", "3", "--largest", "200", "--questions", "6")
    assert {*figures["build_ms"]} == {*figures["floor_ms"]} == {"p50", "p95"}
    assert figures["ratio_p50"] == pytest.approx(figures["build_ms"]["p50"] / figures["floor_ms"]["p50"], rel=0.01)
    assert figures["ratio_p95"] > 0


@pytest.mark.parametrize(
    ("size", "shares"), [((10, 3, 4), [4, 3, 3]), ((5, 1, 5), [5]), ((400_000, 200, 50_000), None)]
)
def test_memories_are_shared_out_to_the_last(size, shares):
    made = recall.shared_out(*size)
    assert sum(made) == size[0]
    assert len(made) == size[1]
    assert shares is None or made == shares


@pytest.mark.parametrize("size", [(10, 0, 5), (10, 5, 9), (10, 1, 9), (10, 3, 0)])
def test_impossible_crowds_are_told(size):
    with pytest.raises(CommandError, match="can't be"):
        recall.shared_out(*size)


@pytest.mark.django_db(transaction=True)
def test_consolidating_is_measured_by_a_worker_of_its_own():
    figures = bench_by_itself("consolidate", "--sessions", "2", "--workers", "1")
    assert figures["sessions"] == 2
    assert figures["sessions_per_min"] > 0
    assert figures["engine_calls_per_session"] == 0
    assert figures["steps_left"] == 0
    assert figures["memories_per_100_turns"] > 0
    assert figures["duplicates_left"] == 0
    assert figures["refusals"] == {}
