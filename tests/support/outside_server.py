"""A web server over TLS that answers as a test tells it, down to the byte."""

import socket
import ssl
import threading
from contextlib import suppress


class OutsideServer:
    """Listens on loopback; `answer(path, connection)` is called for each request it gets."""

    def __init__(self, certificate, *, ip="127.0.0.1", shakes_after=0):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(self.context)
        self.shakes_after, self.requests, self.connections = shakes_after, [], 0
        self.answer = lambda path, connection: None
        self.listener = socket.create_server((ip, 0))
        self.stopped = threading.Event()
        threading.Thread(target=self.serve, daemon=True).start()

    @property
    def place(self):
        return self.listener.getsockname()

    def serve(self):
        while True:
            try:
                connection, _address = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self.converse, args=[connection], daemon=True).start()

    def converse(self, plain):
        with plain, suppress(OSError):
            self.stopped.wait(self.shakes_after)
            with self.context.wrap_socket(plain, server_side=True) as connection:
                asked = b""
                while not asked.endswith(b"\r\n\r\n"):
                    asked += connection.recv(4096)
                self.requests.append(asked.decode())
                self.answer(asked.split()[1].decode(), connection)

    def stop(self):
        self.stopped.set()
        # Closing alone does not wake who waits for a connection.
        with suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
