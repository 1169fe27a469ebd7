"""A new site starts complete; loading again keeps what editors did."""

from importlib import import_module

import pytest
from django.apps import apps

from programs.models import Article, CrisisLine, Facility, ProgramText, SocialLink, Translation
from tests.support import factories

seed_content = import_module("programs.migrations.0002_seed_content")
CONTENT, facts, load = seed_content.CONTENT, seed_content.facts, seed_content.load

pytestmark = pytest.mark.django_db


def counts() -> dict[str, int]:
    return {
        model.__name__: model.objects.count()
        for model in apps.get_app_config("programs").get_models()
    }


def test_new_database_is_complete():
    assert counts() == {
        "Article": 12,
        "ComparisonCell": 21,
        "ComparisonRow": 7,
        "Credential": 1,
        "CrisisLine": 5,
        "CrisisLineChange": 0,
        "Facility": 1,
        "LevelOfCare": 14,
        "Location": 1,
        "Membership": 0,
        "Page": 12,
        "Program": 3,
        "ProgramText": 6,
        "Question": 30,
        "ScheduleRow": 18,
        "SocialLink": 3,
        "Translation": len(facts(CONTENT / "es" / "translations.toml")),
    }


def test_loading_again_adds_nothing():
    before = counts()

    load(apps)

    assert counts() == before


def test_loading_again_keeps_edits():
    Facility.objects.update(promise="One day at a time.")
    factories.change_crisis_line("988", note="Ask us.")

    load(apps)

    assert Facility.objects.get().promise == "One day at a time."
    assert CrisisLine.objects.get(slug="988").note == "Ask us."


def test_loading_again_brings_back_what_is_missing():
    SocialLink.objects.first().delete()
    before = counts()["SocialLink"]

    load(apps)

    assert counts()["SocialLink"] == before + 1


def test_line_of_a_new_site_comes_from_the_settings(settings):
    Facility.objects.all().delete()
    settings.ADMISSIONS_LINE = "+17145550177"

    load(apps)

    assert Facility.objects.get().admissions_line == "+17145550177"


def test_another_language_needs_files_only(tmp_path):
    folder = tmp_path / "content"
    (folder / "vi" / "articles").mkdir(parents=True)
    (folder / "vi" / "programs").mkdir()
    (folder / "en").symlink_to(CONTENT / "en", target_is_directory=True)
    (folder / "vi" / "translations.toml").write_text('"Live at home" = "Sống ở nhà"\n')
    (folder / "vi" / "articles" / "what-is-iop.md").write_text(
        '+++\ntitle = "IOP là gì?"\nsummary = "-"\n+++\n\nXin chào.\n'
    )
    (folder / "vi" / "programs" / "iop.md").write_text("+++\n+++\n\n## Một tuần\n\nXin chào.\n")

    load(apps, folder)

    assert Translation.objects.get(language="vi").text == "Sống ở nhà"
    assert Article.objects.get(language="vi").title == "IOP là gì?"
    assert ProgramText.objects.get(language="vi").sections[0].heading == "Một tuần"
