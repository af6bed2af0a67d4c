"""Conversations in the sidebar: searched, renamed in place, deleted and brought back, in step in two tabs."""

import re

import psycopg
import pytest
from playwright.sync_api import expect

from tests.browser.test_conversation import log, say, sign_in, sign_up
from tests.stack import running

pytestmark = [pytest.mark.browser, pytest.mark.stack]


@pytest.fixture(scope="module")
def stack(empty_database, django_db_blocker, tmp_path_factory, engine_server):
    """The whole product, with time to bring back what was deleted, however busy the machine is."""
    told = {"DATABASE_URL": empty_database, "ENGINE_URL": engine_server.url, "ENGINE_MODEL": "echo"}
    with django_db_blocker.unblock():
        logs = tmp_path_factory.mktemp("conversations")
        with running(logs, "web", "chat", "memory", "beat", ERASE_AFTER_SECONDS="600", **told) as stack:
            yield stack


def talks(page):
    return page.get_by_role("region", name="Past conversations")


def test_a_conversation_is_found_by_its_words_renamed_deleted_and_brought_back_in_both_tabs(stack, context, page):
    sign_up(page, stack.url, name="Clara", address="clara@example.org")
    say(page, "The kettle sings, and Rita is on her way.")
    page.get_by_role("link", name="New conversation").click()
    say(page, "We painted the kitchen yellow.")
    other = context.new_page()
    other.goto(page.url)

    page.keyboard.press("Escape")
    page.get_by_role("log").focus()
    page.keyboard.press("/")
    page.keyboard.type("RITA kettle")
    found = page.get_by_role("region", name="Conversations found")
    expect(found.get_by_role("link")).to_have_count(1)
    expect(found.locator("q mark").first).to_have_text("kettle")
    found.get_by_role("link").click()
    expect(page).to_have_url(re.compile(r"/c/.*#turn-\d+$"))
    expect(log(page).get_by_text("The kettle sings, and Rita is on her way.", exact=True).first).to_be_visible()

    page.get_by_role("button", name="Rename or delete this conversation").press("Enter")
    page.keyboard.press("Enter")
    page.keyboard.type("Rita comes for tea")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Rita comes for tea")
    expect(page.get_by_role("button", name="Rename or delete this conversation")).to_be_focused()
    expect(talks(other).get_by_role("link", name="Rita comes for tea")).to_be_visible()

    talks(other).get_by_role("link", name="Rita comes for tea").hover()
    talks(other).get_by_role("button", name="Rename or delete: Rita comes for tea").click()
    other.get_by_role("button", name="Delete", exact=True).click()
    for tab in (page, other):
        expect(talks(tab).get_by_role("link", name="Rita comes for tea")).to_have_count(0)
        expect(tab.get_by_text("is deleted, with 1 message of yours and 1 reply").first).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_text("New conversation")
    page.get_by_role("button", name="Undo deleting Rita comes for tea").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Rita comes for tea")
    expect(talks(other).get_by_role("link", name="Rita comes for tea")).to_be_visible()
    expect(other.get_by_text("is deleted, with")).to_have_count(0)


def test_off_the_record_is_shown_kept_out_of_the_list_and_gone_when_it_is_switched_off(stack, context, page):
    sign_in(page, stack.url, "clara@example.org")
    say(page, "On the record, I like tea.")
    switch = page.get_by_role("switch", name="Off the record")
    switch.press("Space")
    expect(page.get_by_role("heading", level=1)).to_have_text("Off the record")
    expect(page.get_by_text("Nothing said here is kept or learned from")).to_be_visible()
    say(page, "My zanzibarite brooch lies under the floor.")
    expect(talks(page).get_by_text("zanzibarite")).to_have_count(0)
    page.reload()
    expect(switch).to_be_checked()
    address = page.url
    switch.press("Space")
    page.get_by_role("button", name="Wipe it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("New conversation")
    expect(switch).not_to_be_checked()
    answer = page.goto(address)
    assert answer is not None
    assert answer.status == 404


def test_while_memory_is_paused_the_composer_of_every_tab_says_so(stack, context, page):
    sign_in(page, stack.url, "clara@example.org")
    other = context.new_page()
    other.goto(stack.url)
    page.get_by_role("button", name=re.compile("Clara")).click()
    page.get_by_role("button", name="Pause memory").click()
    for tab in (page, other):
        expect(tab.get_by_text("Memory is paused. What you say stays in this conversation")).to_be_visible()
    say(page, "My xylotomous beetle sings.")
    other.reload()
    other.get_by_role("button", name="Go on remembering").first.click()
    expect(page.get_by_text("Memory is paused")).to_have_count(0)
    page.get_by_role("link", name="New conversation").click()
    say(page, "What does my beetle do?")
    expect(log(page).get_by_text("xylotomous")).to_have_count(0)  # the engine says all that is in its prompt


def test_what_is_asked_of_memory_in_plain_words_is_done_and_can_be_taken_back(stack, context, page):
    sign_in(page, stack.url, "clara@example.org")
    say(page, "Remember that my sister Rita moved to Porto.")
    notice = page.locator(".kept")
    expect(notice).to_contain_text("Rosemary will remember: my sister Rita moved to Porto.")
    notice.get_by_role("button", name="Undo").press("Enter")
    expect(notice).to_contain_text("it may fade as anything else")

    say(page, "The walnut tree was struck by lightning.")
    other = context.new_page()
    other.goto(page.url)
    say(page, "Forget what I said about the walnut tree.")
    found = page.get_by_role("group", name="What you said about the walnut tree")
    expect(found.get_by_role("checkbox")).to_be_checked()
    found.get_by_role("checkbox").press("Space")
    expect(found.get_by_role("button", name="Forget")).to_be_disabled()
    found.get_by_role("checkbox").press("Space")
    found.get_by_role("button", name="Forget it").press("Enter")
    for tab in (page, other):
        expect(log(tab).get_by_text("walnut tree")).to_have_count(0)
        expect(tab.locator(".gone")).to_contain_text("1 thing you said is forgotten")
    other.get_by_role("button", name="Undo forgetting").click()
    expect(log(page).get_by_text("The walnut tree was struck by lightning.", exact=True).first).to_be_visible()

    say(page, "What do you know about me?")
    expect(log(page).get_by_text("I have taken down nothing about you yet.")).to_be_visible()


def test_a_reply_and_what_was_said_last_have_versions_to_turn_to(stack, context, page):
    sign_in(page, stack.url, "clara@example.org")
    say(page, "What shall I call the boat?")
    other = context.new_page()
    other.goto(page.url)
    replies = page.get_by_role("group", name="Versions of this reply")
    page.get_by_role("button", name="Answer again").click()
    for tab in (page, other):
        expect(tab.get_by_role("group", name="Versions of this reply")).to_contain_text("2 of 2")
    replies.get_by_role("button", name="Version before").press("Enter")
    for tab in (page, other):
        expect(tab.get_by_role("group", name="Versions of this reply")).to_contain_text("1 of 2")

    words = page.get_by_role("textbox", name="Write to Rosemary")
    words.press("ArrowUp")
    expect(words).to_have_value("What shall I call the boat?")
    words.fill("What shall I call the dog?")
    words.press("Enter")
    said = page.get_by_role("group", name="Versions of what you said")
    for tab in (page, other):
        expect(log(tab).get_by_text("What shall I call the dog?", exact=True).first).to_be_visible()
        expect(log(tab).get_by_text("What shall I call the boat?")).to_have_count(0)
    expect(said).to_contain_text("2 of 2")
    said.get_by_role("button", name="Version before").click()
    for tab in (page, other):
        expect(log(tab).get_by_text("What shall I call the boat?", exact=True).first).to_be_visible()
        expect(log(tab).get_by_text("What shall I call the dog?")).to_have_count(0)
    page.reload()
    expect(said).to_contain_text("1 of 2")


def test_the_keys_have_a_sheet_and_a_palette_and_can_be_switched_off(stack, context, page):
    sign_in(page, stack.url, "clara@example.org")
    say(page, "The heron stood in the reeds.")
    log(page).focus()
    page.keyboard.press("k")
    expect(page.locator("article.companion")).to_be_focused()
    page.keyboard.press("k")
    expect(page.locator("article.person")).to_be_focused()
    page.keyboard.press("?")
    sheet = page.get_by_role("dialog", name="Keys")
    expect(sheet.get_by_text("New conversation")).to_be_visible()
    sheet.get_by_role("switch", name="Single letters act outside fields").press("Space")
    page.keyboard.press("Escape")
    expect(sheet).to_have_count(0)
    page.reload()
    log(page).focus()
    page.keyboard.press("?")
    page.keyboard.press("Control+k")
    palette = page.get_by_role("dialog", name="Go to a conversation, or do something")
    expect(palette).to_be_visible()
    expect(sheet).to_have_count(0)
    page.keyboard.type("new con")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("New conversation")
    words = page.get_by_role("textbox", name="Write to Rosemary")
    words.fill("A draft of its own.")
    page.keyboard.press("Control+k")
    page.keyboard.type("heron")
    page.keyboard.press("Enter")
    expect(log(page).get_by_text("The heron stood in the reeds.", exact=True).first).to_be_visible()
    expect(words).to_have_value("")
    page.goto(stack.url)
    expect(words).to_have_value("A draft of its own.")


def test_the_sidebar_goes_on_beyond_its_first_page(stack, page, empty_database, django_db_blocker):
    sign_up(page, stack.url, name="Nora", address="nora@example.org")
    say(page, "The newest talk of all.")
    with psycopg.connect(empty_database) as owner:
        owner.execute(MANY_TALKS)
    page.goto(stack.url)
    talks = page.locator(".talk-list a")
    expect(talks).to_have_count(200)
    expect(page.get_by_role("link", name="Old talk 230", exact=True)).to_have_count(0)
    page.get_by_role("button", name="Earlier conversations").press("Enter")
    expect(talks).to_have_count(231)
    expect(page.get_by_role("button", name="Earlier conversations")).to_have_count(0)
    expect(talks.nth(200)).to_be_focused()
    expect(page.get_by_role("link", name="Old talk 230", exact=True)).to_be_visible()
    months = page.locator(".talks h2")
    assert len(set(months.all_inner_texts())) == months.count() > 3
    page.goto(f"{stack.url}/memories/")
    page.get_by_role("button", name="Earlier conversations").click()
    page.get_by_role("link", name="Old talk 230", exact=True).click()
    expect(page.get_by_text("Words of talk 230")).to_be_visible()


MANY_TALKS = """
    with nora as (select p.id as person, c.id as companion from accounts_person p
        join memory_companion c on c.owner_id = p.id where p.email = 'nora@example.org'),
    talk as (insert into memory_conversation (id, owner_id, companion_id, title, started_at, active_at)
        select gen_random_uuid(), person, companion, 'Old talk ' || n, at, at from nora, generate_series(1, 230) n,
        lateral (select now() - n * interval '1 day' as at) returning *),
    session as (insert into memory_session (owner_id, conversation_id, started_at, ended_at, closed_at)
        select owner_id, id, started_at, started_at, started_at from talk returning *)
    insert into memory_turn (owner_id, conversation_id, session_id, number, speaker, text, said_at, client_id)
    select t.owner_id, t.id, s.id, 1, 'person', replace(t.title, 'Old', 'Words of'), t.started_at, gen_random_uuid()
    from talk t join session s on s.conversation_id = t.id
"""
