"""What the doctor says: what is wrong, and the command that mends it."""

import re
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

PROGRAM = re.compile(r"(?:^|(?<=&& ))(?:python|manage\.py|celery)(?= )")


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


def as_typed_here(mend: str) -> str:
    """The same with the programs of this Python's environment, as one calls them from this folder."""
    folder = Path(sys.executable).parent
    if folder.is_relative_to(Path.cwd()):
        folder = folder.relative_to(Path.cwd())
    python, celery = (shlex.quote(str(folder / name)) for name in ("python", "celery"))
    called = {"python": python, "manage.py": f"{python} manage.py", "celery": celery}
    return PROGRAM.sub(lambda found: called[found[0]], mend)
