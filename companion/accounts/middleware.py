"""Each request is shown in the person's own time zone."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from companion.accounts.models import known_time_zones


class TimeZoneMiddleware:
    """Activates the signed-in person's zone for templates; a zone that this machine has lost is shown as UTC."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        zone = getattr(request.user, "time_zone", "UTC")
        with timezone.override(zone if zone in known_time_zones() else "UTC"):
            return self.get_response(request)
