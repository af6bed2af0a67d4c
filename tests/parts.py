"""The real parts of a test run: embedded PostgreSQL and Redis in a folder of their own, gone afterwards.

A pytest plugin, loaded before Django's settings are read (`-p tests.parts`).
"""

import atexit
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

DATA_DIR = Path(tempfile.mkdtemp(prefix="rosemary-tests-"))
DATA_DIR.chmod(0o755)  # under root, PostgreSQL's own system user passes through

os.environ["DATA_DIR"] = str(DATA_DIR)
os.environ["ENGINE_DISCOVERY"] = "false"
for elsewhere in ("DATABASE_URL", "REDIS_URL", "ENGINE_URL", "SECRET_KEY", "SIGN_UP"):
    os.environ.pop(elsewhere, None)

from companion.operations import embedded  # noqa: E402 - the environment comes first
from companion.operations.postgres import Postgres  # noqa: E402

postgres = Postgres(DATA_DIR, {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"})
postgres.use()
redis = subprocess.Popen(embedded.redis_command(DATA_DIR, durable=False), stdout=subprocess.DEVNULL)


@atexit.register
def clear_away() -> None:
    """Nothing of a test run stays."""
    redis.kill()
    redis.wait()
    postgres.leave()
    shutil.rmtree(DATA_DIR, ignore_errors=True)
