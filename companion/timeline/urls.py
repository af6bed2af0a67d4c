"""The timeline and its door."""

from django.urls import path

from companion.timeline import views

urlpatterns = [
    path("timeline/", views.page, name="timeline"),
    path("api/timeline", views.days, name="timeline_days"),
]
