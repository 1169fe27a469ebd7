"""Starts workers, beats and webs quickly: everything is imported once, and each is a fork.

Reads one order a line, as JSON; answers with the process id. They die with it.
"""

import json
import os
import signal
import sys
from datetime import UTC, datetime, timedelta

import time_machine
from celery.apps import beat, worker  # noqa: F401  imported once for all
from celery.bin import beat as beat_command  # noqa: F401
from celery.bin import worker as worker_command  # noqa: F401
from django.conf import settings
from gunicorn.app.wsgiapp import WSGIApplication
from kombu.transport import redis  # noqa: F401

from recovery_site.celery import app
from recovery_site.dev import processes

from .worker import in_a_hurry


def main():
    # Children that ended are gone at once, rather than lingering for us to look.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    app.loader.import_default_modules()
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            become(**json.loads(line))
        print(pid, flush=True)  # noqa: T201  the answer


def become(*, command, log, failpoint, clock, is_hurried):
    """From here on this is a worker, a beat or a web, with its own log, failpoint and clock."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    processes.end_with_parent(signal.SIGKILL)
    os.setsid()
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    settings.FAILPOINT = failpoint
    if is_hurried:
        in_a_hurry()
    if clock:
        time_machine.travel(datetime.now(UTC) + timedelta(seconds=clock), tick=True).start()
    code = 1
    try:
        serve(command[1:]) if command[0] == "web" else app.start(command)
        code = 0
    finally:
        os._exit(code)


def serve(options):
    """Be gunicorn, until told to stop."""
    conf = ["-c", "python:recovery_site.gunicorn_conf"]
    sys.argv = ["gunicorn", *conf, *options, "recovery_site.wsgi"]
    WSGIApplication("%(prog)s [OPTIONS] [APP_MODULE]").run()


if __name__ == "__main__":
    main()
