"""While someone works on a page, a reload shows what they wrote."""

import os
import subprocess
import sys

CODE = """
import django
django.setup()
from django.conf import settings
from django.template import engines
kinds = [type(each).__module__ for each in engines["django"].engine.template_loaders]
print(settings.PAGE_CACHE_SECONDS, *kinds)
"""


def printed(debug):
    names = {"DJANGO_SETTINGS_MODULE": "recovery_site.settings", "DEBUG": debug}
    done = subprocess.run(
        [sys.executable, "-c", CODE],
        env={k: v for k, v in os.environ.items() if k != "ALLOWED_HOSTS"} | names,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout.split()


def test_debug_keeps_no_page_and_no_template():
    assert printed("1") == [
        "0",
        "django.template.loaders.filesystem",
        "django.template.loaders.app_directories",
    ]


def test_without_debug_both_are_kept():
    assert printed("") == ["3", "django.template.loaders.cached"]
