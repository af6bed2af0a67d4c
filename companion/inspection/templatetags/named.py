"""What stands in rows as a word of the database, in words."""

from django.template import Library
from django.utils.translation import gettext_lazy

from memory.models import Erasure, PortraitLine

register = Library()

STANDS = {
    Erasure.State.WAITING: gettext_lazy("waiting"),
    Erasure.State.BEGUN: gettext_lazy("begun"),
    Erasure.State.ERASED: gettext_lazy("erased"),
    Erasure.State.DONE: gettext_lazy("done"),
    Erasure.State.WITHDRAWN: gettext_lazy("withdrawn"),
}
WITHHELD = {
    Erasure.Kind.TURN: gettext_lazy("a turn"),
    Erasure.Kind.MEMORY: gettext_lazy("a memory"),
    Erasure.Kind.TOPIC: gettext_lazy("a topic"),
    Erasure.Kind.SPAN: gettext_lazy("a span of time"),
    Erasure.Kind.CONVERSATION: gettext_lazy("a conversation"),
    Erasure.Kind.COMPANION: gettext_lazy("a companion"),
    Erasure.Kind.PERSON: gettext_lazy("everything"),
    Erasure.Kind.OVERDUE: gettext_lazy("kept too long"),
    Erasure.Kind.ACCOUNT: gettext_lazy("the account"),
}
ASPECTS = {
    PortraitLine.Aspect.TRAIT: gettext_lazy("trait"),
    PortraitLine.Aspect.MOOD: gettext_lazy("mood"),
    PortraitLine.Aspect.PREFERENCE: gettext_lazy("preference"),
    PortraitLine.Aspect.PERSON: gettext_lazy("person"),
    PortraitLine.Aspect.PLACE: gettext_lazy("place"),
    PortraitLine.Aspect.MANNER: gettext_lazy("how best to answer them"),
}


@register.filter
def stands(state: str) -> str:
    """How far an erasure is."""
    return str(STANDS[Erasure.State(state)])


@register.filter
def withheld(kind: str) -> str:
    """What an erasure takes."""
    return str(WITHHELD[Erasure.Kind(kind)])


@register.filter
def aspect(name: str) -> str:
    """What of a person a line of the portrait is about."""
    return str(ASPECTS[PortraitLine.Aspect(name)])
