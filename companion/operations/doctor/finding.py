"""What the doctor says: what is wrong, and the command that mends it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it should be, in words without anything a person said."""

    part: str
    wrong: str
    mend: str  # a command, or what to set or do where no command can


class CouldNotLook(RuntimeError):
    """Something that a check needs is away, so it says nothing; the message says what."""


def sql(statement: str) -> str:
    """The command that runs a statement as the owner of the tables."""
    return f'manage.py dbshell --database owner -- -c "{statement}"'
