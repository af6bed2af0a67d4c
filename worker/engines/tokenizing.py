"""Ask a server's own tokenizer how long a prompt is: vLLM's `/tokenize`, or llama.cpp's, which is another.

Both stand beside `/v1`, not in it. vLLM takes messages and answers with a count; llama.cpp takes a text, so its
`/apply-template` makes one of the messages first. Whoever offers neither is left alone for a while.
"""

import logging
import time
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import httpx

from memory.engine import Message
from worker import request_id
from worker.engines.chosen import shown

log = logging.getLogger(__name__)

PATIENCE = 1.0  # seconds for one answer
MISSING = 600.0  # seconds until a server without a tokenizer is asked again
AWAY = 60.0  # seconds until one that could not be reached, or failed, is asked again


class Tokenizer:
    """The tokenizer behind one server. `root` is its address without /v1."""

    def __init__(self, root: str, key: str) -> None:
        self._client = httpx.Client(
            base_url=root, headers={"Authorization": f"Bearer {key}"}, timeout=PATIENCE, follow_redirects=False
        )
        self._asked_from = float("-inf")  # not before this moment of the monotonic clock
        self._is_llama = False

    def count(self, model: str, messages: Sequence[Message]) -> int | None:
        """Tokens of the messages under the model's chat template, or None where the server can't tell now."""
        if time.monotonic() < self._asked_from:
            return None
        try:
            return self._count(model, messages)
        except httpx.HTTPStatusError as error:
            self._leave_alone(AWAY if error.response.is_server_error else MISSING, error)
        except httpx.HTTPError as error:
            self._leave_alone(AWAY, error)
        except (ValueError, KeyError, TypeError) as error:
            self._leave_alone(MISSING, error)
        return None

    def _count(self, model: str, messages: Sequence[Message]) -> int:
        if not self._is_llama:
            asked: dict[str, Any] = {"messages": list(messages), "add_generation_prompt": True}
            told = self._ask("/tokenize", asked | ({"model": model} if model else {}))
            if "count" in told:
                return int(told["count"])
            self._is_llama = isinstance(told["tokens"], list)
        prompt = self._ask("/apply-template", {"messages": list(messages)})["prompt"]
        told = self._ask("/tokenize", {"content": prompt, "add_special": True, "parse_special": True})
        return len(told["tokens"])

    def _ask(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = (
            self._client.post(path, json=body, headers=request_id.headers()).raise_for_status().json()
        )
        return answer

    def _leave_alone(self, seconds: float, error: Exception) -> None:
        self._asked_from = time.monotonic() + seconds
        log.info("prompts for %s are measured by estimate: %s", shown(str(self._client.base_url)), type(error).__name__)


@lru_cache(maxsize=4)
def tokenizer(url: str, key: str) -> Tokenizer:
    """The one tokenizer of a server, so that what is known of it outlives a reply. `url` ends in /v1."""
    return Tokenizer(url.removesuffix("/v1"), key)
