"""Where no reason was given there are no words: on error pages, in what an error logs or mails, beside inspection."""

import io
import logging

import pytest
from django.conf import settings
from django.core import mail
from django.db import DatabaseError
from django.urls import get_resolver, reverse

from companion.inspection.models import Role
from memory.isolation import acting_as
from memory.models import Memory
from tests.guards.test_architecture import EXAMPLES, patterns
from tests.inspectors import administrator, inspector, official, signed_in, to, visit
from tests.memory.test_dialogue import say
from tests.visitor import words
from worker.logs import Json, Plain, Wordless

__all__ = ["administrator", "inspector"]
pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")

SECRET = "zanzibar"


@pytest.fixture
def clara(stranger):
    """Somebody who said something."""
    say(stranger, "I live in Zanzibar.")
    return stranger


@pytest.fixture(params=[Plain("{asctime} {name} {message}", style="{"), Json()], ids=["plain", "json"])
def logged(request):
    """All that is logged, as an operator has it: through the product's own filter and formatter."""
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(request.param)
    handler.addFilter(Wordless())
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield out
    root.removeHandler(handler)
    root.setLevel(before)


def fails_with(words_):
    """Something that reads, and then fails with what it read."""

    def fail(*_, **__):
        raise DatabaseError(f"duplicate key: {words_}")

    return fail


@pytest.mark.parametrize("where", ["memories", "figures", "unfinished_first"])
def test_an_error_in_the_midst_of_a_look_tells_no_words_on_its_page_nor_in_the_log(
    inspector, clara, logged, monkeypatch, where
):
    visit(inspector, clara)
    inspector.raise_request_exception = False
    monkeypatch.setattr(f"companion.inspection.remembered.{where}", fails_with("I live in Zanzibar."))
    answer = inspector.get(to("person", clara))
    assert answer.status_code == 500
    assert SECRET not in answer.content.decode().lower()
    assert "DatabaseError" in logged.getvalue()
    assert SECRET not in logged.getvalue().lower()


def test_an_error_is_mailed_to_nobody(inspector, clara, monkeypatch):
    assert settings.ADMINS == []
    visit(inspector, clara)
    inspector.raise_request_exception = False
    monkeypatch.setattr("companion.inspection.remembered.memories", fails_with("I live in Zanzibar."))
    inspector.get(to("person", clara))
    assert mail.outbox == []


def test_an_error_of_the_figures_tells_no_words(administrator, clara, logged, monkeypatch):
    administrator.raise_request_exception = False
    monkeypatch.setattr("memory.census.memories", fails_with("I live in Zanzibar."))
    answer = administrator.get("/inspect/figures/")
    assert answer.status_code == 500
    assert SECRET not in (answer.content.decode() + logged.getvalue()).lower()


@pytest.mark.parametrize("role", list(Role))
def test_a_memory_that_is_anothers_or_none_is_the_same_page(clara, ana, role):
    client = signed_in(official(role))
    visit(client, ana)
    with acting_as(clara.pk):
        hers = Memory.objects.get().pk
    answers = [client.get(to("memory", ana, memory_id=pk)) for pk in (hers, 2**40)]
    assert {answer.status_code for answer in answers} == ({403} if role == Role.SUPPORT else {404})
    assert words(answers[0]) == words(answers[1])


def test_no_page_of_the_house_tells_an_administrator_what_another_said(administrator, clara, logged):
    """Every address there is, without a visit: whatever it answers, it holds nobody else's words."""
    administrator.raise_request_exception = False
    with acting_as(clara.pk):
        turn, memory = say(clara, "Zanzibar again.").turn, Memory.objects.first().pk
    hers = {"conversation_id": turn.conversation_id, "pk": clara.pk, "memory_id": memory}
    seen = 0
    for pattern in patterns(get_resolver().url_patterns):
        arguments = EXAMPLES | hers | {"language": "zh-hans", "version": "1"}
        names = pattern.pattern.regex.groupindex
        if pattern.name == "account_logout" or not set(names) <= set(arguments):
            continue
        answer = administrator.get(reverse(pattern.name, kwargs={name: arguments[name] for name in names}))
        if not answer.streaming:  # one's own export, which tests/memory/test_takeout.py looks into
            assert SECRET.encode() not in answer.content.lower(), pattern.name
        seen += 1
    assert seen > 60
    assert SECRET not in logged.getvalue().lower()


def test_there_is_no_other_door_to_rows_such_as_an_admin_site():
    assert "django.contrib.admin" not in settings.INSTALLED_APPS
    assert not [each.name for each in patterns(get_resolver().url_patterns) if "admin" in f"{each.pattern}"]
