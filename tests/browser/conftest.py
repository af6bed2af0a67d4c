"""A real Chromium on the whole running product, each module on a database of its own."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.stack import ROOT, Stack, new_database, running

expect.set_options(timeout=60_000)  # on a busy machine a worker's first reply waits for its encoder

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def chromium() -> str | None:
    """Debian's Chromium where there is one; else Playwright looks for its own."""
    return os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser a module. Playwright keeps an event loop in this thread, which Django would refuse to work beside."""
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        yield playwright.chromium.launch(executable_path=chromium(), args=QUIET)


@pytest.fixture(scope="module")
def empty_database(django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    """The URL of a migrated database in which nobody has an account yet."""
    with django_db_blocker.unblock():
        url = new_database("browser")
        manage(url, "migrate", "-v", "0")
        yield url


def manage(url: str, *arguments: str) -> None:
    """A command on that database, as one says it in a shell."""
    environment = os.environ | {"DATABASE_URL": url, "SECRET_KEY": settings.SECRET_KEY}
    subprocess.run([sys.executable, "manage.py", *arguments], cwd=ROOT, env=environment, check=True)


@pytest.fixture(scope="module")
def stack(empty_database: str, django_db_blocker: Any, tmp_path_factory: Any, engine_server: Any) -> Iterator[Stack]:
    """Web, workers and beat, with the protocol-true engine."""
    environment = {"DATABASE_URL": empty_database, "ENGINE_URL": engine_server.url, "ENGINE_MODEL": "echo"}
    with django_db_blocker.unblock():
        logs: Path = tmp_path_factory.mktemp("browser")
        with running(logs, "web", "chat", "memory", "beat", **environment) as stack:
            yield stack


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A fresh visitor in Lisbon."""
    context = browser.new_context(timezone_id="Europe/Lisbon", locale="en-GB")
    context.set_default_timeout(60_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page on which no script may fail and nothing may break the content policy."""
    page = context.new_page()
    failures: list[str] = []
    page.on("pageerror", lambda error: failures.append(str(error)))
    page.on(
        "console",
        lambda message: failures.append(message.text) if "Content Security Policy" in message.text else None,
    )
    yield page
    assert failures == []
