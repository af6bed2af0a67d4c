"""Work that is asked for now. Where the queue can't be reached, a sweep takes it up: what was asked for is kept."""

import logging
from typing import Any

from kombu.exceptions import OperationalError

log = logging.getLogger(__name__)


def soon(task: Any, *arguments: Any) -> bool:
    """Have a task done as soon as a worker is free; False where it waits for its sweep."""
    try:
        task.delay(*arguments)
    except OperationalError:
        log.warning("the queue cannot be reached: %s waits for a sweep", task.name)
        return False
    return True
