"""The placeholders of a text, and how they are filled."""

import re

PLACEHOLDER_PATTERN = re.compile(r"\{(\w*)\}")


def fill_placeholders(text: str, values: dict[str, str]) -> str:
    """The text with its placeholders filled; one that is not known stays as it was typed."""
    return PLACEHOLDER_PATTERN.sub(lambda match: str(values.get(match[1], match[0])), text)
