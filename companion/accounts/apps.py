from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Sign-up, sign-in, time zone, invitations."""

    name = "companion.accounts"

    def ready(self) -> None:
        """Register the checks."""
        from companion.accounts import checks  # noqa: F401
