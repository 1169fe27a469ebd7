"""What changed from one version of a text to the next, for the eye."""

import re
from difflib import SequenceMatcher
from itertools import zip_longest

SAME, DELETED, INSERTED = "same", "went", "came"


def diff_lines(old: str, new: str) -> list[list[tuple[str, str]]]:
    """The lines that differ, each in pieces of (same, went or came; words)."""
    before, after = old.splitlines(), new.splitlines()
    lines = []
    for act, a, b, c, d in SequenceMatcher(None, before, after, False).get_opcodes():
        if act != "equal":
            pairs = zip_longest(before[a:b], after[c:d], fillvalue="")
            lines += [diff_words(*pair) for pair in pairs if any(pair)]
    return lines


def diff_words(old: str, new: str) -> list[tuple[str, str]]:
    """The text in pieces that stay, went or came: (same | went | came, words)."""
    before, after = (re.findall(r"\s+|\S+", text) for text in (old, new))
    pieces, went, came = [], "", ""
    for act, a, b, c, d in SequenceMatcher(None, before, after, False).get_opcodes():
        gone, new = "".join(before[a:b]), "".join(after[c:d])
        # A blank alone parts no changes: they read as one.
        if act == "equal" and (gone.strip() or not went + came):
            pieces += [(DELETED, went), (INSERTED, came), (SAME, gone)]
            went = came = ""
        else:
            went, came = went + gone, came + new
    pieces += [(DELETED, went), (INSERTED, came)]
    return [(what, words) for what, words in pieces if words]
