"""A person looks at what is remembered of them, puts it right, forgets it and takes that back, by mouse and by keys."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.conftest import manage
from tests.browser.pictures import pictures
from tests.browser.test_conversation import log, say, sign_in, sign_up
from tests.stack import running

pytestmark = [pytest.mark.browser, pytest.mark.stack]

ADDRESS = "clara@example.org"
TOLD = [
    ("person", "My sister Ana lives in Porto, and I write to her every Sunday."),
    ("companion", "Every Sunday! Does she write back?"),
    ("person", "Always. My favourite tea is jasmine, since she sent me a tin of it."),
    ("companion", "Jasmine, then."),
]
SISTER = "My sister Ana lives in Porto"
WCAG = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest.fixture(scope="module")
def stack(empty_database, django_db_blocker, tmp_path_factory):
    """The whole product without a language model; what is forgotten can be taken back for long enough."""
    with django_db_blocker.unblock():
        logs = tmp_path_factory.mktemp("memories")
        names = ("web", "chat", "memory", "beat")
        with running(logs, *names, DATABASE_URL=empty_database, ERASE_AFTER_SECONDS="3600") as stack:
            yield stack


@pytest.fixture
def context(browser):
    """A visitor in Lisbon at a desk."""
    context = browser.new_context(
        timezone_id="Europe/Lisbon", locale="en-GB", viewport={"width": 1440, "height": 900}, reduced_motion="reduce"
    )
    context.set_default_timeout(60_000)
    yield context
    context.close()


MOVED = [("person", "We painted the kitchen yellow, and it looks like the inside of a lemon now.")]


def told(session, texts, days_ago):
    """One session of so many days ago."""
    at = datetime.now(UTC) - timedelta(days=days_ago)
    for place, (speaker, text) in enumerate(texts):
        said_at = (at + timedelta(minutes=place)).isoformat()
        own = {"id": f"{session}-{place}", "session": session, "conversation": session}
        yield own | {"speaker": speaker, "text": text, "said_at": said_at}


def history(folder):
    """Two evenings, two months apart."""
    path = folder / "history.jsonl"
    lines = [*told("The kitchen", MOVED, 66), *told("Sundays and tea", TOLD, 6)]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


@pytest.fixture(scope="module")
def clara(stack, browser, empty_database, tmp_path_factory):
    """Has an account; her history is there, and consolidated."""
    context = browser.new_context()
    page = context.new_page()
    sign_up(page, stack.url, name="Clara", address=ADDRESS)
    manage(empty_database, "import_history", str(history(tmp_path_factory.mktemp("told"))), "--person", ADDRESS)
    for _ in range(60):
        page.goto(f"{stack.url}/memories/")
        expect(page.get_by_role("heading", name="Memories", level=1)).to_be_visible()
        if fact(page).count():
            break
        page.wait_for_timeout(2000)
    context.close()


@pytest.fixture
def page(stack, clara, page):
    """Clara's, signed in, on the page of memories."""
    sign_in(page, stack.url, ADDRESS)
    page.goto(f"{stack.url}/memories/")
    expect(fact(page)).to_be_visible()
    return page


def fact(page):
    """The link of the fact that the sister lives in Porto; a summary may say so in more words."""
    return page.get_by_role("link", name=SISTER, exact=True)


def row(page, text):
    return (
        page.get_by_role("listitem")
        .filter(has_text=text)
        .filter(has=page.get_by_role("button", name=re.compile("^Pin")))
    )


def detail(page):
    return page.get_by_role("complementary")


def violations(page):
    found = Axe().run(page, options=WCAG).response["violations"]
    return [(each["id"], [node["html"][:160] for node in each["nodes"]]) for each in found]


def test_what_is_remembered_is_found_looked_at_pinned_corrected_forgotten_and_each_is_taken_back(page):
    # the list leads to one memory, with its words and its curve, and to the conversation
    fact(page).click()
    expect(detail(page).get_by_role("heading", name=SISTER)).to_be_visible()
    expect(page).to_have_url(re.compile(r"/memories/\d+/$"))
    expect(detail(page).locator("mark", has_text=SISTER)).to_be_visible()
    expect(detail(page).get_by_role("img", name=re.compile("Left alone it fades about"))).to_be_visible()
    assert violations(page) == []
    detail(page).get_by_text("Show as a table").click()
    expect(detail(page).get_by_role("cell", name="20 %")).to_be_visible()
    detail(page).get_by_role("link", name="Open at this turn").click()
    expect(log(page).get_by_text("I write to her every Sunday")).to_be_visible()
    page.go_back()

    # p pins, and again lets go
    fact(page).focus()
    page.keyboard.press("p")
    expect(detail(page).get_by_role("button", name="Pinned")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("group", name="What was just done").get_by_role("button", name="Undo").click()
    expect(detail(page).get_by_role("button", name="Pin", exact=True)).to_have_attribute("aria-pressed", "false")

    # of a pinned one, too, the curve's formula is named with its own strength
    expect(detail(page).get_by_text("R equals e to the power of minus t over S")).to_be_attached()
    expect(detail(page).get_by_text(re.compile(r"S is now \d+ days\."))).to_be_visible()
    pictures(page, "memory")

    # e corrects: the old one is history, and holds again after undo
    page.keyboard.press("e")
    page.get_by_label("What is right, in your words").fill("My sister Ana lives in Lisbon.")
    page.get_by_role("button", name="Keep").click()
    expect(detail(page).get_by_role("heading", name="My sister Ana lives in Lisbon.")).to_be_visible()
    expect(detail(page).get_by_text("never so: noted by mistake")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("group", name="What was just done").get_by_role("button", name="Undo").click()
    expect(detail(page).get_by_role("heading", name=SISTER)).to_be_visible()
    expect(row(page, "Lisbon.")).to_have_count(0)

    # Del leads to what goes; forgetting it can be taken back
    page.get_by_role("heading", name="How fresh it is").click()
    page.keyboard.press("Delete")
    forget = page.get_by_role("button", name=re.compile("^Forget “"))
    expect(forget).to_be_focused()
    expect(
        detail(page).get_by_text("1 message of yours that it came from goes out of the conversation")
    ).to_be_visible()
    page.keyboard.press("Enter")
    expect(fact(page)).to_have_count(0)
    expect(page.get_by_text(re.compile("One is being forgotten. It can be brought back until"))).to_be_visible()
    page.reload()
    page.get_by_role("button", name="take it back").click()
    expect(fact(page)).to_be_visible()


def test_pinned_words_leave_the_list_when_they_are_let_go_of_and_stand_in_their_place_again_once_that_is_undone(page):
    words = "I write to her every Sunday"
    page.get_by_role("searchbox").fill(words)
    page.keyboard.press("Enter")
    found = page.get_by_role("listitem").filter(has_text=words).filter(has_text="Said")
    found.first.get_by_role("button", name=re.compile("^Pin")).click()
    expect(found.first.get_by_role("button", name=re.compile("^Pin"))).to_have_attribute("aria-pressed", "true")
    page.goto(page.url.split("?")[0])
    pinned = page.get_by_role("listitem").filter(has_text=words).filter(has_text="Said")
    rows = page.locator("[data-memory]")
    expect(pinned).to_have_count(1)
    before = [one.get_attribute("data-memory") for one in rows.all()]
    pictures(page, "memories-pinned")
    pinned.get_by_role("button", name=re.compile("^Pin")).click()
    expect(pinned).to_have_count(0)
    expect(page.locator("[data-memory] a:focus")).to_have_count(1)
    undo = page.get_by_role("group", name="What was just done").get_by_role("button", name="Undo")
    undo.click()
    expect(pinned).to_have_count(1)
    assert [one.get_attribute("data-memory") for one in rows.all()] == before
    undo.click()
    expect(pinned).to_have_count(0)


def test_the_search_box_finds_by_meaning_and_filters_choose(page):
    page.keyboard.press("/")
    page.keyboard.type("What do I like to drink?")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="About “What do I like to drink?”")).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text="jasmine").first).to_be_visible()
    page.get_by_role("button", name="Clear search").click()
    expect(page.get_by_role("heading", name="About “")).to_have_count(0)
    expect(fact(page)).to_be_visible()  # the whole list is there, and moves nothing any more
    page.get_by_role("radio", name=re.compile("^Summaries")).check(force=True)
    expect(fact(page)).to_have_count(0)
    expect(row(page, "Summary of").first).to_be_visible()
    page.get_by_label("from").fill("2000-01-01")
    page.get_by_label("to", exact=True).fill("2000-01-02")
    expect(page.get_by_role("heading", name="Nothing of that sort")).to_be_visible()
    page.get_by_role("button", name="Show everything").click()
    expect(fact(page)).to_be_visible()
    assert violations(page) == []


def test_on_a_phone_in_the_dark_a_memory_takes_the_page_and_gives_the_focus_back(page):
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 390, "height": 844})
    link = fact(page)
    link.click()
    expect(detail(page)).to_be_focused()
    expect(link).to_be_hidden()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.keyboard.press("Escape")
    expect(link).to_be_focused()
    assert violations(page) == []


def test_from_the_card_of_a_receipt_a_memory_is_pinned_corrected_and_forgotten_and_taken_back(stack, page):
    page.goto(stack.url)
    say(page, "What colour is the kitchen?")
    page.get_by_role("button", name=re.compile("^Remembered")).last.click()
    receipt = page.get_by_label(re.compile("^Memory receipt"))
    kitchen = receipt.get_by_role("listitem").filter(has_text="We painted the kitchen yellow")

    kitchen.get_by_role("button", name=re.compile("^Pin")).click()
    expect(kitchen.get_by_text("Pinned: it will not fade.")).to_be_visible()
    assert violations(page) == []

    kitchen.get_by_role("button", name=re.compile("^Correct")).click()
    kitchen.get_by_label("What is right, in your words").fill("We painted the kitchen green.")
    kitchen.get_by_role("button", name="Keep").click()
    expect(kitchen.get_by_text("Corrected: We painted the kitchen green.")).to_be_visible()
    kitchen.get_by_role("button", name="Undo").click()
    expect(kitchen.get_by_text("Taken back: it is as it was.")).to_be_visible()

    kitchen.get_by_role("button", name=re.compile("^Forget")).click()
    gone = receipt.get_by_role("listitem").filter(has_text="Forgotten, with the words it came from.")
    expect(gone).to_be_visible()
    expect(gone.locator("blockquote")).to_have_count(0)
    gone.get_by_role("button", name="Undo").click()
    expect(kitchen.get_by_text("Taken back: nothing was forgotten.")).to_be_visible()
