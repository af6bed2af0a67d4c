"""How a process that a measurement spawns begins. Django is imported only in it: before it there are no apps."""

from collections.abc import Sequence
from typing import Any


def begin(names: Sequence[tuple[str, str]], ready: Any) -> None:
    """Be led to the scratch database, load the encoder, and wait until the others are as far."""
    import django

    django.setup()

    from django.db import connections

    from memory import encoder

    for alias, name in names:
        connections.settings[alias]["NAME"] = connections[alias].settings_dict["NAME"] = name
    encoder.current().encode(["The first text of a process takes longer."])
    ready.wait(timeout=300)
