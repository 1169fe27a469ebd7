"""The settings of production, as a process of production reads them."""

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HOST = "admissions.example"
ENVIRONMENT = {
    "DEBUG": "0",
    "SECRET_KEY": "mD3vX8_qL0sZ4tKfW9-aYb7HjR2cNpU6eGxQ1oVrTiB5wEyFzSkA",
    "FIELD_KEYS": "Tq7_wZr2LhVbN9sXe4-uKpYc6GmJf3DaS8tRoQ1iEnBkUy5HvWzCx0PlMgAd",
    "ALLOWED_HOSTS": HOST,
    "SITE_URL": f"https://{HOST}",
    "ADMISSIONS_LINE": "+17145550134",
    "MAIL_FROM": "appointments@office.example",
    "EMAIL_URL": "smtp+tls://user:word@mail.example:587",
}
# All that the headers and cookies of an answer depend on.
OF_ANSWERS = (
    "ALLOWED_HOSTS", "CONTENT_SECURITY_POLICY", "CSRF_COOKIE_HTTPONLY", "CSRF_COOKIE_NAME",
    "CSRF_COOKIE_SAMESITE", "CSRF_COOKIE_SECURE", "MIDDLEWARE", "PERMISSIONS_POLICY",
    "SECURE_CONTENT_TYPE_NOSNIFF", "SECURE_CROSS_ORIGIN_OPENER_POLICY",
    "SECURE_HSTS_INCLUDE_SUBDOMAINS", "SECURE_HSTS_PRELOAD", "SECURE_HSTS_SECONDS",
    "SECURE_REDIRECT_EXEMPT", "SECURE_REFERRER_POLICY", "SECURE_SSL_REDIRECT",
    "SESSION_COOKIE_HTTPONLY", "SESSION_COOKIE_NAME", "SESSION_COOKIE_SAMESITE",
    "SESSION_COOKIE_SECURE", "SILENCED_SYSTEM_CHECKS", "SITE_URL", "X_FRAME_OPTIONS",
)  # fmt: skip
PRINT = (
    "import json, sys; from django.conf import settings;"
    " print(json.dumps({name: getattr(settings, name) for name in sys.argv[1:]}))"
)


def run_in_production(*arguments: str, **environment: str) -> subprocess.CompletedProcess:
    """Run Python in a process that reads the settings of production."""
    names = {"DJANGO_SETTINGS_MODULE": "recovery_site.settings"}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=os.environ | names | ENVIRONMENT | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@cache
def settings_of_answers() -> dict:
    """What production has for each of OF_ANSWERS."""
    return json.loads(run_in_production("-c", PRINT, *OF_ANSWERS).stdout)
