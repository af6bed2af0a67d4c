"""`manage.py try_again`: what was given up after its attempts is due again."""

from typing import Any

from django.core.management.base import BaseCommand

from worker import waiting


class Command(BaseCommand):
    """Harmless to run: what was not given up stays as it is."""

    help = "Have steps of sessions and days tried again that were given up; the sweeps take them up within a minute."

    def handle(self, **_: Any) -> None:
        """One line on stdout."""
        self.stdout.write(f"{waiting.try_failed_again()} are due again.")
