"""How gunicorn serves the site; production may override any line on its command line."""

import gc
import os
import shutil
import tempfile
from typing import Any

from environ import Env

from .configuration import logging_config

# Where one environment serves all processes, the web still does not get what seals the audit.
for name in ("AUDIT_KEY", "AUDIT_KEY_FALLBACKS"):
    os.environ.pop(name, None)

bind = f"127.0.0.1:{os.environ.get('PORT', '8000')}"
worker_class = "gthread"
workers = 2
threads = 4
graceful_timeout = 5
reload = os.environ.get("DEBUG", "").lower() in {"1", "true", "yes", "on"}
preload_app = not reload
control_socket_disable = True
# Nobody in front of us sets these by a header. Gunicorn takes SCRIPT_NAME from one by default,
# and a proxy hands on what a visitor wrote: every link of a kept page would begin with it.
forwarder_headers = ""
# Names with underscores, which would pass for others, are as good as not sent.
header_map = "drop"

# Where the workers add up what they count for monitors; before anything of prometheus_client is
# loaded, and a folder of its own for each gunicorn, as numbers of processes come again.
if os.environ.get("METRICS_TOKEN") and "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="recovery-metrics-")


def pre_fork(_arbiter: Any, _worker: Any) -> None:
    """Take what was loaded out of the sight of Python's garbage collector: it would look through
    half a million objects again and again that live as long as the worker, and copy their pages."""
    gc.freeze()


def on_exit(server: Any) -> None:
    """Remove what only this gunicorn could add to."""
    if folder := os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        shutil.rmtree(folder, ignore_errors=True)


# No access log of gunicorn's: tokens of manage links and of feeds travel in paths. The site writes
# a line for each answer by itself, with the name of its route. Errors lose tokens too.
accesslog = None
logconfig_dict = logging_config.stderr_logging(
    {"gunicorn.error": {"handlers": ["stderr"], "level": "INFO", "propagate": False}},
    is_json=logging_config.writes_json(Env()),
)
