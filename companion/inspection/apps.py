from django.apps import AppConfig


class InspectionConfig(AppConfig):
    """An administrator's view of a person's memories: with a reason, recorded, and shown to that person."""

    name = "companion.inspection"
