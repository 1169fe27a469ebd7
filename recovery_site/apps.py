from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class RecoverySiteConfig(AppConfig):
    """Has the commands that take the place of Django's."""

    name = "recovery_site"


class StaffAdminConfig(AdminConfig):
    """Puts our own site where Django expects its admin."""

    default_site = "admissions.admin.site.StaffAdminSite"
