"""The page of preferences: a person changes what is kept of them, and nothing of anybody else."""

import json
import re
from itertools import pairwise

import pytest
from asgiref.sync import sync_to_async
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import AsyncClient
from django.urls import reverse

from companion.preferences import forms
from companion.preferences.curve import curves
from memory import encoder, permission, unremembered
from memory.history import sent
from memory.isolation import acting_as
from memory.models import Fading, Import, Matter, Preference
from tests.inspectors import inspector, signed_in, visit
from tests.memory.test_dialogue import companion_of, say
from tests.visitor import errors, words

__all__ = ["inspector"]
pytestmark = pytest.mark.django_db

ALL = {matter.value: "on" for matter in Matter}


def chosen(person):
    with acting_as(person.pk):
        return permission.chosen(person.pk)


def remembering(person, **sent):
    return signed_in(person).post(reverse("preferences_remembering"), sent)


def ticked(page):
    return len(re.findall(r'<input type="checkbox"[^>]* checked', page))


def test_without_a_choice_everything_is_ticked_and_the_houses_way_of_fading_is_marked(ana):
    page = signed_in(ana).get(reverse("account_preferences")).content.decode()
    assert ticked(page) == len(Matter)
    assert 'value="companion" checked' in page


def test_what_is_not_ticked_is_not_remembered_from_then_on(ana):
    companion_of(ana)
    sent = {name: on for name, on in ALL.items() if name != Matter.PORTRAIT}
    answer = remembering(ana, **sent, fading=Fading.PAPER)
    assert answer["Location"] == reverse("account_preferences")
    assert (chosen(ana).unkept, chosen(ana).fading) == ([Matter.PORTRAIT], Fading.PAPER)
    page = signed_in(ana).get(reverse("account_preferences")).content.decode()
    assert ticked(page) == len(Matter) - 1
    assert 'value="paper" checked' in page


def test_a_way_of_fading_that_there_is_not_is_refused_and_nothing_is_kept(ana):
    assert "could not be kept" in words(remembering(ana, **ALL, fading="elephant"))
    with acting_as(ana.pk):
        assert not Preference.objects.of(ana.pk).exists()


def test_ones_choices_are_ones_own(ana, stranger):
    remembering(ana, fading=Fading.PAPER)
    assert set(chosen(ana).unkept) == set(Matter)
    assert chosen(stranger).unkept == []


def test_memory_is_paused_and_goes_on(ana):
    companion_of(ana)
    client = signed_in(ana)
    client.post(reverse("preferences_pause"))
    assert "Paused since" in words(client.get(reverse("account_preferences")))
    client.post(reverse("preferences_pause"), {"resume": "1"})
    with acting_as(ana.pk):
        assert unremembered.paused_since(ana.pk) is None
    assert "Memory is on." in words(client.get(reverse("account_preferences")))


def test_who_has_looked_stands_there_with_the_reason(inspector, ana, stranger):
    visit(inspector, ana)
    mine, others = (words(signed_in(one).get(reverse("account_preferences"))) for one in (ana, stranger))
    assert "gave a reason" in mine
    assert "Nobody has looked at your memories." in others


def test_the_page_for_ones_account_leads_to_the_preferences(ana):
    assert signed_in(ana).get("/account/")["Location"] == reverse("account_preferences")


def test_each_curve_begins_whole_falls_and_rises_once_where_it_is_used():
    for curve in curves():
        heights = [float(point.split()[1]) for point in curve.path[1:].split("L")]
        rises = [place for place, (one, next_) in enumerate(pairwise(heights)) if next_ < one]
        assert heights[0] == 0.0
        assert len(rises) == 1
        assert 0 < heights[-1] <= curve.height


# Taking it along, bringing it back


async def test_everything_is_exported_as_a_file_of_ones_own_words_sent_in_parts(ana, stranger):
    await sync_to_async(say)(ana, "The kettle sings at dawn.")
    await sync_to_async(say)(stranger, "My hat is chartreuse.")
    client = AsyncClient(headers={"host": "localhost"})
    await client.aforce_login(ana, backend="allauth.account.auth_backends.AuthenticationBackend")
    answer = await client.get(reverse("preferences_export"))
    assert answer.streaming
    assert re.fullmatch(r'attachment; filename="ana-[\d-]+\.jsonl"', answer["Content-Disposition"])
    lines = [json.loads(line) for line in b"".join([part async for part in answer]).splitlines()]
    assert [(line["text"], line["companion"]) for line in lines] == [("The kettle sings at dawn.", "Rosemary")]


LINE = {"speaker": "person", "text": "I live in Porto.", "session": "1", "said_at": "2026-03-01T10:00:00Z"}


def file(*lines, name="life.jsonl"):
    return SimpleUploadedFile(name, "".join(json.dumps(line) + "\n" for line in lines).encode())


def test_a_file_is_imported_with_its_progress_and_what_became_of_it(ana, stranger):
    companion_of(ana)
    client = signed_in(ana)
    assert client.post(reverse("preferences_import"), {"file": file(LINE)}).status_code == 302
    page = client.get(reverse("preferences_import")).content.decode()
    assert "data-under-way" in page
    with acting_as(ana.pk):
        asked = Import.objects.of(ana.pk).get()
    sent.run(person_id=ana.pk, import_id=asked.pk, encoder=encoder.current())
    page = client.get(reverse("preferences_import"))
    assert "1 turn kept" in words(page)
    assert "data-under-way" not in page.content.decode()
    assert "life.jsonl" not in words(signed_in(stranger).get(reverse("preferences_import")))


def brought(person, *lines):
    """The page of a file that was sent, and read by a worker who speaks English."""
    client = signed_in(person)
    client.post(reverse("preferences_import"), {"file": file(*lines)})
    with acting_as(person.pk):
        asked = Import.objects.of(person.pk).get()
    sent.run(person_id=person.pk, import_id=asked.pk, encoder=encoder.current())
    person.language = "zh-hans"
    person.save()
    return words(client.get(reverse("preferences_import")))


def test_a_line_that_cannot_be_read_is_told_in_the_language_of_whoever_looks(ana):
    told = brought(ana, LINE, {**LINE, "speaker": "ghost"}, {**LINE, "text": " "}, {"speaker": "person"}, [1])
    assert "第 2 行：speaker 必须是 person 或 companion" in told
    assert "第 3 行：里面没有文字" in told
    assert "第 4 行：缺少 text" in told
    assert "第 5 行：它不是 JSON 对象" in told
    assert "line 2" not in told


def test_why_nothing_of_a_file_was_kept_is_told_in_the_language_of_whoever_looks(ana):
    told = brought(ana, {**LINE, "said_at": "yesterday"})
    assert "没有一行能读取。第 1 行：said_at 必须是带时区的时刻，年份在 1900 到 2200 之间。" in told


def test_why_an_import_was_not_kept_before_its_words_could_be_translated_still_stands_there(ana):
    with acting_as(ana.pk):
        asked = sent.ask(person_id=ana.pk, name="old.jsonl", content=b"{}")
        old = {"problem": "It was too old.", "state": Import.State.UNREADABLE}
        Import.objects.of(ana.pk).filter(pk=asked.pk).update(**old)
    assert "It was too old." in words(signed_in(ana).get(reverse("preferences_import")))


def test_no_file_an_empty_one_and_one_that_is_too_large_are_told_beside_the_field(ana, monkeypatch):
    client = signed_in(ana)
    assert errors(client.post(reverse("preferences_import")), "file") == ["Please fill this in."]
    assert errors(client.post(reverse("preferences_import"), {"file": file()}), "file")
    monkeypatch.setattr(forms, "LARGEST_FILE", 10)
    assert "larger" in errors(client.post(reverse("preferences_import"), {"file": file(LINE)}), "file")[0]
    with acting_as(ana.pk):
        assert not Import.objects.of(ana.pk).exists()


def test_an_address_that_only_takes_forms_tells_whoever_opens_it_where_to_go_on(client, ana):
    client.force_login(ana)
    page = client.get(reverse("preferences_pause"))
    assert page.status_code == 405
    assert page["Allow"] == "POST"
    assert "takes what a form sends" in words(page)
