"""A person looks at who they are held to be and at their days, says what is not so, and takes that back."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import manage
from tests.browser.pictures import pictures
from tests.browser.test_conversation import log, sign_in, sign_up
from tests.browser.test_memories import context, told, violations
from tests.stack import running

__all__ = ["context"]

pytestmark = [pytest.mark.browser, pytest.mark.stack]

ADDRESS = "clara@example.org"
EVENINGS = {  # by how many days ago
    70: ["I was so sad and lonely today.", "My sister Lena lives next door to the bakery."],
    12: ["I love beekeeping. I live in Porto.", "I am so happy about the first honey!"],
    6: ["I really love beekeeping.", "I felt calm and rested after a walk."],
    4: ["I am a bit anxious about the hive.", "I can't stand loud bars, to be honest."],
}
LIKES = "Likes beekeeping"
HERS = """
from companion.accounts.models import Person
from memory.isolation import acting_as
from memory.models import PortraitLine, Step
person = Person.objects.get()
with acting_as(person.pk):
    {}
"""
READ = HERS.format('Step.objects.of(person.pk).update(state="done")')
LINES_ARE = HERS.format('PortraitLine.objects.of(person.pk).filter(state="{}").update(state="{}")')


@pytest.fixture(scope="module")
def stack(empty_database, django_db_blocker, tmp_path_factory):
    """The web process alone: what workers would make is made at once, by command."""
    with django_db_blocker.unblock():
        logs = tmp_path_factory.mktemp("portrait")
        with running(logs, "web", DATABASE_URL=empty_database) as stack:
            yield stack


@pytest.fixture(scope="module")
def newcomer(stack, browser):
    """Clara has an account, and has not said anything yet."""
    context = browser.new_context(timezone_id="Europe/Lisbon", locale="en-GB")
    sign_up(context.new_page(), stack.url, name="Clara", address=ADDRESS)
    context.close()


@pytest.fixture(scope="module")
def clara(stack, newcomer, empty_database, tmp_path_factory):
    """Her history is there, summed up, and her portrait drawn."""
    path = tmp_path_factory.mktemp("told") / "history.jsonl"
    lines = [
        line
        for ago, texts in EVENINGS.items()
        for line in told(f"Evening {ago}", [("person", text) for text in texts], ago)
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    manage(empty_database, "import_history", str(path), "--person", ADDRESS)
    manage(empty_database, "rebuild", "--person", ADDRESS)


@pytest.fixture
def page(stack, newcomer, page):
    """Clara's, signed in."""
    sign_in(page, stack.url, ADDRESS)
    return page


def line(page, text):
    return page.get_by_role("article", name=text, exact=True)


def undo(page):
    page.get_by_role("group", name="What was just done").get_by_role("button", name="Undo").click()


def fits(page):
    """What axe finds, in light and in dark; nothing is wider than the window, and only what scrolls in it is higher."""
    found = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found += violations(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
    return found


def test_who_has_said_nothing_yet_is_told_what_will_stand_on_these_pages(stack, page):
    page.goto(f"{stack.url}/portrait/")
    expect(page.get_by_role("heading", name="No portrait yet")).to_be_visible()
    expect(page.get_by_text("Without a language model only what your own words plainly say")).to_be_visible()
    assert fits(page) == []
    pictures(page, "portrait-empty")
    page.get_by_role("link", name="Timeline").click()
    expect(page.get_by_role("heading", name="No days yet")).to_be_visible()
    assert fits(page) == []
    page.get_by_role("link", name="Start a conversation").click()
    page.get_by_role("textbox", name="Write to Rosemary").press("Control+k")
    page.keyboard.type("portrait")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/portrait/$"))


def test_a_line_of_the_portrait_is_looked_at_confirmed_corrected_and_removed_and_each_is_taken_back(stack, clara, page):
    page.goto(f"{stack.url}/portrait/")
    likes = line(page, LIKES)
    expect(likes.get_by_text("sure", exact=False).first).to_be_visible()
    expect(likes.get_by_role("blockquote")).to_have_text("“I really love beekeeping.”")
    expect(page.get_by_role("article", name=re.compile("Lena")).first).to_be_visible()
    expect(page.get_by_role("article", name=re.compile("Porto")).first).to_be_visible()

    # the moods are a picture that says in words what it shows, and a table
    chart = page.get_by_role("img", name=re.compile("You told how you felt on 3 days"))
    expect(chart).to_be_visible()
    page.get_by_role("radio", name="half a year").check(force=True)
    expect(page.get_by_role("img", name=re.compile("You told how you felt on 4 days"))).to_be_visible()
    page.get_by_text("Show as a table").click()
    expect(page.get_by_role("cell", name="low").first).to_be_visible()
    assert fits(page) == []

    # the words lead into the conversation
    likes.get_by_role("link").first.click()
    expect(log(page).get_by_text("I really love beekeeping.")).to_be_visible()
    page.go_back()

    likes.get_by_role("button", name=f"That’s right: {LIKES}").click()
    expect(likes.get_by_text("you said so")).to_be_visible()
    undo(page)
    expect(likes.get_by_role("button", name=f"That’s right: {LIKES}")).to_be_visible()
    expect(likes).to_be_focused()

    # e corrects, Esc leaves it; the old line is refused until that is taken back
    page.keyboard.press("e")
    page.keyboard.press("Escape")
    expect(likes).to_be_focused()
    page.keyboard.press("e")
    page.get_by_label("What is right, in your words").fill("Keeps bees, and likes it")
    assert fits(page) == []
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(line(page, "Keeps bees, and likes it")).to_be_focused()
    expect(page.get_by_role("button", name="Allow again: likes beekeeping")).to_be_visible()
    undo(page)
    expect(likes).to_be_focused()
    expect(page.get_by_role("button", name=re.compile("^Allow again"))).to_have_count(0)

    # Delete removes, and a later look allows it again
    page.keyboard.press("Delete")
    expect(likes).to_have_count(0)
    assert fits(page) == []
    page.reload()
    page.get_by_role("button", name="Allow again: likes beekeeping").click()
    expect(likes).to_be_focused()
    page.keyboard.press("j")
    expect(likes).not_to_be_focused()


def test_a_portrait_can_be_kept_or_not_and_what_changed_is_told(stack, clara, empty_database, page):
    page.goto(f"{stack.url}/portrait/")
    page.get_by_text("What changed in the last 30 days").click()
    expect(page.get_by_role("link", name=LIKES)).to_be_visible()
    assert fits(page) == []
    pictures(page, "portrait")
    switch = page.get_by_role("switch", name="Keep a portrait")
    switch.uncheck()
    expect(page.get_by_role("heading", name="No portrait is kept")).to_be_visible()
    expect(line(page, LIKES)).to_have_count(0)
    expect(switch).to_be_focused()
    assert fits(page) == []
    pictures(page, "portrait-off")
    page.goto(f"{stack.url}/preferences/")
    expect(page.get_by_label("A portrait of you")).not_to_be_checked()
    page.goto(f"{stack.url}/portrait/")
    expect(switch).not_to_be_checked()
    expect(page.get_by_text("none of your companions concludes anything")).to_be_visible()
    manage(empty_database, "shell", "-c", READ)
    page.reload()
    drawing = page.get_by_text("Rosemary is drawing your portrait anew")
    expect(drawing).to_have_count(0)  # it is only taken down
    switch.check()
    expect(line(page, LIKES)).to_be_visible()
    expect(drawing).to_be_visible()
    expect(page.get_by_text("It is drawn anew when the day is over")).to_have_count(0)
    undo(page)
    expect(page.get_by_role("heading", name="No portrait is kept")).to_be_visible()
    undo(page)
    expect(line(page, LIKES)).to_be_visible()


def test_a_portrait_that_is_off_for_one_companion_alone_says_so_and_is_off_for_it_again_once_undone(stack, clara, page):
    def of_companion():
        page.goto(f"{stack.url}/preferences/")
        page.get_by_role("link", name="Change Rosemary").click()
        return page.get_by_label("A portrait of you")

    of_companion().uncheck()
    page.get_by_role("button", name="Keep").click()
    page.goto(f"{stack.url}/portrait/")
    alone = page.get_by_text("off for Rosemary alone")
    expect(alone).to_be_visible()
    expect(page.get_by_text("none of your companions")).to_have_count(0)
    pictures(page, "portrait-off-alone")
    switch = page.get_by_role("switch", name="Keep a portrait")
    switch.check()
    expect(line(page, LIKES)).to_be_visible()
    undo(page)
    expect(alone).to_be_visible()
    page.goto(f"{stack.url}/preferences/")
    expect(page.get_by_label("A portrait of you")).to_be_checked()
    expect(of_companion()).not_to_be_checked()
    page.goto(f"{stack.url}/portrait/")
    switch.check()
    expect(line(page, LIKES)).to_be_visible()


def test_where_every_line_was_dropped_the_page_tells_what_was(stack, clara, empty_database, page):
    manage(empty_database, "shell", "-c", LINES_ARE.format("drawn", "dropped"))
    page.goto(f"{stack.url}/portrait/")
    expect(page.get_by_role("heading", name="No line stands just now")).to_be_visible()
    expect(page.get_by_text("These are sentences of yours")).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("You told how you felt"))).to_be_visible()
    page.get_by_text("What changed in the last 30 days").click()
    expect(page.get_by_text(LIKES)).to_be_visible()
    assert fits(page) == []
    pictures(page, "portrait-dropped")
    manage(empty_database, "shell", "-c", LINES_ARE.format("dropped", "drawn"))


def test_on_a_phone_the_portrait_is_one_column(stack, clara, page):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{stack.url}/portrait/")
    likes = line(page, LIKES)
    expect(likes).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("You told how you felt"))).to_be_visible()
    likes.get_by_role("button", name=f"Correct: {LIKES}").click()
    expect(page.get_by_label("What is right, in your words")).to_be_focused()
    assert fits(page) == []


def test_the_timeline_leads_through_months_and_days_into_what_was_said(stack, clara, page):
    page.goto(f"{stack.url}/timeline/")
    days = page.get_by_role("article")
    expect(days).to_have_count(len(EVENINGS))
    expect(days.first.get_by_text("felt low")).to_be_visible()
    expect(days.nth(1)).to_contain_text("I really love beekeeping.")
    assert fits(page) == []
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(days.nth(1)).to_be_focused()

    # a month leads to its days, and back
    oldest = datetime.now(UTC) - timedelta(days=70)
    page.get_by_role("navigation", name="Months").get_by_role("link", name=f"{oldest:%B %Y}, 1 day").click()
    expect(days).to_have_count(1)
    expect(page.get_by_text(re.compile("^Up to"))).to_be_visible()
    page.go_back()
    expect(days).to_have_count(len(EVENINGS))

    # on a phone the months fold away
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_text("Jump to a month").click()
    expect(page.get_by_role("navigation", name="Months")).to_be_visible()
    assert fits(page) == []
    days.nth(1).get_by_role("link", name="Evening 6").click()
    expect(log(page).get_by_text("I really love beekeeping.")).to_be_visible()
