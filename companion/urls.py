"""Where everything is found."""

from django.urls import include, path

urlpatterns = [
    path("account/", include("allauth.account.urls")),
    path("", include("companion.chat.urls")),
]
