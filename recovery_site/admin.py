"""The staff desk: Django's admin under our own name and look."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _


class StaffDesk(admin.AdminSite):
    site_header = _("Admissions")
    site_title = _("Admissions")
    index_title = _("Today")
    site_url = "/"
    enable_nav_sidebar = False
