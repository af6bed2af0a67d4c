"""While what somebody said is still being read, the pages of what is remembered say so, and say when it is read."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import manage
from tests.browser.pictures import pictures
from tests.browser.test_conversation import sign_up
from tests.browser.test_memories import ADDRESS, SISTER, history
from tests.browser.test_preferences import is_accessible
from tests.stack import running

pytestmark = [pytest.mark.browser, pytest.mark.stack]


@pytest.fixture(scope="module")
def stack(empty_database, django_db_blocker, tmp_path_factory):
    """A house whose memory worker has not come yet."""
    told = {"DATABASE_URL": empty_database, "ENGINE_URL": ""}
    with django_db_blocker.unblock(), running(tmp_path_factory.mktemp("reading"), "web", **told) as stack:
        yield stack


def test_the_pages_say_how_far_the_reading_is_until_all_of_it_is_read(stack, page, empty_database, tmp_path):
    sign_up(page, stack.url, name="Clara", address=ADDRESS)
    manage(empty_database, "import_history", str(history(tmp_path)), "--person", ADDRESS)
    for place in ("timeline", "portrait", "memories"):
        page.goto(f"{stack.url}/{place}/")
        expect(page.get_by_text("Rosemary is still reading: 0 of 2 conversations are read.")).to_be_visible()
        is_accessible(page)
        pictures(page, f"reading-{place}")
    stack.start("memory", "beat")
    expect(page.get_by_text("All of it is read.")).to_be_visible(timeout=180_000)
    page.get_by_role("button", name="Show what is new").click()
    expect(page.get_by_role("link", name=SISTER, exact=True)).to_be_visible()
    expect(page.get_by_text("All of it is read.")).to_have_count(0)
