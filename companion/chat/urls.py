"""The chat page and what it reads."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
