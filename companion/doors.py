"""The doors that pages speak through: JSON in, JSON out, for who is signed in; what is refused is said in words."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import TYPE_CHECKING, Concatenate, NamedTuple, ParamSpec, TypeVar, cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from pydantic import BaseModel, ConfigDict, ValidationError

from companion.accounts.models import Person
from memory.isolation import Held

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

P = ParamSpec("P")
T = TypeVar("T", bound=BaseModel)
Door = Callable[Concatenate[HttpRequest, P], HttpResponse]

NOT_UNDERSTOOD = gettext_lazy("The page sent something that is not understood here. Load it again.")

HELD = gettext_lazy(
    "Something of yours is being kept or erased just now, which takes a while. It was not done; try again in a minute."
)


class NotUnderstood(ValueError):
    """A request that is none of the page's."""


class Asked(BaseModel):
    """A JSON object; a field that nobody named is an error."""

    model_config = ConfigDict(extra="forbid")


class Refusal(NamedTuple):
    """What an exception is told as; without a message, in its own words."""

    code: str
    status: int
    message: "str | StrPromise" = ""


def door(refusals: Mapping[type[Exception], Refusal]) -> Callable[[Door[P]], Door[P]]:
    """Only for who is signed in. These exceptions are told as they say; any other is a fault of ours."""
    known: dict[type[Exception], Refusal] = {
        NotUnderstood: Refusal("malformed", 400, NOT_UNDERSTOOD),
        Held: Refusal("held", 503, HELD),
        **refusals,
    }

    def guard(view: Door[P]) -> Door[P]:
        @login_required
        @never_cache
        @wraps(view)
        def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            try:
                return view(request, *args, **kwargs)
            except tuple(known) as refused:
                code, status, message = known[type(refused)]
                return JsonResponse({"code": code, "message": str(message or refused)}, status=status)

        return cast("Door[P]", guarded)

    return guard


def body(request: HttpRequest, schema: type[T]) -> T:
    """What a request asks. Raises NotUnderstood."""
    try:
        return schema.model_validate_json(request.body or b"{}")
    except ValidationError as wrong:
        raise NotUnderstood from wrong


def query(request: HttpRequest, schema: type[T]) -> T:
    """What an address asks after its question mark; what is empty there is not asked. Raises NotUnderstood."""
    try:
        return schema.model_validate({name: value for name, value in request.GET.items() if value})
    except ValidationError as wrong:
        raise NotUnderstood from wrong


def person_of(request: HttpRequest) -> Person:
    """Who is signed in."""
    return cast(Person, request.user)
