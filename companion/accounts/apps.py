from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Sign-up, sign-in, time zone."""

    name = "companion.accounts"
