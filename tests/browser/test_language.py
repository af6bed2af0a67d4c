"""In a language in which every translation is wrapped, whatever stands outside was not translated."""

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from playwright.sync_api import expect

from companion.operations import messages
from tests.people import PASSWORD
from tests.stack import running

pytestmark = [pytest.mark.browser, pytest.mark.stack]

ADDRESS = "clara@example.org"
SAID = ["We painted the kitchen yellow.", "What colour is the kitchen?"]
OWN = ["Rosemary", "Clara", ADDRESS, *SAID, "Tea with Ana"]

UNWRAPPED = r"""(own) => {
  let depth = 0, block = null; // a sentence may hold a link: its brackets stand around both
  const outside = (text, within = null) => {
    if (within === null || within !== block) [depth, block] = [0, within];
    let left = "";
    for (const sign of text) {
      if (sign === "⟦") depth += 1;
      else if (sign === "⟧") depth -= 1;
      else if (depth <= 0) left += sign;
    }
    for (const words of own) left = left.replaceAll(words, " ");
    return /\p{L}{2,}/u.test(left) ? text.trim() : "";
  };
  const found = [outside(document.title)];
  const skipped = "kbd, script, style, noscript, option:not([value='']), legend > [aria-hidden]"; // numerals
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const parent = walk.currentNode.parentElement;
    if (!parent.closest(skipped) && parent.checkVisibility()) {
      found.push(outside(walk.currentNode.data, parent.closest("p, li, dt, dd, td, h1, h2, h3, label, div")));
    }
  }
  for (const name of ["aria-label", "title", "placeholder", "alt"]) {
    for (const one of document.querySelectorAll(`[${name}]`)) {
      if (one.checkVisibility()) found.push(outside(one.getAttribute(name)));
    }
  }
  return found.filter(Boolean);
}"""


def wrapped(words):
    return f"⟦{words}⟧" if isinstance(words, str) else tuple(f"⟦{each}⟧" for each in words)


@pytest.fixture(scope="module")
def pseudo(tmp_path_factory):
    """A folder with one language more, made of English."""
    folder = tmp_path_factory.mktemp("locale")
    place = folder / "eo" / "LC_MESSAGES"
    place.mkdir(parents=True)
    for domain, template in messages.templates().items():
        catalogue = Catalog(locale="eo", fuzzy=False)
        for message in template:
            if message.id:
                catalogue.add(message.id, wrapped(message.id), context=message.context)
        with (place / f"{domain}.mo").open("wb") as compiled:
            write_mo(compiled, catalogue)
    return folder


@pytest.fixture(scope="module")
def stack(empty_database, django_db_blocker, tmp_path_factory, pseudo):
    """The whole product without a language model, with that language."""
    with django_db_blocker.unblock():
        logs = tmp_path_factory.mktemp("language")
        names = ("web", "chat", "memory", "beat")
        with running(logs, *names, DATABASE_URL=empty_database, LOCALES=str(pseudo)) as stack:
            yield stack


@pytest.fixture
def context(browser):
    """A visitor whose browser asks for it."""
    context = browser.new_context(timezone_id="Europe/Lisbon", locale="eo", viewport={"width": 1440, "height": 900})
    context.set_default_timeout(60_000)
    yield context
    context.close()


def untranslated(page):
    """What can be read or heard here and stands outside of the brackets."""
    return page.evaluate(UNWRAPPED, OWN)


def say(page, text):
    before = page.locator("article.companion:not([aria-busy=true])").count()
    page.locator("#words").fill(text)
    page.locator("#words").press("Enter")
    expect(page.locator("article.companion:not([aria-busy=true])")).to_have_count(before + 1)


def test_all_that_a_person_sees_of_the_pages_is_translated(stack, page):
    left = []
    page.goto(stack.url)
    expect(page.locator("html")).to_have_attribute("lang", "eo")
    left += untranslated(page)
    page.locator("[name=name]").fill("Clara")
    page.locator("[name=email]").fill(ADDRESS)
    page.locator("[name=password1]").fill(PASSWORD)
    page.locator("[type=submit]").click()

    # the conversation: empty, with replies, a receipt, the keys, the palette, off the record, paused
    expect(page.locator("#greeting")).to_be_visible()
    left += untranslated(page)
    for text in SAID:
        say(page, text)
    left += untranslated(page)
    page.locator(".receipt-chip").click()
    expect(page.locator(".recalls")).to_be_visible()
    left += untranslated(page)
    page.locator(".recalled .act").first.click()
    expect(page.locator(".recalled [role=status]").first).to_contain_text("⟦")
    left += untranslated(page)
    page.locator(".recalled .act").nth(1).click()
    left += untranslated(page)
    page.locator(".me").click()
    left += untranslated(page)
    page.keyboard.press("Escape")
    page.locator("#more").click()
    left += untranslated(page)
    page.locator("#conversation h1").click()
    page.keyboard.press("?")
    expect(page.locator("dialog[open]")).to_be_visible()
    left += untranslated(page)
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    expect(page.locator("#choices")).to_be_visible()
    left += untranslated(page)
    page.keyboard.press("Escape")
    say(page, "Forget what I said about the kitchen.")
    expect(page.locator(".to-forget")).to_be_visible()
    page.evaluate("document.querySelectorAll('.to-forget q, .said:not(.prose)').forEach((one) => one.remove())")
    page.locator("#off-record").check(force=True)
    expect(page.locator("#off-note")).to_be_visible()
    left += untranslated(page)

    # memories: the one that was pinned, its page, its curve, and filters that nothing fits
    page.goto(f"{stack.url}/memories/")
    expect(page.locator(".memory")).to_have_count(1)
    left += untranslated(page)
    page.locator(".chip[data-state=pinned] input").check(force=True)
    expect(page.locator(".memory")).to_have_count(1)
    left += untranslated(page)
    page.locator(".memory h3 a").click()
    expect(page.locator("#detail figcaption")).to_be_visible()
    page.locator("#detail .act").first.click()
    expect(page.locator("#detail .chart")).to_be_visible()
    page.locator("#detail summary").click()
    expect(page.locator("#forget")).to_be_enabled()
    left += untranslated(page)
    page.keyboard.press("Escape")
    page.locator("[name=kind]").nth(3).check(force=True)
    expect(page.locator("#nothing")).to_be_visible()
    left += untranslated(page)

    # the portrait, of which nothing is drawn yet, and the timeline, at its latest day and before the first
    shown = {"portrait/": "#nothing", "timeline/": ".day", "timeline/?until=2000-01-01": "#nothing"}
    for address, drawn in shown.items():
        page.goto(f"{stack.url}/{address}")
        expect(page.locator(drawn)).to_be_visible()
        left += untranslated(page)

    # the preferences: with memory on and paused, a companion, an import, and leaving
    page.goto(f"{stack.url}/preferences/")
    left += untranslated(page)
    page.locator("form[action$='pause/'] .btn").click()
    expect(page.locator("[name=resume]")).to_be_visible()
    left += untranslated(page)
    page.locator("[name=resume]").click()
    expect(page.locator("[name=resume]")).to_have_count(0)
    page.locator(".act[href*='/companions/']").click()
    page.wait_for_url("**/companions/*/")
    left += untranslated(page)
    for address in ("companions/new/", "import/", "leave/"):
        page.goto(f"{stack.url}/preferences/{address}")
        left += untranslated(page)

    # the account's doors, and what is not there
    for address in ("password/change/", "invitations/", "logout/", "nowhere/"):
        page.goto(f"{stack.url}/account/{address}")
        left += untranslated(page)
    assert left == []
    page.goto(f"{stack.url}/preferences/")
    page.locator("[name=language]").select_option("en")
    page.locator("form:has([name=language]) .btn").click()
    expect(page.get_by_role("heading", name="Preferences", exact=True)).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "en")
