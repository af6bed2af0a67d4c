"""Processes that end with the one that started them, however that ends: nobody is left behind to clear away."""

import ctypes
import signal
import sys
from functools import partial
from typing import Any

from honcho.process import Popen, Process

PR_SET_PDEATHSIG = 1  # <linux/prctl.h>
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def end_with_parent(how: int = signal.SIGTERM) -> None:
    """Have the kernel send this process a signal when its parent dies; runs in the child, before its program."""
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, int(how))


class Child(Process):
    """A process of honcho's. Between us and the program stands one that reads its output: both hear of our death."""

    def run(self, events: Any = None, ignore_signals: bool = False) -> None:
        """In a fork of ours."""
        end_with_parent(signal.SIGKILL)
        self._child_ctor = partial(Popen, preexec_fn=end_with_parent)
        super().run(events, ignore_signals)
