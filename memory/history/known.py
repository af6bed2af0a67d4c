"""By what the turns of a source are known again, here or in the account that they were exported from."""

from collections.abc import Iterable
from uuid import NAMESPACE_URL, UUID, uuid5

from memory.models import Turn


def turn_id(source: str, identity: str) -> UUID:
    """An imported turn's client id: the same turn of the same source has the same."""
    return uuid5(NAMESPACE_URL, f"rosemary import {source} {identity}")


def here(person_id: int, source: str, identities: Iterable[str]) -> dict[str, int]:
    """Those that are here already, imported before or said in this very account: their turns, by their ids there.

    Runs inside `acting_as(person)`.
    """
    named = {identity: (turn_id(source, identity), _own(identity)) for identity in identities}
    wanted = {client_id for both in named.values() for client_id in both if client_id is not None}
    turns = dict(Turn.objects.of(person_id).filter(client_id__in=wanted).values_list("client_id", "pk"))
    return {identity: turns[client_id] for identity, both in named.items() for client_id in both if client_id in turns}


def _own(identity: str) -> UUID | None:
    """Of a file that was exported here, the client id is the identity itself."""
    try:
        own = UUID(identity)
    except ValueError:
        return None
    return own if str(own) == identity else None
