"""Ports and secrets chosen once, kept under VAR for later starts."""

import json
import os
import secrets
from pathlib import Path
from typing import Any

from . import processes


def read_state(var: Path) -> dict[str, Any]:
    kept = var / "kept.json"
    return json.loads(kept.read_text()) if kept.exists() else {}


def update_state(var: Path, **choices: int | str) -> None:
    """Keeps choices for later starts, in a file that only its owner can read."""
    write_private(var / "kept.json", json.dumps(read_state(var) | choices, indent=1))


def write_private(path: Path, text: str) -> None:
    """Writes a whole file or nothing, readable by its owner only."""
    draft = path.with_name(path.name + ".new")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def get_secret(var: Path, name: str) -> str:
    """A random secret, made once."""
    if name not in read_state(var):
        update_state(var, **{name: secrets.token_urlsafe(50)})
    return read_state(var)[name]


def get_port(var: Path, name: str, *preferred: int | None) -> int:
    """The remembered port while it is free, else a preferred or any free one."""
    chosen = processes.free_port(*preferred, read_state(var).get(name))
    update_state(var, **{name: chosen})
    return chosen
