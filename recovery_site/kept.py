"""Ports and secrets chosen once, kept under VAR for later starts."""

import json
import os
import secrets

from . import processes


def recall(var):
    kept = var / "kept.json"
    return json.loads(kept.read_text()) if kept.exists() else {}


def remember(var, **choices):
    """Keeps choices for later starts, in a file that only its owner can read."""
    write_private(var / "kept.json", json.dumps(recall(var) | choices, indent=1))


def write_private(path, text):
    """Writes a whole file or nothing, readable by its owner only."""
    draft = path.with_name(path.name + ".new")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def secret(var, name):
    """A random secret, made once."""
    if name not in recall(var):
        remember(var, **{name: secrets.token_urlsafe(50)})
    return recall(var)[name]


def port(var, name, *preferred):
    """The remembered port while it is free, else a preferred or any free one."""
    chosen = processes.free_port(*preferred, recall(var).get(name))
    remember(var, **{name: chosen})
    return chosen
