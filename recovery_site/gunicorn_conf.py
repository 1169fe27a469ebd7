"""How gunicorn serves the site; production may override any line on its command line."""

import os

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

# No access log: tokens of manage links and of feeds travel in paths. Errors lose them too.
accesslog = None
logconfig_dict = logging_config.stderr_logging(
    {"gunicorn.error": {"handlers": ["stderr"], "level": "INFO", "propagate": False}}
)
