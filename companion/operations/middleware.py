"""Each request has an id, and whoever opens an address that only takes forms is told where to go on."""

from collections.abc import Callable
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from worker import request_id


class RequestIdMiddleware:
    """The id is the proxy's, else one of our own, and told in the answer.

    First of all, so that whatever is logged after it bears the id.
    """

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


class FormsOnlyMiddleware:
    """A page in place of the empty answer 405, which one meets after signing in anew in the middle of a form.

    Last of all, so that the page is in the person's language.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code != HTTPStatus.METHOD_NOT_ALLOWED or request.method != "GET":
            return response
        page = render(request, "405.html", status=response.status_code)
        page["Allow"] = response["Allow"]
        return page
