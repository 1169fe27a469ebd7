"""An exception in words that hold nothing of anybody: classes, files, functions and lines.

Messages stay out, as Postgres quotes values in them; so do local variables.
"""

import traceback
from pathlib import Path
from types import TracebackType
from typing import Any

BASE_DIR = Path(__file__).resolve().parent.parent.parent
MOST_FRAMES = 40
ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]


def describe_chain(fault: BaseException) -> list[dict[str, Any]]:
    """Each exception from the first cause on: {"type", "frames": [{file, line, function}]}."""
    chain: list[BaseException] = []
    while fault is not None and fault not in chain:
        chain.append(fault)
        hidden = fault.__suppress_context__ and fault.__cause__ is None
        cause = None if hidden else fault.__cause__ or fault.__context__
        if cause is None:
            break
        fault = cause
    return [
        {"type": type(each).__name__, "frames": describe_frames(each)} for each in reversed(chain)
    ]


def describe_frames(fault: BaseException) -> list[dict[str, Any]]:
    """The innermost frames, the innermost last."""
    walked = traceback.StackSummary.extract(
        traceback.walk_tb(fault.__traceback__), lookup_lines=False
    )
    return [
        {"file": shorten(frame.filename), "line": frame.lineno, "function": frame.name}
        for frame in walked[-MOST_FRAMES:]
    ]


def shorten(filename: str) -> str:
    """Its place in the site or in its package; no folder of the machine."""
    path = Path(filename)
    if "site-packages" in path.parts:
        return str(Path(*path.parts[path.parts.index("site-packages") + 1 :]))
    return str(path.relative_to(BASE_DIR)) if path.is_relative_to(BASE_DIR) else path.name
