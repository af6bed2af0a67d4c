"""A person names their conversations, finds words in them and deletes them; nobody else can."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from companion.chat.conversations import list_conversations
from memory import clock, conversations, dialogue, encoder, erasure, indexing
from memory.conversations import BEFORE, EXCERPT
from memory.isolation import acting_as
from memory.models import Conversation, Erasure, Turn
from tests.memory.test_consolidation import consolidate
from tests.memory.test_dialogue import say
from tests.memory.test_erasure import answered, close, holding
from tests.memory.test_recall import ask, remember
from worker.engines.recall_only import RecallOnly

pytestmark = pytest.mark.django_db


def rename(person, conversation_id, title):
    with acting_as(person.pk):
        return conversations.rename(person_id=person.pk, conversation_id=conversation_id, title=title)


def found(person, words):
    with acting_as(person.pk):
        return conversations.find(person_id=person.pk, words=words)


def titles(person):
    with acting_as(person.pk):
        return [row.title for row in conversations.listed(person.pk)]


def delete(person, conversation_id):
    return conversations.delete(person_id=person.pk, conversation_id=conversation_id)


def carry_out(person, erasure_id):
    with acting_as(person.pk):
        Erasure.objects.filter(pk=erasure_id).update(due_at=clock.now())
    erasure.carry_out(person_id=person.pk, erasure_id=erasure_id)


def test_a_name_given_by_the_person_stays_whatever_a_summary_calls_it(ana):
    said = answered(ana, "I promised Ana a jar of Grandma's sourdough starter.")
    (first_words,) = titles(ana)
    rename(ana, said.turn.conversation_id, f"  {first_words} ")
    (session,) = close(ana)
    consolidate(ana, session, RecallOnly())
    assert titles(ana) == [first_words]


@pytest.mark.parametrize("title", ["", "  ", "\u200b"])
def test_a_name_has_at_least_one_letter(ana, title):
    said = say(ana)
    with pytest.raises(dialogue.NothingSaid):
        rename(ana, said.turn.conversation_id, title)


def test_a_stranger_can_neither_rename_nor_find_nor_delete_nor_bring_back(ana, stranger):
    said = say(ana, "The zanzibarite brooch.")
    with pytest.raises(dialogue.NoSuchConversation):
        rename(stranger, said.turn.conversation_id, "Mine")
    with pytest.raises(dialogue.NoSuchConversation):
        delete(stranger, said.turn.conversation_id)
    assert found(stranger, "brooch") == []
    deletion = delete(ana, said.turn.conversation_id)
    assert conversations.restore(person_id=stranger.pk, erasure_id=deletion.erasure_id) is None
    assert titles(ana) == []


def test_words_are_found_in_titles_and_turns_in_any_case_newest_conversation_first(ana):
    old = say(ana, "The Kettle sings, and the tea is ready.").turn
    new = say(ana, "Good morning.").turn
    rename(ana, new.conversation_id, "Tea with a kettle")
    say(ana, "Nothing of the sort.")
    assert [one.conversation.pk for one in found(ana, "kettle TEA")] == [new.conversation_id, old.conversation_id]
    assert [one.turn for one in found(ana, "kettle TEA")] == [None, old]
    assert found(ana, "kettle coffee") == []
    assert found(ana, "   ") == []


@pytest.mark.parametrize("sign", ["%", "_", "\\", "\0", "'"])
def test_a_sign_is_looked_for_as_itself(ana, sign):
    say(ana, "Nothing but letters here.")
    assert found(ana, sign) == []


def test_where_it_was_said_last_is_what_is_told(ana):
    first = say(ana, "The kettle is new.").turn
    last = say(ana, "Now the kettle leaks.", conversation=first.conversation_id).turn
    (one,) = found(ana, "kettle")
    assert (one.turn, one.excerpt) == (last, "Now the kettle leaks.")


def test_an_excerpt_holds_the_word_after_a_very_long_one():
    assert "end" in conversations.excerpt(f"1 {'1' * 200} end", "end")


def test_a_found_quote_is_told_without_its_mark_and_cut_between_words():
    said = "I lost my ring. I had it when I left the outdoor pool by the sea."
    answer = f"You told me in September, two months ago:\n\n> {said}"
    told = conversations.excerpt(answer, "ring")
    assert told == "…September, two months ago: I lost my ring. I had it when I left the outdoor pool by the …"


@given(st.lists(st.text(st.characters(codec="utf-8"), min_size=1), min_size=1).map(" ".join), st.data())
def test_an_excerpt_is_short_and_holds_the_beginning_of_the_word(text, data):
    words = text.split()
    if not words:
        return
    word = data.draw(st.sampled_from(words))
    told = conversations.excerpt(text, word)
    assert len(told) <= EXCERPT + 2
    assert word.casefold()[: EXCERPT - BEFORE - 1] in told.casefold() or len(word) > BEFORE


def test_a_deleted_conversation_is_gone_at_once_and_says_what_goes_with_it(ana):
    told = answered(ana, "My sister Rita lives in Porto. She has two cats.")
    (session,) = close(ana)
    consolidate(ana, session, RecallOnly())
    deletion = delete(ana, told.turn.conversation_id)
    assert (deletion.goes.said, deletion.goes.replies, deletion.goes.summaries) == (1, 1, 1)
    assert deletion.goes.facts >= 1
    assert titles(ana) == []
    assert found(ana, "Rita") == []
    assert ask(ana, "Where does Rita live?").candidates == []
    with pytest.raises(dialogue.NoSuchConversation):
        say(ana, "Are you there?", conversation=told.turn.conversation_id)


def test_it_can_be_brought_back_whole_until_it_is_due(ana):
    turn, *_ = remember(ana, ["My zanzibarite brooch lies under the floor."])
    rename(ana, turn.conversation_id, "The brooch")
    deletion = delete(ana, turn.conversation_id)
    with acting_as(ana.pk):
        assert [one.erasure_id for one in conversations.deletions(ana.pk)] == [deletion.erasure_id]
    restored = conversations.restore(person_id=ana.pk, erasure_id=deletion.erasure_id)
    assert restored is not None
    assert restored.title == "The brooch"
    assert titles(ana) == ["The brooch"]
    assert ask(ana, "Where is my brooch?").candidates[0].turn_id == turn.pk
    with acting_as(ana.pk):
        assert conversations.deletions(ana.pk) == []


def test_once_due_it_is_gone_from_every_table_and_cannot_be_brought_back(ana):
    secret = answered(ana, "My zanzibarite brooch lies under the floor.")
    other = answered(ana, "The dog chewed my shoes.")
    rename(ana, secret.turn.conversation_id, "Zanzibarite")
    deletion = delete(ana, secret.turn.conversation_id)
    carry_out(ana, deletion.erasure_id)
    assert holding("zanzibarite") == {}
    assert conversations.restore(person_id=ana.pk, erasure_id=deletion.erasure_id) is None
    with acting_as(ana.pk):
        assert set(Turn.objects.values_list("conversation_id", flat=True)) == {other.turn.conversation_id}
        assert not Conversation.objects.filter(pk=secret.turn.conversation_id).exists()


def test_a_name_that_tells_what_is_erased_goes_with_it_and_another_stays(ana):
    secret, rest = remember(ana, ["My zanzibarite brooch lies under the floor.", "We painted the kitchen yellow."])
    for title, after in (("The zanzibarite talk", rest.text), ("Of this and that", "Of this and that")):
        rename(ana, secret.conversation_id, title)
        if title.startswith("The"):
            asked = erasure.forget(person_id=ana.pk, wish=erasure.Wish(Erasure.Kind.TURN, [secret.pk]))
            carry_out(ana, asked.pk)
        else:
            more = say(ana, "One more thing.", conversation=secret.conversation_id).turn
            indexing.index_turns(person_id=ana.pk, turn_ids=[more.pk], encoder=encoder.current())
            asked = erasure.forget(person_id=ana.pk, wish=erasure.Wish(Erasure.Kind.TURN, [more.pk]))
            carry_out(ana, asked.pk)
        assert titles(ana) == [after]


def test_the_list_goes_on_below_a_place_and_each_stands_on_one_page_also_at_the_same_moment(ana, stranger):
    moment = datetime(2026, 3, 5, 12, tzinfo=UTC)
    for minute in (0, 0, 0, 1, 2):
        say(ana, f"Minute {minute}.", at=moment + timedelta(minutes=minute))
    say(stranger, "Somebody else’s.", at=moment)
    with acting_as(ana.pk):
        whole = list(conversations.listed(ana.pk))
        for place, row in enumerate(whole):
            assert list(conversations.listed_after(ana.pk, row.active_at, row.pk)) == whole[place + 1 :]
        delete(ana, whole[1].pk)
        assert list(conversations.listed_after(ana.pk, whole[1].active_at, whole[1].pk)) == whole[2:]


def test_a_name_made_of_words_about_to_be_erased_is_not_told_meanwhile(ana):
    said = answered(ana, "My zanzibarite brooch lies under the floor.")
    say(ana, "We painted the kitchen yellow.", conversation=said.turn.conversation_id)
    asked = erasure.forget(person_id=ana.pk, wish=erasure.Wish(Erasure.Kind.TURN, [said.turn.pk]))
    assert [one.title for one in called(ana)] == ["We painted the kitchen yellow."]
    assert found(ana, "zanzibarite") == []
    assert [one.conversation.title for one in found(ana, "kitchen")] == ["We painted the kitchen yellow."]
    erasure.withdraw(person_id=ana.pk, erasure_id=asked.pk)
    assert [one.title for one in called(ana)] == ["My zanzibarite brooch lies under the floor."]


def called(person):
    return list_conversations(person).conversations
