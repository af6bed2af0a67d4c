"""What is understood of a request, in whatever language it was made."""

from dataclasses import dataclass

from memory.models import Request


@dataclass(frozen=True)
class Asked:
    """A request, and where in the text stands what it is about; of one about the person, nothing does."""

    kind: Request.Kind
    start: int = 0
    end: int = 0
