"""`manage.py up`: read the settings, then become the small process that starts and watches everything."""

import os
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    """Start PostgreSQL, Redis, web, workers and beat, and chat at localhost."""

    help = "Start everything and say where to chat. Ctrl-C stops it and loses nothing."
    requires_system_checks: list[str] = []

    def handle(self, **_: Any) -> None:
        """Never returns: the process is replaced."""
        told = {"DATA_DIR": str(settings.DATA_DIR), "HOST": settings.HOST, "PORT": str(settings.PORT)}
        told["METRICS_PORT"] = str(settings.METRICS_PORT)
        sys.stdout.flush()
        command = [sys.executable, "-m", "companion.operations.supervise"]
        os.execve(sys.executable, command, os.environ | told)  # noqa: S606 - our own interpreter
