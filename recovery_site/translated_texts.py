"""The texts that are translated, as the code asks for them.

Django's own makemessages would also collect what only staff read, and what nobody translates.
"""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, cast

from django.conf import settings
from django.template import engines
from django.template.backends.django import Template as DjangoTemplate
from django.template.base import Node, Variable
from django.templatetags.i18n import BlockTranslateNode, TranslateNode

# Whatever stands in these is translated as a whole; a file or a folder more is a line more.
# Mail to staff is in English, and its frame is not here.
TRANSLATED_PATHS = [
    "admissions/messaging/catalog/letters.py",
    "admissions/messaging/greeting.py",
    "admissions/messaging/rendering.py",
    "admissions/calendars/ics.py",
    "templates/emails/letter.*",
    "templates/emails/_*",
    "admissions/public",
    "admissions/intake/contact_plan.py",
    "admissions/intake/phone_line_words.py",
    "admissions/form_fields.py",
    "admissions/phone_numbers.py",
    "admissions/formatting.py",
    "admissions/time_zones.py",
    "admissions/scheduling/slot_display.py",
    "admissions/scheduling/summaries.py",
    "admissions/booking/callbacks.py",
    "admissions/booking/consultations.py",
    "admissions/booking/waitlist.py",
    "admissions/intake/models/requests.py",
    "admissions/scheduling/models/consultations.py",
    "admissions/scheduling/models/counselors.py",
    "templates/admissions",
    "templates/base.html",
    "templates/error_base.html",
    *(f"templates/{status}.html" for status in (400, 403, 404, 405, 410, 429, 500, 503)),
    "templates/programs",
    "programs/feeds.py",
    "programs/guide.py",
    "programs/forms",
]
# The places of (context, text, plural) among the arguments of each function.
ARGUMENT_POSITIONS = {
    "gettext": (None, 0, None),
    "gettext_lazy": (None, 0, None),
    "ngettext": (None, 0, 1),
    "ngettext_lazy": (None, 0, 1),
    "pgettext": (0, 1, None),
    "pgettext_lazy": (0, 1, None),
    "npgettext": (0, 1, 2),
    "npgettext_lazy": (0, 1, 2),
}


class TranslatableText(NamedTuple):
    """One text to translate; `context` and `plural` are empty where there is none."""

    context: str
    text: str
    plural: str


def collect_texts() -> dict[TranslatableText, list[str]]:
    """Every text to translate, and the files that ask for it, in their order."""
    found: dict[TranslatableText, list[str]] = {}
    for path in source_files():
        texts = texts_in_python(path) if path.suffix == ".py" else texts_in_template(path)
        for text in texts:
            places = found.setdefault(text, [])
            places += [relative_name(path)] if relative_name(path) not in places else []
    return found


def source_files() -> Iterator[Path]:
    for name in TRANSLATED_PATHS:
        for path in sorted(settings.BASE_DIR.glob(name)):
            within = [path] if path.is_file() else sorted(path.rglob("*.*"))
            yield from (each for each in within if "__pycache__" not in each.parts)


def relative_name(path: Path) -> str:
    return str(path.relative_to(settings.BASE_DIR))


def texts_in_python(path: Path) -> Iterator[TranslatableText]:
    """What a module marks, under whatever names it imports Django's functions."""
    tree = ast.parse(path.read_text())
    names = {
        alias.asname or alias.name: ARGUMENT_POSITIONS[alias.name]
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
        for alias in node.names
        if alias.name in ARGUMENT_POSITIONS
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
            positions = names[node.func.id]
            yield TranslatableText(
                *("" if at is None else ast.literal_eval(node.args[at]) for at in positions)
            )


def texts_in_template(path: Path) -> Iterator[TranslatableText]:
    """What a template asks for when it is drawn, to the letter."""
    nodes = cast(DjangoTemplate, engines["django"].from_string(path.read_text())).template.nodelist
    for node in nodes.get_nodes_by_type(Node):
        if isinstance(node, TranslateNode):
            text = cast(Variable, node.filter_expression.var).literal
            yield TranslatableText(context_text(node), str(text), "")
        elif isinstance(node, BlockTranslateNode):
            yield TranslatableText(
                context_text(node), block_text(node, node.singular), block_text(node, node.plural)
            )


def context_text(node: TranslateNode | BlockTranslateNode) -> str:
    return str(node.message_context.var) if node.message_context else ""


def block_text(node: BlockTranslateNode, tokens: list) -> str:
    return node.render_token_list(tokens)[0] if tokens else ""
