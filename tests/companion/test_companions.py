"""Several companions: made and changed by their person, chosen for a new conversation, and nobody else's."""

import re
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import translation

from companion.accounts.models import Person
from companion.chat import actions, protocol
from companion.chat.conversations import find_words, list_conversations
from memory import clock, companions, permission, preferences
from memory.isolation import acting_as
from memory.models import Companion, Conversation, Erasure, Matter
from memory.unremembered import paused_since
from tests.inspectors import signed_in
from tests.memory.test_dialogue import companion_of
from tests.visitor import errors, sign_up, words
from worker import engines
from worker.engines.openai_compatible import OpenAICompatible
from worker.engines.recall_only import RecallOnly

pytestmark = pytest.mark.django_db

NEW = "preferences_companion_new"
TOLD = {"name": "Basil", "manner": "Dry, in short sentences.", "engine": ""}
ALL = {matter.value: "on" for matter in Matter}


def made(person, **changes):
    return signed_in(person).post(reverse(NEW), {**TOLD, **ALL, **changes})


def all_of(person):
    with acting_as(person.pk):
        return list(Companion.objects.of(person.pk).order_by("pk"))


def frame(companion, conversation=None):
    return protocol.Say(type="say", client_id=uuid4(), conversation=conversation, text="Hello.", companion=companion)


def test_another_companion_is_made_with_its_manner_and_what_it_may_remember(ana):
    companion_of(ana)
    sent = {**TOLD, **{name: on for name, on in ALL.items() if name != Matter.PORTRAIT}}
    assert signed_in(ana).post(reverse(NEW), sent).status_code == 302
    first, basil = all_of(ana)
    assert (basil.name, basil.manner, basil.unkept) == ("Basil", "Dry, in short sentences.", [Matter.PORTRAIT])
    assert first.unkept == []
    page = words(signed_in(ana).get(reverse("account_preferences")))
    assert "Basil" in page
    assert "My companions share their memories" in page


def test_a_companion_without_a_name_is_not_made(ana):
    assert errors(made(ana, name=" "), "name") == ["Please fill this in."]
    assert all_of(ana) == []


def test_a_companion_is_changed_by_its_person_alone(ana, stranger):
    companion = companion_of(ana)
    address = reverse("preferences_companion", args=[companion.pk])
    assert signed_in(stranger).get(address).status_code == 404
    assert signed_in(stranger).post(address, {**TOLD, **ALL}).status_code == 404
    assert all_of(ana)[0].name == companion.name
    assert signed_in(ana).post(address, {**TOLD, **ALL}).status_code == 302
    assert all_of(ana)[0].name == "Basil"


def test_a_companion_made_while_memory_is_paused_is_paused_too(ana):
    companion_of(ana)
    signed_in(ana).post(reverse("preferences_pause"))
    made(ana)
    assert all_of(ana)[1].paused_at == all_of(ana)[0].paused_at is not None
    with acting_as(ana.pk):
        assert paused_since(ana.pk)


def test_a_new_conversation_is_with_the_companion_that_was_chosen(ana):
    companion_of(ana)
    made(ana)
    basil = all_of(ana)[1]
    said = actions.keep(ana, frame(basil.pk))
    with acting_as(ana.pk):
        assert Conversation.objects.of(ana.pk).get().companion_id == basil.pk
    boot = signed_in(ana).get(f"/c/{said.turn.conversation_id}/").context["boot"]
    assert boot["companion"] == {"id": basil.pk, "name": "Basil"}
    assert [one["name"] for one in boot["companions"]] == ["Rosemary", "Basil"]
    assert signed_in(ana).get(f"/?with={basil.pk}").context["boot"]["companion"]["name"] == "Basil"
    assert signed_in(ana).get("/").context["boot"]["companion"]["name"] == "Rosemary"


@pytest.mark.parametrize("wanted", ["0", "x", "99999999999999999999", "-1", ""])
def test_a_companion_that_there_is_not_leaves_the_first(ana, wanted):
    companion_of(ana)
    assert signed_in(ana).get("/", {"with": wanted}).context["boot"]["companion"]["name"] == "Rosemary"


def test_nobody_talks_with_somebody_elses_companion(ana, stranger):
    theirs = companion_of(stranger)
    with pytest.raises(companions.NoSuchCompanion):
        actions.keep(ana, frame(theirs.pk))
    companion_of(ana)
    assert signed_in(ana).get(f"/?with={theirs.pk}").context["boot"]["companion"]["id"] != theirs.pk
    with acting_as(ana.pk):
        assert not Conversation.objects.of(ana.pk).exists()


def test_a_companion_speaks_by_its_own_model_on_the_houses_server():
    house = OpenAICompatible(url="http://localhost:1/v1", model="small", key="secret", silence=3.0, most_tokens=7)
    spoken = engines.spoken_by(house, "kind-lora")
    assert isinstance(spoken, OpenAICompatible)
    assert (spoken.name, spoken.url, spoken.silence, spoken.most_tokens) == ("kind-lora", house.url, 3.0, 7)
    assert engines.spoken_by(house, "") is house


def test_where_no_engine_converses_a_model_of_ones_own_changes_nothing():
    recall_only = RecallOnly()
    assert engines.spoken_by(recall_only, "kind-lora") is recall_only


def test_the_models_of_the_houses_server_are_offered(settings, engine_server):
    settings.ENGINE_URL, settings.ENGINE_MODEL = engine_server.url, "echo"
    assert "echo" in engines.offered()
    settings.ENGINE_URL = "http://127.0.0.1:9/v1"
    assert engines.offered() == ["echo"]


# First run


def test_the_first_account_names_its_companion_and_says_what_it_may_remember(client, db):
    page = words(client.get(reverse("account_signup"), headers={"host": "localhost"}))
    for step in ("You", "Your companion", "What it may remember", "A language model"):
        assert step in page
    client.defaults["HTTP_HOST"] = "localhost"
    sign_up(client, companion="Thyme", manner="Playful and light", ticked="True", facts="on", summaries="on")
    assert not Person.objects.exists()
    manner = "Playful and light, with humour that never hurts."
    sign_up(client, companion="Thyme", manner=manner, ticked="True", facts="on", summaries="on")
    somebody = Person.objects.get()
    (companion,) = all_of(somebody)
    assert (companion.name, companion.manner) == ("Thyme", manner)
    with acting_as(somebody.pk):
        assert permission.chosen(somebody.pk).unkept == [Matter.PORTRAIT, Matter.SENSITIVE]


CHINESE = {"HTTP_ACCEPT_LANGUAGE": "zh-CN,zh;q=0.9"}
PLAIN = "Plain and exact: say what is known and what is not, without decoration."


def in_chinese(words):
    with translation.override("zh-hans"):
        return translation.gettext(words)


def test_a_manner_of_ours_is_kept_in_english_and_read_in_the_language_of_the_page(client, db):
    client.defaults |= {"HTTP_HOST": "localhost", **CHINESE}
    page = client.get(reverse("account_signup")).content.decode()
    value = re.findall(r'<option value="([^"]*)"', page)[1]
    sign_up(client, companion="Thyme", manner=value, ticked="True", **ALL)
    somebody = Person.objects.get()
    (companion,) = all_of(somebody)
    assert companion.manner == PLAIN
    assert in_chinese(PLAIN) != PLAIN
    assert in_chinese(PLAIN) in words(client.get(reverse("account_preferences")))
    address = reverse("preferences_companion", args=[companion.pk])
    form = client.get(address).context["form"]
    assert form["manner"].value() == in_chinese(PLAIN)
    client.post(address, {"name": "Thyme", "manner": form["manner"].value(), **ALL})
    assert all_of(somebody)[0].manner == PLAIN
    client.post(address, {"name": "Thyme", "manner": "像老朋友一样。", **ALL})
    assert all_of(somebody)[0].manner == "像老朋友一样。"


# Deleting


def test_the_page_spells_out_what_goes_and_the_preferences_bring_it_back(ana):
    companion_of(ana)
    made(ana)
    basil = all_of(ana)[1]
    said = actions.keep(ana, frame(basil.pk))
    client = signed_in(ana)
    told = words(client.get(reverse("preferences_companion_delete", args=[basil.pk])))
    assert "1 turn of yours, and 0 replies" in told
    assert "Your other companions keep what you told them" in told
    assert client.post(reverse("preferences_companion_delete", args=[basil.pk])).status_code == 302
    page = client.get(reverse("account_preferences"))
    assert "Basil is deleted" in words(page)
    assert client.get(f"/c/{said.turn.conversation_id}/").status_code == 404
    assert client.get(reverse("preferences_companion", args=[basil.pk])).status_code == 404
    (deleted,) = page.context["deleted"]
    client.post(reverse("preferences_companion_restore", args=[deleted.erasure_id]))
    assert "Basil is back, as it was." in words(client.get(reverse("account_preferences")))
    assert client.get(f"/c/{said.turn.conversation_id}/").status_code == 200


def test_the_only_companion_cannot_be_deleted_and_the_page_says_why(ana):
    only = companion_of(ana)
    client = signed_in(ana)
    address = reverse("preferences_companion_delete", args=[only.pk])
    assert "is the only companion you have, so it can’t be deleted" in words(
        client.get(reverse("preferences_companion", args=[only.pk]))
    )
    answer = client.post(address, follow=True)
    assert "without one there is nobody to talk with" in words(answer)
    assert all_of(ana) == [only]


def test_nobody_deletes_or_brings_back_somebody_elses(ana, stranger):
    companion_of(ana)
    made(ana)
    address = reverse("preferences_companion_delete", args=[all_of(ana)[1].pk])
    assert signed_in(stranger).get(address).status_code == signed_in(stranger).post(address).status_code == 404
    client = signed_in(ana)
    client.post(address)
    (deleted,) = client.get(reverse("account_preferences")).context["deleted"]
    signed_in(stranger).post(reverse("preferences_companion_restore", args=[deleted.erasure_id]))
    assert client.get(reverse("account_preferences")).context["deleted"] == [deleted]


def test_a_companion_that_was_just_made_can_be_talked_to_at_once(ana):
    companion_of(ana)
    client = signed_in(ana)
    page = words(client.post(reverse(NEW), {**TOLD, **ALL}, follow=True))
    assert "Talk to Basil" in page


def test_companions_are_joined_beside_their_list_and_other_choices_stay(ana):
    companion_of(ana)
    made(ana)
    with acting_as(ana.pk):
        preferences.choose(person_id=ana.pk, unkept=[Matter.SENSITIVE], fading=None)
    for sent, joined in (({"joined": "on"}, True), ({}, False)):
        signed_in(ana).post(reverse("preferences_joining"), sent)
        with acting_as(ana.pk):
            chosen = permission.chosen(ana.pk)
        assert (chosen.joined, chosen.unkept) == (joined, [Matter.SENSITIVE])


def test_choosing_what_is_remembered_leaves_companions_joined(ana):
    companion_of(ana)
    with acting_as(ana.pk):
        preferences.join(person_id=ana.pk, joined=True)
    signed_in(ana).post(reverse("preferences_remembering"), ALL)
    with acting_as(ana.pk):
        assert permission.chosen(ana.pk).joined


def test_a_deleted_companion_is_offered_back_no_longer_than_it_can_be(ana):
    companion_of(ana)
    made(ana)
    asked = companions.delete(person_id=ana.pk, companion_id=all_of(ana)[1].pk)
    page = signed_in(ana).get(reverse("account_preferences")).content.decode()
    (left,) = re.findall(r'data-undo-left="([\d.]+)"', page)
    assert 0 < float(left) <= 30
    with acting_as(ana.pk):
        Erasure.objects.filter(pk=asked.pk).update(due_at=clock.now())
    late = signed_in(ana).get(reverse("account_preferences")).content.decode()
    assert reverse("preferences_companion_restore", args=[asked.pk]) not in late
    assert "It is too late to bring it back" in late


def test_conversations_in_the_list_and_in_a_search_name_their_companion(ana):
    first = companion_of(ana)
    made(ana)
    basil = all_of(ana)[1]
    for companion in (first, basil):
        actions.keep(ana, frame(companion.pk))
    assert {one.companion for one in list_conversations(ana).conversations} == {first.pk, basil.pk}
    assert {one.companion for one in find_words(ana, "hello")} == {first.pk, basil.pk}


@pytest.mark.parametrize("page", ["account_preferences", "account_change_password"])
def test_pages_that_the_server_draws_carry_the_palette_for_who_is_signed_in(ana, client, page):
    drawn = signed_in(ana).get(reverse(page)).content.decode()
    assert 'id="commands"' in drawn
    assert 'id="commands"' not in client.get(reverse("account_reset_password")).content.decode()
