"""Every address of the site; the public pages exist again under /es/."""

from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path

from admissions.accounts.urls import allauth_urls
from admissions.admin.alerts.views import push_worker
from admissions.calls.views import phone_ring
from admissions.public.urls import feeds, mail

from . import health
from .observing.metrics import metrics

urlpatterns = [
    path("healthz/", health.healthz),
    path("readyz/", health.readyz),
    path("livez/", health.livez),
    path("statusz/", health.statusz),
    path("metrics", metrics),
    path("admin/", include(allauth_urls(admin.site))),
    path("admin/", admin.site.urls),
    path("feeds/", include(feeds)),
    path("mail/", include(mail)),
    path("phone/ring/", phone_ring),
    path("push/worker.js", push_worker, name="push_worker"),
    *i18n_patterns(
        path("consultation/", include("admissions.public.urls")),
        path("", include("programs.urls")),
        prefix_default_language=False,
    ),
]

handler400 = "recovery_site.error_views.bad_request"
handler403 = "recovery_site.error_views.permission_denied"
handler404 = "recovery_site.error_views.not_found"
# allauth asks for it.
handler429 = "recovery_site.error_views.too_many_requests"
handler500 = "recovery_site.error_views.server_error"
