"""What Django checks before anything starts."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from companion.accounts.admission import SignUpRule


@register
def sign_up_rule(app_configs: Any, **options: Any) -> list[CheckMessage]:
    """SIGN_UP has a value we know; any other would keep everybody out."""
    rules = [rule.value for rule in SignUpRule]
    if settings.SIGN_UP in rules:
        return []
    hint = f"Set it to one of: {', '.join(rules)}."
    return [Error(f"SIGN_UP is “{settings.SIGN_UP}”.", hint=hint, id="accounts.E001")]
