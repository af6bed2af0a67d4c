"""What a proxy or an orchestrator asks: is the process alive, can it serve?"""

from collections.abc import Callable

from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from redis.exceptions import RedisError

from worker import stream


def live(request: HttpRequest) -> JsonResponse:
    """The process answers; nothing else is looked at."""
    return JsonResponse({"live": True})


def ready(request: HttpRequest) -> JsonResponse:
    """Whether the database and Redis can be reached; 503 while one cannot."""
    parts = {"database": _answers(_ask_database), "redis": _answers(stream.connection().ping)}
    return JsonResponse({"ready": all(parts.values()), **parts}, status=200 if all(parts.values()) else 503)


def _answers(ask: Callable[[], object]) -> bool:
    try:
        ask()
    except (DatabaseError, RedisError):
        return False
    return True


def _ask_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("select 1")
