from importlib import import_module

from django.apps import AppConfig, apps
from django.utils.translation import gettext_lazy as _


class AdmissionsConfig(AppConfig):
    name = "admissions"
    verbose_name = _("Admissions")

    def ready(self) -> None:
        # A site without Django's admin has no pages to register; the bench measures one.
        if apps.is_installed("django.contrib.admin"):
            import_module("admissions.admin.pages")
