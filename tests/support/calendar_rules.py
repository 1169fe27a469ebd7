"""What RFC 5545 and RFC 5546 ask of a calendar file of ours, read strictly and by ourselves.

`read` takes the bytes apart by the grammar of content lines, holds each
property to its type and to how often its method permits it, and refuses the
rest. It knows only what we write: an unknown property is a fault too.
"""

import re
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import unquote

NAME = r"[A-Za-z0-9-]+"
SAFE = r'[^\x00-\x08\x0a-\x1f\x7f",;:]*'
QUOTED = r'"[^\x00-\x08\x0a-\x1f\x7f"]*"'
PARAM = rf";({NAME})=((?:{QUOTED}|{SAFE})(?:,(?:{QUOTED}|{SAFE}))*)"
LINE = re.compile(rf"({NAME})((?:{PARAM})*):([^\x00-\x08\x0a-\x1f\x7f]*)")
TEXT = re.compile(r"(?:[^\\;,]|\\[\\;,nN])*")
UTC_TIME = re.compile(r"\d{8}T\d{6}Z")
# RFC 6068: a letter, digit or mark as it is, anything else percent-encoded.
MAILTO = re.compile(r"mailto:(?:[A-Za-z0-9._~!$'*+-]|%[0-9A-F]{2})+@[A-Za-z0-9.-]+")

ONE, MAY, MANY, NONE = (1, 1), (0, 1), (1, 99), (0, 0)
OF_EVENT = {
    # RFC 5546, 3.2.1, 3.2.2 and 3.2.5
    "PUBLISH": {"ATTENDEE": NONE, "DESCRIPTION": MAY, "STATUS": ONE},
    "REQUEST": {"ATTENDEE": MANY, "DESCRIPTION": MAY, "STATUS": ONE},
    "CANCEL": {"ATTENDEE": MANY, "DESCRIPTION": MAY, "STATUS": ONE},
}
OF_EVERY_EVENT = {
    "UID": ONE, "DTSTAMP": ONE, "DTSTART": ONE, "DTEND": ONE, "SEQUENCE": ONE, "SUMMARY": ONE,
    "ORGANIZER": ONE, "LOCATION": MAY, "TRANSP": MAY, "CLASS": MAY,
}  # fmt: skip
OF_CALENDAR = {
    "PRODID": ONE, "VERSION": ONE, "METHOD": ONE,
    "X-WR-CALNAME": MAY, "X-PUBLISHED-TTL": MAY, "REFRESH-INTERVAL": MAY,
}  # fmt: skip
ONE_OF = {
    "VERSION": {"2.0"},
    "TRANSP": {"OPAQUE", "TRANSPARENT"},
    "CLASS": {"PUBLIC", "PRIVATE", "CONFIDENTIAL"},
}
STATUS_OF = {"PUBLISH": "CONFIRMED", "REQUEST": "CONFIRMED", "CANCEL": "CANCELLED"}
TIMES = {"DTSTAMP", "DTSTART", "DTEND"}
PEOPLE = {"ORGANIZER", "ATTENDEE"}
TEXTS = {"UID", "SUMMARY", "DESCRIPTION", "LOCATION", "PRODID", "X-WR-CALNAME"}


class Broken(Exception):
    """The file breaks a rule; says which."""


@dataclass
class Read:
    method: str
    events: list[dict]

    @property
    def event(self) -> dict:
        (event,) = self.events
        return event


def read(file: bytes) -> Read:
    """Its method and its events, values as meant, or Broken."""
    lines = [content_line(line) for line in unfolded(file)]
    head, blocks = taken_apart(lines)
    count(head, OF_CALENDAR, "calendar")
    calendar = {name: meant(name, value) for name, _params, value in head}
    method = calendar["METHOD"]
    need(method in OF_EVENT, f"unknown method {method}")
    return Read(method, [event_of(block, method) for block in blocks])


def unfolded(file: bytes) -> list[str]:
    need(file.endswith(b"\r\n"), "the last line does not end")
    rows = file[:-2].split(b"\r\n")
    lines = []
    for row in rows:
        need(b"\r" not in row and b"\n" not in row, "a bare line break")
        need(0 < len(row) <= 75, f"a line of {len(row)} octets")
        try:
            text = row.decode()
        except UnicodeDecodeError:
            raise Broken("a line ends inside a character") from None
        if text[0] in " \t":
            need(lines, "the first line continues nothing")
            lines[-1] += text[1:]
        else:
            lines.append(text)
    return lines


def content_line(line: str) -> tuple[str, dict, str]:
    matched = LINE.fullmatch(line)
    need(matched, "not a content line")
    params = re.findall(PARAM, matched[2])
    need(len({name for name, _ in params}) == len(params), "a parameter twice")
    value = line[matched.end(2) + 1 :]
    return matched[1].upper(), {name: each.strip('"') for name, each in params}, value


def taken_apart(lines) -> tuple[list, list[list]]:
    """The calendar's own lines and those of each event; nothing else may stand in it."""
    borders = [(name, value) for name, _params, value in lines if name in ("BEGIN", "END")]
    inside = [("BEGIN", "VEVENT"), ("END", "VEVENT")] * (len(borders) // 2 - 1)
    need(borders == [("BEGIN", "VCALENDAR"), *inside, ("END", "VCALENDAR")], "not nested")
    need(lines[0][0] == "BEGIN" and lines[-1][0] == "END", "something around the calendar")
    head, blocks, where = [], [], None
    for line in lines[1:-1]:
        if line[0] == "BEGIN":
            where = []
            blocks.append(where)
        elif line[0] == "END":
            where = None
        elif where is None:
            need(not blocks, "a property of the calendar after its events")
            head.append(line)
        else:
            where.append(line)
    return head, blocks


def event_of(block, method: str) -> dict:
    count(block, OF_EVERY_EVENT | OF_EVENT[method], "event")
    event = {name: meant(name, value) for name, _params, value in block}
    event["PARAMS"] = {name: params for name, params, _value in block if params}
    need(event["STATUS"] == STATUS_OF[method], f"{event['STATUS']} in a {method}")
    need(event["DTEND"] > event["DTSTART"], "it ends before it begins")
    return event


def count(lines, rules: dict, what: str) -> None:
    counted = Counter(name for name, _params, _value in lines)
    for name in counted:
        need(name in rules, f"{name} is none of ours in a {what}")
    for name, (least, most) in rules.items():
        need(least <= counted[name] <= most, f"{counted[name]} {name} in a {what}")


def meant(name: str, value: str):
    if name in TIMES:
        need(UTC_TIME.fullmatch(value), f"{name} is no time in UTC")
        return datetime.strptime(value, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    if name in PEOPLE:
        need(MAILTO.fullmatch(value), f"{name} is no mailto: address")
        return unquote(value.removeprefix("mailto:"))
    if name == "SEQUENCE":
        need(re.fullmatch(r"\d{1,9}", value), "SEQUENCE is no number")
        return int(value)
    if name in ONE_OF:
        need(value in ONE_OF[name], f"{name} says {value}")
    if name in TEXTS:
        need(value and TEXT.fullmatch(value), f"{name} is not escaped, or empty")
        return re.sub(r"\\(.)", lambda each: {"n": "\n", "N": "\n"}.get(each[1], each[1]), value)
    return value


def need(is_kept, rule: str) -> None:
    if not is_kept:
        raise Broken(rule)
