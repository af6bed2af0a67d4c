"""The engine's own tokenizer: vLLM's way, llama.cpp's way, and servers that have none."""

import time

import pytest

from companion.operations.benchmarks.stand_in.server import pieces, templated
from memory.engine import Counting, Message
from memory.prompt import lay_out
from tests.memory.test_prompt import heard, material, note
from tests.stack import free_port
from worker.engines.openai_compatible import OpenAICompatible
from worker.engines.recall_only import RecallOnly
from worker.engines.tokenizing import Tokenizer, tokenizer

SAID = [Message(role="system", content="You are Rosemary."), Message(role="user", content="Are the bees well?")]
TOKENS = len(pieces(templated(SAID)))


@pytest.fixture(autouse=True)
def nothing_known_yet():
    tokenizer.cache_clear()


def asked(server, path, monkeypatch):
    """A tokenizer and the list of paths it asks."""
    made = Tokenizer(server.url.removesuffix("/v1") + path, "none")
    seen, ask = [], made._ask
    monkeypatch.setattr(made, "_ask", lambda where, body: seen.append(where) or ask(where, body))
    return made, seen


def test_vllm_counts_messages_in_one_request(engine_server, monkeypatch):
    made, seen = asked(engine_server, "", monkeypatch)
    assert made.count("echo", SAID) == TOKENS
    assert made.count("", SAID) == TOKENS
    assert seen == ["/tokenize"] * 2


def test_llama_cpp_makes_a_text_of_them_first_and_is_known_by_then(engine_server, monkeypatch):
    made, seen = asked(engine_server, "/llama", monkeypatch)
    assert made.count("echo", SAID) == TOKENS
    assert made.count("echo", SAID) == TOKENS
    assert seen == ["/tokenize", "/apply-template", "/tokenize", "/apply-template", "/tokenize"]


@pytest.mark.parametrize("path", ["/nothing-here", "/v1"])
def test_a_server_without_one_is_asked_once(engine_server, monkeypatch, path):
    made, seen = asked(engine_server, path, monkeypatch)
    assert [made.count("echo", SAID) for _ in range(5)] == [None] * 5
    assert seen == ["/tokenize"]


def test_a_server_that_is_away_costs_little_and_nothing_later():
    engine = OpenAICompatible(url=f"http://127.0.0.1:{free_port()}/v1", model="echo")
    assert engine.count(SAID) is None
    began = time.perf_counter()
    other = OpenAICompatible(url=engine.url, model="echo")  # what is known of a server outlives a reply
    assert [other.count(SAID) for _ in range(100)] == [None] * 100
    assert time.perf_counter() - began < 0.1


def test_after_a_while_it_is_asked_again(engine_server, monkeypatch):
    made, seen = asked(engine_server, "/nothing-here", monkeypatch)
    made.count("echo", SAID)
    made._asked_from = time.monotonic()
    made.count("echo", SAID)
    assert len(seen) == 2


@pytest.mark.parametrize(
    "answer", [{"count": "many"}, {}, {"tokens": 3}, {"count": None}, {"prompt": 1, "tokens": []}, []]
)
def test_nonsense_is_no_count(engine_server, monkeypatch, answer):
    made, _ = asked(engine_server, "", monkeypatch)
    monkeypatch.setattr(made, "_ask", lambda where, body: answer)
    assert made.count("echo", SAID) in (None, 0)


def test_which_engines_can_count(engine_server):
    assert isinstance(OpenAICompatible(url=engine_server.url), Counting)
    assert not isinstance(RecallOnly(), Counting)


@pytest.mark.parametrize("budget", [3000, 4096])
def test_a_prompt_is_kept_within_the_budget_by_the_servers_own_count(engine_server, budget):
    engine = OpenAICompatible(url=engine_server.url, model="letters")  # three times as many as the estimate
    given = material(
        "What do I keep? " * 30,
        notes=[note(turn, "I keep bees. " * 20) for turn in range(1, 9)],
        history=heard(["How are the bees?", "They are well, thank you."] * 60),
    )
    made = lay_out(given, budget=budget, count=engine.count)
    assert engine.count(made.messages) <= budget
    assert engine.count(lay_out(given, budget=budget).messages) > budget
    assert made.notes
