"""All settings, from the environment; production refuses to start half configured.

Production is whenever DEBUG is set to a false value or ALLOWED_HOSTS names a
host that is not this machine. Everything else is development: it answers on
loopback only, so forgetting a variable can never expose it.
"""

import secrets
from pathlib import Path
from typing import Any, Literal

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from . import inline_css
from .configuration import databases, email_settings, logging_config, production
from .configuration.allauth_settings import *  # noqa: F403  one subject of its own
from .configuration.celery_settings import *  # noqa: F403  one subject of its own

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
VAR = Path(env.str("VAR", default="") or BASE_DIR / "var").resolve()

DEBUG = env.bool("DEBUG", default=False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[])
PRODUCTION = production.is_production(env)

problems = production.find_problems(env) if PRODUCTION else production.find_unreadable(env)
if problems:
    raise ImproperlyConfigured("\n".join(problems))
if not PRODUCTION:
    # Written by `make run` while its servers are up, so that manage.py finds them.
    env.read_env(VAR / "environment")
    ALLOWED_HOSTS = ALLOWED_HOSTS or production.LOOPBACK

SECRET_KEY = env.str("SECRET_KEY", default="") or secrets.token_urlsafe(50)
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
# The first encrypts what people tell us, all are good for reading it; on a laptop SECRET_KEY stands
# in for them. See admissions.encryption.
FIELD_KEYS = env.list("FIELD_KEYS", default=[])
# The first seals the audit; all are good for checking it. In production only the worker has one:
# whoever takes over the web process can then write events, but seal none.
AUDIT_KEYS = [
    key
    for key in [env.str("AUDIT_KEY", default=""), *env.list("AUDIT_KEY_FALLBACKS", default=[])]
    if key
] or ([] if PRODUCTION else [SECRET_KEY, *SECRET_KEY_FALLBACKS])
SITE_URL = env.str("SITE_URL", default="http://127.0.0.1:8000").rstrip("/")
ADMISSIONS_LINE = env.str("ADMISSIONS_LINE", default="+17145550134")

INSTALLED_APPS = [
    "recovery_site.apps.StaffAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.sitemaps",
    "django.forms",
    "crispy_forms",
    "csp",
    "phonenumber_field",
    "pgtrigger",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "users",
    "programs",
    "admissions",
    "admissions.accounts",
    "recovery_site.apps.RecoverySiteConfig",
]

MIDDLEWARE = [
    "recovery_site.observing.requests.ObserveRequestMiddleware",
    "recovery_site.middleware.ResourcePolicyMiddleware",
    "recovery_site.hosts.HealthHostMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "admissions.reporting.page_view_counter.PageViewMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "recovery_site.page_cache.PageCacheMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "recovery_site.hosts.ForeignHostMiddleware",
    "recovery_site.middleware.RejectMalformedMiddleware",
    "recovery_site.middleware.DatabaseUnavailableMiddleware",
    "recovery_site.middleware.QuietSessionMiddleware",
    "recovery_site.language_invitation.InvitingLocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]

ROOT_URLCONF = "recovery_site.urls"
WSGI_APPLICATION = "recovery_site.wsgi.application"
CSRF_FAILURE_VIEW = "recovery_site.error_views.csrf_failure"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "programs.context_processors.center",
                "recovery_site.language_invitation.language_invitation",
                "admissions.public.context_processors.soonest_times",
                "admissions.public.context_processors.phone_line",
                "admissions.public.context_processors.known_query",
            ]
        },
    }
]
if DEBUG:
    # Read anew at each rendering, as whoever edits one expects.
    TEMPLATES[0]["APP_DIRS"] = False
    TEMPLATES[0]["OPTIONS"]["loaders"] = [
        "django.template.loaders.filesystem.Loader",
        "django.template.loaders.app_directories.Loader",
    ]
FORM_RENDERER = "programs.forms.renderer.ControlRenderer"
CRISPY_ALLOWED_TEMPLATE_PACKS = CRISPY_TEMPLATE_PACK = "recovery"

DATABASES = databases.read_databases(env)
DATABASE_ROUTERS = ["admissions.read_replica.ReplicaRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = {
    # Used codes and failed tries: every process must see them, and no loss of Redis may undo them.
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "accounts_cache",
        "KEY_FUNCTION": "admissions.accounts.throttling.hash_key",
        # Beyond this Django drops a third of the entries, and with them codes that were used.
        "OPTIONS": {"MAX_ENTRIES": 1_000_000},
    },
    # Content pages and their frame, each process by itself: see docs/decisions/page-cache.md.
    "pages": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "pages",
        # No two pages of ours come near it; names of hosts that a wildcard admits could.
        "OPTIONS": {"MAX_ENTRIES": 500},
    },
}

REDIS_URL = env.str("REDIS_URL", default="redis://127.0.0.1:1/0")
CELERY_BROKER_URL = REDIS_URL

email_url = env.str("EMAIL_URL", default="") or "smtp://127.0.0.1:1"
MAIL_PROVIDER = email_settings.provider_from_url(email_url)
EMAIL_CONFIG = env.email_url_config("smtp://127.0.0.1:1" if MAIL_PROVIDER else email_url)
EMAIL_BACKEND = EMAIL_CONFIG["EMAIL_BACKEND"]
EMAIL_HOST = EMAIL_CONFIG["EMAIL_HOST"]
EMAIL_PORT = EMAIL_CONFIG["EMAIL_PORT"]
EMAIL_HOST_USER = EMAIL_CONFIG["EMAIL_HOST_USER"] or ""
EMAIL_HOST_PASSWORD = EMAIL_CONFIG["EMAIL_HOST_PASSWORD"] or ""
EMAIL_USE_TLS = EMAIL_CONFIG.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = EMAIL_CONFIG.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 10
# The address itself should not name the center: it shows in a shared inbox.
MAIL_FROM = env.str("MAIL_FROM", default="appointments@er-office.example")
# Where an answer goes that someone writes back.
MAIL_REPLY_TO = env.str("MAIL_REPLY_TO", default="") or MAIL_FROM
DEFAULT_FROM_EMAIL = SERVER_EMAIL = MAIL_FROM
# Who is told when something fails; see recovery_site.admin_mail.
ADMINS = [("", address) for address in env.list("ADMINS", default=[])]
if MAIL_PROVIDER:
    EMAIL_BACKEND = f"anymail.backends.{MAIL_PROVIDER}.EmailBackend"
    ANYMAIL = email_settings.anymail_settings(MAIL_PROVIDER, env)

# Where `make faults` has a process die; see admissions.failpoints.
FAILPOINT = env.str("FAILPOINT", default="")

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("es", _("Spanish"))]
LOCALE_PATHS = [BASE_DIR / "recovery_site" / "locale"]
# The center's own: its days, its hours, and the clock of its staff.
TIME_ZONE = env.str("TIME_ZONE", default="") or "America/Los_Angeles"
USE_TZ = True
PHONENUMBER_DEFAULT_REGION = "US"
PHONENUMBER_DEFAULT_FORMAT = "NATIONAL"
# The only form that keeps an extension. Numbers are compared in it, too.
PHONENUMBER_DB_FORMAT = "RFC3966"

STATIC_URL = "/static/"
WHITENOISE_ALLOW_ALL_ORIGINS = False
STATIC_ROOT = VAR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
if DEBUG:
    STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"

AUTH_USER_MODEL = "users.User"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",  # what OWASP names first
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "admin:login"
# How many times the requests of one center may come online; 0 counts none.
# See admissions.rate_limits.
# A phone system signs with it who calls whom; without one nobody is heard.
PHONE_WEBHOOK_KEY = env.str("PHONE_WEBHOOK_KEY", default="")
# Lines by the email of whose they are: 201=dana@example.org,202=sam@example.org
PHONE_EXTENSIONS = env.dict("PHONE_EXTENSIONS", default={})
REQUEST_LIMIT_FACTOR = production.read_number(env, "REQUEST_LIMIT_FACTOR", default=1)
# How many proxies of our own stand in front, each adding the address it saw to
# X-Forwarded-For. What stands before those in that header anybody may have written.
PROXIES = production.read_number(env, "PROXIES", default=1 if PRODUCTION else 0)

# Plain http is for loopback only; a public site always runs behind TLS.
SECURE_SSL_REDIRECT = PRODUCTION
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PRODUCTION else None
SECURE_REDIRECT_EXEMPT = [r"^((healthz|readyz|livez|statusz)/|metrics)$"]
SECURE_HSTS_SECONDS = 31536000 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = PRODUCTION
# A browser that comes with a domain in its list never again asks it, or what is below it, by http.
SECURE_HSTS_PRELOAD = PRODUCTION and env.bool("HSTS_PRELOAD", default=True)
# Other sites learn nothing. Under no-referrer browsers would also send our own
# forms with "Origin: null", which the CSRF check has to refuse.
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
SESSION_COOKIE_NAME = "__Host-session" if PRODUCTION else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if PRODUCTION else "csrf"
# In a cookie of their own they would outlive the session.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
# Both end with the browser: a year of it would tell on a shared device.
CSRF_COOKIE_AGE = None
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE: Literal["Lax"] = "Lax"
CSRF_COOKIE_SAMESITE: Literal["Lax"] = "Lax"
# For visitors; admissions.accounts.session_backend says when sessions of staff end.
SESSION_ENGINE = "admissions.accounts.session_backend"
SESSION_COOKIE_AGE = 30 * 60
# Thirty minutes from the last page, not from the first.
SESSION_SAVE_EVERY_REQUEST = True
DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024
# Nothing that is uploaded ever touches the disk: larger files are as good as not sent.
FILE_UPLOAD_HANDLERS = ["admissions.admin.upload_handler.StaffUploadHandler"]
# A calendar with years of history (calendars.external_calendars.MAX_FILE_BYTES), and its form.
FILE_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024 + 100 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 300
# How old a content page may be that strangers are shown; see recovery_site.page_cache.
PAGE_CACHE_SECONDS = 0 if DEBUG else 3
FRAME_CACHE_SECONDS = 1  # the facts in the frame of every page: programs.context_processors
# How long a process adds up page views; see admissions.reporting.page_view_counter.
PAGE_VIEW_FLUSH_SECONDS = 10
# Inside every public page; while someone works on it, a file that is read anew.
INLINE_CSS = "" if DEBUG else inline_css.read_minified_css(BASE_DIR / "static" / "site.css")
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        # Nothing but what is named here: no font, worker, plugin, sound or film.
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF, *([inline_css.csp_hash_source(INLINE_CSS)] if INLINE_CSS else [])],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "frame-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
PERMISSIONS_POLICY: dict[str, list[str]] = {
    feature: []
    for feature in ("camera", "geolocation", "microphone", "payment", "usb", "interest-cohort")
}

LOGGING = logging_config.stderr_logging(
    {"django": {"handlers": [], "propagate": True}}, is_json=logging_config.writes_json(env)
)
LOGS_REQUESTS = PRODUCTION
# Milliseconds from which a statement is worth a line; 0 for none.
SLOW_QUERY_MS = production.read_number(env, "SLOW_QUERY_MS", default=500)
# What Prometheus says who it is by; without it there is no page of figures.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
# For how many seconds a process gives the same figures of the database.
METRICS_KEPT_SECONDS = 5
SENTRY_DSN = env.str("SENTRY_DSN", default="")
# Signs pushes to the devices of staff; on a laptop SECRET_KEY stands in. See admissions.alerts.
VAPID_PRIVATE_KEY = env.str("VAPID_PRIVATE_KEY", default="")
# Asked each minute while letters are swept, so that its silence rings elsewhere.
DEAD_MANS_SWITCH_URL = env.str("DEAD_MANS_SWITCH_URL", default="")
RELEASE = env.str("RELEASE", default="") or (
    BASE_DIR.name if BASE_DIR.parent.name == "releases" else "unknown"
)
