"""Signs staff in, both factors proven, and prints the cookie that says so.

    python -m bench.signed_in

For the database that DATABASE_URL names, under the settings of the environment.
"""

import os
import subprocess
import sys

import django
from django.apps import apps
from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest
from django.utils.module_loading import import_string

from . import ours
from .servers import ROOT


def cookie(database):
    """Name and value, made in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.signed_in"],
        cwd=ROOT,
        env=os.environ | ours.production(database),
        capture_output=True,
        text=True,
        check=True,
    )
    name, _, value = done.stdout.strip().partition("=")
    return {name: value}


# Named by their words, since models can be imported only once Django is set up.
def member(role):
    users = apps.get_model("users", "User").objects
    user, _is_new = users.get_or_create(username=f"measurer-{role}", is_staff=True)
    user.groups.add(apps.get_model("auth", "Group").objects.get(name=role))
    import_string("admissions.accounts.demo.enroll")(user)
    return user


def session(role="coordinator") -> SessionBase:
    """What the site's own way in leaves behind."""
    request = HttpRequest()
    request.META["REMOTE_ADDR"] = "127.0.0.1"
    request.session = import_string(f"{settings.SESSION_ENGINE}.SessionStore")()
    user = member(role)
    request.user = import_string("django.contrib.auth.models.AnonymousUser")()
    adapter = import_string(settings.ACCOUNT_ADAPTER)(request)
    adapter.pre_login(request, user)
    record = import_string("allauth.account.internal.flows.login.record_authentication")
    record(request, user, "mfa", type="totp")
    adapter.login(request, user)
    request.session.save()
    return request.session


def main():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "recovery_site.settings")
    django.setup()
    print(f"{settings.SESSION_COOKIE_NAME}={session().session_key}")


if __name__ == "__main__":
    main()
