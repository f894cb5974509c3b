"""An upstream whose answers a test writes, and a client of the gateway that reads answers byte for byte."""

import http.client
import socket
import socketserver
import threading
import time
import urllib.parse

from gateway_raw import TIMEOUT_SECONDS


class Exchange:
    """One request as it came to the upstream, and the connection to answer on."""

    def __init__(self, head, stream, connection):
        self.head = head
        self._stream = stream
        self._connection = connection
        first, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
        self.method, self.target, _ = first.split(" ")
        self.headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}

    def body(self):
        """The whole body; nothing where it did not come whole."""
        if self.headers.get("transfer-encoding") == "chunked":
            return self._chunks()
        length = int(self.headers.get("content-length", 0))
        try:
            body = self._stream.read(length)
        except OSError:
            return None
        return body if len(body) == length else None

    def _chunks(self):
        body = b""
        try:
            while True:
                line = self._stream.readline()
                size = int(line, 16) if line.endswith(b"\r\n") else -1
                piece = self._stream.read(size + 2) if size >= 0 else b""
                if len(piece) != size + 2:
                    return None
                if size == 0:
                    return body
                body += piece[:-2]
        except (OSError, ValueError):
            return None

    def send(self, raw):
        """Sends bytes as they are; whether the other side still takes them."""
        try:
            self._connection.sendall(raw)
            return True
        except OSError:
            return False

    def answer(self, status="200 OK", headers=(), body=b"{}"):
        """A whole answer, the last on its connection."""
        all_headers = ["Connection: close", f"Content-Length: {len(body)}", *headers]
        self.send(f"HTTP/1.1 {status}\r\n".encode() + "".join(f"{one}\r\n" for one in all_headers).encode() + b"\r\n" + body)

    def is_hung_up(self):
        """Waits until the other side hangs up."""
        try:
            return self._connection.recv(1) == b""
        except ConnectionError:
            return True


class ScriptedUpstream:
    """An HTTP server that answers as `script`, a function of an exchange, says; each connection has one request.

    `seen` are the exchanges, `given` what `script` gave for each, in the order in which they ended.
    """

    def __init__(self):
        self.seen = []
        self.given = []
        self.script = Exchange.answer
        self.ended = threading.Condition()
        outer = self

        class Handler(socketserver.StreamRequestHandler):
            timeout = TIMEOUT_SECONDS

            def handle(self):
                head = b""
                while not head.endswith(b"\r\n\r\n"):
                    line = self.rfile.readline(1 << 20)
                    if not line:
                        return
                    head += line
                exchange = Exchange(head, self.rfile, self.connection)
                # What ends after the next script has begun is of this one.
                play, results = outer.script, outer.given
                outer.seen.append(exchange)
                given = play(exchange)
                with outer.ended:
                    results.append(given)
                    outer.ended.notify_all()

        class Listener(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True
            request_queue_size = 512

        self._listener = Listener(("127.0.0.1", 0), Handler)
        self.url = f"http://key:secret@127.0.0.1:{self._listener.server_address[1]}"
        threading.Thread(target=self._listener.serve_forever, daemon=True).start()

    def play(self, script):
        """Answers by another script from now on, and forgets what was."""
        self.seen, self.given, self.script = [], [], script

    def last(self):
        """What the script gave for the first request since `play`, once it is over."""
        with self.ended:
            assert self.ended.wait_for(lambda: self.given, TIMEOUT_SECONDS), "the upstream was not asked"
            return self.given[0]

    def close(self):
        self._listener.shutdown()
        self._listener.server_close()


class Conversation:
    """A connection to the gateway."""

    def __init__(self, server):
        address = urllib.parse.urlsplit(server.url)
        self.connection = socket.create_connection((address.hostname, address.port), timeout=TIMEOUT_SECONDS)

    def send(self, raw):
        """Sends bytes."""
        self.connection.sendall(raw)
        return self

    def line(self):
        """The next line, read byte by byte, so that nothing that follows is lost."""
        line = b""
        while not line.endswith(b"\n"):
            byte = self.connection.recv(1)
            if not byte:
                break
            line += byte
        return line

    def answer(self, method="GET"):
        """The head of the answer; its body is to be read from it."""
        answer = http.client.HTTPResponse(self.connection, method=method)
        answer.begin()
        return answer

    def hang_up(self):
        """Closes the connection at once."""
        self.connection.shutdown(socket.SHUT_RDWR)
        self.connection.close()


def ask(server, raw, method="GET"):
    """Sends a request; the status, the headers and the whole body of its answer."""
    conversation = Conversation(server).send(raw)
    try:
        answer = conversation.answer(method)
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        conversation.connection.close()


def until(holds):
    """Waits until something holds that happens after an answer."""
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while not holds():
        assert time.monotonic() < deadline
