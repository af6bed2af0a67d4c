from django.apps import AppConfig


class ChatConfig(AppConfig):
    """The websocket, conversations and receipts."""

    name = "companion.chat"
