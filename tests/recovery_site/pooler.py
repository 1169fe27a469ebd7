"""A pooler in transaction mode, as PgBouncer is one, and stricter.

It refuses `options` when a connection begins, gives each transaction the server connection that
rested longest, and notes what a transaction left behind for whoever comes next.
"""

import contextlib
import os
import queue
import socket
import struct
import threading

import psycopg

NEGOTIATIONS = {80877103, 80877104}  # of TLS and of GSSAPI
READY, TERMINATE = b"Z", b"X"
SERVED_UNTIL_READY = {b"Q", b"S"}
REPORTED = ("server_version", "client_encoding", "DateStyle", "TimeZone",
            "standard_conforming_strings", "integer_datetimes")  # fmt: skip
LEFT_BEHIND = b"""
    SELECT string_agg(what, ', ') FROM (
        SELECT 'SET ' || name AS what FROM pg_settings WHERE source = 'session'
        UNION ALL SELECT 'PREPARE ' || name FROM pg_prepared_statements
        UNION ALL SELECT 'CURSOR ' || name FROM pg_cursors WHERE is_holdable
        UNION ALL SELECT 'LISTEN ' || name FROM pg_listening_channels() AS name
        UNION ALL SELECT 'TEMPORARY ' || relname FROM pg_class
            WHERE relnamespace = pg_my_temp_schema() AND relkind = 'r'
        UNION ALL SELECT 'ADVISORY LOCK' FROM pg_locks
            WHERE locktype = 'advisory' AND pid = pg_backend_pid()
    ) AS found"""


def message(kind, body):
    return kind + struct.pack("!i", len(body) + 4) + body


class Stream:
    """One end of the protocol: whole messages, each with its kind."""

    def __init__(self, sock):
        sock.setblocking(True)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock, self.file = sock, sock.makefile("rb")

    def read(self, size):
        data = self.file.read(size)
        if len(data) < size:
            raise EOFError
        return data

    def read_message(self):
        kind = self.read(1)
        return kind, self.read(struct.unpack("!i", self.read(4))[0] - 4)

    def read_startup(self):
        size, code = struct.unpack("!ii", self.read(8))
        return code, self.read(size - 8)

    def send(self, data):
        self.sock.sendall(data)


class Pooler:
    """Listens on `port` for clients of the database that `parameters` of psycopg name."""

    def __init__(self, parameters, size=2):
        self.sessions = [psycopg.connect(**parameters) for _ in range(size)]
        self.reported = {
            name: self.sessions[0].info.parameter_status(name) or "" for name in REPORTED
        }
        self.resting = queue.Queue()
        for session in self.sessions:
            self.resting.put(Stream(socket.socket(fileno=os.dup(session.pgconn.socket))))
        self.noted, self.transactions = [], 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.listen, daemon=True).start()

    def stop(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for session in self.sessions:
            session.close()

    @property
    def left_behind(self):
        """What transactions left, once the last one was looked at."""
        for server in [self.resting.get(timeout=10) for _ in self.sessions]:
            self.resting.put(server)
        return self.noted

    def listen(self):
        with contextlib.suppress(OSError):
            while True:
                client, _address = self.listener.accept()
                threading.Thread(target=self.serve, args=[Stream(client)], daemon=True).start()

    def serve(self, client):
        with contextlib.suppress(EOFError, OSError):
            if self.greet(client):
                while True:
                    self.serve_transaction(client)

    def greet(self, client):
        code, body = client.read_startup()
        while code in NEGOTIATIONS:
            client.send(b"N")
            code, body = client.read_startup()
        if b"\0options\0" in b"\0" + body:
            told = "SFATAL\0VFATAL\0C08P01\0Munsupported startup parameter: options\0\0"
            client.send(message(b"E", told.encode()))
            client.sock.close()
            return False
        client.send(message(b"R", struct.pack("!i", 0)))
        for name, value in self.reported.items():
            client.send(message(b"S", f"{name}\0{value}\0".encode()))
        client.send(message(READY, b"I"))
        return True

    def serve_transaction(self, client):
        first = self.next_message(client)
        server = self.resting.get(timeout=10)
        self.transactions += 1
        try:
            while self.serve_statement(client, server, first) != b"I":
                first = self.next_message(client)
            self.note_what_is_left(server)
        finally:
            self.resting.put(server)

    def next_message(self, client):
        kind, body = client.read_message()
        if kind == TERMINATE:
            raise EOFError
        return kind, body

    def serve_statement(self, client, server, first):
        """Hand on what a client sends until it waits for an answer, then the whole answer."""
        kind, body = first
        server.send(message(kind, body))
        while kind not in SERVED_UNTIL_READY:
            kind, body = client.read_message()
            server.send(message(kind, body))
        kind = b""
        while kind != READY:
            kind, body = server.read_message()
            client.send(message(kind, body))
        return body

    def note_what_is_left(self, server):
        server.send(message(b"Q", LEFT_BEHIND + b"\0"))
        kind = b""
        while kind != READY:
            kind, body = server.read_message()
            if kind == b"D" and body[2:6] != struct.pack("!i", -1):
                self.noted.append(body[6:].decode())
