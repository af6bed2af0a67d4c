"""What the chat tells of what goes: how much, counted as people count, and nothing by its words."""

from uuid import uuid4

import pytest

from companion.chat import actions, protocol
from companion.chat.notices import forgotten_frame
from memory import conversations, erasure, obeying
from memory.isolation import acting_as
from memory.models import Erasure, Request
from tests.memory.test_dialogue import say
from tests.memory.test_erasure import answered, index_anew

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("told", ["My brooch is of zanzibarite.", "Remember that my brooch is of zanzibarite."])
def test_what_was_said_or_was_to_be_remembered_counts_and_the_wish_to_forget_it_does_not(ana, told):
    said = answered(ana, told)
    index_anew(ana)
    wish = answered(ana, "Forget what I said about my brooch of zanzibarite.")
    with acting_as(ana.pk):
        request = Request.objects.get(turn=wish.turn_id)
        assert said.turn_id in request.found
    asked = obeying.forget(person_id=ana.pk, request_id=request.pk, turn_ids=[said.turn_id])
    with acting_as(ana.pk):
        assert forgotten_frame(asked).said == 1


@pytest.mark.parametrize("anew", [False, True])
def test_what_is_kept_and_what_is_back_is_not_called_by_words_that_are_about_to_go(ana, anew):
    brooch = say(ana, "My brooch is of zanzibarite.").turn
    last = answered(ana, "My sister lives in Porto.", conversation=brooch.conversation_id).turn
    erasure.forget(person_id=ana.pk, wish=erasure.Wish(Erasure.Kind.TURN, [brooch.pk]))
    frame = protocol.Say(
        type="say",
        client_id=uuid4(),
        conversation=brooch.conversation_id,
        text="She lives in Lyon.",
        instead_of=last.pk if anew else None,
    )
    kept = actions.kept_frame(actions.keep(ana, frame), frame)
    assert kept.title == (frame.text if anew else last.text)
    deleted = conversations.delete(person_id=ana.pk, conversation_id=brooch.conversation_id)
    back = actions.restore(ana, protocol.Restore(type="restore", erasure=deleted.erasure_id))
    assert back.title == kept.title
