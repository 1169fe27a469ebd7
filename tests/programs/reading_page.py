"""What a person sees of a page: its words, without its markup."""

import re
from html import unescape


def words_of(response) -> str:
    """The visible words of an answer, one space between them."""
    html = re.sub(r"<(script|style|svg)\b.*?</\1>", " ", response.content.decode(), flags=re.S)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def foot_of(response) -> str:
    """The visible words of the page's foot."""
    foot = re.search(rb"<footer.*?</footer>", response.content, flags=re.S)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", foot[0].decode())).split())
