"""Somebody looks after a person's memories with a reason, tries a question, and the person reads that they did."""

import json
import re

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.pictures import pictures
from tests.browser.test_conversation import say, sign_in, sign_up
from tests.browser.test_every_page import DRESSES, dressed, faults

pytestmark = [pytest.mark.browser, pytest.mark.stack]

CLARA, TOMAS = "clara@example.org", "tomas@example.org"
SAID = "2026-03-01T10:00:00Z"
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
    page.get_by_role("link", name=re.compile("^Talk")).click()  # the words themselves; nothing was made of them yet
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


def test_who_has_a_role_goes_to_the_administration_from_the_menu_and_sees_how_the_house_stands(stack, page, claras):
    sign_in(page, stack.url, TOMAS)
    for path in ("/", "/memories/"):
        page.goto(stack.url + path)
        page.get_by_role("button", name=re.compile("Tomás: account")).click()
        page.get_by_role("link", name="Look after people’s memories").click()
        expect(page.get_by_role("heading", name="People")).to_be_visible()
    page.get_by_role("link", name="How it stands").click()
    page.get_by_role("link", name="7 days").click()
    expect(page.get_by_role("link", name="7 days")).to_have_attribute("aria-current", "true")
    page.get_by_text("The figures").first.press("Enter")
    table = page.get_by_role("table", name="What people said")
    expect(table.get_by_role("row")).to_have_count(8)
    expect(page.get_by_text("Lisbon")).to_have_count(0)
    sign_in(claras, stack.url, CLARA)
    claras.get_by_role("button", name=re.compile("Clara: account")).click()
    expect(claras.get_by_role("link", name="Preferences")).to_be_visible()
    expect(claras.get_by_role("link", name="Look after people’s memories")).to_have_count(0)


def test_a_rule_is_told_by_its_effect_then_kept_and_what_it_refuses_stays_with_whoever_wrote_it(stack, page, claras):
    sign_in(page, stack.url, TOMAS)
    page.goto(f"{stack.url}/inspect/policies/")
    page.get_by_label("Stored turns of one person").fill("5")
    page.get_by_label("Portraits").uncheck()
    page.get_by_role("button", name="What would it do?").click()
    expect(page.get_by_text("Nobody has as many turns yet.")).to_be_visible()
    page.get_by_role("button", name="Keep it").click()
    expect(page.get_by_text("Kept.")).to_be_visible()
    expect(page.get_by_label("Stored turns of one person")).to_have_value("5")

    sign_in(claras, stack.url, CLARA)
    say(claras, "The fifth turn, which fits.")
    words = claras.get_by_role("textbox", name="Write to Rosemary")
    words.fill("One more, which does not.")
    words.press("Enter")
    refused = claras.get_by_text("Not sent: Here 5 turns are kept of one person at most.")
    expect(refused).to_be_visible()
    claras.reload()
    expect(refused).to_be_visible()
    expect(claras.get_by_text("One more, which does not.")).to_be_visible()
    claras.goto(f"{stack.url}/account/")
    expect(claras.get_by_label("A portrait of you")).to_be_disabled()
    expect(claras.get_by_text("5 turns are kept of you at most.")).to_be_visible()


def test_what_is_ruled_is_read_before_one_signs_up_and_a_file_that_does_not_fit_says_how_much_does(stack, page, claras):
    page.goto(f"{stack.url}/account/signup/")
    expect(page.get_by_text("Not remembered here: A portrait of you.")).to_be_visible()
    expect(page.get_by_text("5 turns are kept of you at most.")).to_be_visible()
    pictures(page, "sign-up")
    assert list(faults(page, "sign-up")) == []

    sign_in(claras, stack.url, CLARA)
    claras.goto(f"{stack.url}/preferences/import/")
    expect(claras.get_by_text("0 more turns of yours fit here")).to_be_visible()
    lines = [json.dumps({"speaker": "person", "text": f"Word {n}.", "session": "1", "said_at": SAID}) for n in (1, 2)]
    file = {"name": "life.jsonl", "mimeType": "application/x-ndjson", "buffer": "\n".join(lines).encode()}
    claras.get_by_label("The file").set_input_files(file)
    claras.get_by_role("button", name="Import it").click()
    expect(claras.get_by_text("Nothing was imported. It would add 2 turns, and 0 more fit")).to_be_visible()
    pictures(claras, "import")


def test_which_encoders_may_be_used_is_ruled_for_the_house_and_not_without_the_one_in_use(stack, page):
    sign_in(page, stack.url, TOMAS)
    page.goto(f"{stack.url}/inspect/policies/")
    page.get_by_label("Encoders that may be used").fill("/models/other")
    page.get_by_role("button", name="What would it do?").click()
    expect(page.get_by_text("all-MiniLM-L6-v2 is in use. Go over to another first")).to_be_visible()
    page.get_by_label("Encoders that may be used").fill("all-MiniLM-L6-v2\n/models/other")
    page.get_by_role("button", name="What would it do?").click()
    expect(page.get_by_text("ENCODER and manage.py reencode refuse any that is not among these.")).to_be_visible()
    pictures(page, "policies")
    page.get_by_role("button", name="Keep it").click()
    expect(page.get_by_label("Encoders that may be used")).to_have_value("all-MiniLM-L6-v2\n/models/other")


@pytest.mark.parametrize("dress", DRESSES)
def test_no_page_of_a_visit_has_a_fault_that_axe_finds_nor_is_wider_than_its_window(stack, browser, dress):
    page = dressed(browser, dress)
    sign_in(page, stack.url, TOMAS)
    page.goto(f"{stack.url}/inspect/")
    page.get_by_role("link", name=re.compile("Clara")).click()
    page.get_by_label("Reason").fill(WHY)
    page.get_by_role("button", name="Open for an hour").click()
    expect(page.get_by_text("Clara sees this visit:")).to_be_visible()
    address, found = page.url, list(faults(page, "a visit"))
    for path in ("portrait/", "summaries/", "recalls/", "policy/"):
        page.goto(address + path)
        found += faults(page, path)
    page.get_by_label("Longest keeping, in days").fill("30")
    page.get_by_role("button", name="What would it do?").click()
    expect(page.get_by_role("heading", name="What this does")).to_be_visible()
    found += faults(page, "an effect")
    page.goto(address)
    page.get_by_label("Question to try").fill("Where does my sister live?")
    page.get_by_role("button", name="Try recall").click()
    expect(page.get_by_role("heading", name="As the chat asks")).to_be_visible()
    found += faults(page, "a trial")
    page.goto(f"{address}?kind=round")
    page.get_by_role("link", name=re.compile("My sister Ana")).first.click()
    found += faults(page, "a memory")
    page.get_by_role("button", name="End visit").click()
    expect(page.get_by_role("heading", name="People")).to_be_visible()
    page.context.close()
    assert found == []
