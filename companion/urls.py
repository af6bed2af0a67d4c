"""Where everything is found."""

from django.urls import include, path

urlpatterns = [
    path("", include("companion.preferences.urls")),
    path("account/", include("companion.accounts.urls")),
    path("language/", include("companion.languages.urls")),
    path("", include("companion.operations.urls")),
    path("", include("companion.chat.urls")),
    path("", include("companion.memories.urls")),
    path("", include("companion.portrait.urls")),
    path("", include("companion.timeline.urls")),
    path("", include("companion.inspection.urls")),
]

handler500 = "companion.accounts.views.broken"
