"""Whatever a visitor may read exists in every language of the site."""

import pytest
from django.conf import settings

from programs.models import ComparisonCell, Translation
from programs.short_lines import untranslated

pytestmark = pytest.mark.django_db

OTHERS = [code for code, _name in settings.LANGUAGES if code != settings.LANGUAGE_CODE]


@pytest.mark.parametrize("language", OTHERS)
def test_every_short_line_has_its_words(language):
    assert untranslated(language) == []


def test_line_that_an_editor_changes_waits_for_its_words():
    ComparisonCell.objects.filter(text="Usually higher").update(text="Often higher")

    assert untranslated("es") == ["Often higher"]


def test_number_alone_needs_no_words():
    Translation.objects.all().delete()

    assert "1-800-222-1222" not in untranslated("es")


def test_state_is_quoted_in_its_own_words_and_then_explained(client):
    html = client.get("/es/").content.decode()

    quoted = '<span lang="en">Certified by the State Department of Health Care Services.</span>'
    assert html.count(quoted) == html.count("Con certificación del Departamento") == 2
