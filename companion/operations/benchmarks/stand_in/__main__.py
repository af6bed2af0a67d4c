"""`python -m companion.operations.benchmarks.stand_in --port N`: a process of its own, as an inference server is."""

import argparse

import uvicorn

from companion.operations.benchmarks.stand_in.server import application, pace


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--rate", type=float, default=pace.rate, help="tokens a second of the mode “paced”")
    parser.add_argument("--seconds", type=float, default=pace.seconds, help="how long it talks")
    asked = parser.parse_args()
    pace.rate, pace.seconds = asked.rate, asked.seconds
    uvicorn.run(application, host="127.0.0.1", port=asked.port, log_level="warning", backlog=8192)


main()
