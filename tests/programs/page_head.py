"""What a page says of itself to machines."""

import json
import re
from html import unescape
from html.parser import HTMLParser


class Head(HTMLParser):
    """The head of one page: its title, metas by name, links, and blocks of data."""

    def __init__(self, response):
        super().__init__()
        html = response.content.decode()
        self.titles = [
            " ".join(unescape(found).split())
            for found in re.findall(r"<title>(.*?)</title>", html, re.S)
        ]
        self.blocks = re.findall(r'<script type="application/ld\+json">(.*?)</script>', html, re.S)
        self.metas, self.links = {}, []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        if tag == "meta" and (name := found.get("name") or found.get("property")):
            self.metas.setdefault(name, []).append(found["content"])
        if tag == "link":
            self.links.append(found)

    @property
    def title(self) -> str:
        (title,) = self.titles
        return title

    def meta(self, name) -> str:
        (content,) = self.metas[name]
        return content

    @property
    def canonical(self) -> str:
        (link,) = [link for link in self.links if link["rel"] == "canonical"]
        return link["href"]

    @property
    def languages(self) -> dict[str, str]:
        """Full addresses by language, as hreflang tells them."""
        return {link["hreflang"]: link["href"] for link in self.links if "hreflang" in link}

    @property
    def facts(self) -> dict[str, dict]:
        """The blocks of schema.org by their type."""
        return {fact["@type"]: fact for fact in map(json.loads, self.blocks)}
