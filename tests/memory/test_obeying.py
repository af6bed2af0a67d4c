"""What is asked of memory in plain words is done, can be taken back, and is the person's own doing."""

from uuid import uuid4

import pytest

from memory import clock, correction, dialogue, erasure, obeying, unremembered
from memory.isolation import acting_as
from memory.models import Erasure, Key, Memory, Reply, Request, Source, Turn
from tests.memory.test_consolidation import Answering, consolidate
from tests.memory.test_dialogue import companion_of, say
from tests.memory.test_erasure import answered, close, holding, index_anew
from tests.memory.test_recall import LIFE, ask, remember
from worker.engines.recall_only import RecallOnly

pytestmark = pytest.mark.django_db

BROOCH = "My zanzibarite brooch lies under the floor."


def request_of(person, turn):
    with acting_as(person.pk):
        return Request.objects.select_related("turn", "memory").get(turn=turn)


def forget(person, request, turn_ids):
    return obeying.forget(person_id=person.pk, request_id=request.pk, turn_ids=turn_ids)


def carry_out(person, asked):
    with acting_as(person.pk):
        Erasure.objects.filter(pk=asked.pk).update(due_at=clock.now())
    erasure.carry_out(person_id=person.pk, erasure_id=asked.pk)


def test_what_is_to_be_remembered_is_pinned_at_once_in_the_persons_own_words(ana):
    said = say(ana, "Please remember that my sister Rita moved to Porto.")
    request = request_of(ana, said.turn)
    assert (request.state, request.words) == (Request.State.DONE, "my sister Rita moved to Porto.")
    assert request.memory.pinned
    assert request.memory.retention(clock.now()) == 1.0


def test_it_can_be_taken_back_and_fades_then_as_anything_else(ana, stranger):
    request = request_of(ana, say(ana, "Remember that my sister Rita moved to Porto.").turn)
    with pytest.raises(obeying.NoSuchRequest), acting_as(stranger.pk):
        obeying.let_fade(person_id=stranger.pk, request_id=request.pk)
    with acting_as(ana.pk):
        obeying.let_fade(person_id=ana.pk, request_id=request.pk)
        assert not Memory.objects.get(pk=request.memory_id).pinned
    with pytest.raises(obeying.NoSuchRequest), acting_as(ana.pk):
        obeying.let_fade(person_id=ana.pk, request_id=request.pk)


def test_what_is_let_go_of_long_after_stands_at_once_where_it_would_have_faded_to(ana, time_machine):
    time_machine.move_to("2026-03-05T12:00:00Z", tick=True)
    request = request_of(ana, say(ana, "Remember that my sister Rita moved to Porto.").turn)
    time_machine.move_to("2028-03-05T12:00:00Z", tick=True)
    with acting_as(ana.pk):
        obeying.let_fade(person_id=ana.pk, request_id=request.pk)
        assert Memory.objects.get(pk=request.memory_id).state == Memory.State.FADED


def test_while_memory_is_paused_nothing_is_promised(ana):
    companion_of(ana)
    with acting_as(ana.pk):
        unremembered.pause(person_id=ana.pk)
    reply = answered(ana, "Remember that my sister Rita moved to Porto.")
    assert request_of(ana, reply.turn).state == Request.State.REFUSED
    assert "Nothing you say now is kept" in reply.answer.text
    with acting_as(ana.pk):
        assert not Memory.objects.exists()


def test_an_engine_that_converses_answers_a_wish_to_remember_and_code_answers_the_others(ana):
    class Talking(Answering):
        def stream(self, prompt, *, stopped):
            yield "How lovely for her."

    engine = Talking()
    assert answered(ana, "Remember that Rita moved to Porto.", engine=engine).answer.text == "How lovely for her."
    assert "nothing" in answered(ana, "Forget what I said about the brooch.", engine=engine).answer.text
    assert "lovely" not in answered(ana, "What do you know about me?", engine=engine).answer.text


def test_to_forget_shows_what_was_found_and_takes_nothing_before_the_person_says_so(ana):
    brooch, *_ = remember(ana, [BROOCH, *LIFE])
    reply = answered(ana, "Forget what I said about my brooch.")
    request = request_of(ana, reply.turn)
    assert request.found == [brooch.pk]
    assert "Nothing is forgotten until you say so" in reply.answer.text
    with acting_as(ana.pk):
        assert not Erasure.objects.exists()


def test_what_is_confirmed_goes_with_the_request_and_its_reply_and_the_rest_stays(ana):
    remember(ana, [BROOCH, *LIFE])
    reply = answered(ana, "Forget everything about my zanzibarite brooch.")
    request = request_of(ana, reply.turn)
    asked = forget(ana, request, request.found)
    assert {one.turn_id for one in ask(ana, "Where is my brooch?").candidates}.isdisjoint(request.found)
    carry_out(ana, asked)
    index_anew(ana)
    assert holding("zanzibarite") == {}
    with acting_as(ana.pk):
        assert set(Turn.objects.values_list("text", flat=True)) == set(LIFE)


def test_until_then_it_can_be_taken_back_and_asked_again(ana):
    remember(ana, [BROOCH, *LIFE])
    request = request_of(ana, answered(ana, "Forget what I said about my brooch.").turn)
    asked = forget(ana, request, request.found)
    with acting_as(ana.pk):
        assert [one.pk for one in obeying.forgotten(ana.pk)] == [asked.pk]
    with pytest.raises(obeying.NoSuchRequest):
        forget(ana, request, request.found)
    erasure.withdraw(person_id=ana.pk, erasure_id=asked.pk)
    assert forget(ana, request, request.found[:1]).pk != asked.pk


def test_only_what_was_found_can_be_forgotten_by_it_and_only_by_its_person(ana, stranger):
    remember(ana, [BROOCH, *LIFE])
    other = say(ana, "Something else altogether.").turn
    request = request_of(ana, answered(ana, "Forget what I said about my brooch.").turn)
    with pytest.raises(obeying.NoSuchRequest):
        forget(ana, request, [other.pk])
    with pytest.raises(obeying.NoSuchRequest):
        forget(stranger, request, request.found)


def test_a_wish_to_forget_is_nothing_to_remember(ana):
    remember(ana, [BROOCH])
    reply = answered(ana, "Forget what I said about my brooch.")
    index_anew(ana)
    with acting_as(ana.pk):
        assert not Key.objects.filter(turn__in=[reply.turn_id, reply.answer_id]).exists()


def test_what_is_known_is_told_with_its_days_and_what_is_closed_is_not(ana, time_machine):
    time_machine.move_to("2026-11-05T12:00:00Z", tick=True)
    assert "taken down nothing" in answered(ana, "What do you know about me?").answer.text
    for text in ("I live in Porto.", "I moved to Lisbon, and I live in Lisbon now."):
        say(ana, text)
        for session in close(ana):
            consolidate(ana, session, RecallOnly())
        time_machine.move_to("2026-11-20T12:00:00Z", tick=True)
    told = answered(ana, "So, what do you know about me?").answer.text
    assert "Lisbon" in told
    assert "Porto" not in told
    assert "told on " in told


def test_what_is_known_is_told_by_kinds_with_what_was_asked_for_first(ana):
    for text in (
        "Remember that my sister Rita lives in Lyon.",
        "I live in Porto. I love long walks. My brother is called Tomás.",
        "I plan to visit Rita in June.",
    ):
        say(ana, text)
        for session in close(ana):
            consolidate(ana, session, RecallOnly())
    told = answered(ana, "What do you know about me?").answer.text
    assert told.index("What you asked me to remember** (1)") < told.index("About you** (1)")
    assert told.count("Lyon") == 1
    assert "I live in Porto (told on " in told
    assert "People and things in your life** (1)" in told
    assert "stands under Memories" in told


@pytest.mark.parametrize("mistaken", [False, True])
def test_what_was_asked_to_be_remembered_and_holds_no_longer_is_not_told_as_if_it_did(ana, mistaken):
    say(ana, "Remember that I live in Porto. My sister is called Rita.")
    for session in close(ana):
        consolidate(ana, session, RecallOnly())
    with acting_as(ana.pk):
        porto = Memory.objects.get(kind="fact", text__contains="Porto")
        right = {"text": "I live in Lisbon.", "mistaken": mistaken, "client_id": uuid4()}
        correction.correct(person_id=ana.pk, memory_id=porto.pk, **right)
    told = answered(ana, "What do you know about me?").answer.text
    assert "Porto" not in told
    assert "I live in Lisbon" in told
    assert "Rita" in told


def test_all_that_is_known_counts_however_much_it_is(ana):
    say(ana, "I live in Porto.")
    for session in close(ana):
        consolidate(ana, session, RecallOnly())
    with acting_as(ana.pk):
        fact, source = Memory.objects.get(kind="fact"), Source.objects.get(memory__kind="fact")
        rows = [Memory(**kept(fact), text=f"I have been to {number} places.", attribute="") for number in range(600)]
        for one in Memory.objects.bulk_create(rows):
            Source.objects.create(**kept(source), memory=one)
    assert "**About you** (601)" in answered(ana, "What do you know about me?").answer.text


def kept(row):
    """Its columns but for its id and what is to be another."""
    left_out = ("id", "text", "attribute", "memory_id")
    columns = [field.attname for field in row._meta.concrete_fields]
    return {column: getattr(row, column) for column in columns if column not in left_out}


def test_what_was_asked_to_be_remembered_is_told_before_any_fact_is_taken_from_it(ana, stranger):
    say(ana, "Remember that my sister lives in Lyon.")
    assert "my sister lives in Lyon" in answered(ana, "What do you know about me?").answer.text
    assert "Lyon" not in answered(stranger, "What do you know about me?").answer.text


def test_a_request_is_told_apart_from_what_merely_sounds_like_one(ana):
    said = say(ana, "Do you remember that we met in Rome?")
    with acting_as(ana.pk):
        assert not Request.objects.exists()
        assert said.turn.remembered
        assert Reply.objects.get().state == Reply.State.WAITING
    with pytest.raises(dialogue.NothingSaid):
        say(ana, " ")


CHINESE = ["我的翡翠胸针藏在地板下面。", "我妹妹住在里斯本。", "我每个星期天去爬山。", "我养了一只叫团子的猫。"]


@pytest.fixture
def lin(ana):
    """Somebody who speaks Chinese, with something to remember."""
    ana.language = "zh-hans"
    ana.save()
    return ana, remember(ana, CHINESE)


def test_who_speaks_chinese_has_something_forgotten_and_remembered_by_asking_for_it(lin):
    person, (brooch, *_) = lin
    reply = answered(person, "忘掉我说的关于翡翠胸针的话。")
    assert request_of(person, reply.turn).found == [brooch.pk]
    assert "什么都不会被忘记" in reply.answer.text
    request = request_of(person, answered(person, "请记住我对核桃过敏。").turn)
    assert (request.state, request.words) == (Request.State.DONE, "我对核桃过敏。")
    assert "**你让我记住的** (1)\n\n- 我对核桃过敏。" in answered(person, "你对我了解多少？").answer.text


def test_who_asks_in_chinese_is_answered_with_their_own_words(lin):
    person, _ = lin
    told = answered(person, "我妹妹住在哪里").answer.text
    assert "：\n\n> 我妹妹住在里斯本。" in told
