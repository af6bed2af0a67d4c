"""Look at every part of an installation and say what is wrong with it (`manage.py doctor`). Changes nothing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from django.db import DatabaseError
from redis.exceptions import RedisError

from companion.operations.doctor import database, encoding, installation, queues, row_security, work
from companion.operations.doctor.finding import CouldNotLook, Finding

Check = Callable[[], list[Finding]]

CHECKS: dict[str, Check] = {
    "settings": installation.settings_are_sound,
    "secret key": installation.secret_key_is_sound,
    "frontend": installation.frontend_is_built,
    "disk": installation.disk_has_room,
    "database": database.answers,
    "migrations": database.is_up_to_date,
    "extension": database.has_vectors,
    "roles": row_security.roles_are_held,
    "row security": row_security.is_enforced,
    "clock": database.clocks_agree,
    "redis": queues.redis_answers,
    "queues": queues.have_consumers,
    "beat": queues.beat_is_running,
    "connections": database.connections_suffice,
    "encoder": encoding.fits_the_keys,
    "engine": installation.engine_answers,
    "work": work.flows,
}


@dataclass
class Report:
    """What was found, what is sound, and what could not be looked at, by part."""

    findings: list[Finding] = field(default_factory=list)
    sound: list[str] = field(default_factory=list)
    not_looked_at: dict[str, str] = field(default_factory=dict)

    @property
    def status(self) -> int:
        """The exit status: 1 with findings; 2 without, where something could not be looked at; else 0."""
        return 1 if self.findings else 2 if self.not_looked_at else 0


def examine(parts: Sequence[str] = tuple(CHECKS)) -> Report:
    """Make the checks of these parts, in their order."""
    report = Report()
    for part in parts:
        try:
            found = CHECKS[part]()
        except CouldNotLook as why:
            report.not_looked_at[part] = str(why)
            continue
        except (DatabaseError, RedisError) as error:  # away, or not as the migrations made it: found elsewhere
            report.not_looked_at[part] = type(error).__name__
            continue
        report.findings += found
        if not found:
            report.sound.append(part)
    return report
