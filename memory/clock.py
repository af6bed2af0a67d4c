"""The one clock. A shift, set in the environment, lets one try what the companion remembers tomorrow."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone

APART = timedelta(minutes=1)  # the clocks of an installation's machines differ by less


def now() -> datetime:
    """This moment, aware, moved by `CLOCK_SHIFT` seconds."""
    return timezone.now() + timedelta(seconds=settings.CLOCK_SHIFT)


def local(moment: datetime, zone: str) -> datetime:
    """The same moment on the wall clock of a person's IANA zone."""
    return moment.astimezone(ZoneInfo(zone))
