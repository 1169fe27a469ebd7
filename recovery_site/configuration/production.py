"""What production refuses to start with: settings that are missing, weak or unsafe."""

import math
import re
import zlib
from base64 import urlsafe_b64decode
from collections import Counter
from collections.abc import Iterator
from urllib.parse import SplitResult, parse_qsl, urlsplit
from zoneinfo import available_timezones

import phonenumbers
from environ import Env

from . import email_settings, observing

REQUIRED = (
    "DATABASE_URL", "REDIS_URL", "EMAIL_URL", "SECRET_KEY",
    "FIELD_KEYS", "ALLOWED_HOSTS", "SITE_URL", "ADMISSIONS_LINE", "MAIL_FROM",
)  # fmt: skip
LOOPBACK = ["localhost", "127.0.0.1", "[::1]"]
KEYS, KEY_LISTS = ("SECRET_KEY", "AUDIT_KEY", "METRICS_TOKEN", "PHONE_WEBHOOK_KEY"), (
    "FIELD_KEYS", "SECRET_KEY_FALLBACKS", "AUDIT_KEY_FALLBACKS",
)  # fmt: skip
NUMBERS = {"PROXIES": 1, "REQUEST_LIMIT_FACTOR": 1, "SLOW_QUERY_MS": 500}
NUMBER_PATTERN = re.compile(r"(-?\d{1,6})?", re.ASCII)
ADDRESSES = {
    "DATABASE_URL": "postgres://user:password@host:5432/name",
    "DATABASE_REPLICA_URL": "postgres://user:password@replica:5432/name",
    "REDIS_URL": "rediss://:password@host:6379/0",
    "EMAIL_URL": "smtp+tls://user:password@host:587",
    "SITE_URL": "https://admissions.example.org, without a path",
}
MAIL_NAMES, MAIL_LISTS = ("MAIL_FROM", "MAIL_REPLY_TO"), ("ADMINS",)
SWITCHES = ("DEBUG", "HSTS_PRELOAD")
ON, OFF = {"1", "true", "yes", "on"}, {"0", "false", "no", "off"}
MIN_KEY_LENGTH = 50
# More than anyone can try out, and less than the least of 50 random hexadecimal digits shows.
MIN_KEY_BITS = 150
THIS_MACHINE = {"", "localhost", "127.0.0.1", "::1"}
# What may go unencrypted beyond this machine, once ACCEPT_UNENCRYPTED names it: over a network
# that encrypts by itself, say.
CHANNELS = {"http", "postgres", "redis", "smtp"}
ENCRYPTED_SSLMODES = {"require", "verify-ca", "verify-full"}
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
POSTGRES_SCHEMES = {"postgres", "postgresql", "psql", "pgsql"}


def is_production(env: Env) -> bool:
    """Whether DEBUG is set to a false value, or a host is named that is not this machine."""
    is_off = env.str("DEBUG", default="") != "" and not env.bool("DEBUG", default=False)
    return is_off or bool(set(env.list("ALLOWED_HOSTS", default=[])) - set(LOOPBACK))


def find_unreadable(env: Env) -> list[str]:
    """One sentence for each variable that cannot be meant, in production and elsewhere."""
    return find_unparsable(env) or [
        *number_problems(env), *address_problems(env), *word_problems(env),
        *observing.find_problems(env),
    ]  # fmt: skip


def find_unparsable(env: Env) -> list[str]:
    """Numbers and addresses that are none; nothing else can be asked of them."""
    return [
        *(
            f"{name} must be a whole number, such as {example}."
            for name, example in NUMBERS.items()
            if not NUMBER_PATTERN.fullmatch(env.str(name, default=""))
        ),
        *(
            f"{name} is no address that can be read: it must be like {example}."
            for name, example in ADDRESSES.items()
            if not is_readable(env.str(name, default=""))
        ),
    ]


def is_readable(address: str) -> bool:
    try:
        return urlsplit(address).port != 0
    except ValueError:
        return False


def read_number(env: Env, name: str, *, default: int) -> int:
    """The number in the environment; one that is empty was not set."""
    return int(env.str(name, default="") or default)


def find_problems(env: Env) -> list[str]:
    """One sentence for each thing that production must not start with; empty if all is well."""
    if unparsable := find_unparsable(env):
        return unparsable
    if missing := [name for name in REQUIRED if not env.str(name, default="")]:
        return [f"Production needs {', '.join(missing)}: see README."]
    found = [*find_unreadable(env), *host_problems(env), *key_problems(env)]
    return list(dict.fromkeys([*found, *mail_problems(env), *channel_problems(env)]))


def host_problems(env: Env) -> Iterator[str]:
    if env.bool("DEBUG", default=False):
        yield "DEBUG shows secrets: unset it to serve public hosts."
    if "*" in env.list("ALLOWED_HOSTS"):
        yield "ALLOWED_HOSTS must name the hosts, not '*'."
    if env.str("FAILPOINT", default=""):
        yield "FAILPOINT kills workers on purpose: unset it in production."


def key_problems(env: Env) -> Iterator[str]:
    alone = [(name, env.str(name, default="")) for name in KEYS]
    listed = [(name, key) for name in KEY_LISTS for key in env.list(name, default=[])]
    for name, key in [*alone, *listed]:
        if key and is_weak_key(key):
            yield (
                f"{name} needs {MIN_KEY_LENGTH} or more random characters:"
                ' python3 -c "import secrets; print(secrets.token_urlsafe(50))"'
            )

    if env.str("SECRET_KEY") in env.list("FIELD_KEYS"):
        yield "FIELD_KEYS must differ from SECRET_KEY, which changes without the data."


def is_weak_key(key: str) -> bool:
    is_short = len(key) < MIN_KEY_LENGTH or key.startswith("django-insecure")
    return is_short or estimate_key_bits(key) < MIN_KEY_BITS


def estimate_key_bits(key: str) -> float:
    """At most how many random bits a key holds, as far as its characters tell.

    The smaller of Shannon's entropy of its characters, which "aaaa" has not, and of its length
    when compressed, which "abcdabcd" has not. What compresses to nothing still takes 11 bytes.
    """
    counts = Counter(key).values()
    shannon = sum(count * math.log2(len(key) / count) for count in counts)
    return min(shannon, 8 * (len(zlib.compress(key.encode(), 9)) - 11))


def number_problems(env: Env) -> Iterator[str]:
    if read_number(env, "PROXIES", default=1) < 0:
        yield "PROXIES counts the proxies in front: 0 or more."
    if read_number(env, "REQUEST_LIMIT_FACTOR", default=1) < 0:
        yield "REQUEST_LIMIT_FACTOR is 1 for one center, and 0 for no limits."
    if read_number(env, "SLOW_QUERY_MS", default=500) < 0:
        yield "SLOW_QUERY_MS is a number of milliseconds, and 0 for no lines about statements."


def address_problems(env: Env) -> Iterator[str]:
    """Of those addresses that are set."""
    urls = {name: urlsplit(env.str(name, default="")) for name in ADDRESSES}
    site, broker = urls["SITE_URL"], urls["REDIS_URL"]
    is_web = site.scheme in {"http", "https"} and site.hostname and not site.path.strip("/")
    if site.geturl() and not is_web:
        yield f"SITE_URL must be like {ADDRESSES['SITE_URL']}."
    for name in ("DATABASE_URL", "DATABASE_REPLICA_URL"):
        yield from database_problems(name, urls[name])
    if broker.geturl() and broker.scheme not in {"redis", "rediss", "unix"}:
        yield f"REDIS_URL must be like {ADDRESSES['REDIS_URL']}."
    if urls["EMAIL_URL"].geturl() and not is_known_mail(urls["EMAIL_URL"].scheme):
        yield email_settings.find_problem(urls["EMAIL_URL"].geturl())


def database_problems(name: str, url: SplitResult) -> Iterator[str]:
    asked = [option for option, _value in parse_qsl(url.query)]
    if {"host", "hostaddr"} & set(asked) or len(asked) > len(set(asked)):
        yield f"{name} must name its host before the path, and each option once."
    has_name = url.scheme in POSTGRES_SCHEMES and url.path.strip("/")
    if url.geturl() and not has_name:
        yield f"{name} must be like {ADDRESSES[name]}."


def is_known_mail(scheme: str) -> bool:
    return scheme in {*Env.EMAIL_SCHEMES, *email_settings.PROVIDERS}


def word_problems(env: Env) -> Iterator[str]:
    """What is neither a number nor the address of a server."""
    line = env.str("ADMISSIONS_LINE", default="")
    if line and not is_phone_number(line):
        yield "ADMISSIONS_LINE must be a phone number with its country, such as +17145550134."
    mail = [env.str(name, default="") for name in MAIL_NAMES]
    lists = [env.list(name, default=[]) for name in MAIL_LISTS]
    for name, addresses in zip(
        (*MAIL_NAMES, *MAIL_LISTS), [*([each] for each in mail), *lists], strict=True
    ):
        if wrong := [each for each in addresses if each and not is_mail_address(each)]:
            yield f"{name} must hold email addresses such as me@example.org, not {wrong[0]!r}."
    for name in SWITCHES:
        if (value := env.str(name, default="").lower()) and value not in ON | OFF:
            yield f"{name} must be 1 or 0, not {value!r}."
    for host in env.list("ALLOWED_HOSTS", default=[]):
        if "/" in host or "@" in host or not host.strip():
            yield f"ALLOWED_HOSTS must hold names such as admissions.example.org, not {host!r}."
    if (key := env.str("VAPID_PRIVATE_KEY", default="")) and not is_signing_key(key):
        yield (
            "VAPID_PRIVATE_KEY must be 32 random bytes in base64 for URLs:"
            ' python3 -c "import secrets; print(secrets.token_urlsafe(32))"'
        )
    zone = env.str("TIME_ZONE", default="")
    if zone and zone not in available_timezones():
        yield f"TIME_ZONE must be a name such as America/Los_Angeles, not {zone!r}."


def is_phone_number(text: str) -> bool:
    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(text))
    except phonenumbers.NumberParseException:
        return False


def is_signing_key(text: str) -> bool:
    """Whether it is a private key of the curve P-256: a number below its order, and not weak."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{43}", text):
        return False
    number = int.from_bytes(urlsafe_b64decode(text + "="), "big")
    return 1 << 200 < number < P256_ORDER


def is_mail_address(text: str) -> bool:
    name, at, domain = text.rpartition("@")
    return bool(name and at and "." in domain and not re.search(r"[\s<>,;]", text))


def mail_problems(env: Env) -> Iterator[str]:
    if problem := email_settings.find_problem(env.str("EMAIL_URL")):
        yield problem


def channel_problems(env: Env) -> Iterator[str]:
    """What would travel unencrypted beyond this machine without anyone having accepted that."""
    accepted = set(env.list("ACCEPT_UNENCRYPTED", default=[]))
    if unknown := sorted(accepted - CHANNELS):
        yield f"ACCEPT_UNENCRYPTED knows {', '.join(sorted(CHANNELS))}, not {', '.join(unknown)}."
    for channel, variable, remedy in (
        ("http", "SITE_URL", "begin with https://"),
        ("postgres", "DATABASE_URL", "end with ?sslmode=verify-full"),
        ("postgres", "DATABASE_REPLICA_URL", "end with ?sslmode=verify-full"),
        ("redis", "REDIS_URL", "begin with rediss://"),
        ("smtp", "EMAIL_URL", "begin with smtp+tls://"),
    ):
        url = urlsplit(env.str(variable, default=""))
        if channel not in accepted and is_beyond(url) and not is_encrypted(channel, url):
            yield (
                f"{variable} sends what people tell us unencrypted: let it {remedy}, or set"
                f" ACCEPT_UNENCRYPTED={channel} if the network encrypts by itself."
            )


def is_beyond(url: SplitResult) -> bool:
    """Whether it leads to another machine; a socket is a path on this one."""
    return (url.hostname or "") not in THIS_MACHINE and not (url.hostname or "").startswith("%2f")


def is_encrypted(channel: str, url: SplitResult) -> bool:
    if channel == "postgres":
        options = dict(pair.partition("=")[::2] for pair in url.query.split("&"))
        return options.get("sslmode", "") in ENCRYPTED_SSLMODES
    if channel == "smtp":
        return url.scheme in email_settings.ENCRYPTED_SCHEMES
    return url.scheme in {"https", "rediss"}
