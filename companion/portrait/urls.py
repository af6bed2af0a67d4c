"""The page of the portrait and its doors."""

from django.urls import path

from companion.portrait import views

urlpatterns = [
    path("portrait/", views.page, name="portrait"),
    path("api/portrait/keep", views.keep, name="portrait_keep"),
    path("api/portrait/moods", views.moods, name="portrait_moods"),
    path("api/portrait/<int:line_id>/confirm", views.confirm, name="portrait_confirm"),
    path("api/portrait/<int:line_id>/refuse", views.refuse, name="portrait_refuse"),
    path("api/portrait/<int:line_id>/take-back", views.take_back, name="portrait_take_back"),
    path("api/portrait/<int:line_id>/correct", views.correct, name="portrait_correct"),
    path("api/portrait/<int:line_id>/uncorrect", views.uncorrect, name="portrait_uncorrect"),
]
