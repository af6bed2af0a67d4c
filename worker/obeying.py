"""The reply to a request of memory, made by code alone: no language model can say that it is done when it is not."""

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from django.db import connection
from django.utils.translation import gettext, gettext_lazy, ngettext
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from memory import clock, knowing, obeying
from memory.encoder import Encoder
from memory.engine import Engine
from memory.isolation import acting_as
from memory.knowing import Kind, Known, OfKind
from memory.models import Reply, Request
from memory.temporal import day_in_words

MOST_TOLD = 8  # things of one kind; all of them stand on the page of memories
NAMES = {
    Kind.ASKED: gettext_lazy("What you asked me to remember"),
    Kind.YOU: gettext_lazy("About you"),
    Kind.LIKINGS: gettext_lazy("What you like, and don’t"),
    Kind.PEOPLE: gettext_lazy("People and things in your life"),
    Kind.PLANS: gettext_lazy("Your plans"),
}


def answer(reply: Reply, request: Request, engine: Engine, encoder: Encoder) -> str | None:
    """What to say to a request, which is prepared on the way; None where the engine is to answer.

    To “remember that…” an engine that converses answers as to anything else: what was asked for is done already.
    """
    if request.kind == Request.Kind.REMEMBER and engine.converses:
        return None
    moment = clock.local(clock.now(), reply.owner.time_zone)
    kinds: list[Told] = []
    if request.kind == Request.Kind.KNOWN:
        with acting_as(reply.owner_id):
            held = knowing.known(companion=request.turn.conversation.companion, moment=moment, most=MOST_TOLD)
        kinds = [_told(kind, of_kind, reply.owner.time_zone) for kind, of_kind in held.items()]
    found = 0
    if request.kind == Request.Kind.FORGET:
        connection.close()
        found = len(obeying.find(request=request, person=reply.owner.called, moment=moment, encoder=encoder))
    return _template().render(request=request, found=found, kinds=kinds).strip()


class Told(NamedTuple):
    """What is known of one kind, as it is told."""

    name: str
    held: int  # of all that is known
    things: list[tuple[str, str]]  # the first, each with when it was told
    more: int


def _told(kind: Kind, of_kind: OfKind, zone: str) -> Told:
    things = [(thing.text.strip().rstrip("."), _since(thing, zone)) for thing in of_kind.first]
    return Told(str(NAMES[kind]), of_kind.count, things, of_kind.count - len(things))


def _since(thing: Known, zone: str) -> str:
    """“told on Tuesday 5 May”, and since when it holds where that is another day; empty where that is not known."""
    if thing.told_at is None:
        return ""
    today = clock.local(clock.now(), zone).date()
    told = clock.local(thing.told_at, zone).date()
    words = gettext("told on %(day)s") % {"day": day_in_words(told, today=today)}
    began = clock.local(thing.since, zone).date() if thing.since else told
    if began == told:
        return words
    return gettext("since %(day)s; %(told)s") % {"day": day_in_words(began, today=today), "told": words}


@lru_cache(maxsize=1)
def _template() -> Template:
    loader = FileSystemLoader(Path(__file__).parent)
    made = Environment(  # noqa: S701
        loader=loader, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.i18n"]
    )
    made.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]
    return made.get_template("obeying.md.jinja")
