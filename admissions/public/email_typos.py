"""A slip of the finger in a common address, so that we can ask: did you mean gmail.com?"""

from itertools import takewhile

# What most people in the United States write with; short ones are too close to others to guess.
COMMON = (
    "gmail.com", "yahoo.com", "hotmail.com", "outlook.com", "icloud.com",
    "comcast.net", "sbcglobal.net", "verizon.net", "protonmail.com",
)  # fmt: skip
# One letter from a common one, and somebody's all the same.
REAL = {"email.com", "mail.com", "ymail.com"}


def suggest_address(address: str) -> str:
    """The address that was meant if one slip made it of this one, or nothing."""
    name, _at, domain = address.rpartition("@")
    domain = domain.casefold()
    if domain in COMMON or domain in REAL:
        return ""
    meant = next((each for each in COMMON if is_one_slip(domain, each)), "")
    return f"{name}@{meant}" if meant else ""


def is_one_slip(typed: str, meant: str) -> bool:
    """Whether one letter is missing, too many or another, or two stand in each other's place."""
    start = count_alike(typed, meant)
    typed, meant = typed[start:], meant[start:]
    end = count_alike(typed[::-1], meant[::-1])
    typed, meant = typed[: len(typed) - end], meant[: len(meant) - end]
    return max(len(typed), len(meant)) == 1 or (len(typed) == 2 and typed == meant[::-1])


def count_alike(one: str, other: str) -> int:
    """How many letters both begin with."""
    pairs = zip(one, other, strict=False)
    return len(list(takewhile(lambda pair: pair[0] == pair[1], pairs)))
