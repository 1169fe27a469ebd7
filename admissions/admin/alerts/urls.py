"""The addresses of “My alerts”, behind the desk's door."""

from django.contrib.admin import AdminSite
from django.urls import URLPattern, path

from . import views


def alert_urls(site: AdminSite) -> list[URLPattern]:
    guarded = site.admin_view
    return [
        path("alerts/", guarded(views.alerts), name="alerts"),
        path("alerts/choices/", guarded(views.save_alert_choices), name="save_alert_choices"),
        path("alerts/seen/", guarded(views.mark_alerts_seen), name="mark_alerts_seen"),
        path("alerts/open/<uuid:handle>/", guarded(views.open_alert), name="open_alert"),
        path("alerts/devices/", guarded(views.add_alert_device), name="add_alert_device"),
        path(
            "alerts/devices/<int:pk>/remove/",
            guarded(views.remove_alert_device),
            name="remove_alert_device",
        ),
        path(
            "alerts/devices/<int:pk>/test/",
            guarded(views.test_alert_device),
            name="test_alert_device",
        ),
    ]
