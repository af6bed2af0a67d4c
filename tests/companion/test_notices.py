"""What the chat tells of requests of memory: how much goes, counted as people count."""

import pytest

from companion.chat.notices import forgotten_frame
from memory import obeying
from memory.isolation import acting_as
from memory.models import Request
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
