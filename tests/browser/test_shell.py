"""What frames every page: receipts in sight, off the record, several companions, the palette and the keys."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.test_conversation import log, sign_in, sign_up
from tests.browser.test_preferences import is_accessible, say_to

pytestmark = [pytest.mark.browser, pytest.mark.stack]

ADDRESS = "clara@example.org"
TOLD = [
    f"My {thing} stands in the {place}." for thing, place in (("piano", "hall"), ("loom", "attic"), ("bed", "loft"))
]
INSIDE = """([part, window]) => {
    const [a, b] = [part, window].map((one) => document.querySelector(one).getBoundingClientRect());
    return a.top >= b.top && a.top < b.bottom - 100;
}"""


@pytest.fixture(scope="module")
def clara(stack, browser):
    """The first account, which is the administrator's, with two companions; and a conversation that recalls."""
    context = browser.new_context(timezone_id="Europe/Lisbon", locale="en-GB")
    page = context.new_page()
    page.set_default_timeout(60_000)
    sign_up(page, stack.url, name="Clara", address=ADDRESS)
    for text in TOLD:
        say_to(page, "Rosemary", text)
    page.goto(f"{stack.url}/preferences/companions/new/")
    page.get_by_label("Its name").fill("Mira")
    page.get_by_role("button", name="Make it").click()
    page.goto(stack.url)
    say_to(page, "Rosemary", "Where do my piano, my loom and my bed stand?")
    address = page.url
    context.close()
    return address


@pytest.mark.parametrize(("width", "height"), [(1440, 760), (390, 640)])
def test_a_receipt_comes_into_sight_where_it_unfolds_and_its_chip_keeps_the_focus(stack, clara, page, width, height):
    page.set_viewport_size({"width": width, "height": height})
    sign_in(page, stack.url, ADDRESS)
    page.goto(clara)
    chip = page.get_by_role("button", name=re.compile("^Remembered")).last
    chip.click()
    expect(page.locator(".receipt blockquote").first).to_be_visible()
    assert page.evaluate(INSIDE, [".receipt:not([hidden])", ".log"])
    assert page.evaluate(INSIDE, [".receipt:not([hidden]) blockquote", ".log"])
    expect(chip).to_be_focused()
    expect(chip).to_be_in_viewport()
    page.locator(".receipt a").first.focus()
    page.keyboard.press("Escape")
    expect(page.locator(".receipt")).to_be_hidden()
    expect(chip).to_be_focused()


def test_what_is_off_the_record_is_wiped_only_once_it_is_confirmed(stack, clara, page):
    sign_in(page, stack.url, ADDRESS)
    switch = page.get_by_role("switch", name="Off the record")
    switch.press("Space")
    expect(page.get_by_text("what Rosemary knew before may still be used")).to_be_visible()
    say_to(page, "Rosemary", "My zanzibarite brooch.")
    switch.press("Space")
    is_accessible(page)
    page.get_by_role("button", name="Stay off the record").press("Enter")
    expect(switch).to_be_checked()
    expect(log(page).get_by_text("My zanzibarite brooch.", exact=True).first).to_be_visible()
    switch.press("Space")
    page.get_by_role("button", name="Wipe it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("New conversation")
    expect(page.get_by_text("zanzibarite")).to_have_count(0)


def test_going_back_does_not_show_words_off_the_record_again_unasked(stack, clara, page):
    sign_in(page, stack.url, ADDRESS)
    page.get_by_role("switch", name="Off the record").press("Space")
    say_to(page, "Rosemary", "My zanzibarite brooch.")
    address = page.url
    page.reload()
    expect(log(page).get_by_text("My zanzibarite brooch.", exact=True).first).to_be_visible()
    assert "zanzibarite" not in page.title()
    page.goto(f"{stack.url}/timeline/")
    page.go_back()
    expect(page.get_by_text("You came back to words off the record.")).to_be_visible()
    expect(page.get_by_text("zanzibarite")).to_have_count(0)
    expect(page.get_by_role("switch", name="Off the record")).not_to_be_checked()
    page.get_by_role("button", name="Wipe them now").click()
    expect(page.get_by_text("You came back to words off the record.")).to_have_count(0)
    answer = page.goto(address)
    assert answer is not None
    assert answer.status == 404


def test_where_there_are_several_companions_each_conversation_says_with_whom(stack, clara, page):
    sign_in(page, stack.url, ADDRESS)
    page.get_by_role("link", name="with Mira").first.click()
    say_to(page, "Mira", "The piano is out of tune.")
    expect(page).to_have_title(re.compile("· Mira · Rosemary$"))
    talks = page.get_by_role("region", name="Past conversations")
    expect(talks.get_by_role("link", name="The piano is out of tune.")).to_contain_text("with Mira")
    page.get_by_role("searchbox").fill("piano")
    found = page.get_by_role("region", name="Conversations found")
    expect(found.get_by_role("link").filter(has_text="out of tune").first).to_contain_text("with Mira")
    page.goto(f"{stack.url}/memories/")
    expect(talks.get_by_role("link", name="The piano is out of tune.")).to_contain_text("with Mira")


def test_what_was_told_to_another_companion_is_shown_as_that_in_the_receipt(stack, clara, page):
    sign_in(page, stack.url, ADDRESS)
    page.goto(f"{stack.url}/preferences/#companions")
    page.get_by_label("My companions share their memories").check()
    page.get_by_role("button", name="Keep this").click()
    expect(page.get_by_role("status")).to_have_text("Kept.")
    page.goto(stack.url)
    page.get_by_role("link", name="with Mira").first.click()
    reply = say_to(page, "Mira", "In which room does my loom stand?")
    expect(reply).to_contain_text("said to Rosemary")
    reply.get_by_role("button", name=re.compile("^Remembered")).click()
    expect(page.get_by_label(re.compile("^Memory receipt")).get_by_text("You, to Rosemary").first).to_be_visible()


@pytest.mark.parametrize("path", ["/", "/memories/", "/portrait/", "/timeline/", "/preferences/", "/inspect/"])
def test_the_palette_and_the_sheet_of_keys_are_on_every_page(stack, clara, page, path):
    sign_in(page, stack.url, ADDRESS)
    page.goto(stack.url + path)
    page.wait_for_load_state("networkidle")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keys")
    expect(keys).to_be_visible()
    keys.get_by_role("button", name="Close").click()
    expect(keys).to_have_count(0)
    page.keyboard.press("Control+k")
    palette = page.get_by_role("dialog", name="Go to a conversation, or do something")
    for name in ("Memories", "Portrait", "Timeline", "Preferences", "Companions", "Invitations"):
        expect(palette.get_by_role("option", name=f"{name} Page", exact=True)).to_be_visible()
    expect(palette.get_by_role("option", name=re.compile("with Rosemary$")).last).to_be_attached()
    page.keyboard.type("timel")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/timeline/$"))


def test_the_account_menu_closes_once_memory_is_paused(stack, clara, page):
    sign_in(page, stack.url, ADDRESS)
    page.get_by_role("button", name=re.compile("Clara")).click()
    menu = page.get_by_role("group", name="Account")
    expect(menu.get_by_role("link", name="Companions")).to_be_visible()
    expect(menu.get_by_role("link", name="Invitations")).to_be_visible()
    menu.get_by_role("button", name="Pause memory").click()
    expect(page.get_by_text("Memory is paused.").first).to_be_visible()
    expect(menu).to_be_hidden()
    page.get_by_role("button", name="Go on remembering").first.click()


def test_on_a_phone_the_filters_of_memories_are_folded_and_say_how_many_are_active(stack, clara, page):
    page.set_viewport_size({"width": 360, "height": 640})
    sign_in(page, stack.url, ADDRESS)
    page.goto(f"{stack.url}/memories/")
    vivid = page.get_by_role("checkbox", name=re.compile("^Vivid"))
    expect(vivid).to_be_hidden()
    page.get_by_text("Filter", exact=True).click()
    vivid.check(force=True)
    expect(page.get_by_text("Filter: 1 active")).to_be_visible()


def test_a_link_to_invite_somebody_is_copied(stack, clara, page, context):
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    sign_in(page, stack.url, ADDRESS)
    page.goto(f"{stack.url}/account/invitations/")
    page.get_by_role("button", name="Make an invitation").click()
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == page.get_by_label("The link").input_value()


def test_a_page_whose_scripts_are_gone_says_so(stack, clara, page):
    page.route(re.compile(r"/static/assets/.*\.js$"), lambda route: route.fulfill(status=404))
    page.goto(f"{stack.url}/account/login/")
    expect(page.get_by_text("Part of this page could not be loaded")).to_be_visible()
    expect(page.get_by_role("link", name="Load it again")).to_be_visible()


def test_a_name_made_of_forgotten_words_is_gone_with_them_and_comes_back_with_them(stack, clara, page):
    sign_in(page, stack.url, ADDRESS)
    say_to(page, "Rosemary", "The walnut tree was struck by lightning.")
    say_to(page, "Rosemary", "Forget what I said about the walnut tree.")
    page.get_by_role("button", name=re.compile("^Forget it")).click()
    talks = page.get_by_role("region", name="Past conversations")
    expect(talks.get_by_text("walnut")).to_have_count(0)
    expect(page.get_by_role("heading", level=1)).not_to_contain_text("walnut")
    page.get_by_role("button", name="Undo forgetting").click()
    expect(talks.get_by_text("walnut").first).to_be_visible()
