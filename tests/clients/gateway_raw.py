"""An upstream that keeps what it is sent, and requests to the gateway signed and sent byte for byte."""

import contextlib
import hashlib
import hmac
import posixpath
import socket
import socketserver
import threading
import urllib.parse
from datetime import datetime, timezone

from harness import HOME_REGION

TIMEOUT_SECONDS = 20


class KeepingUpstream:
    """An HTTP server that keeps every request as it came and answers 200 with an empty object."""

    def __init__(self):
        self.requests = []
        kept = self.requests

        class Handler(socketserver.StreamRequestHandler):
            timeout = TIMEOUT_SECONDS

            def handle(self):
                while True:
                    raw = read_request(self.rfile)
                    if raw is None:
                        return
                    kept.append(raw)
                    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nx-amzn-RequestId: up-1\r\n"
                    self.wfile.write(head + b"Content-Length: 2\r\n\r\n{}")

        class Listener(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True

        self._listener = Listener(("127.0.0.1", 0), Handler)
        self.url = f"http://key:secret@127.0.0.1:{self._listener.server_address[1]}"
        threading.Thread(target=self._listener.serve_forever, daemon=True).start()

    def close(self):
        self._listener.shutdown()
        self._listener.server_close()


def read_request(stream):
    """One request, head and body; nothing at the end of the connection."""
    head = b""
    try:
        while not head.endswith(b"\r\n\r\n"):
            line = stream.readline(65536)
            if not line:
                return None
            head += line
        headers = dict(
            (name.strip().lower(), value.strip())
            for name, _, value in (line.partition(b":") for line in head.split(b"\r\n")[1:] if line)
        )
        if headers.get(b"transfer-encoding") == b"chunked":
            return head + read_chunks(stream)
        return head + stream.read(int(headers.get(b"content-length", 0)))
    except OSError:
        return None


def read_chunks(stream):
    """The body of a request that has no length."""
    body = b""
    while True:
        size = int(stream.readline().split(b";")[0], 16)
        body += stream.read(size)
        stream.readline()
        if size == 0:
            return body


def signed(credentials, service, method, target, headers=(), body=b"", hashed=None, unsigned=(), canonical_path=None):
    """The request's bytes: signed over these headers, with `unsigned` ones added after.

    `target` goes as it is; `hashed` is what x-amz-content-sha256 says, where that is not the hash of the body.
    """
    path, _, query = target.partition("?")
    at = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    payload = hashed or hashlib.sha256(body).hexdigest()
    all_headers = [("X-Amz-Date", at), ("X-Amz-Content-Sha256", payload), *headers]
    if not any(name.lower() == "host" for name, _ in all_headers):
        all_headers.insert(0, ("Host", "127.0.0.1"))
    folded = {}
    for name, value in all_headers:
        folded.setdefault(name.lower(), []).append(" ".join(value.split()))
    names = ";".join(sorted(folded))
    if canonical_path is None:
        canonical_path = path if service == "s3" else urllib.parse.quote(_normal(path), safe="/~-._")
    pairs = sorted(tuple(pair.partition("=")[::2]) for pair in query.split("&") if pair)
    canonical = "\n".join([
        method, canonical_path, "&".join(f"{name}={value}" for name, value in pairs),
        *(f"{name}:{','.join(folded[name])}" for name in sorted(folded)), "", names, payload,
    ])
    scope = f"{at[:8]}/{HOME_REGION}/{service}/aws4_request"
    to_sign = "\n".join(["AWS4-HMAC-SHA256", at, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = f"AWS4{credentials.secret}".encode()
    for part in [at[:8], HOME_REGION, service, "aws4_request"]:
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
    authorization = f"AWS4-HMAC-SHA256 Credential={credentials.key}/{scope}, SignedHeaders={names}, Signature={signature}"
    sent = [*all_headers, ("Authorization", authorization), *unsigned]
    framed = any(name.lower() in ("content-length", "transfer-encoding") for name, _ in sent)
    if not framed and (body or method in ("POST", "PUT")):
        sent.append(("Content-Length", str(len(body))))
    head = "".join(f"{name}: {value}\r\n" for name, value in sent)
    return f"{method} {target} HTTP/1.1\r\n{head}\r\n".encode() + body


def _normal(path):
    normal = posixpath.normpath(path.replace("//", "/")) if path not in ("", "/") else "/"
    return normal + "/" if path.endswith("/") and normal != "/" else normal


def send(server, raw):
    """Sends bytes on a connection of their own; the status of the answer, 0 where there is none."""
    address = urllib.parse.urlsplit(server.url)
    with socket.create_connection((address.hostname, address.port), timeout=TIMEOUT_SECONDS) as connection:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            # The server may answer before it has everything, as it does when headers have no end.
            connection.sendall(raw)
        stream = connection.makefile("rb")
        try:
            line = stream.readline()
            while line.startswith(b"HTTP/1.1 100"):
                stream.readline()
                line = stream.readline()
        except OSError:
            return 0
        return int(line.split()[1]) if line else 0
