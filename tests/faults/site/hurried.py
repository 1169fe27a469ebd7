"""The site's Celery app, whose sweep comes every three seconds instead of every sixty."""

from datetime import timedelta

import django

from recovery_site.celery import app

django.setup()
app.conf.beat_schedule["send due messages"]["schedule"] = timedelta(seconds=3)
