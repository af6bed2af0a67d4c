"""How allauth behaves in this house."""

import logging
from smtplib import SMTPException
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from django.http import HttpRequest
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy

from companion.accounts import admission

logger = logging.getLogger(__name__)


class AccountAdapter(DefaultAccountAdapter):
    """Sign-up by the house's rule, errors that say what to do, and a page for when no mail can be sent."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": gettext_lazy(
            "This e-mail and password do not go together. Try again, or reset the password."
        ),
        "email_taken": gettext_lazy(
            "No account can be made with this address. If it is yours, sign in or reset the password."
        ),
        "enter_current_password": gettext_lazy("This is not your current password."),
        "incorrect_password": gettext_lazy("This is not your password."),
        "too_many_login_attempts": gettext_lazy("Too many attempts. Wait five minutes, then try again."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Whether this visitor may sign up now."""
        return admission.may_sign_up(request)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """After a change of password, back to the account's page."""
        return reverse("account_preferences")

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """As allauth's; a mail server that fails is logged, and the visitor is told, whoever's address it was."""
        try:
            super().send_mail(template_prefix, email, context)
        except (OSError, SMTPException) as error:
            logger.exception("no mail could be sent: check EMAIL_HOST and its companions")
            page = render(context.get("request") or self.request, "account/mail_unavailable.html", status=503)
            raise ImmediateHttpResponse(page) from error
