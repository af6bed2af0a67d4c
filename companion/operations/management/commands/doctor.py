"""`manage.py doctor`: is everything as it should be, and if not, what mends it?"""

import json
import sys
from contextlib import ExitStack
from dataclasses import asdict, replace
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from companion.operations import doctor, embedded
from companion.operations.doctor.finding import Finding, as_typed_here
from companion.operations.postgres import NotStarted, Postgres


class Command(BaseCommand):
    """Looks and changes nothing; the embedded database is started for the look where it does not run."""

    help = (
        "Look at every part and name the command that mends what is wrong. "
        "Exit status: 0 all sound, 1 findings, 2 something could not be looked at."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Which parts, and how to say it."""
        parser.add_argument("parts", nargs="*", metavar="PART", help=f"by default all: {', '.join(doctor.CHECKS)}")
        parser.add_argument("--json", action="store_true", help="one JSON object on stdout")

    def handle(self, *, parts: list[str], json: bool, **_: Any) -> None:
        """Tell, and leave with the status."""
        unknown = sorted(set(parts) - set(doctor.CHECKS))
        if unknown:
            self.stderr.write(f"There is no part {', '.join(unknown)}; there are: {', '.join(doctor.CHECKS)}.")
            sys.exit(2)
        report = _examined(parts or list(doctor.CHECKS))
        self._tell_json(report) if json else self._tell(report)
        sys.exit(report.status)

    def _tell(self, report: doctor.Report) -> None:
        for finding in report.findings:
            self.stdout.write(self.style.ERROR(f"✗ {finding.part}: {finding.wrong}"))
            self.stdout.write(f"    {finding.mend}")
        for part, why in report.not_looked_at.items():
            self.stdout.write(self.style.WARNING(f"? {part}: could not be looked at ({why})."))
        if report.sound:
            self.stdout.write(self.style.SUCCESS(f"✓ {', '.join(report.sound)}"))

    def _tell_json(self, report: doctor.Report) -> None:
        told = {"status": report.status, "findings": [asdict(finding) for finding in report.findings]}
        told |= {"not_looked_at": report.not_looked_at, "sound": report.sound}
        self.stdout.write(json.dumps(told))


def _examined(parts: list[str]) -> doctor.Report:
    """With the embedded database running; where it does not start, the rest is looked at all the same."""
    with ExitStack() as running:
        problem = None
        if not settings.DATABASE_URL:
            try:
                running.enter_context(Postgres(settings.DATA_DIR).used())
                running.callback(embedded.close_connections)
            except NotStarted as why:
                problem = Finding("database", str(why), "make up")
        report = doctor.examine(parts)
    if problem is not None:
        report.findings = [problem, *(each for each in report.findings if each.part != "database")]
    report.findings = [replace(each, mend=as_typed_here(each.mend)) for each in report.findings]
    return report
