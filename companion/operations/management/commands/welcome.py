"""What `make up` says once everything runs."""

from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandParser

from companion.operations.setup_token import token
from worker import engines


class Command(BaseCommand):
    """Where to chat, with what engine, and how to make the first account."""

    help = "Say where to chat, what language model was found, and how to make the first account."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """The address to tell."""
        parser.add_argument("--address", required=True)

    def handle(self, *, address: str, **_: Any) -> None:
        """A few lines."""
        engines.current()  # looks at the local ports now, so that the page knows from the start
        told = engines.describe()
        self.stdout.write(f"\n  Rosemary is at {address}\n")
        self.stdout.write(f"  {told['words']}" if not told["connected"] else f"  Language model: {told['words']}")
        if not told["connected"]:
            self.stdout.write(
                "  Start Ollama, llama.cpp or vLLM on this machine, or name one on the page, and it is used at once."
            )
        if not get_user_model().objects.exists():
            self.stdout.write(
                "  The first account is the administrator’s. From another machine it takes this set-up token:"
            )
            self.stdout.write(f"  {token()}")
        self.stdout.write("  Ctrl-C stops everything and loses nothing.\n")
