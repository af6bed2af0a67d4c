from django.apps import AppConfig


class MemoryConfig(AppConfig):
    """Remembering, forgetting, recalling."""

    name = "memory"
