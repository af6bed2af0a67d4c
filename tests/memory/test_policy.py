"""What the house rules holds, whatever a person chose; of two rules the stricter; and each by its effect."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import StringIO
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from companion.operations import importing
from companion.operations.management.commands import import_history
from memory import (
    clock,
    context,
    correction,
    dialogue,
    encoder,
    erasure,
    keeping,
    permission,
    policy,
    portrait,
    preferences,
    quota,
)
from memory.erasure import Wish
from memory.history import keep, sent
from memory.isolation import acting_as
from memory.models import Companion, Erasure, Fading, HousePolicy, Key, Matter, Memory, PersonPolicy, Session, Turn
from memory.models.policy import Policy
from memory.policy import together
from tests.memory.test_dialogue import companion_of, say
from tests.memory.test_facts import consolidate, told
from tests.memory.test_portrait import BEES, DAY, NOW, drawn, noon, talked
from worker import sweeps, tasks
from worker.app import schedule

__all__ = ["noon"]
pytestmark = pytest.mark.django_db

RULES_NOTHING = {
    "unkept": [],
    "fadings": [],
    "keep_days": None,
    "engines": [],
    "messages_a_minute": None,
    "most_turns": None,
}


def rule(**fields):
    """Of the house."""
    policy.rule_house({**RULES_NOTHING, **fields})


def rule_for(person, **fields):
    with acting_as(person.pk):
        policy.rule_person(person.pk, {**RULES_NOTHING, **fields})


def ruled(person):
    with acting_as(person.pk):
        return policy.ruled(person.pk)


def aged(person, days, *texts):
    """What was said so long ago, each with its answer."""
    return told(person, *texts, at=clock.now() - timedelta(days=days))


class TestTogether:
    figures = st.none() | st.integers(1, 5)
    rules = st.builds(
        HousePolicy,
        unkept=st.lists(st.sampled_from(Matter.values), unique=True),
        fadings=st.lists(st.sampled_from(Fading.values), unique=True),
        keep_days=figures,
        engines=st.lists(st.sampled_from("abc"), unique=True),
        messages_a_minute=figures,
        most_turns=figures,
    )

    @given(house=rules, own=rules)
    def test_no_rule_is_loosened_by_another(self, house: Policy, own: Policy):
        both = together(house, own)
        assert both.unkept == {*house.unkept, *own.unkept}
        for name in ("keep_days", "messages_a_minute", "most_turns"):
            figures = [each for each in (getattr(house, name), getattr(own, name)) if each is not None]
            assert getattr(both, name) == (min(figures) if figures else None)
        for each in (house, own):
            for model in "abc":
                if each.engines and model not in each.engines:
                    assert not both.lets_speak(model)
        assert both.lets_speak("")
        assert both.fadings
        assert set(both.fadings) <= set(house.fadings or Fading.values)

    def test_without_rows_nothing_is_ruled(self, ana):
        assert not ruled(ana).limits

    def test_a_persons_rule_is_nobody_elses(self, ana, stranger):
        rule_for(ana, keep_days=30)
        assert ruled(ana).keep_days == 30
        assert ruled(stranger).keep_days is None
        with acting_as(stranger.pk):
            assert PersonPolicy.objects.count() == 0

    def test_the_house_has_one_rule(self, ana):
        rule(keep_days=30)
        rule(keep_days=60)
        assert [one.keep_days for one in HousePolicy.objects.all()] == [60]


class TestRemembering:
    def test_facts_that_the_house_forbids_are_not_made(self, ana):
        rule(unkept=["facts"])
        consolidate(ana, told(ana, "I live in Porto."))
        with acting_as(ana.pk):
            assert not Memory.objects.filter(kind="fact").exists()

    def test_for_one_person_alone_they_are_not_made_of_that_one(self, ana, stranger):
        rule_for(ana, unkept=["facts"])
        for person in (ana, stranger):
            consolidate(person, told(person, "I live in Porto."))
            with acting_as(person.pk):
                assert Memory.objects.filter(kind="fact").exists() == (person == stranger)

    def test_what_touches_sensitive_matters_is_not_remembered(self, ana):
        rule(unkept=["sensitive"])
        said = say(ana, "My doctor says that my depression is getting better.")
        assert not said.turn.remembered

    @pytest.mark.parametrize("rule_of", [lambda _, **fields: rule(**fields), rule_for])
    @pytest.mark.parametrize(
        ("unkept", "text"),
        [("facts", "I live in Faro."), ("sensitive", "I live with my depression in Faro.")],
    )
    def test_nor_is_it_written_by_hand_in_place_of_what_was(self, ana, rule_of, unkept, text):
        consolidate(ana, told(ana, "I live in Porto."))
        with acting_as(ana.pk):
            fact = Memory.objects.get(kind="fact")
        rule_of(ana, unkept=[unkept])
        with acting_as(ana.pk), pytest.raises(correction.NotCorrectable, match="This house lets nothing"):
            correction.correct(person_id=ana.pk, memory_id=fact.pk, text=text, mistaken=True, client_id=uuid4())
        with acting_as(ana.pk):
            assert not Turn.objects.filter(text=text).exists()

    def test_what_a_person_lets_nobody_conclude_they_may_still_put_right_by_hand(self, ana):
        consolidate(ana, told(ana, "I live in Porto."))
        with acting_as(ana.pk):
            fact = Memory.objects.get(kind="fact")
            preferences.choose(person_id=ana.pk, unkept=[Matter.FACTS], fading=None, joined=False)
            correction.correct(
                person_id=ana.pk, memory_id=fact.pk, text="I live in Faro.", mistaken=True, client_id=uuid4()
            )

    def test_a_line_of_the_portrait_is_not_written_by_hand_either(self, ana, noon):
        talked(ana, [BEES], NOW - DAY)
        drawn(ana)
        rule(unkept=["sensitive"])
        with acting_as(ana.pk):
            line = companion_of(ana).portraitline_set.first()
        with pytest.raises(portrait.NotAllowed):
            portrait.correct(person_id=ana.pk, line_id=line.pk, text="Lives with depression")

    def test_a_portrait_leaves_prompts_at_once_and_is_taken_down_by_a_worker(self, ana, noon):
        talked(ana, [BEES], NOW - DAY)
        drawn(ana)
        with acting_as(ana.pk):
            companion = companion_of(ana)
            before = context.before_a_new_one(companion=companion, moment=NOW).summaries
            assert "portrait" in {each.layer for each in before}
        rule(unkept=["portrait"])
        with acting_as(ana.pk):
            after = context.before_a_new_one(companion=companion, moment=NOW).summaries
            assert "portrait" not in {each.layer for each in after}
        assert sweeps.portrayed() == [ana.pk]
        tasks.draw_anew(ana.pk)
        drawn(ana)
        with acting_as(ana.pk):
            assert companion.portraitline_set.count() == 0

    def test_a_way_of_fading_that_is_not_allowed_gives_way_to_one_that_is(self, ana):
        rule(fadings=["paper"])
        with acting_as(ana.pk):
            assert permission.fading_of(ana.pk) == "paper"
        say(ana, "I live in Porto.")
        with acting_as(ana.pk):
            assert Memory.objects.get().strength == 1.0

    def test_a_model_that_is_not_allowed_gives_way_to_the_houses_own(self, ana):
        rule(engines=["kind-8b"])
        with acting_as(ana.pk):
            for model, spoken in (("kind-8b", "kind-8b"), ("other-70b", ""), ("", "")):
                assert permission.engine_of(Companion(owner=ana, engine=model)) == spoken


class TestLongestKeeping:
    def night(self):
        """The sweep, as the workers do it."""
        for person_id in keeping.overdue(house=policy.of_house().keep_days):
            tasks.keep_no_longer(person_id)
        for person_id, erasure_id in sweeps.erasures_due():
            tasks.erase(person_id, erasure_id)

    def texts(self, person):
        with acting_as(person.pk):
            return set(Turn.objects.values_list("text", flat=True))

    def test_what_is_older_is_erased_with_all_that_was_made_of_it_and_a_receipt(self, ana, stranger):
        rule(keep_days=30)
        for person in (ana, stranger):
            consolidate(person, aged(person, 40, "I live in Zanzibar."))
            consolidate(person, aged(person, 10, "I live in Porto."))
        self.night()
        for person in (ana, stranger):
            assert self.texts(person) == {"I live in Porto."}
            with acting_as(person.pk):
                receipt = Erasure.objects.get()
                assert not Memory.objects.filter(text__contains="Zanzibar").exists()
            assert (receipt.kind, receipt.counts["turn"]) == ("overdue", 1)

    def test_a_persons_own_shorter_rule_holds_for_them_alone(self, ana, stranger):
        rule_for(ana, keep_days=5)
        for person in (ana, stranger):
            aged(person, 10, "I live in Porto.")
        self.night()
        assert self.texts(ana) == set()
        assert self.texts(stranger) == {"I live in Porto."}

    def test_a_second_night_erases_nothing_more(self, ana):
        rule(keep_days=30)
        aged(ana, 40, "I live in Zanzibar.")
        self.night()
        self.night()
        with acting_as(ana.pk):
            assert Erasure.objects.count() == 1

    def test_what_is_much_goes_so_much_at_a_time_each_with_its_receipt(self, ana, monkeypatch):
        rule(keep_days=30)
        monkeypatch.setattr(keeping, "MARKED_AT_ONCE", 2)
        for days in (40, 41, 42, 43, 44):
            aged(ana, days, f"I live in Zanzibar, {days} days ago.")
        aged(ana, 10, "I live in Porto.")
        self.night()
        assert self.texts(ana) == {"I live in Porto."}
        with acting_as(ana.pk):
            receipts = Erasure.objects.order_by("pk")
            assert [one.counts["turn"] for one in receipts] == [2, 2, 1]

    def test_what_is_marked_as_kept_too_long_is_not_marked_again_before_it_is_erased(self, ana):
        rule(keep_days=30)
        aged(ana, 40, "I live in Zanzibar.")
        first = keeping.erase_overdue(person_id=ana.pk)
        assert keeping.erase_overdue(person_id=ana.pk) is None
        with acting_as(ana.pk):
            assert Turn.objects.get().erasure_id == first.pk

    def test_what_was_erased_does_not_come_back_by_the_same_words(self, ana):
        rule(keep_days=30)
        session = aged(ana, 40, "I live in Zanzibar.")
        with acting_as(ana.pk):
            client_id = Turn.objects.get(session=session).client_id
        self.night()
        with pytest.raises(dialogue.SaidOtherwise):
            say(ana, "I live in Zanzibar.", client_id=client_id)

    def test_a_process_that_dies_after_marking_leaves_the_rest_to_the_sweep(self, ana, time_machine):
        rule(keep_days=30)
        aged(ana, 40, "I live in Zanzibar.")
        keeping.erase_overdue(person_id=ana.pk)
        assert [person for person, _ in sweeps.erasures_due()] == [ana.pk]

    def test_without_a_rule_nobody_is_too_old(self, ana):
        aged(ana, 4000, "I live in Porto.")
        assert keeping.overdue(house=None) == {}
        assert keeping.erase_overdue(person_id=ana.pk) is None

    def test_the_rule_for_a_person_outlasts_their_having_everything_forgotten(self, ana):
        rule_for(ana, keep_days=5, unkept=["facts"])
        say(ana)
        receipt = erasure.forget(person_id=ana.pk, wish=Wish(Erasure.Kind.PERSON), after=erasure.AT_ONCE)
        erasure.carry_out(person_id=ana.pk, erasure_id=receipt.pk)
        assert (ruled(ana).keep_days, ruled(ana).unkept) == (5, {"facts"})

    def test_it_is_done_each_night(self):
        (entry,) = [one for one in schedule(15).values() if one["task"] == "worker.tasks.sweep_keeping"]
        assert (entry["schedule"].hour, entry["schedule"].minute) == ({3}, {0})


class TestQuotas:
    def test_so_many_messages_a_minute_are_taken_and_the_next_after_it(self, ana, time_machine):
        time_machine.move_to("2026-11-05T12:00:00Z", tick=False)
        rule(messages_a_minute=2)
        say(ana)
        say(ana)
        with pytest.raises(quota.OverQuota, match="2 messages a minute"):
            say(ana)
        time_machine.shift(timedelta(seconds=61))
        say(ana)

    def test_a_message_that_comes_once_more_is_none_more(self, ana):
        rule(messages_a_minute=1)
        client_id = uuid4()
        first = say(ana, "I live in Porto.", client_id=client_id)
        assert say(ana, "I live in Porto.", client_id=client_id).turn == first.turn

    def test_another_persons_messages_are_not_counted(self, ana, stranger):
        rule(messages_a_minute=1)
        say(ana)
        say(stranger)

    @pytest.mark.parametrize("limit", ["messages_a_minute", "most_turns"])
    def test_of_many_messages_at_once_no_more_are_kept_than_are_ruled(self, ana, limit):
        rule(**{limit: 3})
        companion_of(ana)

        def sent_by_one_tab(number):
            try:
                say(ana, f"Number {number}.")
            except quota.OverQuota:
                return 0
            finally:
                connection.close()
            return 1

        with ThreadPoolExecutor(8) as tabs:
            assert sum(tabs.map(sent_by_one_tab, range(24))) == 3

    def test_whoever_has_as_many_turns_as_they_may_says_more_after_deleting(self, ana, time_machine):
        time_machine.move_to("2026-11-05T12:00:00Z")
        rule(most_turns=2)
        first = say(ana)
        say(ana)
        with pytest.raises(quota.OverQuota, match="2 turns are kept"):
            say(ana)
        asked = erasure.forget(person_id=ana.pk, wish=Wish(Erasure.Kind.TURN, ids=[first.turn.pk]))
        with pytest.raises(quota.OverQuota):  # it can still be taken back
            say(ana)
        time_machine.shift(timedelta(minutes=1))
        erasure.carry_out(person_id=ana.pk, erasure_id=asked.pk)
        say(ana)


class TestHistoriesBesideAQuota:
    """What would not fit is refused before anything is kept; what does not fit any more stops, whole so far."""

    def file(self, tmp_path, turns, *, first=0):
        lines = [
            {
                "id": str(number),
                "speaker": "person",
                "text": f"The parrot said word {number}.",
                "session": "a day",
                "said_at": "2026-03-01T10:00:00Z",
            }
            for number in range(first, first + turns)
        ]
        path = tmp_path / "life.jsonl"
        path.write_text("\n".join(map(json.dumps, lines)))
        return str(path)

    def bring(self, person, file):
        out = StringIO()
        call_command("import_history", file, "--person", person.email, stdout=out)
        return out.getvalue()

    def stored(self, person):
        with acting_as(person.pk):
            return Turn.objects.count()

    def test_a_file_that_would_not_fit_is_refused_with_how_many_turns_do(self, ana, tmp_path):
        say(ana)
        rule(most_turns=4)
        with pytest.raises(CommandError, match=r"Nothing was imported\. It would add 4 turns, and 3 more fit"):
            self.bring(ana, self.file(tmp_path, 4))
        assert self.stored(ana) == 1

    def test_what_is_here_or_was_erased_takes_no_room(self, ana, tmp_path):
        self.bring(ana, self.file(tmp_path, 4))
        with acting_as(ana.pk):
            wish = Wish(Erasure.Kind.TURN, ids=[Turn.objects.order_by("number").first().pk])
        asked = erasure.forget(person_id=ana.pk, wish=wish, after=erasure.AT_ONCE)
        erasure.carry_out(person_id=ana.pk, erasure_id=asked.pk)
        rule(most_turns=3)
        assert "3 were there already" in self.bring(ana, self.file(tmp_path, 4))

    def test_what_is_said_meanwhile_stops_it_before_the_limit_with_what_is_kept_whole(
        self, ana, tmp_path, monkeypatch, time_machine
    ):
        rule(most_turns=5)
        monkeypatch.setattr(keep, "BATCH", 2)
        checked = importing.check_room

        def then_said(*asked):
            checked(*asked)
            say(ana)
            say(ana)

        monkeypatch.setattr(import_history, "check_room", then_said)
        with pytest.raises(CommandError, match="The rest does not fit any more"):
            self.bring(ana, self.file(tmp_path, 5))
        assert self.stored(ana) == 4
        with acting_as(ana.pk):
            assert not Session.objects.filter(origin__isnull=False, closed_at=None).exists()
            assert Key.objects.filter(turn__origin__isnull=False).values("turn").distinct().count() == 2

    def test_in_the_browser_it_stops_in_the_same_way_and_says_what_was_kept(self, ana, tmp_path, monkeypatch):
        rule(most_turns=5)
        monkeypatch.setattr(keep, "BATCH", 2)
        monkeypatch.setattr(sent, "AT_ONCE", 0.0)
        content = Path(self.file(tmp_path, 5)).read_bytes()
        with acting_as(ana.pk):
            asked = sent.ask(person_id=ana.pk, name="life.jsonl", content=content)
        assert not sent.run(person_id=ana.pk, import_id=asked.pk, encoder=encoder.current())
        say(ana)
        say(ana)
        assert sent.run(person_id=ana.pk, import_id=asked.pk, encoder=encoder.current())
        with acting_as(ana.pk):
            asked.refresh_from_db()
        assert (asked.state, asked.kept, bytes(asked.content)) == ("unreadable", 2, b"")
        assert "The rest does not fit any more" in asked.problem
