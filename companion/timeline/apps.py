from django.apps import AppConfig


class TimelineConfig(AppConfig):
    """A person's days with their companion."""

    name = "companion.timeline"
