"""The page of memories and its doors."""

from django.urls import path

from companion.memories import progress, views

urlpatterns = [
    path("memories/", views.page, name="memories"),
    path("memories/<int:memory_id>/", views.page, name="memory"),
    path("api/reading", progress.progress, name="reading"),
    path("api/memories", views.listed, name="memories_listed"),
    path("api/memories/search", views.search, name="memories_search"),
    path("api/memories/forgetting", views.forgetting, name="memories_forgetting"),
    path("api/memories/forgetting/<int:erasure_id>/undo", views.undo, name="memories_undo"),
    path("api/memories/<int:memory_id>", views.memory, name="memory_read"),
    path("api/memories/<int:memory_id>/pin", views.pin, name="memory_pin"),
    path("api/memories/<int:memory_id>/correct", views.correct, name="memory_correct"),
    path("api/memories/<int:memory_id>/uncorrect", views.uncorrect, name="memory_uncorrect"),
    path("api/memories/<int:memory_id>/foretold", views.foretold, name="memory_foretold"),
    path("api/memories/<int:memory_id>/forget", views.forget, name="memory_forget"),
]
