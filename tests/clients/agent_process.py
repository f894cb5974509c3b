"""`trailwatch agent` as a child process.

Nothing here sleeps: a start is over when the ready line arrives, a wait when the log says so,
a stop when the process has ended and with it its last sending.
"""

import json
import os
import selectors
import signal
import socket
import subprocess
import time

from harness import START_SECONDS_MAX, STOP_SECONDS_MAX, binary

# Longer than the agent goes on sending once it is told to stop.
LOG_SECONDS_MAX = 90


def environment(**more):
    """This process's environment without what steers the agent, and with `more`."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("TRAILWATCH_", "AWS_"))}
    return {**own, "AWS_EC2_METADATA_DISABLED": "true", **more}


class Agent:
    """One agent on one buffer folder."""

    def __init__(self, buffer, url, credentials, *options, region="us-east-1", statsd="127.0.0.1:0"):
        self.buffer = buffer
        command = [binary(), "agent", "--buffer", str(buffer), "--statsd", statsd, "--log-format", "json"]
        keys = {"AWS_ACCESS_KEY_ID": credentials.key, "AWS_SECRET_ACCESS_KEY": credentials.secret}
        if credentials.token:
            keys["AWS_SESSION_TOKEN"] = credentials.token
        self.log = []
        self._unread = b""
        self.process = subprocess.Popen(
            command + list(options),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(AWS_ENDPOINT_URL=url, AWS_DEFAULT_REGION=region, **keys),
            cwd=buffer.parent,
        )
        line = self._ready_line()
        assert line.startswith("trailwatch agent ready "), f"{line}{self.process.stderr.read().decode()}"
        self.statsd = line.split()[-1]

    def measure(self, *lines):
        """Sends StatsD lines, as an application would."""
        host, port = self.statsd.rsplit(":", 1)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            for line in lines:
                out.sendto(line.encode(), (host, int(port)))

    def wait_for(self, said):
        """Reads the log until an entry for which `said` holds, and gives it."""
        deadline = time.monotonic() + LOG_SECONDS_MAX
        pipe = self.process.stderr
        with selectors.DefaultSelector() as selector:
            selector.register(pipe, selectors.EVENT_READ)
            while selector.select(max(0.0, deadline - time.monotonic())):
                chunk = os.read(pipe.fileno(), 65536)
                if not chunk:
                    break
                *lines, self._unread = (self._unread + chunk).split(b"\n")
                entries = [json.loads(line) for line in lines]
                self.log += entries
                for entry in entries:
                    if said(entry):
                        return entry
        raise AssertionError(f"the agent never said so: {self.log}")

    def stop(self):
        """Ends the agent cleanly: it has sent what it could, and ends with 0."""
        self.process.send_signal(signal.SIGTERM)
        _, rest = self.process.communicate(timeout=STOP_SECONDS_MAX)
        self.log += [json.loads(line) for line in (self._unread + rest).splitlines()]
        assert self.process.returncode == 0, self.log
        return self

    def kill(self):
        """Ends the agent as a power cut would."""
        self.process.kill()
        self.process.communicate(timeout=STOP_SECONDS_MAX)

    def end(self):
        """Ends whatever still runs, for clean-up."""
        if self.process.poll() is None:
            self.kill()

    def waiting(self):
        """Requests in the buffer."""
        return sorted(path.name for path in self.buffer.glob("*.batch"))

    def refused(self):
        """Requests that were set aside."""
        return sorted(path.name for path in (self.buffer / "refused").glob("*.batch"))

    def errors(self):
        """What the log has of errors."""
        return [entry["fields"]["message"] for entry in self.log if entry["level"] == "ERROR"]

    def _ready_line(self):
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            assert selector.select(START_SECONDS_MAX), "the agent did not start in time"
        return self.process.stdout.readline().decode()
