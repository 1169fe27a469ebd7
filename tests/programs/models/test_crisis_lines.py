"""Where a text goes: the number and its word are the row's."""

import pytest
from django.db import IntegrityError, transaction
from django.utils import translation

from programs.models import CrisisLine
from tests.support.factories import change_crisis_line

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("words", "links"),
    [
        ("es AYUDA", ["sms:988", "sms:988?&body=AYUDA"]),
        ("es AYUDA, en HELLO", ["sms:988?&body=HELLO", "sms:988?&body=AYUDA"]),
        ("", ["sms:988", "sms:988"]),
    ],
)
def test_link_of_a_text_holds_the_word_of_the_page_language(words, links):
    line, found = CrisisLine(sms="988", sms_words=words), []

    for language in ("en", "es"):
        with translation.override(language):
            found.append(line.sms_link)

    assert found == links


@pytest.mark.parametrize(
    ("columns", "constraint"),
    [
        ({"sms": "98 8"}, "crisis_line_sms_is_digits"),
        ({"sms_words": "AYUDA"}, "crisis_line_sms_words_are_pairs"),
        ({"sms_words": "es ayuda&x=1"}, "crisis_line_sms_words_are_pairs"),
        ({"sms": ""}, "crisis_line_sms_words_are_pairs"),
    ],
)
def test_database_refuses_what_no_phone_could_send(columns, constraint):
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        change_crisis_line("988", **columns)


def test_new_site_names_who_answers_for_us():
    named = CrisisLine.objects.filter(is_fallback=True).values_list("slug", flat=True)

    assert list(named) == ["911", "988", "samhsa", "oc-links"]
