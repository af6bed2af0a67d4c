from django.apps import AppConfig


class MemoryConfig(AppConfig):
    """Remembering, forgetting, recalling."""

    name = "memory"

    def ready(self) -> None:
        """Have the settings checked before anything starts."""
        from memory import checks  # noqa: F401
