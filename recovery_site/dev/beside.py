"""Runs `manage.py` beside the data of `make run`, whether that is up or not.

    python -m recovery_site.dev.beside backup

While the site is up its servers are used; otherwise they are started for this command alone. What
takes the database away from the site waits until that is stopped.
"""

import os
import sys
from pathlib import Path

from . import embedded, processes, startup, state

ALONE = {"restore"}


def main() -> None:
    processes.handle_signals()
    var = Path(os.environ.get("VAR") or startup.BASE_DIR / "var").resolve()
    command = [sys.executable, str(startup.BASE_DIR / "manage.py"), *sys.argv[1:]]
    try:
        var.mkdir(parents=True, exist_ok=True)
        # The key that encrypts on a laptop; a FIELD_KEYS or SECRET_KEY of one's own comes first.
        os.environ.setdefault("SECRET_KEY", state.get_secret(var, "secret_key"))
        if (var / "environment").exists() and not ALONE & set(sys.argv[1:2]):
            sys.exit(embedded.run_in_terminal(command, os.environ))
        sys.exit(embedded.run_with_servers(var, command))
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as trouble:
        sys.exit(processes.describe_os_error(trouble))


if __name__ == "__main__":
    main()
