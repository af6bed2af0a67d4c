"""What every test may ask for: a migrated database with its roles, two people who do not know each other, an engine."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import TransactionTestCase
from django.test.utils import override_settings, setup_databases

from tests.emptying import empty_database
from tests.engine_server import engine_server
from tests.people import PASSWORD
from worker.stream import connection

__all__ = ["engine_server"]

ALIASES = ["default", "sweep", "owner"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Row-level security hangs on transactions, so every test of the database commits for real.

    What starts the whole stack takes longest and comes first, so that processes that share the tests end together.
    """
    for item in items:
        if item.get_closest_marker("django_db"):
            item.add_marker(pytest.mark.django_db(transaction=True, databases=ALIASES), append=False)
    items.sort(key=lambda item: item.get_closest_marker("stack") is None)


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: Any) -> Iterator[None]:
    """One test database under three roles; the whole server is thrown away afterwards."""
    from companion.operations.embedded import close_connections

    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _: empty_database())
        setup_databases(verbosity=0, interactive=False)
        yield
        close_connections()


@pytest.fixture(scope="session", autouse=True)
def quick_passwords(django_test_environment: None) -> Iterator[None]:
    """Accounts are made in no time."""
    with override_settings(PASSWORD_HASHERS=["tests.people.OneRound"]):
        yield


@pytest.fixture(autouse=True)
def nothing_cached() -> None:
    """Rate limits and what else is cached start anew; replies' logs and queues of a running stack stay."""
    redis = connection()
    if keys := list(redis.scan_iter("rosemary-cache:*")):
        redis.delete(*keys)


def _person(address: str, name: str, time_zone: str) -> Any:
    from django.contrib.auth import get_user_model

    return get_user_model().objects.create_user(address, PASSWORD, name=name, time_zone=time_zone)


@pytest.fixture
def ana(transactional_db: None) -> Any:
    """Somebody in Lisbon."""
    return _person("ana@example.org", "Ana", "Europe/Lisbon")


@pytest.fixture
def stranger(transactional_db: None) -> Any:
    """Somebody else, in Tokyo: every test may ask what they can do."""
    return _person("stranger@example.org", "Sam", "Asia/Tokyo")
