"""`migrate` works as the owner of the tables unless told otherwise: the app's own role may not change them."""

from django.core.management.base import CommandParser
from django.core.management.commands.migrate import Command as Migrate


class Command(Migrate):
    """Django's own command with another default database."""

    def add_arguments(self, parser: CommandParser) -> None:
        """As Django's, with `--database owner` by default."""
        super().add_arguments(parser)
        parser.set_defaults(database="owner")
