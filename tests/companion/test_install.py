"""`make install`: what it does once, what it does again, and what it says when something is in the way."""

import subprocess
import sys

import pytest

from companion.operations import install


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty place to install into."""
    venv = tmp_path / ".venv"
    monkeypatch.setattr(install, "ROOT", tmp_path)
    monkeypatch.setattr(install, "VENV", venv)
    monkeypatch.setattr(install, "PYTHON", venv / "bin" / "python")
    monkeypatch.setattr(install, "STAMPS", venv / "stamps")
    monkeypatch.delenv("GPU", raising=False)
    return tmp_path


def answer_as_pip(folder, script):
    """A `python -m pip` that notes what it was asked and answers as told."""
    python = folder / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True, exist_ok=True)
    python.write_text(f'#!/bin/sh\necho "$*" >> {folder}/asked\n{script}\n')
    python.chmod(0o755)


def asked(folder):
    return (folder / "asked").read_text().splitlines()


def test_torch_comes_without_cuda_where_that_is_to_be_had(folder, capsys):
    answer_as_pip(folder, "exit 0")
    install.install_torch()
    assert len(asked(folder)) == 1
    assert install.TORCH_CPU in asked(folder)[0]
    assert capsys.readouterr().out == ""


def test_torch_comes_with_cuda_and_says_so_where_its_own_index_is_out_of_reach(folder, capsys):
    answer_as_pip(folder, 'case "$*" in *--index-url*) exit 1;; esac')
    install.install_torch()
    assert "--index-url" not in asked(folder)[1]
    assert "torch==" in asked(folder)[1]
    assert "3 GB" in capsys.readouterr().out


def test_torch_with_cuda_is_not_begun_on_a_disk_that_cannot_hold_it(folder, monkeypatch):
    answer_as_pip(folder, "exit 1")
    monkeypatch.setattr(install, "CUDA_ROOM", 10**18)
    with pytest.raises(install.Unfinished, match="Make room"):
        install.install_torch()
    assert len(asked(folder)) == 1


def test_a_gpu_build_is_taken_from_the_usual_index_when_it_is_asked_for(folder, monkeypatch):
    answer_as_pip(folder, "exit 0")
    monkeypatch.setenv("GPU", "1")
    install.install_torch()
    assert len(asked(folder)) == 1
    assert "--index-url" not in asked(folder)[0]


def test_a_failure_is_told_with_what_was_said_last_and_what_to_do(folder):
    answer_as_pip(folder, "echo 'ERROR: No matching distribution found for django'; exit 1")
    with pytest.raises(install.Unfinished) as told:
        install.pip_install(["django"])
    assert "Is there a network? The same command goes on from here." in str(told.value)
    assert "No matching distribution found for django" in str(told.value)


def test_what_npm_says_is_told_not_where_its_log_lies():
    said = "npm error code E1\nnpm error request failed, reason: no route\nnpm error A complete log of this run"
    assert install.last_line(said) == "npm error request failed, reason: no route"


def test_npm_trusts_the_certificates_that_this_machine_trusts(folder, monkeypatch):
    npm = folder / "npm"
    npm.write_text(f'#!/bin/sh\necho "$* $NODE_USE_SYSTEM_CA" >> {folder}/asked\n')
    npm.chmod(0o755)
    monkeypatch.setattr(install, "find_npm", lambda: npm)
    monkeypatch.setattr(install, "FRONTEND", folder)
    install.build_frontend()
    assert asked(folder) == ["ci --no-audit --no-fund 1", "run build 1"]


def test_a_step_is_done_once_and_again_only_when_it_is_made_from_other_things(folder, capsys):
    done = []
    for made_from in ("a", "a", "b"):
        install.done("packages", made_from, lambda: done.append(1))
    assert len(done) == 2
    assert capsys.readouterr().out.count("packages") == 2


def test_another_python_is_refused_with_what_to_say(monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 12, 1))
    with pytest.raises(install.Unfinished, match=r"needs Python 3.11; this is 3.12.1. Say: make PYTHON="):
        install.check_python()


def test_without_room_nothing_is_begun(folder, monkeypatch):
    monkeypatch.setattr(install, "ROOM", 10**18)
    with pytest.raises(install.Unfinished, match="Make room"):
        install.make_venv()
    assert not (folder / ".venv").exists()


def test_make_names_a_missing_python():
    told = subprocess.run(
        ["make", "install", "PYTHON=python-that-is-not-there"],
        cwd=install.FRONTEND.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode != 0
    assert "Python 3.11 is missing" in told.stdout


def test_everything_that_is_asked_for_is_pinned():
    pins = {line.partition("==")[0] for line in install.LOCK.read_text().splitlines()}
    for names in (install.dependencies(), install.dependencies("node"), install.dependencies("test")):
        assert {name.partition("[")[0] for name in names} <= pins
