from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.db.models.signals import post_migrate

from memory import isolation


def open_the_doors(using: str, **_: Any) -> None:
    """After migrating: the app's roles get their passwords and the tables that no policy guards."""
    if using == "owner":
        isolation.set_role_passwords(secret=settings.SECRET_KEY, using=using)
        isolation.grant_shared_tables(using=using)


class OperationsConfig(AppConfig):
    """Starting, checking and running the whole."""

    name = "companion.operations"

    def ready(self) -> None:
        post_migrate.connect(open_the_doors, sender=apps.get_app_config("memory"))
