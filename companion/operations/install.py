"""`make install`: from Python 3.11 and nothing else to everything in .venv, by the standard library alone.

Each step leaves a stamp that says what it was made from, so a second run does nothing and needs no network, and one
that was broken off goes on where it stopped.
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCK = ROOT / "requirements.lock"
FRONTEND = ROOT / "frontend"
LOCALE = ROOT / "companion" / "locale"
STAMPS = VENV / "stamps"
ROOM = 3 * 1024**3  # bytes that a fresh installation takes, with some to spare
CUDA_ROOM = 10 * 1024**3  # the same where torch comes with CUDA, downloads included
NODE = 20  # oldest major version that builds the frontend
TORCH_CPU = "https://download.pytorch.org/whl/cpu"  # PyTorch's own index: pip's usual one may bring CUDA


class Unfinished(Exception):
    """A step could not be done; the text says which and what to do."""


def main() -> None:
    """Install what is missing; one line a step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--test", action="store_true", help="also what tests and checks need")
    parser.add_argument("--packages-only", action="store_true", help="no frontend: it is built elsewhere")
    asked = parser.parse_args()
    try:
        check_python()
        done("virtual environment", f"{sys.version_info[:2]} {VENV}", make_venv)
        done("torch", f"{LOCK.read_text()}{os.environ.get('GPU', '')}", install_torch)
        done("packages", pinned(), lambda: pip_install(dependencies()))
        if asked.test:
            done("test packages", pinned(), lambda: pip_install(dependencies("test")))
        if not asked.packages_only:
            done("languages", catalogues(), compile_languages, also=are_compiled)
            done(
                "frontend",
                frontend_sources(),
                build_frontend,
                also=(FRONTEND / "dist" / ".vite" / "manifest.json").exists,
            )
    except Unfinished as problem:
        sys.exit(f"\n{problem}")
    except KeyboardInterrupt:
        sys.exit("\nStopped. The same command goes on from here.")


def done(step: str, made_from: str, do: Callable[[], None], *, also: Callable[[], bool] = lambda: True) -> None:
    """Do a step unless its stamp says that it was done from the very same things."""
    stamp = STAMPS / step.replace(" ", "-")
    digest = hashlib.sha256(made_from.encode()).hexdigest()
    if stamp.exists() and stamp.read_text() == digest and also():
        return
    print(f"  {step} …", end="", flush=True)
    began = time.monotonic()
    do()
    STAMPS.mkdir(parents=True, exist_ok=True)
    stamp.write_text(digest)
    print(f" {time.monotonic() - began:.0f} s", flush=True)


def check_python() -> None:
    """This Python must be the one the pins were made for."""
    if sys.version_info[:2] != (3, 11):
        found = ".".join(map(str, sys.version_info[:3]))
        raise Unfinished(f"Rosemary needs Python 3.11; this is {found}. Say: make PYTHON=/path/to/python3.11 …")


def check_room(least: int) -> None:
    """A full disk is told before, not in the middle."""
    free = shutil.disk_usage(ROOT).free
    if free < least:
        found, needed = f"{free / 1024**3:.1f}", f"{least / 1024**3:.0f}"
        raise Unfinished(f"Only {found} GiB are free at {ROOT}; an installation takes about {needed}. Make room.")


def make_venv() -> None:
    """A fresh virtual environment; what is left of a half-made or foreign one goes."""
    check_room(ROOM)
    if VENV.exists():
        shutil.rmtree(VENV)
    run(
        [sys.executable, "-m", "venv", str(VENV)],
        "The virtual environment cannot be made. On Debian: apt install python3.11-venv",
    )


def pinned() -> str:
    """What the installed packages follow from."""
    return LOCK.read_text() + (ROOT / "pyproject.toml").read_text()


def dependencies(extra: str | None = None) -> list[str]:
    """The names that pyproject.toml asks for."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names: list[str] = project["optional-dependencies"][extra] if extra else project["dependencies"]
    return names


def pip_install(names: Iterable[str]) -> None:
    """Install by the pins of the lock."""
    command = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-c", str(LOCK), *names]
    run(command, "Packages cannot be installed. Is there a network? The same command goes on from here.")


def install_torch() -> None:
    """First of all, and without CUDA's three gigabytes unless GPU=1 asks for them or nothing else is to be had."""
    pin = next(line for line in LOCK.read_text().splitlines() if line.startswith("torch=="))
    if os.environ.get("GPU") == "1":
        pip_install([pin])
    elif not has_cpu_torch(pin):
        print(" its CPU build is out of reach, so the one with CUDA is taken, 3 GB …", end="", flush=True)
        check_room(CUDA_ROOM)
        pip_install([pin])


def has_cpu_torch(pin: str) -> bool:
    """Install the build without CUDA, from PyTorch's own index or where pip's settings have one; False if neither."""
    command = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--retries", "2"]
    command += ["--no-deps", "--index-url", TORCH_CPU, pin]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def frontend_sources() -> str:
    """A digest of all that the frontend is built from."""
    digest = hashlib.sha256()
    for path in sorted(FRONTEND.rglob("*")):
        built = {"node_modules", "dist"} & set(path.relative_to(FRONTEND).parts)
        if path.is_file() and not built:
            digest.update(str(path.relative_to(FRONTEND)).encode() + path.read_bytes())
    return digest.hexdigest()


def catalogues() -> str:
    """All that the compiled languages are made from."""
    return "".join(path.read_text() for path in sorted(LOCALE.rglob("*.po")))


def are_compiled() -> bool:
    """Whether each has its compiled form beside it."""
    return all(path.with_suffix(".mo").exists() for path in LOCALE.rglob("*.po"))


def compile_languages() -> None:
    """By Babel, which is among the packages."""
    run([str(PYTHON), str(ROOT / "companion" / "operations" / "languages.py")], "The languages cannot be compiled.")


def build_frontend() -> None:
    """With node from the path, or else the one that PyPI carries."""
    npm = find_npm()
    path = f"{npm.parent}{os.pathsep}{os.environ.get('PATH', '')}"
    # Node brings certificates of its own; behind a company's proxy only the machine's hold, which pip uses too.
    environment = {"NODE_USE_SYSTEM_CA": "1", **os.environ, "PATH": path}
    for command in (["ci", "--no-audit", "--no-fund"], ["run", "build"]):
        failed = (
            f"The frontend cannot be built (npm {command[0]}). Is there a network? The same command goes on from here."
        )
        run([str(npm), *command], failed, cwd=FRONTEND, env=environment)


def find_npm() -> Path:
    """npm beside a node that is new enough."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and major(node) >= NODE:
        return Path(npm)
    carried = VENV / "bin" / "npm"
    if not carried.exists():
        pip_install(dependencies("node"))
    return carried


def major(node: str) -> int:
    """Its major version; 0 where it does not say."""
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    said = answer.stdout.strip().removeprefix("v").partition(".")[0]
    return int(said) if said.isdigit() else 0


def run(command: list[str], failed: str, **options: object) -> None:
    """Run quietly; a failure is told with the last thing it said."""
    try:
        answer = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **options
        )  # type: ignore[call-overload]
    except OSError as error:
        raise Unfinished(f"{failed} ({error})") from error
    if answer.returncode:
        raise Unfinished(f"{failed}\n  It said: {last_line(answer.stdout)}")


def last_line(text: str) -> str:
    """What a program said in the end, warnings left out."""
    beside = ("WARNING", "notice", "A complete log of this run")
    lines = [line.strip() for line in text.splitlines() if line.strip() and not any(word in line for word in beside)]
    errors = [line for line in lines if "error" in line.lower() or "space" in line.lower()]
    return (errors or lines or ["nothing"])[-1][:300]


if __name__ == "__main__":
    main()
