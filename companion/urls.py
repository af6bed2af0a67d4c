"""Where everything is found."""

from django.urls import include, path

urlpatterns = [
    path("account/", include("companion.accounts.urls")),
    path("", include("companion.operations.urls")),
    path("", include("companion.chat.urls")),
]

handler500 = "companion.accounts.views.broken"
