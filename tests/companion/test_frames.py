"""One schema: the browser's types are those of the server's models."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import get_args

from django.conf import settings

from companion.chat import protocol
from companion.chat.schema import schema

FRONTEND = settings.BASE_DIR / "frontend"


def made_of(schema):
    node = shutil.which("node", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    made = subprocess.run(
        [node, "frames.mjs"], cwd=FRONTEND, input=json.dumps(schema), capture_output=True, text=True, check=True
    )
    return made.stdout


def test_the_browsers_types_are_made_of_the_servers_models():
    assert (FRONTEND / "src" / "frames.ts").read_text() == made_of(schema()), "Say: make frames"


def test_another_field_on_the_server_is_another_type_in_the_browser():
    changed = schema()
    changed["$defs"]["Kept"]["properties"]["mood"] = {"type": "string"}
    assert made_of(changed) != made_of(schema())


def test_every_kind_of_frame_that_the_browser_may_send_is_known():
    kinds = {get_args(frame.model_fields["type"].annotation)[0] for frame in get_args(protocol.Asked)}
    assert kinds == protocol.KNOWN
