"""The WSGI entry point that gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application
from django.db import connections

from . import startup_checks

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "recovery_site.settings")
application = get_wsgi_application()
startup_checks.run()
# Gunicorn forks its workers after this, and two processes cannot share a connection.
connections.close_all()
