"""What a person chooses of their memory in a real browser: first run, companions, taking all along, and leaving."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.pictures import pictures
from tests.browser.test_conversation import say, sign_in, sign_up
from tests.people import PASSWORD
from tests.stack import running

pytestmark = [pytest.mark.browser, pytest.mark.stack]

WCAG = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
CLARA, TOMAS, RITA = "clara@example.org", "tomas@example.org", "rita@example.org"


@pytest.fixture(scope="module")
def stack(empty_database, django_db_blocker, tmp_path_factory):
    """The whole product without a language model; whoever leaves can come back for half a minute."""
    told = {"DATABASE_URL": empty_database, "LEAVE_AFTER_SECONDS": "30", "ENGINE_DISCOVERY": "false"}
    with (
        django_db_blocker.unblock(),
        running(tmp_path_factory.mktemp("preferences"), "web", "chat", "memory", "beat", **told) as stack,
    ):
        yield stack


@pytest.fixture
def other(browser):
    """Another browser."""
    context = browser.new_context(timezone_id="Europe/Lisbon", locale="en-GB")
    context.set_default_timeout(60_000)
    yield context.new_page()
    context.close()


def is_accessible(page):
    found = Axe().run(page, options=WCAG).response["violations"]
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == []


def say_to(page, companion, text):
    """The finished reply."""
    before = page.locator("article.companion:not([aria-busy=true])").count()
    words = page.get_by_role("textbox", name=f"Write to {companion}")
    words.fill(text)
    words.press("Enter")
    finished = page.locator("article.companion:not([aria-busy=true])")
    expect(finished).to_have_count(before + 1)
    return finished.last


def test_the_first_account_chooses_and_changes_what_is_remembered_and_talks_with_a_second_companion(stack, page):
    page.goto(f"{stack.url}/account/signup/")
    is_accessible(page)
    page.get_by_label("Your name").fill("Clara")
    page.get_by_label("Email").fill(CLARA)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Its name").fill("Thyme")
    page.get_by_label("Its manner").select_option(label="Playful")
    page.get_by_label("A portrait of you").uncheck()
    page.get_by_role("button", name="Begin talking").click()
    say_to(page, "Thyme", "My boat is called Petrel.")

    page.goto(f"{stack.url}/preferences/")
    is_accessible(page)
    expect(page.get_by_label("A portrait of you")).not_to_be_checked()
    expect(page.get_by_label("What you tell it")).to_be_checked()
    page.get_by_label("Sensitive matters").uncheck()
    page.get_by_role("radio", name=re.compile("Quickly, within days")).check()
    page.get_by_role("button", name="Keep these choices").click()
    expect(page.get_by_role("status")).to_have_text("Kept.")
    expect(page.get_by_label("Sensitive matters")).not_to_be_checked()
    expect(page.get_by_role("radio", name=re.compile("Quickly, within days"))).to_be_checked()

    page.get_by_role("link", name="Another companion").click()
    is_accessible(page)
    page.get_by_label("Its name").fill("Basil")
    page.get_by_role("button", name="Make it").click()
    expect(page.get_by_role("status")).to_contain_text("Basil is here.")
    page.get_by_role("status").get_by_role("link", name="Talk to Basil").click()
    expect(page.get_by_role("textbox", name="Write to Basil")).to_be_visible()
    is_accessible(page)
    reply = say_to(page, "Basil", "What is my boat called?")
    expect(reply).not_to_contain_text("Petrel")
    page.reload()
    expect(page.get_by_role("textbox", name="Write to Basil")).to_be_visible()


def test_all_that_was_said_is_taken_along_and_brought_to_another_account_once(stack, page, other, tmp_path):
    sign_up(page, stack.url, name="Tomás", address=TOMAS)
    say(page, "My sister Ana lives in Lisbon, near the river.")
    page.goto(f"{stack.url}/preferences/")
    with page.expect_download() as download:
        page.get_by_role("link", name="Export everything").click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    assert "near the river" in file.read_text()

    sign_up(other, stack.url, name="Rita", address=RITA)
    other.goto(f"{stack.url}/preferences/import/")
    is_accessible(other)
    for told in ("2 turns kept", "0 turns kept · 2 were here already"):
        other.get_by_label("The file").set_input_files(file)
        other.get_by_role("button", name="Import it").click()
        expect(other.get_by_text(told)).to_be_visible()
    is_accessible(other)
    other.get_by_label("The file").set_input_files({"name": "x.jsonl", "mimeType": "text/plain", "buffer": b"no\n"})
    other.get_by_role("button", name="Import it").click()
    expect(
        other.get_by_text("Nothing was imported. No line of it can be read. line 1: it is not JSON.")
    ).to_be_visible()
    other.goto(stack.url)
    other.get_by_role("link", name="My sister Ana lives in Lisbon").click()
    expect(other.get_by_text("My sister Ana lives in Lisbon, near the river.").first).to_be_visible()


def test_a_companion_is_deleted_brought_back_and_deleted_for_good(stack, page, context):
    sign_up(page, stack.url, name="Vera", address="vera@example.org")
    page.goto(f"{stack.url}/preferences/")
    page.get_by_role("link", name="Change Rosemary").click()
    expect(page.get_by_text("is the only companion you have, so it can’t be deleted")).to_be_visible()
    page.goto(f"{stack.url}/preferences/companions/new/")
    page.get_by_label("Its name").fill("Basil")
    page.get_by_role("button", name="Make it").click()
    page.goto(stack.url)
    page.get_by_role("link", name="with Basil").click()
    say_to(page, "Basil", "My harbour is called Zanzibar.")
    tab = context.new_page()
    tab.goto(stack.url)
    talk = tab.get_by_role("link", name="My harbour is called Zanzibar.")
    expect(talk).to_be_visible()
    for again in (True, False):
        page.goto(f"{stack.url}/preferences/")
        page.get_by_role("link", name="Change Basil").click()
        is_accessible(page)
        pictures(page, "companion")
        page.get_by_role("link", name="Delete Basil").click()
        expect(page.get_by_text("turn of yours, and 1 reply")).to_be_visible()
        is_accessible(page)
        pictures(page, "companion-delete")
        page.get_by_role("button", name="Delete Basil").click()
        expect(page.get_by_text("Basil is deleted")).to_be_visible()
        is_accessible(page)
        pictures(page, "companion-deleted")
        expect(talk).to_have_count(0)
        if again:
            page.get_by_role("button", name="Bring Basil back").click()
            expect(page.get_by_role("status")).to_have_text("Basil is back, as it was.")
            expect(talk).to_be_visible()
    for _ in range(40):
        page.goto(f"{stack.url}/preferences/")
        if not page.get_by_text("Basil").count():
            break
        page.wait_for_timeout(2000)
    expect(page.get_by_text("Basil")).to_have_count(0)
    page.goto(f"{stack.url}/memories/")
    expect(page.get_by_text("Zanzibar")).to_have_count(0)


def test_who_leaves_can_come_back_for_a_while_and_is_gone_with_a_receipt_after_it(stack, page, other):
    sign_in(other, stack.url, RITA)
    for again in (True, False):
        sign_in(page, stack.url, RITA)
        page.goto(f"{stack.url}/preferences/")
        page.get_by_role("link", name="Delete my account").click()
        is_accessible(page)
        expect(page.get_by_text("turn of yours, and 1 reply")).to_be_visible()
        page.get_by_label("Your password").fill("something else entirely")
        page.get_by_role("button", name="Delete my account").click()
        expect(page.get_by_text("This is not your password.")).to_be_visible()
        page.get_by_label("Your password").fill(PASSWORD)
        page.get_by_role("button", name="Delete my account").click()
        expect(page.get_by_role("heading", name="Goodbye")).to_be_visible()
        other.goto(stack.url)
        expect(other.get_by_role("heading", name="Sign in")).to_be_visible()
        if again:
            is_accessible(page)
            page.get_by_role("button", name="Take it back").click()
            expect(page.get_by_text("your account is as it was")).to_be_visible()
    expect(page.get_by_text("This is the receipt")).to_be_visible(timeout=120_000)
    expect(page.get_by_text("turns, yours and the replies")).to_be_visible()
    is_accessible(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="Keep the receipt").click()
    assert download.value.suggested_filename.startswith("erased-")
