"""Pictures of a page, for whoever wants to look at it: wide and narrow, light and dark."""

import os
from pathlib import Path
from typing import Any


def pictures(page: Any, name: str) -> None:
    """Left where PICTURES names a folder for them; nothing otherwise."""
    if not (folder := os.environ.get("PICTURES")):
        return
    for width in (1440, 390):
        for scheme in ("light", "dark"):
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme)
            page.screenshot(path=Path(folder) / f"{name}-{width}-{scheme}.png", full_page=True)
    page.set_viewport_size({"width": 1280, "height": 720})
    page.emulate_media(color_scheme="light")
