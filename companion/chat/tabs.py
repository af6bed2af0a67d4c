"""The open tabs of a person, told of what was done elsewhere than over their lines."""

import logging
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from pydantic import BaseModel
from redis.exceptions import RedisError

log = logging.getLogger(__name__)


def group_of(person_id: int) -> str:
    """The channel layer's group that each of them joins."""
    return f"person.{person_id}"


def tell(person_id: int, frame: BaseModel) -> None:
    """All of them hear it."""
    _ring(person_id, {"type": "told.elsewhere", "frame": frame.model_dump_json(), "by": ""})


def look_again(person_id: int) -> None:
    """They connect anew and read which conversations there are."""
    _ring(person_id, {"type": "look.again"})


def sign_out(person_id: int) -> None:
    """They take nothing more, and ask for signing in again."""
    _ring(person_id, {"type": "sign.out"})


def _ring(person_id: int, event: dict[str, Any]) -> None:
    """Those out of reach see it when they load."""
    try:
        async_to_sync(get_channel_layer().group_send)(group_of(person_id), event)
    except (RedisError, OSError) as error:
        log.warning("open tabs cannot be told: %s", type(error).__name__)
