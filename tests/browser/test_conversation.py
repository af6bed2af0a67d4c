"""A person signs up, talks, closes the tab, comes back the next day, and is remembered with the source shown."""

import re
import signal

import pytest
from playwright.sync_api import Locator, Page, expect

from tests import parts
from tests.people import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.stack]

ADDRESS = "clara@example.org"


def sign_up(page: Page, url: str, *, name: str, address: str) -> None:
    page.goto(f"{url}/account/signup/")
    page.get_by_label("Your name").fill(name)
    page.get_by_label("Email").fill(address)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name=re.compile("Begin talking|Sign up")).click()
    expect(page.get_by_role("textbox", name="Write to Rosemary")).to_be_visible()


def sign_in(page: Page, url: str, address: str) -> None:
    page.goto(url)
    page.get_by_label("Email").fill(address)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("textbox", name="Write to Rosemary")).to_be_visible()


def log(page: Page) -> Locator:
    return page.get_by_role("log")


def say(page: Page, text: str) -> None:
    """Say it and wait until the reply is finished."""
    before = page.locator("article.companion:not([aria-busy=true])").count()
    words = page.get_by_role("textbox", name="Write to Rosemary")
    words.fill(text)
    words.press("Enter")
    expect(page.locator("article.companion:not([aria-busy=true])")).to_have_count(before + 1)


SAID = [
    "I promised Ana a jar of Grandma's sourdough starter, the one that survived the move.",
    "The dog chewed my running shoes on Saturday.",
    "We painted the kitchen yellow, like the inside of a lemon.",
]


def test_someone_signs_up_talks_reloads_and_is_remembered_the_next_day(stack, page, engine_server):
    page.goto(stack.url)
    expect(page.get_by_role("heading", name="Begin")).to_be_visible()
    sign_up(page, stack.url, name="Clara", address=ADDRESS)
    for text in SAID:
        say(page, text)
    page.reload()
    for text in SAID:
        expect(page.get_by_text(text, exact=True).first).to_be_visible()

    stack.kill("web", signal.SIGTERM)
    stack.kill("chat", signal.SIGTERM)
    stack.start("web", "chat", CLOCK_SHIFT="86400")
    page.goto(stack.url)
    expect(page.get_by_role("heading", name="Yesterday")).to_be_visible(timeout=5_000)  # by the server's clock
    say(page, "What did I promise Ana?")
    chip = page.get_by_role("button", name=re.compile("^Remembered"))
    chip.click()
    receipt = page.get_by_label(re.compile("^Memory receipt"))
    expect(receipt.get_by_text(SAID[0])).to_be_visible()
    expect(receipt.get_by_text(re.compile("yesterday")).first).to_be_visible()
    asked = engine_server.seen()[-1]["request"]["messages"][-1]["content"]
    assert "survived the move" in asked
    assert "yesterday" in asked


def test_a_reply_can_be_stopped_and_what_was_written_stays(stack, page):
    sign_in(page, stack.url, ADDRESS)
    words = page.get_by_role("textbox", name="Write to Rosemary")
    words.fill("Talk without end. /endless")
    words.press("Enter")
    expect(page.get_by_text("on and").first).to_be_visible()
    page.get_by_role("button", name="Stop writing").click()
    expect(page.get_by_text("stopped", exact=False).first).to_be_visible()
    page.reload()
    expect(page.get_by_text("on and").first).to_be_visible()


def test_a_broken_reply_says_so_and_offers_to_try_again(stack, page):
    sign_in(page, stack.url, ADDRESS)
    words = page.get_by_role("textbox", name="Write to Rosemary")
    words.fill("Break, please. /broken-off")
    words.press("Enter")
    expect(log(page).get_by_text(re.compile("broke off in the middle"))).to_be_visible()
    expect(page.get_by_role("button", name="Try again")).to_be_visible()


def test_a_second_tab_follows_what_is_said_in_the_first(stack, context, page):
    sign_in(page, stack.url, ADDRESS)
    say(page, "The kettle sings.")
    other = context.new_page()
    other.goto(page.url)
    expect(log(other).get_by_text("The kettle sings.", exact=True).first).to_be_visible()
    say(page, "And now it is quiet.")
    expect(log(other).get_by_text("And now it is quiet.", exact=True).first).to_be_visible()


def test_what_is_written_while_the_server_is_away_is_sent_when_it_is_back(stack, page):
    sign_in(page, stack.url, ADDRESS)
    say(page, "Before the storm.")
    stack.kill("web", signal.SIGKILL)
    words = page.get_by_role("textbox", name="Write to Rosemary")
    words.fill("During the storm.")
    words.press("Enter")
    expect(page.get_by_text(re.compile("Offline|cannot be reached|kept here")).first).to_be_visible()
    stack.start("web")
    expect(page.locator("article.companion:not([aria-busy=true])")).to_have_count(2)
    page.reload()
    expect(page.locator("article.person").get_by_text("During the storm.", exact=True)).to_have_count(1)


def wait_for_reply_to(page: Page, text: str) -> None:
    """Kept once, and answered."""
    expect(page.locator("article.companion:not([aria-busy=true])")).to_have_count(2)
    page.reload()
    expect(page.locator("article.person").get_by_text(text, exact=True)).to_have_count(1)
    expect(page.get_by_text("cannot be reached")).to_have_count(0)


def test_while_the_database_is_stopped_the_page_says_so_keeps_the_words_and_sends_them_again(stack, page):
    sign_in(page, stack.url, ADDRESS)
    say(page, "Before the flood.")
    words = page.get_by_role("textbox", name="Write to Rosemary")
    with parts.postgres_stopped():
        words.fill("During the flood.")
        words.press("Enter")
        expect(page.get_by_text(re.compile("database cannot be reached just now")).first).to_be_visible()
        expect(page.get_by_text("During the flood.", exact=True)).to_be_visible()
        words.fill("A draft for later.")
    expect(page.locator("article.companion:not([aria-busy=true])")).to_have_count(2)
    expect(words).to_have_value("A draft for later.")
    wait_for_reply_to(page, "During the flood.")
    expect(words).to_have_value("A draft for later.")
    words.fill("")


def test_while_redis_is_stopped_the_page_says_so_and_the_reply_comes_once_it_is_back(stack, page):
    sign_in(page, stack.url, ADDRESS)
    say(page, "Before the silence.")
    with parts.redis_frozen():
        words = page.get_by_role("textbox", name="Write to Rosemary")
        words.fill("During the silence.")
        words.press("Enter")
        expect(page.get_by_text(re.compile("message queue cannot be reached just now")).first).to_be_visible()
    wait_for_reply_to(page, "During the silence.")


@pytest.mark.parametrize(
    "attack",
    [
        "<script>document.title='owned'</script>",
        "<img src=x onerror=\"document.title='owned'\">",
        "[click](javascript:document.title='owned')",
        "<svg onload=\"document.title='owned'\"></svg>",
    ],
)
def test_hostile_text_stays_text(stack, page, attack):
    sign_in(page, stack.url, ADDRESS)
    say(page, f"Look: {attack}")
    assert page.title() != "owned"
    assert page.locator("article script, article img, article [onload], article [onerror]").count() == 0
    assert page.locator("article a[href^=javascript]").count() == 0


def test_a_stranger_meets_no_page_at_anothers_conversation(stack, page, context, browser):
    sign_in(page, stack.url, ADDRESS)
    say(page, "For me alone.")
    address = page.url
    assert "/c/" in address
    with browser.new_context(timezone_id="Asia/Tokyo") as elsewhere:
        visitor = elsewhere.new_page()
        sign_up(visitor, stack.url, name="Sam", address="sam@example.org")
        answer = visitor.goto(address)
        assert answer is not None
        assert answer.status == 404
        expect(visitor.get_by_text("For me alone.")).to_have_count(0)


def test_signing_out_ends_the_conversation_here(stack, page):
    sign_in(page, stack.url, ADDRESS)
    page.get_by_role("button", name=re.compile("Clara")).click()
    page.get_by_role("button", name="Sign out").click()
    page.goto(stack.url)
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
