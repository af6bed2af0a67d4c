"""`manage.py frames`: the schema of what browser and server say to each other."""

import json
from typing import Any

from django.core.management.base import BaseCommand

from companion.chat.schema import schema


class Command(BaseCommand):
    """Print it as JSON Schema; `make frames` makes the browser's types of it."""

    help = "print the schema of what browser and server say to each other"
    requires_system_checks: list[str] = []

    def handle(self, **_: Any) -> None:
        """Print it."""
        self.stdout.write(json.dumps(schema(), indent=1))
