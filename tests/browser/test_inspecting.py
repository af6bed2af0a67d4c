"""Somebody looks after a person's memories with a reason, tries a question, and the person reads that they did."""

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.test_conversation import say, sign_in, sign_up

pytestmark = [pytest.mark.browser, pytest.mark.stack]

CLARA, TOMAS = "clara@example.org", "tomas@example.org"
WHY = "She reports that Rosemary confuses her sister’s city."


@pytest.fixture
def claras(browser: Browser):
    """Another browser, hers."""
    context = browser.new_context(timezone_id="Europe/Lisbon", locale="en-GB")
    yield context.new_page()
    context.close()


def test_an_administrator_gives_a_reason_tries_a_question_and_the_person_reads_it(stack, page, claras):
    sign_up(page, stack.url, name="Tomás", address=TOMAS)
    sign_up(claras, stack.url, name="Clara", address=CLARA)
    for text in ("My sister Ana lives in Lisbon, near the river.", "The dog chewed my running shoes on Saturday."):
        say(claras, text)

    page.goto(f"{stack.url}/account/")
    page.get_by_role("link", name="Look after people’s memories").click()
    page.get_by_role("link", name=re.compile("Clara")).click()
    expect(page.get_by_role("heading", name="Why do you need to read Clara’s memories?")).to_be_visible()
    expect(page.get_by_text("Lisbon")).to_have_count(0)
    page.get_by_label("Reason").fill(WHY)
    page.get_by_role("button", name="Open for an hour").click()
    expect(page.get_by_text("Clara sees this visit:")).to_be_visible()
    expect(page.get_by_role("link", name=re.compile("My sister Ana lives in Lisbon"))).to_be_visible()

    page.get_by_label("Question to try").fill("Where does my sister live?")
    page.get_by_text("As of another moment").click()
    page.get_by_label("Compare with").select_option(label="without words")
    page.get_by_role("button", name="Try recall").click()
    first = page.get_by_role("row").filter(has_text="My sister Ana lives in Lisbon").first
    expect(first.get_by_text("In prompt")).to_be_visible()
    expect(page.get_by_role("heading", name="Beside it: without words")).to_be_visible()
    page.get_by_role("button", name="End visit").click()
    expect(page.get_by_role("heading", name="People")).to_be_visible()

    claras.goto(f"{stack.url}/account/")
    claras.get_by_role("link", name="Who has looked at your memories").click()
    expect(claras.get_by_text(f"“{WHY}”")).to_be_visible()
    expect(claras.get_by_text("tried a question: “Where does my sister live?”")).to_be_visible()
    expect(claras.get_by_text("ended the visit")).to_be_visible()


def test_signing_in_again_opens_no_visit(stack, page):
    sign_in(page, stack.url, TOMAS)
    page.goto(f"{stack.url}/inspect/")
    page.get_by_role("link", name=re.compile("Clara")).click()
    expect(page.get_by_label("Reason")).to_be_visible()
