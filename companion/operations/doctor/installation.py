"""What lies on this machine: settings, the secret key, the built page, room on the disk; and the named engine."""

import json
import os
import shutil
import stat
from pathlib import Path

import httpx
from django.conf import settings
from django.core import checks
from django.core.checks.security.base import check_secret_key

from companion.operations.doctor.finding import CouldNotLook, Finding
from companion.operations.supervise import least_room
from worker.engines.chosen import Kind, bare, named, shown
from worker.engines.discovery import models_at

OR_BY_HAND = "or as an administrator under /preferences/engine/"


def settings_are_sound() -> list[Finding]:
    """What Django and the apps check before anything starts."""
    told = checks.run_checks()
    return [Finding("settings", each.msg, each.hint or "") for each in told if each.level >= checks.WARNING]


def secret_key_is_sound() -> list[Finding]:
    """Nobody else can read or guess what signs the cookies and makes the database roles' passwords."""
    found = []
    if check_secret_key(None):
        wrong = "SECRET_KEY is short or easily guessed."
        new = "python -c 'import secrets; print(secrets.token_urlsafe(50))'"
        mend = f"{new}  # set it, then manage.py migrate; people sign in anew, older tombstones no longer match"
        found.append(Finding("secret key", wrong, mend))
    for path in (settings.DATA_DIR / "secret_key", settings.BASE_DIR / ".env"):
        if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077:
            found.append(Finding("secret key", f"Others may read {path}.", f"chmod 600 {path}"))
    return found


def frontend_is_built() -> list[Finding]:
    """The page and all the files it names are there."""
    manifest = Path(str(settings.DJANGO_VITE["default"]["manifest_path"]))
    try:
        entries = json.loads(manifest.read_text())
    except (OSError, ValueError):
        return [Finding("frontend", f"The page is not built ({manifest} cannot be read).", "make install")]
    files = {name for entry in entries.values() for name in (entry["file"], *entry.get("css", []))}
    missing = sorted(name for name in files if not (settings.FRONTEND_DIST / name).exists())
    if not missing:
        return []
    wrong = f"{len(missing)} files of the page are missing, {missing[0]} among them."
    return [Finding("frontend", wrong, "rm -r frontend/dist && make install")]


def disk_has_room() -> list[Finding]:
    """There is room to keep what is said, and DATA_DIR can be written."""
    place: Path = settings.DATA_DIR
    if not os.access(place, os.W_OK):
        return [Finding("disk", f"{place} cannot be written.", f"mkdir -p {place} && chown $(id -u) {place}")]
    free = shutil.disk_usage(place).free
    if free >= least_room():
        return []
    wrong = f"Only {free // 1024**2} MB are free at {place}."
    return [Finding("disk", wrong, f"du -xh -d 2 {place}  # make room, or set DATA_DIR elsewhere")]


def engine_answers() -> list[Finding]:
    """The engine that is named can be reached and has the model. Without one Rosemary only recalls, which is sound."""
    choice = named()
    if choice.kind is not Kind.ADDRESS:
        return []
    try:
        models = models_at(choice.url, key=choice.key)
    except httpx.HTTPStatusError as error:
        if error.response.status_code not in (401, 403):
            raise CouldNotLook(f"{shown(choice.url)} does not list its models") from error
        return [Finding("engine", f"{shown(choice.url)} refuses the key.", f"set ENGINE_KEY, {OR_BY_HAND}")]
    except (httpx.HTTPError, ValueError, KeyError, TypeError):
        mend = f"curl {bare(choice.url)}/models  # start the server, set ENGINE_URL, {OR_BY_HAND}"
        return [Finding("engine", f"No language model answers at {shown(choice.url)}.", mend)]
    if choice.model in ("", *models):
        return []
    known = ", ".join(models[:5]) or "none"
    wrong = f"The engine has no model {choice.model}; it has: {known}."
    return [Finding("engine", wrong, f"ENGINE_MODEL={models[0] if models else '…'}  # {OR_BY_HAND}")]
