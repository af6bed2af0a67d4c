"""Whose turn it is to work, of those who wait for one: first whoever is waited for, and nobody for ever."""

from threading import Thread
from time import monotonic, sleep

import pytest

from worker import turns
from worker.turns import Haste, Turns

PATIENCE = 10.0


@pytest.fixture
def now(monkeypatch):
    """The clock by which it is told who came when, in seconds."""
    moment = [100.0]
    monkeypatch.setattr(turns.time, "monotonic", lambda: moment[0])
    return moment


def order(taking, now):
    """The names in the order of their turns; each came at a moment, while the only turn there is was taken."""
    one, came, threads = Turns(1), [], []
    one.take(Haste.FIRST_WORD)

    def work(name, haste):
        one.take(haste)
        came.append(name)
        one.give_back()

    for number, (name, haste, moment) in enumerate(taking, start=1):
        now[0] = moment
        threads.append(Thread(target=work, args=(name, haste), daemon=True))
        threads[-1].start()
        wait_until(lambda number=number: len(one._waiting) + len(one._patient) == number)
    one.give_back()
    for thread in threads:
        thread.join(PATIENCE)
    return came


def wait_until(so):
    until = monotonic() + PATIENCE
    while not so():
        assert monotonic() < until
        sleep(0.001)


def test_a_first_word_goes_before_what_nobody_waits_for(now):
    came = order([("index", Haste.RECALLABLE, 0), ("keep", Haste.KEEPING, 0), ("word", Haste.FIRST_WORD, 0)], now)
    assert came == ["word", "keep", "index"]


def test_what_has_waited_for_long_goes_before_a_first_word_that_came_later(now):
    later = Haste.RECALLABLE.value + 1
    assert order([("index", Haste.RECALLABLE, 0), ("word", Haste.FIRST_WORD, later)], now) == ["index", "word"]


def test_those_in_equal_haste_take_turns_as_they_came(now):
    assert order([(name, Haste.KEEPING, 0) for name in "abc"], now) == ["a", "b", "c"]


def test_what_was_begun_is_ended_before_what_came_later_is_begun():
    """Else all would be begun before any is ended, and everybody would wait as long as the last."""
    one, came = Turns(1), []
    one.take(Haste.FIRST_WORD)
    threads = []
    for name, since in (("later", 20.0), ("begun", 10.0)):

        def work(name=name, since=since):
            one.take(Haste.FIRST_WORD, since=since)
            came.append(name)
            one.give_back()

        threads.append(Thread(target=work, daemon=True))
        threads[-1].start()
    wait_until(lambda: len(one._waiting) == 2)
    one.give_back()
    for thread in threads:
        thread.join(PATIENCE)
    assert came == ["begun", "later"]


def keys_beside_a_word():
    """Two turns, one taken by somebody who waits for a word; a thread that waits for the other, and what it did."""
    two, came = Turns(2), []
    two.take(Haste.FIRST_WORD)
    keys = Thread(target=lambda: (two.take(Haste.RECALLABLE), came.append("keys")), daemon=True)
    keys.start()
    wait_until(lambda: two._patient)
    return two, keys, came


def test_what_is_to_become_recallable_waits_for_a_quiet_moment(now):
    two, keys, came = keys_beside_a_word()
    assert not came, "a turn is free, but somebody waits for a word"
    two.give_back()
    keys.join(PATIENCE)
    assert came == ["keys"]


def test_nothing_waits_for_ever_for_a_quiet_moment(now):
    two, keys, came = keys_beside_a_word()
    now[0] += Haste.RECALLABLE.value
    word = Thread(target=two.take, args=(Haste.FIRST_WORD,), daemon=True)
    word.start()  # whoever comes or goes lets in those who have waited for so long
    keys.join(PATIENCE)
    assert came == ["keys"]


def test_as_many_work_at_once_as_there_are_turns():
    two = Turns(2)
    two.take(Haste.KEEPING)
    two.take(Haste.KEEPING)
    third = Thread(target=two.take, args=(Haste.FIRST_WORD,), daemon=True)
    third.start()
    wait_until(lambda: two._waiting)
    assert third.is_alive()
    two.give_back()
    third.join(PATIENCE)
    assert not third.is_alive()
