from django.apps import AppConfig


class MemoriesConfig(AppConfig):
    """A person's own view of what is remembered of them."""

    name = "companion.memories"
