"""What stands in a log of an address: where it led, and nothing by which somebody else could go there, too."""

import logging

import pytest

from worker.logs import Wordless

CODE = "vOTcrejPcTt9g8TgikK4Zr-Gmp_0muLI"


def logged(name: str, message: str, *values: object) -> str:
    """The line that a library's record becomes."""
    record = logging.LogRecord(name, logging.INFO, "", 0, message, values, None)
    assert Wordless().filter(record)
    return record.getMessage()


def accessed(path: str) -> str:
    """As uvicorn tells of a request."""
    return logged("uvicorn.access", '%s - "%s %s HTTP/%s" %d', "127.0.0.1:5", "GET", path, "1.1", 200)


@pytest.mark.parametrize(
    ("path", "told"),
    [
        (f"/goodbye/{CODE}/", "/goodbye/…/"),
        (f"/goodbye/{CODE}/receipt.json", "/goodbye/…/receipt.json"),
        (f"/account/invitation/{CODE}/", "/account/invitation/…/"),
        ("/account/password/reset/key/1-cyq8t2-" + "0f" * 16 + "/", "/account/password/reset/key/…/"),
        ("/account/confirm-email/MQ:1tXyzA:" + "a-_B" * 10 + "/", "/account/confirm-email/…/"),
        ("/memories/?q=saffron", "/memories/"),
    ],
)
def test_codes_and_questions_do_not_stand_in_the_log(path, told):
    assert f'"GET {told} HTTP' in accessed(path)
    assert logged("django.request", "%s: %s", "Not Found", path) == f"Not Found: {told}"


@pytest.mark.parametrize(
    "path",
    ["/inspect/3/portrait/", "/c/3083ad18-bd3f-4806-9e99-185fb04aaf2d/", "/static/assets/commands-Dx81kQ2p_long.js"],
)
def test_what_an_address_says_beside_them_stays(path):
    assert f'"GET {path} HTTP' in accessed(path)
