"""The chat page and what it reads."""

from django.urls import path

from companion.chat import views

urlpatterns = [
    path("", views.chat, name="chat"),
    path("c/<uuid:conversation_id>/", views.chat, name="conversation"),
    path("api/conversations", views.conversations, name="conversations"),
    path("api/search", views.search, name="search"),
    path("api/conversations/<uuid:conversation_id>/turns", views.turns, name="turns"),
]
