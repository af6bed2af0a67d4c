"""Chat under load: websocket, web, worker and engine, beside the bare engine in the same run.

Every stream is a person of their own who says one thing. They speak one after another within half a reply's length, so
for the other half all streams are open at once; or all in one instant. The engine is the stand-in, which keeps a pace
and numbers its tokens.
"""

import asyncio
import os
import time
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from companion.operations.benchmarks.chat_load import Load, of_engine, of_rosemary
from companion.operations.benchmarks.chat_stage import Stage, Usage, Watch, all_recallable, signed_in, stage
from companion.operations.benchmarks.scratch import scratch_database
from companion.operations.benchmarks.telling import Telling, quantiles

LONGEST_WAIT = 600.0  # seconds until all that was said can be recalled
ARRIVALS = ("spread", "at-once")


def add_arguments(parser: ArgumentParser) -> None:
    """How many, how fast, how long, by how many processes."""
    parser.add_argument("--streams", type=_numbers, default=[50], metavar="N[,N…]", help="at once (default: 50)")
    parser.add_argument("--rate", type=float, default=10.0, help="tokens a second and stream (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=20.0, help="length of a reply (default: %(default)s)")
    parser.add_argument(
        "--arrivals", choices=ARRIVALS, default="spread", help="over half a reply, or in one instant (default: spread)"
    )
    parser.add_argument("--web", type=int, default=1, help="web processes (default: %(default)s)")
    parser.add_argument("--chat", type=int, default=1, help="chat workers (default: %(default)s)")


def _numbers(text: str) -> list[int]:
    try:
        numbers = [int(part) for part in text.split(",")]
    except ValueError as error:
        raise ArgumentTypeError("numbers with commas between them, such as 50,200") from error
    if min(numbers) < 1:
        raise ArgumentTypeError("at least one stream")
    return numbers


def run(
    *, tell: Telling, streams: list[int], rate: float, seconds: float, arrivals: str, web: int, chat: int, **_: Any
) -> dict[str, Any]:
    """One after the other, each with people of its own."""
    runs = []
    with scratch_database():
        tell.remark(f"{sum(streams) + 1} people, {web} web, {chat} chat, {os.cpu_count()} cores, load and engine too")
        cookies = signed_in(sum(streams) + 1)
        with stage(streams=max(streams), web=web, chat=chat, rate=rate, seconds=seconds) as made:
            asyncio.run(_talk(made, [cookies.pop()], seconds=seconds, ramp=0.0))  # the first of a process takes longer
            for count in streams:
                mine = [cookies.pop() for _ in range(count)]
                ramp = seconds / 2 if arrivals == "spread" else 0.0
                runs.append(_measured(made, mine, rate=rate, seconds=seconds, ramp=ramp, tell=tell))
    when = f"{seconds / 2:g} s" if arrivals == "spread" else "one instant"
    tell.table(f"Replies of {seconds:g} s at {rate:g} tokens/s, asked for within {when}", [_row(one) for one in runs])
    tell.table(
        "Processor seconds, by part (the load is this process)",
        [{"streams": one["streams"], **one["cpu_s"]} for one in runs],
    )
    tell.table("MiB grown to, by part", [{"streams": one["streams"], **one["grown_mib"]} for one in runs])
    return {"arrivals": arrivals, "runs": runs} | (runs[0] if len(runs) == 1 else {})


async def _talk(made: Stage, cookies: list[str], *, seconds: float, ramp: float, watch: Watch | None = None) -> Load:
    load = Load(streams=len(cookies), seconds=seconds, ramp=ramp)
    ready = watch.begin if watch else lambda: None
    return await of_rosemary(load, url=made.url, cookies=cookies, ready=ready)


def _measured(
    made: Stage, cookies: list[str], *, rate: float, seconds: float, ramp: float, tell: Telling
) -> dict[str, Any]:
    count, tokens = len(cookies), round(rate * seconds)
    tell.remark(f"{count} streams of the bare engine …")
    bare = asyncio.run(of_engine(Load(streams=count, seconds=seconds, ramp=ramp), url=made.engine_url))
    tell.remark(f"{count} streams of Rosemary …")
    watch = Watch(made)
    began = time.perf_counter()
    load = asyncio.run(_talk(made, cookies, seconds=seconds, ramp=ramp, watch=watch))
    usage, took = watch.end(), time.perf_counter() - began
    return _figures(load, bare, usage, tokens=tokens, took=took) | {"recallable_s": all_recallable(within=LONGEST_WAIT)}


def _figures(load: Load, bare: Load, usage: Usage, *, tokens: int, took: float) -> dict[str, Any]:
    arrived = sum(len(one.numbers()) for one in load.heard)
    first = quantiles([one.first_ms for one in load.heard if one.first_ms is not None])
    floor = quantiles([one.first_ms for one in bare.heard if one.first_ms is not None])
    spoken, at_pace = (
        quantiles([spoke for one in each.heard if (spoke := one.spoken_ms()) is not None]) for each in (load, bare)
    )
    spent = sum(usage.cpu.values())
    return {
        "streams": load.streams,
        "first_token_ms": first,
        "engine_first_token_ms": floor,
        "over_engine_ms": {name: round(first[name] - floor[name], 2) for name in first},
        "behind_engine_ms": {name: round(spoken[name] - at_pace[name], 2) for name in spoken},
        "lost": sum(one.lost(tokens) for one in load.heard),
        "reordered": sum(one.reordered() for one in load.heard),
        "unfinished": sum(not one.ended for one in load.heard),
        "engine_lost": sum(one.lost(tokens) for one in bare.heard),
        "tokens_per_s": round(arrived / took, 1),
        "cpu_s_per_1k_tokens": round(1000 * spent / arrived, 3) if arrived else None,
        "cpu_s_per_100_streams": round(100 * spent / load.streams, 2),
        "mib_per_100_streams": round(100 * sum(usage.grown.values()) / load.streams, 1),
        "postgresql_connections": usage.connections,
        "seconds": round(took, 1),
        "cpu_s": usage.cpu,
        "grown_mib": usage.grown,
    }


def _row(one: dict[str, Any]) -> dict[str, Any]:
    """The main figures, flat."""
    return {
        "streams": one["streams"],
        "first p50": one["first_token_ms"]["p50"],
        "p95 ms": one["first_token_ms"]["p95"],
        "engine p50": one["engine_first_token_ms"]["p50"],
        "engine p95": one["engine_first_token_ms"]["p95"],
        "behind p95": one["behind_engine_ms"]["p95"],
        "lost": one["lost"],
        "reordered": one["reordered"],
        "tokens/s": one["tokens_per_s"],
        "cpu s/100": one["cpu_s_per_100_streams"],
        "MiB/100": one["mib_per_100_streams"],
        "connections": one["postgresql_connections"],
        "recallable s": one["recallable_s"],
    }
