"""The built frontend is served as it lies there now: it may be built anew while the server runs."""

import logging
from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseNotFound
from django_vite.core.asset_loader import DjangoViteAppClient, ManifestClient, ManifestEntry
from django_vite.core.exceptions import DjangoViteManifestError
from whitenoise.middleware import WhiteNoiseMiddleware

log = logging.getLogger(__name__)


class FrontendFilesMiddleware(WhiteNoiseMiddleware):
    """Whitenoise knows the files that were there when it started; what came since is found, what went is not there."""

    def __call__(self, request: HttpRequest) -> HttpResponse | FileResponse:
        """The file of this address, or the page."""
        address = request.path_info
        if address not in self.files and address.startswith(self.static_prefix):
            found = self.find_file(address)
            if found is not None:
                self.files[address] = found
        try:
            served: HttpResponse | FileResponse = super().__call__(request)
        except FileNotFoundError:
            if self.files.pop(address, None) is None:
                raise
            return HttpResponseNotFound()
        return served


class CurrentManifest(ManifestClient):
    """Which files the pages name: those of the latest build."""

    read_at = 0.0  # when what was read had been written, in seconds since the epoch

    def get(self, path: str) -> ManifestEntry:
        """The files of an entry. While a build replaces its manifest, the one before still holds."""
        try:
            written_at = self.manifest_path.stat().st_mtime
            if written_at != self.read_at:
                self._entries, self.legacy_polyfills_entry = self._parse_manifest()
                self.read_at = written_at
        except (OSError, DjangoViteManifestError) as error:
            log.warning("the frontend's manifest cannot be read, and the one before still holds: %s", error)
        return super().get(path)


class FrontendClient(DjangoViteAppClient):
    """Names the files of the latest build."""

    ManifestClient: Any = CurrentManifest
