"""What is said is kept, once, in order, in the session it belongs to."""

from datetime import timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory import clock, dialogue
from memory.isolation import acting_as
from memory.models import Companion, Conversation, Memory, Session, Speaker, Step, Turn

pytestmark = pytest.mark.django_db


def companion_of(person):
    with acting_as(person.pk):
        return Companion.objects.of(person.pk).first() or Companion.objects.create(owner=person, created_at=clock.now())


def say(person, text="Hello there, it is me.", *, conversation=None, client_id=None, at=None):
    companion = companion_of(person)
    with acting_as(person.pk):
        return dialogue.say(
            person_id=person.pk,
            companion=companion,
            conversation_id=conversation,
            client_id=client_id or uuid4(),
            text=text,
            said_at=at or clock.now(),
        )


def test_the_same_client_id_again_returns_the_turn_already_kept(ana):
    client_id = uuid4()
    first, again = say(ana, client_id=client_id), say(ana, client_id=client_id)
    assert again.repeated
    assert not first.repeated
    assert (again.turn, again.reply) == (first.turn, first.reply)
    with acting_as(ana.pk):
        assert Turn.objects.count() == Conversation.objects.count() == 1


def test_the_same_client_id_with_other_words_is_refused_and_changes_nothing(ana):
    said = say(ana, "I like tea.")
    with pytest.raises(dialogue.SaidOtherwise):
        say(ana, "I like coffee.", client_id=said.turn.client_id)
    with acting_as(ana.pk):
        assert Turn.objects.get().text == "I like tea."


def test_anothers_conversation_is_as_if_it_did_not_exist(ana, stranger):
    said = say(ana)
    with pytest.raises(dialogue.NoSuchConversation):
        say(stranger, conversation=said.turn.conversation_id)
    with pytest.raises(dialogue.NoSuchConversation):
        say(stranger, conversation=uuid4())


@pytest.mark.parametrize("text", ["", "   ", "\n\t\n", "\u2003"])
def test_blank_text_is_refused(ana, text):
    with pytest.raises(dialogue.NothingSaid):
        say(ana, text)


UNSEEN = st.sampled_from("\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u202e\u2066\u3164\ufe0f") | st.characters(
    categories=["Zs", "Zl", "Zp", "Cf"]
)


@given(st.text(UNSEEN))
def test_a_message_in_which_nothing_can_be_seen_is_refused_as_blank(text):
    with pytest.raises(dialogue.NothingSaid):
        dialogue.keepable(text)


@given(st.text(UNSEEN), st.characters(categories=["L", "N", "P", "S"], exclude_characters="\u115f\u1160\u3164\uffa0"))
def test_one_character_that_can_be_seen_is_enough_and_nothing_around_it_is_lost(unseen, seen):
    text = f"{unseen}{seen}{unseen}"
    assert dialogue.keepable(text) == text


@pytest.mark.parametrize("text", ["👩\u200d👩\u200d👧", "🏳\ufe0f\u200d🌈", "م\u200c", "\u200b?"])
def test_joiners_within_what_can_be_seen_are_not_blank(text):
    assert dialogue.keepable(text) == text


def test_a_message_beyond_the_limit_is_refused_by_its_length(ana):
    with pytest.raises(dialogue.TooLong, match="1,000,000 characters"):
        say(ana, "x" * 1_000_000)


@given(st.text(st.characters(), min_size=1, max_size=50))
def test_whatever_is_typed_can_be_stored_as_utf8_without_nul(text):
    try:
        kept = dialogue.keepable(text)
    except dialogue.NothingSaid:
        return
    assert "\0" not in kept
    kept.encode("utf-8")


@pytest.mark.parametrize(
    "text", ["שלום, מה שלומך?", "👩‍👩‍👧‍👦 went to the sea 🌊", "a\u202eb bidi", "bell\a and escape\x1b[31m"]
)
def test_any_script_emoji_and_control_characters_are_kept_as_typed(ana, text):
    assert say(ana, text).turn.text == text


def test_a_lone_surrogate_and_a_nul_become_the_replacement_character(ana):
    assert say(ana, "a\ud800b\0c").turn.text == "a\ufffdb\ufffdc"


def test_half_an_hours_silence_ends_a_session_and_makes_its_consolidation_due(ana):
    start = clock.now() - timedelta(hours=3)
    said = say(ana, at=start)
    conversation = said.turn.conversation_id
    say(ana, conversation=conversation, at=start + timedelta(minutes=29))
    say(ana, conversation=conversation, at=start + timedelta(minutes=61))
    with acting_as(ana.pk):
        first, second = Session.objects.order_by("started_at")
        assert (first.turns.count(), second.turns.count()) == (2, 1)
        assert first.closed_at is not None
        assert second.closed_at is None
        assert set(Step.objects.values_list("session", "kind")) == {(first.pk, kind) for kind in Step.Kind}


def test_a_new_conversation_closes_the_session_that_stood_open(ana):
    say(ana, at=clock.now() - timedelta(minutes=5))
    say(ana)
    with acting_as(ana.pk):
        assert Session.objects.filter(closed_at=None).count() == 1


def test_a_reply_joins_the_round_of_the_turn_it_answers(ana):
    said = say(ana)
    with acting_as(ana.pk):
        dialogue.keep_turn(
            conversation=said.turn.conversation,
            speaker=Speaker.COMPANION,
            text="Hello.",
            said_at=clock.now(),
            client_id=uuid4(),
            answers=said.turn,
        )
        memory = Memory.objects.get()
        assert [source.turn.speaker for source in memory.sources.order_by("pk")] == ["person", "companion"]


def test_a_conversation_is_called_by_its_first_words(ana):
    said = say(
        ana, "The tomatoes are finally ripe, all of them at once, and I do not know what to do with forty of them."
    )
    assert said.turn.conversation.title == "The tomatoes are finally ripe, all of them at once, and I…"
