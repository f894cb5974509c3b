"""What the server sends to: HTTP endpoints, a mail server, and AWS as moto serves it.

Each keeps what it was sent; waiting ends when the thing that is waited for has come.
"""

import email
import email.policy
import json
import os
import pathlib
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

WAIT_SECONDS_MAX = 60


class Inbox:
    """Things that arrive, in order."""

    def __init__(self):
        self._all = []
        self._arrived = threading.Condition()

    def put(self, thing):
        """Adds one."""
        with self._arrived:
            self._all.append(thing)
            self._arrived.notify_all()

    def all(self):
        """All that has arrived."""
        with self._arrived:
            return list(self._all)

    def wait_for(self, wanted, count=1):
        """The first `count` for which `wanted` holds, as soon as they are there."""
        deadline = time.monotonic() + WAIT_SECONDS_MAX
        with self._arrived:
            while True:
                found = [thing for thing in self._all if wanted(thing)]
                if len(found) >= count:
                    return found[:count]
                left = deadline - time.monotonic()
                assert left > 0 and self._arrived.wait(left), f"{len(found)} of {count} arrived; all: {self._all}"


@dataclass
class Request:
    """A request as it was received."""

    method: str
    path: str
    headers: dict
    body: bytes

    @property
    def kind(self):
        """The SNS message type."""
        return self.headers.get("x-amz-sns-message-type")

    def json(self):
        """The body as JSON."""
        return json.loads(self.body)


class HttpReceiver:
    """An HTTP endpoint. `answer` decides the status of each request: a function of it."""

    def __init__(self, answer=lambda request: 200):
        self.inbox = Inbox()
        self.answer = answer
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):  # noqa: N802 (the name is the library's)
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                request = Request(self.command, self.path, headers, body)
                status = receiver.answer(request)
                receiver.inbox.put(request)
                self.send_response(status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def notifications(self, count=1):
        """The first notifications, as soon as they are there."""
        return self.inbox.wait_for(lambda request: request.kind == "Notification", count)

    def confirm(self, path="/"):
        """Waits for the confirmation at this path and follows its link; gives the confirmation."""
        asked = lambda request: request.kind == "SubscriptionConfirmation" and request.path == path  # noqa: E731
        request = self.inbox.wait_for(asked)[-1]
        with urllib.request.urlopen(request.json()["SubscribeURL"], timeout=60) as answer:
            assert answer.status == 200
        return request

    def close(self):
        """Stops serving."""
        self._server.shutdown()
        self._server.server_close()


@dataclass
class Mail:
    """A mail as it was received."""

    sender: str
    recipients: list
    message: email.message.EmailMessage

    @property
    def subject(self):
        """The subject, decoded."""
        return str(self.message["subject"])

    @property
    def text(self):
        """The body, decoded."""
        return self.message.get_content()


class MailServer:
    """An SMTP server; with `login`, only for this (user, password); with `tls`, a
    certificate and key file, STARTTLS is demanded."""

    def __init__(self, login=None, tls=None):
        self.inbox = Inbox()
        options = {}
        if login:
            user, password = (part.encode() for part in login)

            def check(_server, _session, _envelope, _mechanism, given):
                right = isinstance(given, LoginPassword) and (given.login, given.password) == (user, password)
                return AuthResult(success=right)

            options.update(authenticator=check, auth_required=True, auth_require_tls=tls is not None)
        if tls:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(*map(str, tls))
            options.update(tls_context=context, require_starttls=True)
        self._controller = Controller(self, hostname="127.0.0.1", port=free_port(), **options)
        self._controller.start()
        self.address = f"127.0.0.1:{self._controller.port}"

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 (the name is the library's)
        """Takes a mail."""
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.inbox.put(Mail(envelope.mail_from, list(envelope.rcpt_tos), message))
        return "250 OK"

    def close(self):
        """Stops serving."""
        self._controller.stop()


class Moto:
    """AWS as moto serves it, in a process of its own."""

    def __init__(self, folder, port=None):
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        command = [str(pathlib.Path(sys.executable).parent / "moto_server"), "-H", "127.0.0.1", "-p", str(self.port)]
        with (folder / "moto.log").open("wb") as log:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=os.environ)
        deadline = time.monotonic() + WAIT_SECONDS_MAX
        while not self._serves():
            assert time.monotonic() < deadline and self._process.poll() is None, (folder / "moto.log").read_text()

    def _serves(self):
        try:
            with urllib.request.urlopen(f"{self.url}/moto-api/", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    def upstream(self, *services):
        """Options that make this the upstream of these services."""
        url = f"http://test:test@127.0.0.1:{self.port}"
        return tuple(word for service in services for word in ("--upstream", f"{service}={url}"))

    def close(self):
        """Ends the process."""
        self._process.kill()
        self._process.wait()


def free_port():
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
