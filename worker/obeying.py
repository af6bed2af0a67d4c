"""The reply to a request of memory, made by code alone: no language model can say that it is done when it is not."""

from functools import lru_cache
from pathlib import Path

from django.db import connection
from django.utils.translation import gettext, ngettext
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from memory import clock, obeying
from memory.encoder import Encoder
from memory.engine import Engine
from memory.isolation import acting_as
from memory.models import Memory, Reply, Request
from memory.temporal import day_in_words


def answer(reply: Reply, request: Request, engine: Engine, encoder: Encoder) -> str | None:
    """What to say to a request, which is prepared on the way; None where the engine is to answer.

    To “remember that…” an engine that converses answers as to anything else: what was asked for is done already.
    """
    if request.kind == Request.Kind.REMEMBER and engine.converses:
        return None
    moment = clock.local(clock.now(), reply.owner.time_zone)
    facts = []
    if request.kind == Request.Kind.KNOWN:
        with acting_as(reply.owner_id):
            known = obeying.known(companion=request.turn.conversation.companion, moment=moment)
            facts = [(memory.text, _since(memory, reply.owner.time_zone)) for memory in known]
    found = 0
    if request.kind == Request.Kind.FORGET:
        connection.close()
        found = len(obeying.find(request=request, person=reply.owner.called, moment=moment, encoder=encoder))
    return _template().render(request=request, found=found, facts=facts).strip()


def _since(memory: Memory, zone: str) -> str:
    """“told on Tuesday 5 May”, and since when it holds where that is another day."""
    today = clock.local(clock.now(), zone).date()
    told = clock.local(memory.said_at, zone).date()
    words = gettext("told on %(day)s") % {"day": day_in_words(told, today=today)}
    began = clock.local(memory.valid_from, zone).date() if memory.valid_from else told
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
