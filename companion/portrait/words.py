"""What the page of the portrait says in words."""

from django.utils.translation import gettext_lazy

NO_SUCH = gettext_lazy("There is no such line any more. It may have gone with the words it stood on.")
NO_SUCH_COMPANION = gettext_lazy("There is no such companion.")
NOT_TO_TAKE_BACK = gettext_lazy("There is nothing to take back any more: the line changed meanwhile.")
SURENESS = (
    (0.8, 4, gettext_lazy("very sure")),
    (0.65, 3, gettext_lazy("fairly sure")),
    (0.5, 2, gettext_lazy("rather sure")),
    (0.0, 1, gettext_lazy("a guess")),
)
SAID_SO = gettext_lazy("you said so")


def sureness(confidence: float) -> tuple[int, str]:
    """How sure a line is, of four leaves and in words; confidence is 0-1."""
    return next((leaves, str(said)) for least, leaves, said in SURENESS if confidence >= least)
