#!/usr/bin/env python
"""The one door for a developer or operator."""

import os
import sys


def main() -> None:
    """Run a management command, with the embedded database started where none is configured."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "companion.settings")
    from django.core.management import execute_from_command_line

    from companion.operations import embedded

    try:
        with embedded.database_for_command(sys.argv):
            execute_from_command_line(sys.argv)
    except embedded.NotStarted as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
