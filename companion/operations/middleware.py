"""Each request has an id: the proxy's, else one of our own, told in the answer."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from worker import request_id


class RequestIdMiddleware:
    """First of all, so that whatever is logged after it bears the id."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = request_id.begin(request.headers.get(request_id.HEADER, ""))
        try:
            response = self.get_response(request)
            response[request_id.HEADER] = request_id.current()
            return response
        finally:
            request_id.end(token)
