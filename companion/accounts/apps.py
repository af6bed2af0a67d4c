from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Sign-up, sign-in, time zone, invitations."""

    name = "companion.accounts"

    def ready(self) -> None:
        """Register the checks; accounts end with what memory holds of their people."""
        from companion.accounts import checks, leaving  # noqa: F401
        from memory.leaving import gone

        gone.connect(leaving.end, dispatch_uid="account goes")
