"""What is derived is made again from the turns, beside the old, and swapped at once; nothing of a person's hand is
lost, and nothing that was erased comes back."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection, connections

from memory import clock, encoder, erasure, portrait, retention
from memory.consolidation import layers
from memory.consolidation.rebuild import NotRebuilt, rebuild
from memory.engine import EngineError
from memory.isolation import acting_as
from memory.models import Erasure, Key, Memory, Period, PortraitLine, Source, Step, Turn
from memory.reinforcement import reinforce
from tests.memory.derived import derived
from tests.memory.test_consolidation import Answering
from tests.memory.test_facts import JANUARY, JUNE, MARCH, Killed, answering, consolidate, known, one, told
from tests.memory.test_periods import sum_up
from tests.memory.test_recall import ask
from worker.engines.recall_only import RecallOnly

pytestmark = pytest.mark.django_db


def same(now, before):
    """Compared table by table, so that a difference can be read."""
    for name, rows in before.items():
        assert now[name] == rows, name


LIVES = {
    JANUARY: ["I live in Porto, and I am allergic to walnuts.", "My sister is called Rita."],
    MARCH: ["I moved to Lisbon.", "We painted the kitchen yellow this morning, and it looks like a lemon."],
    JUNE: ["I live in Porto again. I am allergic to walnuts.", "I am going to fly to Rome in July."],
}


@pytest.fixture
def lived(ana, time_machine):
    """Three sessions of Ana's, with facts that follow each other, days and an acquaintance."""
    time_machine.move_to("2026-11-05T21:00:00Z", tick=False)
    for at, texts in LIVES.items():
        consolidate(ana, told(ana, *texts, at=at))
    sum_up(ana)
    time_machine.shift(120)
    sum_up(ana)
    return time_machine


def again(person, *names, engine=None, **more):
    return rebuild(person_id=person.pk, names=names, engine=engine or RecallOnly(), encoder=encoder.current(), **more)


def ids(person, model=Memory, **which):
    with acting_as(person.pk):
        return sorted(model.objects.of(person.pk).filter(**which).values_list("id", flat=True))


def texts(person, **which):
    with acting_as(person.pk):
        return list(Memory.objects.filter(**which).order_by("said_at", "pk").values_list("text", flat=True))


def elsewhere(look):
    """What somebody else sees, in a connection of their own."""

    def seen():
        try:
            return look()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(seen).result()


class During(RecallOnly):
    """Lets something happen the first time a step looks at its engine."""

    def __init__(self, happens):
        self.happens = happens

    @property
    def converses(self):
        happens, self.happens = self.happens, None
        if happens:
            elsewhere(happens)
        return False


def test_what_was_right_stays_as_it_was_and_every_memory_keeps_its_id(ana, lived):
    before, memories = derived(ana), ids(ana)
    done = again(ana)
    same(derived(ana), before)
    assert ids(ana) == memories
    assert (done.same, done.new, done.gone) == (len(ids(ana)) - len(ids(ana, kind="round")), 0, 0)
    assert again(ana).new == 0
    same(derived(ana), before)


def test_what_was_spoilt_is_as_on_the_first_day(ana, lived):
    before = derived(ana)
    with acting_as(ana.pk):
        Memory.objects.filter(kind="fact", value="lisbon").delete()
        Memory.objects.filter(kind="session").update(text="Nothing of this was said.")
        Memory.objects.filter(kind="whole").delete()
        Key.objects.filter(kind="turn", turn__number=1).delete()
        fact = Memory.objects.filter(kind="fact").first()
        fact.pk = None
        fact.save()
    assert derived(ana) != before
    again(ana)
    same(derived(ana), before)


def test_in_the_order_of_the_sessions_in_whichever_they_came(ana, stranger, lived):
    before = sorted((memory.text, memory.valid_from, str(memory.valid_to)) for memory in known(ana))
    for at, texts in reversed(LIVES.items()):
        consolidate(stranger, told(stranger, *texts, at=at))
    again(stranger)
    assert sorted((memory.text, memory.valid_from, str(memory.valid_to)) for memory in known(stranger)) == before


def test_until_it_is_whole_others_see_the_old_layer_whole(ana, lived):
    before, seen = derived(ana), []

    def look():
        seen.append(derived(ana))
        return ask(ana, "Where do I live?").candidates

    with acting_as(ana.pk):
        Memory.objects.filter(kind="session").update(text="The old words.")
    old = derived(ana)
    again(ana, engine=During(look))
    assert seen == [old]
    same(derived(ana), before)


@pytest.mark.parametrize(
    "boundary",
    [
        "memory.consolidation.periods.run",
        "memory.consolidation.rebuild._clear",
        "memory.staging.put_in_place",
    ],
)
def test_one_that_dies_leaves_the_old_layers_and_can_be_run_again(ana, lived, boundary, monkeypatch):
    before = derived(ana)
    with acting_as(ana.pk):
        Memory.objects.filter(kind="session").update(text="The old words.")
    old = derived(ana)

    def dies(*_, **__):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(boundary, dies)
        with pytest.raises(Killed):
            again(ana)
    same(derived(ana), old)
    again(ana)
    same(derived(ana), before)


def test_it_leaves_nothing_beside_when_it_ends(ana, lived):
    again(ana)
    with connections["owner"].cursor() as cursor:
        cursor.execute("select count(*) from pg_class where relpersistence = 't' and relkind = 'r'")
        assert cursor.fetchone() == (0,)
        cursor.execute("select count(*) from pg_locks where locktype = 'advisory'")
        assert cursor.fetchone() == (0,)


def test_two_of_the_same_person_at_once_are_refused(ana, lived):
    refused = []

    def second():
        with pytest.raises(NotRebuilt, match="Another rebuild"):
            again(ana)
        refused.append(True)

    again(ana, engine=During(second))
    assert refused == [True]


def test_strength_and_last_recall_are_carried_over_and_nothing_becomes_vivid(ana, lived):
    (walnuts,) = [memory.pk for memory in known(ana) if "walnuts" in memory.text]
    with acting_as(ana.pk):
        summary = Memory.objects.get(kind="whole").pk
        reinforce(person_id=ana.pk, memory_ids=[walnuts, summary], at=clock.now())
        Memory.objects.filter(kind="session").update(strength=0.5, state=retention.freshness(0.0))
        columns = ("pk", "strength", "recalled_at", "state", "fades_at")
        before = sorted(Memory.objects.values_list(*columns))
    again(ana)
    with acting_as(ana.pk):
        assert sorted(Memory.objects.values_list(*columns)) == before
        assert Memory.objects.get(pk=walnuts).state == "vivid"
        assert {memory.state for memory in Memory.objects.filter(kind="session")} == {"faded"}


def test_a_reinforcement_while_it_runs_is_not_lost(ana, lived):
    with acting_as(ana.pk):
        before = Memory.objects.get(kind="whole")

    def useful():
        with acting_as(ana.pk):
            reinforce(person_id=ana.pk, memory_ids=[before.pk], at=clock.now())

    again(ana, engine=During(useful))
    with acting_as(ana.pk):
        assert Memory.objects.get(kind="whole").strength > before.strength


def test_what_is_found_only_now_begins_when_it_was_said(ana, lived):
    with acting_as(ana.pk):
        Memory.objects.filter(kind="fact", attribute="lives in").delete()
    again(ana, "facts")
    for memory in known(ana):
        if memory.attribute == "lives in":
            assert memory.recalled_at == memory.said_at
            assert memory.state != "vivid"


def test_what_the_person_pinned_stays_whether_it_is_found_again_or_not(ana, lived):
    with acting_as(ana.pk):
        turn = Turn.objects.get(text__startswith="We painted")
        mine = Memory.objects.create(
            owner=ana, companion_id=turn.conversation.companion_id, session_id=turn.session_id, kind="fact",
            told="event", text="The kitchen is yellow.", subject="i", said_at=turn.said_at, valid_from=turn.said_at,
            pinned=True, **vars(retention.begun("fact", said_at=turn.said_at, now=clock.now())),
        )  # fmt: skip
        Source.objects.create(owner=ana, memory=mine, turn=turn, start=0, end=31)
        Memory.objects.filter(kind__in=["whole", "day"]).update(pinned=True)
        Memory.objects.filter(value="lisbon").update(pinned=True)
    before, memories = derived(ana), ids(ana)
    again(ana)
    same(derived(ana), before)
    assert ids(ana) == memories


def test_what_was_written_by_hand_stays_and_what_it_stands_in_place_of_is_its_history(ana, lived):
    with acting_as(ana.pk):
        wrong = Memory.objects.get(value="lisbon")
        right = Memory.objects.get(value="lisbon")
        right.pk, right.text, right.version, right.value = None, "I never lived in Lisbon.", "by hand", "elsewhere"
        right.save()
        Memory.objects.filter(pk=wrong.pk).update(superseded_by=right, valid_to=wrong.valid_from, text="Never found.")
        Source.objects.create(owner=ana, memory=right, turn=wrong.sources.get().turn, start=0, end=5)
    again(ana, "facts")
    with acting_as(ana.pk):
        kept = Memory.objects.get(pk=right.pk)
        assert (kept.text, kept.version, kept.sources.count()) == ("I never lived in Lisbon.", "by hand", 1)
        assert Memory.objects.filter(pk=wrong.pk).exists()


def test_what_is_pinned_while_it_runs_stays_with_its_evidence_and_its_keys(ana, lived):
    session = told(ana, "I play the cello.", at=JUNE + timedelta(days=3))
    consolidate(ana, session, answering(one("I play the cello", "Ana plays the cello.")))
    (cello,) = [memory.pk for memory in known(ana) if "cello" in memory.text]
    with acting_as(ana.pk):
        Memory.objects.filter(pk=cello).update(text="Something the patterns never find.")
        Source.objects.filter(memory=cello).update(start=0, end=1)

    def pin():
        with acting_as(ana.pk):
            Memory.objects.filter(pk=cello).update(pinned=True)

    again(ana, "facts", engine=During(pin))
    with acting_as(ana.pk):
        kept = Memory.objects.get(pk=cello)
        assert (kept.pinned, kept.sources.count(), Key.objects.filter(fact=kept).count()) == (True, 1, 1)


def test_one_layer_leaves_the_others_as_they_are(ana, lived):
    with acting_as(ana.pk):
        Memory.objects.filter(kind="session").update(text="The old words.")
        Memory.objects.filter(kind="fact").update(text="Spoilt.")
    keys = ids(ana, Key, kind="turn")
    assert again(ana, "facts").layers == ["facts", "links", "portrait"]
    assert set(texts(ana, kind="session")) == {"The old words."}
    assert "Spoilt." not in texts(ana, kind="fact")
    assert ids(ana, Key, kind="turn") == keys


def test_what_is_made_from_a_layer_is_made_with_it(ana, lived):
    assert layers.chosen(["summaries"]) == ["summaries", "days", "acquaintance", "portrait"]
    assert layers.chosen(["days"]) == ["days", "acquaintance", "portrait"]
    assert layers.chosen() == list(layers.LAYERS)
    with pytest.raises(layers.UnknownLayer, match="keys, summaries"):
        layers.chosen(["dreams"])


def test_each_layer_alone_is_the_same_again(ana, lived):
    before = derived(ana)
    for name in layers.LAYERS:
        again(ana, name)
        same(derived(ana), before)


def test_every_kind_of_memory_but_the_rounds_belongs_to_one_layer():
    of = [kind for layer in layers.LAYERS.values() for kind in layer.kinds]
    assert sorted(of) == sorted(set(Memory.Kind) - {Memory.Kind.ROUND})


def test_every_step_has_a_layer_but_the_cut_which_moves_turns():
    with_steps = [layer.work[Step] for layer in layers.LAYERS.values() if Step in layer.work]
    assert sorted(value for which in with_steps for _, value in which.children) == sorted(
        set(Step.Kind) - {Step.Kind.CUT}
    )


def test_an_engine_does_it_better_in_the_same_memories(ana, lived):
    summaries = ids(ana, kind="session")
    summed = [json.dumps({"title": "A talk", "summary": f"Summary {number}."}) for number in range(3)]
    again(ana, engine=Answering(*summed, json.dumps({"summary": "All of it."})))
    assert ids(ana, kind="session") == summaries
    assert texts(ana, kind="session") == ["Summary 0.", "Summary 1.", "Summary 2."]
    assert texts(ana, kind="whole") == ["All of it."]
    assert texts(ana, kind="fact") == []


def test_an_engine_that_stays_away_changes_nothing(ana, lived):
    before = derived(ana)

    class Away(Answering):
        def complete(self, messages, *, schema):
            raise EngineError("away")

    with pytest.raises(NotRebuilt, match="EngineError"):
        again(ana, engine=Away())
    same(derived(ana), before)


def test_an_engine_that_fails_once_is_asked_again(ana, lived):
    good = json.dumps({"title": "A talk", "summary": "They talked."})
    whole = json.dumps({"summary": "All of it."})
    engine = Answering(EngineError("busy"), good, good, good, whole, whole, facts=[EngineError("busy")])
    again(ana, engine=engine)
    assert texts(ana, kind="session") == ["They talked."] * 3


def test_over_the_real_protocol(ana, lived, engine_server):
    from worker.engines.openai_compatible import OpenAICompatible

    again(ana, engine=OpenAICompatible(url=engine_server.url, model="json"))
    with acting_as(ana.pk):
        made = {
            kind: set(Step.objects.filter(kind=kind).values_list("version", flat=True)) for kind in ("summary", "facts")
        }
    assert made == {"summary": {"json summary 1"}, "facts": {"json facts 1"}}


def test_a_day_that_is_not_over_is_left_to_its_evening(ana, lived):
    consolidate(ana, told(ana, "I handed in my notice at the bakery.", at=clock.now() - timedelta(hours=3)))
    with acting_as(ana.pk):
        today = Period.objects.get(day=clock.now().date())
        due = dict(Period.objects.filter(state="waiting").values_list("day", "due_at"))
    whole = texts(ana, kind="whole")
    again(ana)
    assert texts(ana, kind="whole") == whole
    with acting_as(ana.pk):
        assert dict(Period.objects.filter(state="waiting").values_list("day", "due_at")) == due
        assert today.pk in Period.objects.values_list("pk", flat=True)
    lived.shift(timedelta(hours=8))
    sum_up(ana)
    lived.shift(120)
    sum_up(ana)
    assert "bakery" in " ".join(texts(ana, kind="day"))


def test_a_session_that_ends_meanwhile_is_in_it(ana, lived):
    def more():
        consolidate(ana, told(ana, "I moved to Braga.", at=JUNE + timedelta(days=9)))

    again(ana, engine=During(more))
    assert [memory.value for memory in known(ana) if memory.attribute == "lives in"][-1] == "braga"
    before = derived(ana)
    again(ana)
    same(derived(ana), before)


def test_a_worker_that_does_the_same_session_meanwhile_doubles_nothing(ana, lived):
    session = told(ana, "I moved to Braga.", at=JUNE + timedelta(days=9))
    again(ana, engine=During(lambda: consolidate(ana, session)))
    sum_up(ana)
    before = derived(ana)
    assert texts(ana, text="I moved to Braga.", kind="fact") == ["I moved to Braga."]
    again(ana)
    same(derived(ana), before)


def test_what_was_read_for_the_old_layer_is_not_kept_in_the_new(ana, lived):
    """A worker that began a step before the swap finds it asked anew."""
    session = told(ana, "I moved to Braga.", at=JUNE + timedelta(days=9))

    class Slow(RecallOnly):
        @property
        def converses(self):
            if not connection.in_atomic_block:  # a rebuild waits for whoever is writing
                elsewhere(lambda: again(ana))
            return False

    consolidate(ana, session, Slow())
    assert texts(ana, text="I moved to Braga.", kind="fact") == ["I moved to Braga."]
    with acting_as(ana.pk):
        assert {step.attempts for step in Step.objects.filter(session=session)} == {1}


def forget(person, word):
    with acting_as(person.pk):
        turn = Turn.objects.get(text__contains=word)
    wish = erasure.Wish(Erasure.Kind.TURN, [turn.pk])
    asked = erasure.forget(person_id=person.pk, wish=wish, after=timedelta(0))
    erasure.carry_out(person_id=person.pk, erasure_id=asked.pk)


def test_what_was_erased_does_not_come_back(ana, lived):
    forget(ana, "Lisbon")
    again(ana)
    assert not [row for rows in derived(ana).values() for row in rows if "lisbon" in str(row).lower()]


def test_what_is_erased_while_it_runs_is_not_brought_back_by_it(ana, lived):
    with pytest.raises(NotRebuilt, match="erased"):
        again(ana, engine=During(lambda: forget(ana, "Lisbon")))
    assert not [row for rows in derived(ana).values() for row in rows if "lisbon" in str(row).lower()]
    again(ana)
    assert "I live in Porto" in " ".join(texts(ana, kind="fact"))


def test_while_something_can_be_taken_back_it_waits(ana, lived):
    before = derived(ana)
    with acting_as(ana.pk):
        turn = Turn.objects.get(text__contains="Lisbon")
    asked = erasure.forget(
        person_id=ana.pk, wish=erasure.Wish(Erasure.Kind.TURN, [turn.pk]), after=timedelta(minutes=1)
    )
    with pytest.raises(NotRebuilt, match="about to be erased"):
        again(ana)
    same(derived(ana), before)
    assert erasure.withdraw(person_id=ana.pk, erasure_id=asked.pk)
    again(ana)
    same(derived(ana), before)


def test_nobody_else_is_touched(ana, stranger, lived):
    consolidate(stranger, told(stranger, "I live in Osaka.", at=MARCH))
    with acting_as(stranger.pk):
        Memory.objects.filter(kind="session").update(text="Spoilt.")
    before = derived(stranger)
    again(ana)
    assert derived(stranger) == before


def test_the_command_tells_what_it_did(ana, lived, capsys, settings):
    settings.ENGINE_DISCOVERY = False
    call_command("rebuild", "--person", ana.email, "--layer", "facts", "--json")
    out = json.loads(capsys.readouterr().out)
    assert (out["layers"], out["new"], out["gone"]) == (["facts", "links", "portrait"], 0, 0)
    assert out["same"] == len(ids(ana, kind="fact"))


@pytest.mark.parametrize("answer", [portrait.refuse, portrait.confirm])
def test_what_the_person_says_to_a_line_of_their_portrait_while_it_runs_stands(ana, lived, answer):
    consolidate(ana, told(ana, "My sister is called Rita.", at=clock.now() - timedelta(days=2)))
    sum_up(ana)
    (line,) = ids(ana, PortraitLine)
    again(ana, "portrait", engine=During(lambda: answer(person_id=ana.pk, line_id=line)))
    with acting_as(ana.pk):
        held = PortraitLine.objects.get(pk=line)
        assert held.state == {portrait.refuse: "refused", portrait.confirm: "confirmed"}[answer]
        assert PortraitLine.objects.filter(aspect=held.aspect, text=held.text).count() == 1
        assert held.evidence.exists()


@pytest.fixture
def portrayed(ana, lived):
    """Her portrait is drawn, too; its lines by what they say."""
    consolidate(ana, told(ana, "My sister is called Rita.", at=clock.now() - timedelta(days=2)))
    sum_up(ana)
    with acting_as(ana.pk):
        lines = {line.text: line.first_at for line in PortraitLine.objects.of(ana.pk)}
    assert lines
    return lines


def test_a_line_of_the_portrait_that_says_the_same_as_before_is_not_new(ana, lived, portrayed):
    lived.shift(timedelta(days=3))
    again(ana)
    with acting_as(ana.pk):
        drawn = PortraitLine.objects.of(ana.pk)
        assert {line.text: line.first_at for line in drawn} == portrayed
        assert portrait.changed(drawn.first().companion, clock.now() - timedelta(days=1)) == []


def test_a_line_that_was_dropped_stands_again_where_a_rebuild_finds_it_borne_out(ana, lived, portrayed):
    with acting_as(ana.pk):
        PortraitLine.objects.of(ana.pk).update(state=PortraitLine.State.DROPPED)
    again(ana)
    with acting_as(ana.pk):
        states = PortraitLine.objects.of(ana.pk).values_list("text", "state")
        assert set(states) == {(text, "drawn") for text in portrayed}
