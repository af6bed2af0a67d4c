"""The page's words."""

from django.urls import path

from companion.languages import views

urlpatterns = [path("<str:language>/<str:version>.js", views.catalogue, name="catalogue")]
