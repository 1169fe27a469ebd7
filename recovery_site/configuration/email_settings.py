"""Who carries our mail, from EMAIL_URL: a mail server by SMTP, or a provider's web interface.

Only providers that can send a letter without tracking it, that keep our
mark on it, and that tell us by signed or secret word what became of it.
"""

from typing import NamedTuple
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from environ import Env


class Provider(NamedTuple):
    """Names of its keys in the environment, without ANYMAIL_ in front: needed, and possible."""

    required: tuple[str, ...]
    optional: tuple[str, ...]


PROVIDERS = {
    "mailgun": Provider(
        ("MAILGUN_API_KEY", "MAILGUN_WEBHOOK_SIGNING_KEY"),
        ("MAILGUN_API_URL", "MAILGUN_SENDER_DOMAIN", "WEBHOOK_SECRET"),
    ),
    "mailjet": Provider(
        ("MAILJET_API_KEY", "MAILJET_SECRET_KEY", "WEBHOOK_SECRET"), ("MAILJET_API_URL",)
    ),
    "postmark": Provider(("POSTMARK_SERVER_TOKEN", "WEBHOOK_SECRET"), ("POSTMARK_API_URL",)),
    "sparkpost": Provider(
        ("SPARKPOST_API_KEY", "WEBHOOK_SECRET"), ("SPARKPOST_API_URL", "SPARKPOST_SUBACCOUNT")
    ),
}
SMTP_SCHEMES = {"smtp", "smtps", "smtp+tls", "smtp+ssl"}
ENCRYPTED_SCHEMES = SMTP_SCHEMES - {"smtp"} | set(PROVIDERS)
MIN_SECRET_LENGTH = 20


def find_problem(email_url: str) -> str:
    """Real people's mail is not for a console or a file, nor for a provider that we can't trust."""
    if urlsplit(email_url).scheme in {*SMTP_SCHEMES, *PROVIDERS}:
        return ""
    known = ", ".join(f"{scheme}://" for scheme in ("smtp", "smtp+tls", *PROVIDERS))
    return f"EMAIL_URL must be one of {known}."


def provider_from_url(email_url: str) -> str:
    """The provider that EMAIL_URL names, as in mailgun://; empty for a mail server."""
    scheme = urlsplit(email_url).scheme
    return scheme if scheme in PROVIDERS else ""


def anymail_settings(provider: str, env: Env) -> dict:
    """What anymail needs of the environment to speak to it, and nothing that could log mail."""
    required, optional = PROVIDERS[provider]
    keys = {name: env.str(f"ANYMAIL_{name}", default="") for name in (*required, *optional)}
    if missing := [f"ANYMAIL_{name}" for name in required if not keys[name]]:
        raise ImproperlyConfigured(f"EMAIL_URL={provider}:// needs {', '.join(missing)}.")
    check_webhook_secret(keys.get("WEBHOOK_SECRET"))
    return {name: value for name, value in keys.items() if value} | {"REQUESTS_TIMEOUT": 10}


def check_webhook_secret(secret: str | None) -> None:
    """Whoever knows it can say that anyone's email came back."""
    if not secret:
        return
    name, colon, word = secret.partition(":")
    if not (name and colon and len(word) >= MIN_SECRET_LENGTH):
        raise ImproperlyConfigured(
            f"ANYMAIL_WEBHOOK_SECRET must be name:word, the word of {MIN_SECRET_LENGTH} or more."
        )
