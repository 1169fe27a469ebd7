"""A mail provider's web interface, that answers what a test tells it and keeps what it got."""

import json
import threading
from dataclasses import dataclass
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HANG, HANG_UP = "hang", "hang up"
# What each says of a letter that it took.
TAKEN = {
    "mailgun": {"id": "<20270104.1@mg.example>", "message": "Queued. Thank you."},
    "mailjet": {
        "Messages": [
            {
                "Status": "success",
                "To": [{"Email": "jo@example.com", "MessageID": 70650219165027410}],
            }
        ]
    },
    "postmark": {
        "To": "jo@example.com",
        "MessageID": "0a129aee-e1cd-480d-b08d-4f48548ff48d",
        "ErrorCode": 0,
        "Message": "OK",
    },
    "sparkpost": {
        "results": {
            "id": "11668787484950529",
            "total_accepted_recipients": 1,
            "total_rejected_recipients": 0,
        }
    },
}
SECRET = "hook:a-secret-of-some-length"
KEYS = {
    "mailgun": {"MAILGUN_API_KEY": "key", "MAILGUN_WEBHOOK_SIGNING_KEY": "signing-key"},
    "mailjet": {"MAILJET_API_KEY": "key", "MAILJET_SECRET_KEY": "key", "WEBHOOK_SECRET": SECRET},
    "postmark": {"POSTMARK_SERVER_TOKEN": "key", "WEBHOOK_SECRET": SECRET},
    "sparkpost": {"SPARKPOST_API_KEY": "key", "WEBHOOK_SECRET": SECRET},
}
NAMED = {
    "mailgun": "<20270104.1@mg.example>",
    "mailjet": "70650219165027410",
    "postmark": "0a129aee-e1cd-480d-b08d-4f48548ff48d",
    "sparkpost": "11668787484950529",
}


@dataclass
class Asked:
    """One call of the interface: where, with which headers, and the body as bytes."""

    path: str
    headers: dict
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def form(self) -> dict[str, list[str]]:
        """The fields of a multipart form."""
        return {name: [each.decode() for each, _ in parts] for name, parts in self.files.items()}

    @property
    def files(self) -> dict[str, list[tuple[bytes, str]]]:
        """The parts of a multipart form with their types."""
        head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        parts = {}
        for part in message_from_bytes(head + self.body, policy=policy.HTTP).iter_parts():
            name = part.get_param("name", header="content-disposition")
            read = part.get_payload(decode=True), str(part["Content-Type"])
            parts.setdefault(name, []).append(read)
        return parts


class Talk(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append(Asked(self.path, dict(self.headers), body))
        if self.server.status == HANG:
            self.server.stopped.wait(20)
        if self.server.status in (HANG, HANG_UP):
            return
        answer = json.dumps(self.server.answer).encode()
        self.send_response(self.server.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *args):
        pass


class ProviderServer(ThreadingHTTPServer):
    """Listens on loopback; `asked` holds every call, `status` and `answer` what it says."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, provider: str):
        super().__init__(("127.0.0.1", 0), Talk)
        self.status, self.answer, self.asked = 200, TAKEN[provider], []
        self.stopped = threading.Event()
        threading.Thread(
            target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        ).start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def stop(self):
        self.stopped.set()
        self.shutdown()
        self.server_close()
