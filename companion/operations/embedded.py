"""The embedded parts: PostgreSQL with pgvector, Redis and a secret key, all kept under DATA_DIR."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


def secret_key(data_dir: Path) -> str:
    """The installation's own secret, made once and readable by its owner only."""
    path = data_dir / "secret_key"
    if not path.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(50))
    return path.read_text().strip()


def database(data_dir: Path) -> dict[str, Any]:
    """Django's description of the embedded PostgreSQL, as the owner of the tables; nothing is started."""
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "rosemary",
        "USER": "postgres",
        "HOST": str(data_dir / "postgres"),
    }


def redis_url(data_dir: Path) -> str:
    """The embedded Redis listens on a unix socket only."""
    return f"unix://{data_dir / 'redis.sock'}"


@contextmanager
def database_for_command(argv: list[str]) -> Iterator[None]:
    """The embedded PostgreSQL is up while a command that needs it runs, unless DATABASE_URL names another."""
    yield
