"""Look at the usual local ports for a language model that is already running."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import httpx

PORTS = {  # in the order of preference
    8000: "vLLM",
    8001: "vLLM",
    11434: "Ollama",
    8080: "llama.cpp",
    1234: "LM Studio",
    5000: "text-generation-webui",
}
PATIENCE = 0.7  # seconds for one port
NOT_FOR_CHAT = ("embed", "bge-", "minilm", "rerank", "whisper", "e5-")


@dataclass(frozen=True)
class Found:
    """A server that lists at least one model to chat with."""

    url: str
    server: str
    models: list[str]


def discover(*, not_ours: int, ports: dict[int, str] | None = None) -> list[Found]:
    """The servers that answer on this machine, best first; `not_ours` is the port that Rosemary itself listens on."""
    looked_at = {port: name for port, name in (ports or PORTS).items() if port != not_ours}
    with ThreadPoolExecutor(max(len(looked_at), 1)) as threads:
        answers = threads.map(lambda item: look(*item), looked_at.items())
    return [found for found in answers if found]


def look(port: int, server: str) -> Found | None:
    """What listens on one port, if it lists models the way OpenAI does; anything else is not for us."""
    url = f"http://127.0.0.1:{port}/v1"
    try:
        models = chat_models(models_at(url, patience=PATIENCE))
    except (httpx.HTTPError, ValueError, KeyError, TypeError):
        return None
    return Found(url=url, server=server, models=models) if models else None


def models_at(url: str, *, key: str = "", patience: float = 5.0) -> list[str]:
    """What a server lists. Raises httpx.HTTPError, or what reading an unknown answer raises."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    answer = httpx.get(f"{url.rstrip('/')}/models", headers=headers, timeout=patience)
    return [str(model["id"]) for model in answer.raise_for_status().json()["data"]]


def chat_models(names: Sequence[str]) -> list[str]:
    """Those that are not, by their names, for embedding, ranking or hearing."""
    return [name for name in names if not any(mark in name.lower() for mark in NOT_FOR_CHAT)]
