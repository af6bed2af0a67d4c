"""What Django checks of memory's settings before anything starts."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from memory.retention import PRESETS


@register
def retention_preset(app_configs: Any, **options: Any) -> list[CheckMessage]:
    """RETENTION names a preset; with any other nothing could be remembered."""
    if settings.RETENTION in PRESETS:
        return []
    hint = f"Set it to one of: {', '.join(PRESETS)}."
    return [Error(f"RETENTION is “{settings.RETENTION}”.", hint=hint, id="memory.E001")]
