from django.apps import AppConfig


class PortraitConfig(AppConfig):
    """A person's own view of what is concluded about who they are."""

    name = "companion.portrait"
