"""A part that a test stops is there again for the next one."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from channels.db import database_sync_to_async
from django.conf import settings
from django.db import connections

from tests import parts
from worker.stream import connection

pytestmark = pytest.mark.django_db

AT_ONCE = 5


def ask(alias):
    with connections[alias].cursor() as cursor:
        cursor.execute("select 1")
        return cursor.fetchone()


def leave_some_in_the_pool():
    """As many connections as threads held at once lie in the pool afterwards."""
    held = Barrier(AT_ONCE)

    def hold(_):
        ask("default")
        held.wait(timeout=30)
        connections.close_all()

    with ThreadPoolExecutor(AT_ONCE) as threads:
        list(threads.map(hold, range(AT_ONCE)))


@pytest.mark.parametrize("alias", list(settings.DATABASES))
def test_once_postgresql_is_back_every_connection_answers(alias):
    leave_some_in_the_pool()
    ask(alias)
    with parts.postgres_stopped():
        pass
    assert ask(alias) == (1,)


async def stop_postgres_beside_an_event_loop():
    with parts.postgres_stopped():
        pass
    return await database_sync_to_async(ask)("default")


def test_beside_an_event_loop_the_pool_answers_at_once():
    leave_some_in_the_pool()
    assert asyncio.run(stop_postgres_beside_an_event_loop()) == (1,)


@pytest.mark.parametrize("alias", list(settings.DATABASES))
def test_after_a_test_beside_an_event_loop_the_next_finds_every_connection_answering(alias):
    ask(alias)
    asyncio.run(stop_postgres_beside_an_event_loop())
    parts.pytest_runtest_setup()
    assert ask(alias) == (1,)


def test_a_frozen_redis_goes_on_where_it_was():
    connection().set("rosemary-cache:before", "yes")
    with parts.redis_frozen():
        pass
    assert connection().get("rosemary-cache:before") == b"yes"
