"""What a proxy, an orchestrator or Prometheus asks: is the process alive, can it serve, what has it counted?"""

import hmac
from collections.abc import Callable

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from redis.exceptions import RedisError

from companion.accounts.admission import is_local
from worker import stream
from worker.standing import Standing


def live(request: HttpRequest) -> JsonResponse:
    """The process answers; nothing else is looked at."""
    return JsonResponse({"live": True})


def ready(request: HttpRequest) -> JsonResponse:
    """Whether the database and Redis can be reached; 503 while one cannot."""
    parts = {"database": _answers(_ask_database), "redis": _answers(stream.connection().ping)}
    return JsonResponse({"ready": all(parts.values()), **parts}, status=200 if all(parts.values()) else 503)


def metrics(request: HttpRequest) -> HttpResponse:
    """For Prometheus: what this process counted, and how the installation stands."""
    if not (is_local(request) or _has_metrics_token(request)):
        return HttpResponse("From this machine, or with METRICS_TOKEN.\n", status=403, content_type="text/plain")
    standing = CollectorRegistry()
    standing.register(Standing())
    return HttpResponse(generate_latest(REGISTRY) + generate_latest(standing), content_type=CONTENT_TYPE_LATEST)


def _has_metrics_token(request: HttpRequest) -> bool:
    """Takes the same time however much of it is right."""
    given = request.headers.get("Authorization", "").removeprefix("Bearer ").encode(errors="surrogatepass")
    return bool(settings.METRICS_TOKEN) and hmac.compare_digest(given, settings.METRICS_TOKEN.encode())


def _answers(ask: Callable[[], object]) -> bool:
    try:
        ask()
    except (DatabaseError, RedisError):
        return False
    return True


def _ask_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("select 1")
