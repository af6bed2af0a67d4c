"""Each request is shown in the person's own time zone and language."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers

from companion.accounts.models import Person, known_time_zones


class TimeZoneMiddleware:
    """Activates the signed-in person's zone for templates; a zone that this machine has lost is shown as UTC."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        zone = getattr(request.user, "time_zone", "UTC")
        with timezone.override(zone if zone in known_time_zones() else "UTC"):
            return self.get_response(request)


class LanguageMiddleware:
    """Activates the language that the person chose, else the browser's, else English.

    The browser's is remembered, for what workers say to the person later.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        language = translation.get_language_from_request(request)
        if isinstance(request.user, Person):
            request.user.follow_language(language)
            language = request.user.speaks
        with translation.override(language):
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        patch_vary_headers(response, ["Accept-Language"])
        return response
