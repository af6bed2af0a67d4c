"""The frontend is built anew while the server runs: its files and their names follow, and what is gone is not there."""

import json
import os

import pytest
from django.http import HttpResponse
from django_vite.core.asset_loader import DjangoViteConfig

from companion.operations.frontend_files import FrontendClient, FrontendFilesMiddleware


@pytest.fixture
def dist(tmp_path, settings):
    """A build, of which one file is there."""
    settings.STATICFILES_DIRS = [tmp_path]
    (tmp_path / "chat-old.js").write_text("old")
    return tmp_path


@pytest.fixture
def get(rf, dist):
    """What a server that started with the first build answers."""
    serve = FrontendFilesMiddleware(lambda request: HttpResponse("a page", status=404))

    def get(path):
        response = serve(rf.get(path))
        return response.status_code, b"".join(response)

    return get


def test_a_script_that_went_with_an_earlier_build_is_not_found(dist, get):
    assert get("/static/chat-old.js") == (200, b"old")
    (dist / "chat-old.js").unlink()
    assert get("/static/chat-old.js")[0] == 404
    assert get("/static/chat-old.js")[0] == 404


def test_a_script_that_came_with_a_later_build_is_served(dist, get):
    assert get("/static/chat-new.js")[0] == 404
    (dist / "chat-new.js").write_text("new")
    assert get("/static/chat-new.js") == (200, b"new")


def test_what_lies_beside_the_built_files_is_not_served(dist, get):
    (dist.parent / "secret").write_text("secret")
    assert get("/static/../secret")[0] == 404


def test_pages_name_the_files_of_the_latest_build(dist):
    manifest = dist / "manifest.json"

    def build(file, at):
        manifest.write_text(json.dumps({"src/site.ts": {"file": file}}))
        os.utime(manifest, (at, at))

    build("site-old.js", 1_000)
    client = FrontendClient(DjangoViteConfig(manifest_path=manifest))
    assert "site-old.js" in client.generate_vite_asset("src/site.ts")
    build("site-new.js", 2_000)
    assert "site-new.js" in client.generate_vite_asset("src/site.ts")
    manifest.write_text("half")
    assert "site-new.js" in client.generate_vite_asset("src/site.ts")
