from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.db.backends.signals import connection_created

from .observing import error_reports, slow_queries, task_context


class RecoverySiteConfig(AppConfig):
    """Has the commands that take the place of Django's."""

    name = "recovery_site"

    def ready(self) -> None:
        """In every process time statements, carry ids of requests into tasks, report faults."""
        connection_created.connect(slow_queries.watch, dispatch_uid="slow_queries")
        task_context.connect()
        error_reports.start()


class StaffAdminConfig(AdminConfig):
    """Puts our own site where Django expects its admin."""

    default_site = "admissions.admin.site.StaffAdminSite"
