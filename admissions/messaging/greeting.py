"""How a letter begins."""

import re
import unicodedata

from django.utils.translation import gettext as _

# A name and a second one; beyond that it may be a sentence.
MAX_GREETED_WORDS, MAX_GREETED_LENGTH = 2, 30
JOINS_OF_NAMES = set(" '’ʼ‘-‐.·")
# What browsers read as the dot of an address, or people do; some are letters to Unicode.
DOTS = str.maketrans(dict.fromkeys("․．。｡ꓸ", "."))
ADDRESS_PATTERN = re.compile(r"[/@:\\]|\w\.\w|www", re.IGNORECASE)


def format_greeting(name: str) -> str:
    """Hello Ana, or just Hello: what strangers type as a name must not speak through us.

    Only letters, and what joins them in names, are repeated, and of many words the first alone: an
    address could lure people, and a sentence could frighten them.
    """
    words = name.split()
    is_name = all(unicodedata.category(each)[0] in "LM" or each in JOINS_OF_NAMES for each in name)
    if not words or not is_name or ADDRESS_PATTERN.search(name.translate(DOTS)):
        return _("Hello.")
    called = name if len(words) <= MAX_GREETED_WORDS else words[0]
    return _("Hello %(name)s.") % {"name": called[:MAX_GREETED_LENGTH]}
