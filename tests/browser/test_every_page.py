"""What holds on every page: nothing that axe finds, no script beyond its budget, words before the line stands."""

import gzip
import json
import re
import signal
from datetime import UTC, datetime, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from playwright.sync_api import expect

from tests.browser.conftest import manage
from tests.browser.test_conversation import log, say, sign_in, sign_up
from tests.browser.test_memories import WCAG

pytestmark = [pytest.mark.browser, pytest.mark.stack]

ADDRESS = "clara@example.org"
BUDGET = 150_000  # bytes of script, compressed, of one page
LONG = 5_000  # turns
FOR_STRANGERS = ["/account/login/", "/account/signup/", "/account/password/reset/", "/account/password/reset/done/"]
FOR_CLARA = [
    "/",
    "/memories/",
    "/portrait/",
    "/timeline/",
    "/portrait/",
    "/timeline/",
    "/preferences/",
    "/account/password/change/",
    "/account/invitations/",
    "/account/looks/",
    "/inspect/",
    "/inspect/figures/",
    "/inspect/policies/",
    "/inspect/record/",
    "/inspect/roles/",
    "/no/such/page/",
]
DRESSES = {
    "wide and light": {"viewport": {"width": 1440, "height": 900}, "color_scheme": "light"},
    "narrow and dark": {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"},
    "of 360 pixels and light": {"viewport": {"width": 360, "height": 640}, "color_scheme": "light"},
}


@pytest.fixture(scope="module")
def clara(stack, browser):
    """The first account, which is the administrator's, with a conversation."""
    context = browser.new_context(timezone_id="Europe/Lisbon", locale="en-GB")
    page = context.new_page()
    sign_up(page, stack.url, name="Clara", address=ADDRESS)
    say(page, "The kettle sings, and `code` is **bold** beside a [link](https://example.org).")
    say(page, "What sings in the kitchen?")
    address = page.url
    context.close()
    return address


def dressed(browser, dress):
    return browser.new_context(
        timezone_id="Europe/Lisbon", locale="en-GB", reduced_motion="reduce", **DRESSES[dress]
    ).new_page()


CUT = """[...document.querySelectorAll('.chips, .chip, .banner, .banner p, .side-foot small')]
    .filter((each) => each.scrollWidth > each.clientWidth + 1).map((each) => each.textContent.trim().slice(0, 60))"""


def faults(page, where):
    """What axe finds, whether the page is wider than its window, and what must be scrolled sideways to be read."""
    found = Axe().run(page, options=WCAG).response["violations"]
    yield from ((where, each["id"], [node["html"][:120] for node in each["nodes"]]) for each in found)
    width, room = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    if width > room:
        yield (where, "wider than its window", [width])
    if cut := page.evaluate(CUT):
        yield (where, "cut", cut)


def chat_states(page, conversation):
    """The states of the chat, by name, each opened as one opens it."""
    page.goto(conversation)
    expect(page.locator("article.companion:not([aria-busy=true])").first).to_be_visible()
    yield "a conversation"
    page.locator("article.companion").last.locator("[aria-expanded]").first.click()
    yield "a receipt"
    page.get_by_role("textbox", name="Write to Rosemary").press("Control+k")
    yield "the palette"
    page.keyboard.press("Escape")


@pytest.mark.parametrize("dress", DRESSES)
def test_no_page_has_a_fault_that_axe_finds_nor_is_wider_than_its_window(stack, clara, browser, dress):
    page = dressed(browser, dress)
    found = []
    for path in FOR_STRANGERS:
        page.goto(stack.url + path)
        found += faults(page, path)
    sign_in(page, stack.url, ADDRESS)
    for path in FOR_CLARA:
        page.goto(stack.url + path)
        page.wait_for_load_state("networkidle")
        found += faults(page, path)
    for state in chat_states(page, clara):
        found += faults(page, state)
    page.context.close()
    assert found == []


def test_a_conversation_is_read_before_its_line_stands(stack, clara, page):
    sign_in(page, stack.url, ADDRESS)
    page.route_web_socket(re.compile("/ws"), lambda line: None)
    page.goto(clara)
    expect(log(page).get_by_text("The kettle sings", exact=False).first).to_be_visible()


def test_a_reply_whose_web_process_is_killed_goes_on_where_it_was(stack, clara, page):
    sign_in(page, stack.url, ADDRESS)
    words = page.get_by_role("textbox", name="Write to Rosemary")
    words.fill("Talk without end. /endless")
    words.press("Enter")
    expect(page.get_by_text("on and").first).to_be_visible()
    stack.kill("web", signal.SIGKILL)
    stack.start("web")
    page.get_by_role("button", name="Stop writing").click()
    expect(page.locator("article.companion[aria-busy=true]")).to_have_count(0)
    shown = page.locator("article.companion").last.inner_text()
    page.reload()
    expect(page.locator("article.companion:not([aria-busy=true])")).to_have_count(1)
    assert re.findall("on and [^.]*", page.locator("article.companion").last.inner_text())[0] in shown


def scripts_of(entry, manifest):
    """The files of an entry and of all that it imports at once."""
    chunk = manifest[entry]
    yield chunk["file"]
    for name in chunk.get("imports", []):
        yield from scripts_of(name, manifest)


@pytest.mark.parametrize("entry", [f"src/{page}/main.ts" for page in ("chat", "memories", "portrait", "timeline")])
def test_a_page_loads_no_more_script_than_its_budget(entry):
    dist = settings.BASE_DIR / "frontend" / "dist"
    manifest = json.loads((dist / ".vite" / "manifest.json").read_text())
    files = set(scripts_of(entry, manifest))
    assert sum(len(gzip.compress((dist / file).read_bytes())) for file in files) <= BUDGET


@pytest.fixture(scope="module")
def long_conversation(stack, clara, empty_database, tmp_path_factory):
    """Two years of talk in one conversation."""
    begin = datetime.now(UTC) - timedelta(days=700)
    path = tmp_path_factory.mktemp("letters") / "history.jsonl"
    with path.open("w") as file:
        for number in range(LONG):
            speaker = "companion" if number % 2 else "person"
            said_at = (begin + timedelta(hours=3 * number)).isoformat()
            text = "Letter 40 has a violet in it." if number == 40 else f"Letter {number}."
            line = {"id": f"long-{number}", "session": f"day {number // 8}", "conversation": "Two years of letters"}
            file.write(json.dumps(line | {"speaker": speaker, "text": text, "said_at": said_at}) + "\n")
    manage(empty_database, "import_history", str(path), "--person", ADDRESS)


def test_a_conversation_of_five_thousand_turns_opens_at_its_end_and_reads_on_upwards(
    stack, clara, page, long_conversation
):
    sign_in(page, stack.url, ADDRESS)
    page.get_by_role("link", name="Two years of letters").click()
    expect(log(page).get_by_text(f"Letter {LONG - 1}.", exact=True)).to_be_in_viewport()
    assert page.locator("article").count() <= 60
    oldest = page.locator("article").first
    shown = oldest.inner_text()
    oldest.scroll_into_view_if_needed()
    expect(log(page).get_by_text(f"Letter {LONG - 75}.", exact=True)).to_be_attached()
    expect(log(page).get_by_text(re.findall(r"Letter \d+\.", shown)[0], exact=True)).to_be_in_viewport()


def test_a_turn_of_long_ago_is_reached_at_once(stack, clara, page, long_conversation):
    sign_in(page, stack.url, ADDRESS)
    page.get_by_role("searchbox").fill("violet")
    asked = []
    page.on("request", lambda request: asked.append(request.url) if "/turns?" in request.url else None)
    page.get_by_role("link", name=re.compile("Two years of letters.*violet", re.S)).click()
    expect(log(page).get_by_text("violet", exact=False)).to_be_in_viewport()
    assert len(asked) == 1
    expect(log(page).get_by_text("Letter 4990.", exact=True)).to_be_attached()
