"""The set-up token: who can read it runs this installation, and may become its administrator from elsewhere."""

import os
import secrets
from pathlib import Path

from django.conf import settings


def token() -> str:
    """The token, made once and readable by its owner only."""
    path: Path = settings.DATA_DIR / "setup_token"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_once(path, secrets.token_urlsafe(18))
    return path.read_text().strip()


def _write_once(path: Path, text: str) -> None:
    """Whole or not at all, and never over another process's: the file appears with its words already in it."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(text)
    try:
        os.link(draft, path)
    except FileExistsError:
        return
    finally:
        draft.unlink()
