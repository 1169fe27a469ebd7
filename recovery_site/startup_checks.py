"""What a process of production asks the database before it serves."""

import sys

from django.apps import apps
from django.conf import settings
from django.db import DatabaseError


def refuse_demo_accounts() -> None:
    """End a process of production whose database holds invented staff: all know their passwords.

    A database that does not answer is let pass, as nobody signs in without it.
    """
    if not settings.PRODUCTION:
        return
    try:
        has_demo = apps.get_model("users", "User").objects.filter(is_demo=True).exists()
    except DatabaseError:
        return
    if has_demo:
        sys.exit(
            "This database holds the invented staff of the demo, whose passwords everybody knows."
            " Production needs a database of its own: name another in DATABASE_URL."
        )
