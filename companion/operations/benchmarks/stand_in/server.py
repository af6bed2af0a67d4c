"""OpenAI's chat completions over ASGI. The model's name, or “/name” in the last message, chooses how it behaves."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from companion.operations.benchmarks.stand_in.schema import example

MODES = (
    "echo",
    "slow",
    "silent",
    "broken-off",
    "error-500",
    "error-500-once",
    "quoting-error",
    "malformed",
    "endless",
    "fast",
    "thinking",
    "paced",
    "json",
    "not-json",
)
PIECE = re.compile(r"\w{1,4}|[^\w\s]")  # what stands for a token
CHOSEN = re.compile(rf"/({'|'.join(MODES)})\b")


@dataclass
class Pace:
    """How the mode `paced` talks."""

    rate: float = 10.0  # tokens a second
    seconds: float = 2.0


pace = Pace()
seen: list[dict[str, Any]] = []
failed_once: set[str] = set()


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """One request."""
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
        return
    match scope["method"], scope["path"]:
        case "GET", "/v1/models":
            await answer_json(send, {"object": "list", "data": [{"id": mode, "object": "model"} for mode in MODES]})
        case "GET", "/seen":
            await answer_json(send, seen)
        case "POST", "/v1/chat/completions":
            headers = {name.decode().lower(): value.decode() for name, value in scope["headers"]}
            await complete(json.loads(await body(receive)), headers, receive, send)
        case "POST", "/tokenize":
            await tokenize(json.loads(await body(receive)), send)
        case "POST", "/llama/apply-template":
            asked = json.loads(await body(receive))
            await answer_json(send, {"prompt": templated(asked["messages"])})
        case "POST", "/llama/tokenize":
            asked = json.loads(await body(receive))
            await answer_json(send, {"tokens": pieces(asked["content"]) if "content" in asked else []})
        case _:
            await answer_json(send, {"error": {"message": "not found"}}, status=404)


def templated(messages: list[dict[str, str]]) -> str:
    """A chat template, and what asks the model to answer."""
    return "".join(f"<|{said['role']}|>{said['content']}<|end|>" for said in messages) + "<|assistant|>"


def pieces(text: str) -> list[int]:
    """A token a short piece of a word or a mark."""
    return [len(piece) for piece in PIECE.findall(text)]


async def tokenize(asked: dict[str, Any], send: Any) -> None:
    """vLLM's answer; for the model `letters` every character is a token, and one that is not known has none."""
    model = asked.get("model", "echo")
    if model not in (*MODES, "letters"):
        await answer_json(send, {"error": {"message": f"no model {model}"}}, status=404)
        return
    text = templated(asked["messages"])
    tokens = list(range(len(text))) if model == "letters" else pieces(text)
    await answer_json(send, {"count": len(tokens), "max_model_len": 8192, "tokens": tokens})


async def lifespan(receive: Any, send: Any) -> None:
    """uvicorn's start and stop."""
    while True:
        message = await receive()
        await send({"type": message["type"] + ".complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def body(receive: Any) -> bytes:
    """The whole request."""
    told, more = b"", True
    while more:
        message = await receive()
        told += message.get("body", b"")
        more = message.get("more_body", False)
    return told


async def answer_json(send: Any, answer: Any, *, status: int = 200) -> None:
    """A plain answer."""
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": json.dumps(answer).encode()})


async def complete(request: dict[str, Any], headers: dict[str, str], receive: Any, send: Any) -> None:
    """A chat completion in the mode that was chosen, remembered for whoever wants to see what was asked."""
    last = str(request["messages"][-1]["content"])
    chosen = CHOSEN.findall(last.rpartition("</memory>")[2])  # a mode that is only remembered is none
    mode = chosen[-1] if chosen else request["model"]
    record = {"request": request, "mode": mode, "hung_up": False, "request_id": headers.get("x-request-id")}
    if mode != "paced":  # there are many of them
        seen.append(record)
    if mode == "error-500" or (mode == "error-500-once" and last not in failed_once):
        failed_once.add(last)
        await answer_json(send, {"error": {"message": "out of memory"}}, status=500)
    elif mode == "quoting-error":  # as some servers do
        await answer_json(send, {"error": {"message": f"cannot read: {last}"}}, status=400)
    elif mode not in MODES:
        await answer_json(send, {"error": {"message": f"no model {mode}"}}, status=404)
    elif request.get("stream"):
        await stream(mode, last, record, receive, send)
    else:
        await answer_json(send, whole(mode, request, last))


def whole(mode: str, request: dict[str, Any], last: str) -> dict[str, Any]:
    """An answer in one piece; `json` fills the schema that was asked for."""
    asked = request.get("response_format", {}).get("json_schema", {}).get("schema")
    text = json.dumps(example(asked)) if mode != "not-json" and asked else f"Certainly! {last[:80]}"
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return {"id": "1", "object": "chat.completion", "created": 0, "model": mode, "choices": [choice]}


async def stream(mode: str, last: str, record: dict[str, Any], receive: Any, send: Any) -> None:
    """Server-sent events, until the end or until nobody listens."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
    talking = asyncio.create_task(talk(mode, last, send))
    hung_up = asyncio.create_task(wait_for_hang_up(receive))
    await asyncio.wait({talking, hung_up}, return_when=asyncio.FIRST_COMPLETED)
    record["hung_up"] = hung_up.done()
    hung_up.cancel()
    if not talking.done():
        talking.cancel()
    elif (error := talking.exception()) is not None:
        raise error


async def wait_for_hang_up(receive: Any) -> None:
    """Until the other side closes."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def talk(mode: str, last: str, send: Any) -> None:
    """The events of one mode."""
    async for piece in words(mode, last):
        if piece is None:
            raise ConnectionAbortedError("broken off on purpose")
        await event(send, piece if mode == "malformed" else chunk(mode, piece))
    await event(send, chunk(mode, None))
    await send({"type": "http.response.body", "body": b"data: [DONE]\n\n"})


async def words(mode: str, last: str) -> AsyncIterator[str | None]:  # noqa: PLR0912 - one a mode
    """What is said; None where the socket is dropped."""
    said = f"I heard: {last.strip()}".split(" ")
    match mode:
        case "slow":
            for word in ["One", " word", " after", " the", " other,", " and", " then", " the", " end."]:
                yield word
                await asyncio.sleep(0.3)
        case "silent":
            await asyncio.sleep(3600)
        case "broken-off":
            for piece in ("This", " will", " not", None):
                yield piece
        case "malformed":
            yield "{this is no JSON"
        case "endless":
            while True:
                yield " on and"
                await asyncio.sleep(0.02)
        case "fast":
            for number in range(5000):
                yield f"{number} "
        case "paced":
            async for word in paced():
                yield word
        case "thinking":
            for piece in ("<th", "ink>They ask", " me.</thi", "nk>\n\nHello", " there."):
                yield piece
        case _:
            for word in said:
                yield word + " "


async def paced() -> AsyncIterator[str]:
    """Numbers at the pace that was set, by the clock: one that is late delays none after it."""
    began = asyncio.get_running_loop().time()
    for number in range(round(pace.rate * pace.seconds)):
        await asyncio.sleep(began + number / pace.rate - asyncio.get_running_loop().time())
        yield f"{number} "


def chunk(mode: str, text: str | None) -> str:
    """One chunk of the protocol; None is the last."""
    delta = {} if text is None else {"content": text}
    choice = {"index": 0, "delta": delta, "finish_reason": "stop" if text is None else None}
    return json.dumps({"id": "1", "object": "chat.completion.chunk", "created": 0, "model": mode, "choices": [choice]})


async def event(send: Any, data: str) -> None:
    """One server-sent event."""
    await send({"type": "http.response.body", "body": f"data: {data}\n\n".encode(), "more_body": True})
