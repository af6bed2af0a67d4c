"""The real parts of a test run: embedded PostgreSQL and Redis in a folder of their own, gone afterwards.

A pytest plugin, loaded before Django's settings are read (`-p tests.parts`).
"""

import atexit
import os
import shutil
import signal
import subprocess
import tempfile
import time
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


def stop_postgres() -> None:
    """Stopped for now, as an operator might; `postgres.revive()` starts it again."""
    while (pid := postgres.pid()) is not None:
        os.kill(pid, signal.SIGINT)  # fast shutdown
        time.sleep(0.1)


@atexit.register
def clear_away() -> None:
    """Nothing of a test run stays."""
    redis.kill()
    redis.wait()
    postgres.leave()
    shutil.rmtree(DATA_DIR, ignore_errors=True)
