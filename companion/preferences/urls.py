"""The doors of preferences."""

from django.contrib.auth.decorators import login_required
from django.urls import path
from django.views.generic import RedirectView

from companion.preferences import companions, deleting, engine, leaving, takeout, views

urlpatterns = [
    path("account/", login_required(RedirectView.as_view(pattern_name="account_preferences")), name="account"),
    path("preferences/", views.page, name="account_preferences"),
    path("preferences/remembering/", views.remembering, name="preferences_remembering"),
    path("preferences/companions/joining/", views.joining, name="preferences_joining"),
    path("preferences/companions/new/", companions.new, name="preferences_companion_new"),
    path("preferences/companions/<int:companion_id>/", companions.edit, name="preferences_companion"),
    path("preferences/companions/<int:companion_id>/delete/", deleting.delete, name="preferences_companion_delete"),
    path("preferences/companions/back/<int:erasure_id>/", deleting.restore, name="preferences_companion_restore"),
    path("preferences/engine/", engine.page, name="preferences_engine"),
    path("preferences/export/", takeout.export, name="preferences_export"),
    path("preferences/import/", takeout.bring, name="preferences_import"),
    path("preferences/leave/", leaving.leave, name="preferences_leave"),
    path("goodbye/<str:code>/", leaving.goodbye, name="goodbye"),
    path("goodbye/<str:code>/receipt.json", leaving.receipt, name="goodbye_receipt"),
    path("goodbye/<str:code>/back/", leaving.come_back, name="goodbye_back"),
    path("preferences/pause/", views.pause, name="preferences_pause"),
]
