"""PostgreSQL itself keeps people apart."""

from uuid import uuid4

import pytest
from django.apps import apps
from django.db import DatabaseError, connections, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from memory.isolation import APP_ROLE, acting_as
from memory.models.owned import OwnedModel
from tests.memory.test_dialogue import say

pytestmark = pytest.mark.django_db

OWNED = [model for model in apps.get_app_config("memory").get_models() if issubclass(model, OwnedModel)]


def scalar(query, parameters=(), using="default"):
    with connections[using].cursor() as cursor:
        cursor.execute(query, parameters)
        return cursor.fetchone()[0]


def test_the_app_works_under_a_role_that_is_neither_superuser_nor_owner_nor_above_policies():
    assert scalar("select current_user") == APP_ROLE
    assert not scalar("select rolsuper or rolbypassrls or rolcreaterole from pg_roles where rolname = current_user")
    assert scalar("select count(*) from pg_tables where tableowner = current_user") == 0


@pytest.mark.parametrize("model", OWNED, ids=lambda model: model.__name__)
def test_every_owned_table_forces_its_policy_on_everybody(model):
    table = model._meta.db_table
    query = "select relrowsecurity and relforcerowsecurity from pg_class where oid = %s::regclass"
    assert scalar(query, [table], using="owner")


def test_nobody_set_means_no_rows(ana):
    say(ana)
    assert scalar("select count(*) from memory_turn") == 0


def test_the_person_ends_with_the_transaction_and_with_a_nested_block(ana, stranger):
    say(ana)
    with acting_as(ana.pk):
        with acting_as(stranger.pk):
            assert scalar("select count(*) from memory_turn") == 0
        assert scalar("select count(*) from memory_turn") == 1
    assert scalar("select count(*) from memory_turn") == 0


def test_a_row_for_somebody_else_is_refused(ana, stranger):
    from memory.models import Companion

    with pytest.raises(DatabaseError, match="row-level security"), acting_as(stranger.pk):
        Companion.objects.create(owner=ana, created_at="2026-01-01T00:00Z")


def test_a_partition_of_the_index_cannot_be_read_around_its_policy(ana):
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        scalar("select count(*) from memory_key_00")


def test_the_sweeps_role_sees_ids_and_states_and_no_words(ana):
    say(ana, "A secret of mine.")
    assert scalar("select count(*) from memory_reply where state = 'waiting'", using="sweep") == 1
    for forbidden in ("select text from memory_turn", "select explanation from memory_reply"):
        with pytest.raises(DatabaseError, match="permission denied"):
            scalar(forbidden, using="sweep")
    with pytest.raises(DatabaseError, match="permission denied"):
        scalar("update memory_reply set state = 'whole' returning 1", using="sweep")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(model=st.sampled_from(OWNED), as_owner=st.booleans(), act=st.sampled_from(["read", "update", "delete"]))
def test_no_act_on_any_table_reaches_another_persons_rows(ana, stranger, model, as_owner, act):
    say(ana, f"Words of mine {uuid4()}")
    table = model._meta.db_table
    whose = ana if as_owner else stranger
    rows = scalar(f"select count(*) from {table} where owner_id = %s", [ana.pk], using="owner")
    with transaction.atomic(), acting_as(whose.pk):
        match act:
            case "read":
                reached = scalar(f"select count(*) from {table} where owner_id = %s", [ana.pk])
            case "update":
                with connections["default"].cursor() as cursor:
                    cursor.execute(f"update {table} set owner_id = owner_id where owner_id = %s", [ana.pk])
                    reached = cursor.rowcount
            case "delete":
                reached = 0 if as_owner else deleted(table, ana.pk)
    assert reached == (rows if as_owner and act != "delete" else 0)


def deleted(table, owner):
    with connections["default"].cursor() as cursor:
        cursor.execute(f"delete from {table} where owner_id = %s", [owner])
        return cursor.rowcount
