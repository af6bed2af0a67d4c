"""A history is brought along and asked about, without a language model: the time understood, and an honest no."""

import json
import re
from datetime import UTC, datetime, time, timedelta

import pytest
from playwright.sync_api import expect

from companion.operations.management.commands.load_demo import HISTORY
from memory.temporal import asked_range, range_in_words
from tests.browser.conftest import manage
from tests.browser.test_conversation import log, say, sign_up
from tests.stack import running

pytestmark = [pytest.mark.browser, pytest.mark.stack]

ADDRESS = "clara@example.org"
BALCONY = [
    ("person", "I sowed three kinds of tomatoes on the balcony today, in my grandmother's old pots."),
    ("companion", "Three kinds! Which of them do you have the highest hopes for?"),
    ("person", "The yellow ones. The seedlings are as thin as threads still."),
]
NOW_AND_THEN = [("person", "I bought tomatoes for the soup, and basil."), ("companion", "Soup weather at last.")]


@pytest.fixture(scope="module")
def stack(empty_database, django_db_blocker, tmp_path_factory):
    """The whole product without a language model."""
    with django_db_blocker.unblock():
        logs = tmp_path_factory.mktemp("recalling")
        with running(logs, "web", "chat", "memory", "beat", DATABASE_URL=empty_database) as stack:
            yield stack


def told(texts, session, day):
    """Turns of one session, a minute apart."""
    at = datetime.combine(day, time(18), tzinfo=UTC)
    for place, (speaker, text) in enumerate(texts):
        said_at = (at + timedelta(minutes=place)).isoformat()
        yield {"id": f"{session}-{place}", "session": session, "speaker": speaker, "text": text, "said_at": said_at}


@pytest.fixture(scope="module")
def spring():
    """The last one, as the grammar understands it today."""
    return asked_range("last spring", moment=datetime.now(UTC))


@pytest.fixture(scope="module")
def history(tmp_path_factory, spring):
    """The demonstration's three months, a few words of last spring, and the same matter again in another season."""
    middle = spring.start + (spring.end - spring.start) / 2
    lines = [*told(BALCONY, "spring", middle), *told(NOW_AND_THEN, "later", spring.end + timedelta(days=40))]
    path = tmp_path_factory.mktemp("history") / "history.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines) + HISTORY.read_text(encoding="utf-8"))
    return path


def test_the_time_in_a_question_is_understood_and_shown_and_what_is_not_remembered_is_said(
    stack, page, empty_database, history, spring
):
    sign_up(page, stack.url, name="Clara", address=ADDRESS)
    manage(empty_database, "import_history", str(history), "--person", ADDRESS)
    page.reload()

    say(page, "What did I say about tomatoes last spring?")
    expect(log(page).get_by_text(re.compile("three kinds of tomatoes")).last).to_be_visible()
    page.get_by_role("button", name=re.compile("^Remembered")).last.click()
    receipt = page.get_by_label(re.compile("^Memory receipt"))
    expect(receipt.get_by_text(f"“last spring”: {range_in_words(spring.start, spring.end)}")).to_be_visible()
    sown = receipt.get_by_role("listitem").filter(has_text="three kinds of tomatoes")
    expect(sown.get_by_text("Said at that time")).to_be_visible()
    bought = receipt.get_by_role("listitem").filter(has_text="tomatoes for the soup")
    expect(bought.get_by_text("Said at that time")).to_have_count(0)
    page.get_by_role("button", name="Close receipt").click()

    say(page, "Which instrument does my uncle play?")
    last = page.locator("article.companion").last
    expect(last.get_by_text(re.compile("not sure that I remember"))).to_be_visible()
    expect(last.locator("blockquote").first).to_be_visible()
    last.get_by_role("button", name=re.compile("^Remembered")).click()
    expect(receipt.get_by_text("It may not be what was asked for.")).to_be_visible()
