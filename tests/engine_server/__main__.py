"""`python -m tests.engine_server --port N`: a process of its own, as an inference server is."""

import argparse

import uvicorn

from tests.engine_server.server import application


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    uvicorn.run(application, host="127.0.0.1", port=parser.parse_args().port, log_level="warning")


main()
