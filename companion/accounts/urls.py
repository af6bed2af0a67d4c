"""The doors of accounts: ours, and those of allauth's that we offer."""

from allauth.account import views as allauth
from django.urls import path, re_path

from companion.accounts import views

urlpatterns = [
    path("signup/", views.SignUpView.as_view(), name="account_signup"),
    path("login/", views.SignInView.as_view(), name="account_login"),
    path("logout/", allauth.logout, name="account_logout"),
    path("inactive/", allauth.account_inactive, name="account_inactive"),
    path("reauthenticate/", allauth.reauthenticate, name="account_reauthenticate"),
    path("password/change/", allauth.password_change, name="account_change_password"),
    path("password/set/", allauth.password_set, name="account_set_password"),
    path("password/reset/", allauth.password_reset, name="account_reset_password"),
    path("password/reset/done/", allauth.password_reset_done, name="account_reset_password_done"),
    path(
        "password/reset/key/done/",
        allauth.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        allauth.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path("confirm-email/", allauth.email_verification_sent, name="account_email_verification_sent"),
    re_path(r"^confirm-email/(?P<key>[-:\w]+)/$", allauth.confirm_email, name="account_confirm_email"),
    path("engine/", views.try_engine, name="accounts_try_engine"),
    path("invitations/", views.invitations, name="accounts_invitations"),
    path("invitations/<int:pk>/revoke/", views.revoke_invitation, name="accounts_revoke_invitation"),
    path("invitation/<str:code>/", views.invitation, name="accounts_invitation"),
]
