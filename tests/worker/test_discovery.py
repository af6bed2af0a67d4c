"""Servers on this machine are found by what they answer, not by their port alone."""

import subprocess
import sys

from tests.stack import free_port
from worker.engines.discovery import chat_models, discover


def test_a_server_that_lists_models_is_found(engine_server):
    found = discover(not_ours=1, ports={engine_server.port: "vLLM", free_port(): "Ollama"})
    assert [each.url for each in found] == [engine_server.url]
    assert "echo" in found[0].models


def test_our_own_port_is_not_looked_at(engine_server):
    assert discover(not_ours=engine_server.port, ports={engine_server.port: "vLLM"}) == []


def test_a_web_server_that_is_no_language_model_is_passed_over(tmp_path):
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "http.server", str(port), "--directory", str(tmp_path)], stderr=subprocess.DEVNULL
    )
    try:
        assert discover(not_ours=1, ports={port: "vLLM"}) == []
    finally:
        process.terminate()
        process.wait(timeout=10)


def test_models_that_only_embed_are_not_for_chat():
    assert chat_models(["nomic-embed-text", "qwen3:8b", "bge-m3"]) == ["qwen3:8b"]
