"""The Celery app. Redis only wakes workers: what is owed lives in Postgres."""

import os
from typing import Any

from celery import Celery, Task
from celery.signals import task_postrun, task_prerun
from django.db import close_old_connections

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "recovery_site.settings")

app = Celery("recovery_site")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(
    [
        "admissions.accounts",
        "admissions.audit",
        "admissions.booking",
        "admissions.calendars",
        "admissions.messaging",
    ]
)


@task_prerun.connect
@task_postrun.connect
def renew_database_connection(*, task: Task, **_: Any) -> None:
    """Between tasks as between requests: one that broke or grew old makes way for a new one."""
    if not task.request.is_eager:
        close_old_connections()
