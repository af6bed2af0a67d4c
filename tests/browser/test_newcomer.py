"""A newcomer's walk: from an empty house through ten turns, a receipt and a portrait to another account.

With TOUR naming a folder the walk leaves its pictures there; those of the README are made so.
"""

import os
import re
import signal
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.test_conversation import log, say
from tests.people import PASSWORD
from tests.stack import running

pytestmark = [pytest.mark.browser, pytest.mark.stack]

TOLD = [
    "I love beekeeping. My two hives stand behind the garage.",
    "My sister Ana lives in Porto, and I write to her every Sunday.",
    "We painted the kitchen yellow, like the inside of a lemon.",
    "I am so happy about the first honey of the year!",
    "The dog chewed my running shoes on Saturday.",
    "I promised Ana a jar of the first honey.",
    "My favourite tea is jasmine, since Ana sent me a tin of it.",
    "I am a bit anxious about the winter, for the hives are light.",
    "Tomorrow I will feed the bees.",
]
NEXT_DAY = 26 * 3600  # seconds


@pytest.fixture(scope="module")
def stack(empty_database, django_db_blocker, tmp_path_factory):
    """The whole product without a language model, in an empty house."""
    told = {"DATABASE_URL": empty_database, "ENGINE_DISCOVERY": "false", "ERASE_AFTER_SECONDS": "3600"}
    with (
        django_db_blocker.unblock(),
        running(tmp_path_factory.mktemp("newcomer"), "web", "chat", "memory", "beat", **told) as stack,
    ):
        yield stack


@pytest.fixture
def context(browser):
    """At a desk in Lisbon."""
    context = browser.new_context(
        timezone_id="Europe/Lisbon", locale="en-GB", viewport={"width": 1280, "height": 860}, reduced_motion="reduce"
    )
    context.set_default_timeout(60_000)
    yield context
    context.close()


def picture(page, name):
    """Left for the tour, if one is wanted."""
    if folder := os.environ.get("TOUR"):
        page.screenshot(path=Path(folder) / f"{name}.png")


def sign_up(page, url, *, name, address):
    page.goto(f"{url}/account/signup/")
    page.get_by_label("Your name").fill(name)
    page.get_by_label("Email").fill(address)
    page.get_by_label("Password", exact=True).fill(PASSWORD)


def a_day_goes_by(stack):
    for name in ("web", "chat", "memory", "beat"):
        stack.kill(name, signal.SIGKILL)  # nothing of a worker may depend on a farewell
    stack.start("web", "chat", "memory", "beat", CLOCK_SHIFT=str(NEXT_DAY))


def until_there(page, address, found):
    """What workers make in the background comes into sight."""
    for _ in range(60):
        page.goto(address)
        expect(page.get_by_role("heading", level=1).first).to_be_visible()
        if found.count():
            return
        page.wait_for_timeout(3000)
    expect(found).to_be_visible()


@pytest.mark.timeout(900)
def test_a_newcomer_walks_through_the_house(stack, page, browser, tmp_path):
    # the first run, and ten turns
    page.goto(stack.url)
    sign_up(page, stack.url, name="Clara", address="clara@example.org")
    picture(page, "1-first-run")
    page.get_by_role("button", name="Begin talking").click()
    for text in TOLD:
        say(page, text)
    say(page, "Where do my hives stand?")

    # the receipt: what came to mind, put right, forgotten and taken back
    page.get_by_role("button", name=re.compile("^Remembered")).last.click()
    receipt = page.locator("section.receipt:visible")
    hives = receipt.get_by_role("listitem").filter(has_text="My two hives stand behind the garage")
    expect(hives).to_be_visible()
    hives.scroll_into_view_if_needed()
    picture(page, "2-receipt")
    hives.get_by_role("button", name=re.compile("^Correct")).click()
    hives.get_by_label("What is right, in your words").fill("My two hives stand behind the shed.")
    hives.get_by_role("button", name="Keep").click()
    expect(hives.get_by_text("Corrected: My two hives stand behind the shed.")).to_be_visible()
    shoes = "The dog chewed my running shoes on Saturday."
    say(page, "What did the dog do to my shoes?")
    page.get_by_role("button", name=re.compile("^Remembered")).last.click()
    dog = page.locator("section.receipt:visible").get_by_role("listitem").filter(has_text="chewed my running shoes")
    dog.get_by_role("button", name=re.compile("^Forget")).click()
    gone = page.locator("section.receipt:visible").get_by_role("listitem").filter(has_text="Forgotten, with the words")
    gone.get_by_role("button", name="Undo").click()
    expect(dog.get_by_text("Taken back: nothing was forgotten.")).to_be_visible()
    page.reload()
    expect(log(page).get_by_text(shoes, exact=True).first).to_be_visible()

    # the next day: what was made of it overnight
    a_day_goes_by(stack)
    bees = page.get_by_role("article", name=re.compile("beekeeping", re.I)).first
    until_there(page, f"{stack.url}/portrait/", bees)
    picture(page, "3-portrait")
    page.goto(f"{stack.url}/memories/")
    page.get_by_role("link", name="My sister Ana lives in Porto", exact=True).click()
    expect(page.get_by_role("complementary").get_by_role("heading", level=2)).to_be_visible()
    picture(page, "4-memories")
    page.goto(f"{stack.url}/timeline/")
    expect(page.get_by_role("article").first).to_be_visible()
    picture(page, "5-timeline")

    # all of it goes along into a second account
    page.goto(f"{stack.url}/preferences/")
    picture(page, "6-preferences")
    with page.expect_download() as download:
        page.get_by_role("link", name="Export everything").click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    elsewhere = browser.new_context(timezone_id="Europe/Lisbon", locale="en-GB")
    elsewhere.set_default_timeout(60_000)
    other = elsewhere.new_page()
    sign_up(other, stack.url, name="Clara", address="clara@example.net")
    other.get_by_role("button", name=re.compile("Begin talking|Sign up")).click()
    expect(other.get_by_role("textbox", name="Write to Rosemary")).to_be_visible()
    other.goto(f"{stack.url}/preferences/import/")
    other.get_by_label("The file").set_input_files(file)
    other.get_by_role("button", name="Import it").click()
    expect(other.get_by_text(re.compile(r"\d+ turns kept"))).to_be_visible()
    other.goto(stack.url)
    say(other, "What did I promise Ana?")
    other.get_by_role("button", name=re.compile("^Remembered")).last.click()
    promised = (
        other.locator("section.receipt:visible").get_by_role("listitem").filter(has_text="a jar of the first honey")
    )
    expect(promised.first).to_be_visible()
    elsewhere.close()
