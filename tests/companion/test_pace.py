"""How fast one person may ask holds over their tabs, also over those that went, and nothing is kept of it for long."""

import time

import pytest

from companion.chat import pace
from companion.chat.pace import SAID_AT_ONCE, SOCKETS_AT_ONCE, Bucket, pace_of


class Tab:
    """Somebody's, while it is there."""


@pytest.fixture
def pass_by(monkeypatch):
    """A clock that goes only as far as it is told; nobody is known yet."""
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr(pace, "_known", pace._Known())

    def seconds(count):
        now[0] += count

    return seconds


def spent(person_id):
    """Somebody comes, says all that they may at once, and goes."""
    theirs, tab = pace_of(person_id), Tab()
    theirs.tabs.add(tab)
    while theirs.said.take_if_there():
        pass


def test_who_comes_back_finds_their_allowance_as_they_left_it(pass_by):
    spent(1)
    assert not pace_of(1).said.take_if_there()
    pass_by(1.0)
    assert pace_of(1).said.take_if_there()
    assert not pace_of(1).said.take_if_there()


def test_another_persons_is_untouched(pass_by):
    spent(1)
    assert pace_of(2).said.take_if_there()


def test_whoever_rested_is_forgotten_and_whoever_is_here_is_not(pass_by):
    for person_id in range(1000):
        spent(person_id)
    tab = Tab()
    pace_of(7).tabs.add(tab)
    pass_by(SAID_AT_ONCE + pace.LOOKED_OVER)
    pace_of(1000)
    assert set(pace._known.paces) == {7, 1000}


def test_whoever_has_not_rested_is_not_forgotten(pass_by):
    pass_by(pace.LOOKED_OVER - 1.0)
    spent(1)
    pass_by(2.0)
    pace_of(2)
    assert set(pace._known.paces) == {1, 2}


def test_nobody_waits_for_what_those_who_left_had_asked(pass_by):
    bucket = Bucket(10, 2.0)
    waits = [bucket.take() for _ in range(1000)]
    assert max(waits) == 5.0


def test_connecting_takes_its_share_too(pass_by):
    theirs = pace_of(1)
    assert [theirs.sockets.take_if_there() for _ in range(SOCKETS_AT_ONCE + 1)].count(True) == SOCKETS_AT_ONCE
