"""What every page of the desk costs: processor time of ours and of Postgres, and queries.

    python -m bench.desk.pages

For the database that DATABASE_URL names; prints JSON, page by page, with the numbers of its lists
that an address leads on to: one for each way to narrow them, and the last page.
"""

import json
import os
import re
import statistics
import time
from contextlib import suppress
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs

import django
from django.conf import settings
from django.contrib import admin
from django.core import signals
from django.db import close_old_connections, connection
from django.test import Client
from django.urls import NoReverseMatch, reverse
from django.urls.converters import UUIDConverter

from .. import signed_in

# Between them they open every page that anybody may.
ROLES = ["director", "clinician", "VOB", "content editor", "auditor"]
# Leads out of the desk, or opens only from a page that was looked at before.
SKIPPED = {
    "logout",
    "view_on_site",
    "jsi18n",
    "admissions_message_html",
    "admissions_message_file",
}
WORDS = {"rule": "spam", "kind": "reminder_day", "language": "en", "draft": "now", "plan": "named"}
WORDS |= {"token": "unknown"}
# How an address keeps a list in order is no way to narrow it.
LEADS_ON = re.compile(r'href="\?([^"#]+)"')
TIMES = 5


def addresses(found, takes=None):
    """(name, address) of every page that takes no form."""
    for each in found:
        names = (takes or {}) | each.pattern.converters
        if hasattr(each, "url_patterns"):
            yield from addresses(each.url_patterns, names)
        elif each.name and each.name not in SKIPPED:
            arguments = {name: argument(each.name, name, names[name]) for name in names}
            # What only takes a form may be about rows of another kind.
            with suppress(NoReverseMatch):
                if None not in arguments.values():
                    yield each.name, reverse(f"admin:{each.name}", kwargs=arguments)


def argument(page, name, converter):
    """The key of the newest row that this page is about; None where there is none."""
    if name in WORDS:
        return WORDS[name]
    models = {each._meta.model_name: each for each in admin.site._registry}
    if isinstance(converter, UUIDConverter) or page.startswith("admissions_consultationrequest"):
        rows = models["consultationrequest"].objects.filter(stage="consultation_scheduled")
        return rows.order_by("due_at").values_list("pk", flat=True).first()
    models["calendarfeed"] = models["counselor"]
    model = next((models[each] for each in page.split("_") if each in models), None)
    if page == "app_list":
        return "programs"
    return model.objects.order_by("-pk").values_list("pk", flat=True).first() if model else None


def signed_in_client(role):
    client = Client(
        SERVER_NAME="127.0.0.1", HTTP_X_FORWARDED_PROTO="https", raise_request_exception=False
    )
    client.cookies[settings.SESSION_COOKIE_NAME] = signed_in.session(role).session_key
    return client


def postgres_seconds():
    """What the process of Postgres that answers us has used so far."""
    connection.ensure_connection()
    pid = connection.connection.info.backend_pid
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


def ask(client, address):
    """The answer, and what it took: milliseconds of ours and of Postgres, and queries."""
    asked = []

    def count(execute, sql, params, many, context):
        asked.append(sql)
        return execute(sql, params, many, context)

    theirs, mine = postgres_seconds(), time.process_time()
    with connection.execute_wrapper(count):
        response = client.get(address)
        text = b"".join(response).decode(errors="replace")
    mine, theirs = time.process_time() - mine, postgres_seconds() - theirs
    return response.status_code, text, (mine * 1000, theirs * 1000, len(asked))


def cost(client, address):
    """The middle of several times, once warm."""
    taken = [ask(client, address)[2] for _each in range(TIMES)]
    web, postgres, queries = (
        round(statistics.median(each), 1) for each in zip(*taken, strict=True)
    )
    return {
        "cpu_ms": round(web + postgres, 1),
        "web": web,
        "postgres": postgres,
        "queries": int(queries),
    }


def further(text):
    """Of the addresses that a list leads on to, the last with each set of parameters."""
    queries = [unescape(each) for each in LEADS_ON.findall(text)]
    return {"&".join(sorted(parse_qs(each))): each for each in queries}


def measure(client, name, address, told):
    status, text, _taken = ask(client, address)
    if status != 200:
        return
    told[name] = cost(client, address)
    for parameters, query in further(text).items():
        asked = f"{address}?{query}"
        if ask(client, asked)[0] == 200:
            told[f"{name} ?{parameters}"] = cost(client, asked)


def main():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "recovery_site.settings")
    django.setup()
    # A connection stays open between the requests of a server.
    signals.request_started.disconnect(close_old_connections)
    signals.request_finished.disconnect(close_old_connections)
    every, told = list(addresses(admin.site.get_urls())), {}
    for role in ROLES:
        client = signed_in_client(role)
        for name, address in every:
            if name not in told:
                measure(client, name, address, told)
    print(json.dumps(told))


if __name__ == "__main__":
    main()
