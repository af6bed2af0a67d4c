"""The language model of the house in a real browser: tried and named in the first run, changed afterwards."""

import pytest
from playwright.sync_api import expect

from tests.browser.pictures import pictures
from tests.browser.test_conversation import say
from tests.browser.test_preferences import is_accessible
from tests.people import PASSWORD
from tests.stack import free_port, running

pytestmark = [pytest.mark.browser, pytest.mark.stack]


@pytest.fixture(scope="module")
def stack(empty_database, django_db_blocker, tmp_path_factory):
    """An empty house for which the environment names no language model."""
    told = {"DATABASE_URL": empty_database, "ENGINE_DISCOVERY": "true", "ENGINE_URL": ""}
    with (
        django_db_blocker.unblock(),
        running(tmp_path_factory.mktemp("engine"), "web", "chat", **told) as stack,
    ):
        yield stack


def test_a_language_model_is_named_in_the_first_run_and_another_time_in_the_preferences(stack, page, engine_server):
    page.goto(f"{stack.url}/account/signup/")
    page.get_by_label("Your name").fill("Clara")
    page.get_by_label("Email").fill("clara@example.org")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    pictures(page, "first-run")
    expect(page.get_by_label("Its address")).to_be_hidden()
    page.get_by_label("Another address").check()
    address = page.get_by_label("Its address")
    address.fill(f"http://127.0.0.1:{free_port()}")
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_text("Nothing answers at 127.0.0.1")).to_be_visible()
    is_accessible(page)
    pictures(page, "first-run-address")
    address.fill(engine_server.url.removesuffix("/v1"))
    address.press("Enter")
    expect(page.get_by_text("It answered in")).to_be_visible()
    expect(address).to_have_value(engine_server.url)
    page.get_by_label("The model").select_option("echo")
    page.get_by_role("button", name="Begin talking").click()
    expect(page.get_by_text(f"echo at 127.0.0.1:{engine_server.port}").first).to_be_visible()
    expect(page.get_by_text("No language model is connected")).to_have_count(0)
    before = len(engine_server.seen())
    say(page, "My boat is called Petrel.")
    assert len(engine_server.seen()) > before

    page.goto(f"{stack.url}/preferences/")
    page.get_by_role("link", name="The language model").click()
    expect(page.get_by_text("It answered in")).to_be_visible()
    is_accessible(page)
    pictures(page, "preferences-engine")
    address = page.get_by_label("Its address")
    address.fill(f"http://127.0.0.1:{free_port()}/v1")
    page.get_by_role("button", name="Keep", exact=True).click()
    expect(page.get_by_text("Nothing answers at").last).to_be_visible()
    expect(page.get_by_role("button", name="Keep it all the same")).to_be_visible()
    is_accessible(page)
    pictures(page, "preferences-engine-away")
    page.get_by_label("Later").check()
    page.get_by_role("button", name="Keep", exact=True).click()
    expect(page.get_by_role("status").first).to_have_text("Kept. It holds from the next reply on.")
    page.goto(stack.url)
    expect(page.get_by_text("No language model is connected")).to_be_visible()  # said once; beside the name in short
    expect(page.get_by_role("button", name="no model connected")).to_be_visible()
    pictures(page, "chat-without-model")
    before = len(engine_server.seen())
    say(page, "And my dog is called Otto.")
    assert len(engine_server.seen()) == before
