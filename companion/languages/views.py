"""The page's words in one language, as a script of the same origin that a browser keeps until they change."""

from typing import cast

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe
from django.views.i18n import JavaScriptCatalog

from companion.languages.versions import version_of

words = JavaScriptCatalog.as_view()
YEAR = 31_536_000  # seconds


@require_safe
def catalogue(request: HttpRequest, language: str, version: str) -> HttpResponse:
    """Anybody may read it. One that has changed since the page was made is not kept under the old address."""
    if language not in dict(settings.LANGUAGES):
        raise Http404
    with translation.override(language):
        response = cast(HttpResponse, words(request))
    if version == version_of(language):
        patch_cache_control(response, public=True, max_age=YEAR, immutable=True)
    else:
        patch_cache_control(response, no_store=True)
    return response
