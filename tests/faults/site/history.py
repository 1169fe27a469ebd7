"""What was asked, answered and broken, one JSON line each, in the order in which it happened.

An operation begins with `invoke` and ends with one of: `ok`, acknowledged; `fail`, surely not done;
`info`, nobody knows. A line of the nemesis has the type `nemesis`.
"""

import json
import time
from threading import Lock

ENDS = ("ok", "fail", "info")


class History:
    """Append to a file; the lines stay in memory as well."""

    def __init__(self, path):
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path, self.lines, self.lock = path, [], Lock()
        path.write_text("")

    def add(self, type_, **told):
        line = {"at": round(time.time(), 3), "type": type_, **told}
        with self.lock, self.path.open("a") as file:
            self.lines.append(line)
            file.write(json.dumps(line) + "\n")
        return line

    def nemesis(self, act):
        return self.add("nemesis", op=act)["at"]

    def operations(self):
        """(who, op, value, end) of each operation, in order; `info` where no end came."""
        begun, ended = [], {}
        for line in list(self.lines):
            if line["type"] == "invoke":
                begun.append(line)
            elif line["type"] in ENDS:
                ended[line["who"], line["op"], line["key"]] = line["type"]
        return [
            (each["who"], each["op"], each["value"], ended.get(name_of(each), "info"))
            for each in begun
        ]

    def acknowledged(self, op="book"):
        return [line for line in list(self.lines) if (line["type"], line.get("op")) == ("ok", op)]

    def answers(self):
        """How each operation ended or was interrupted, with seconds and status."""
        return [line for line in list(self.lines) if line["type"] in (*ENDS, "retry")]


def name_of(line):
    return line["who"], line["op"], line["key"]
