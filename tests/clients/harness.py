"""The real server as a child process, and clients that speak to it.

Nothing here sleeps: a start is over when the ready line (or the end of the pipe) arrives,
a stop when the process has ended.
"""

import json
import os
import pathlib
import selectors
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field

import boto3
from botocore.config import Config

START_SECONDS_MAX = 60
STOP_SECONDS_MAX = 60
MEBIBYTE = 1024 * 1024

SERVER_ACCOUNT = "111122223333"
HOME_REGION = "us-east-1"


@dataclass(frozen=True)
class Credentials:
    """What a request is signed with."""

    key: str
    secret: str
    token: str | None = None

    @staticmethod
    def of(answer):
        """From the `Credentials` of STS or the `AccessKey` of IAM."""
        return Credentials(answer["AccessKeyId"], answer["SecretAccessKey"], answer.get("SessionToken"))


SERVER_ROOT = Credentials("test", "test")


def binary():
    """The server under test: TRAILWATCH_BIN, else the debug build."""
    named = os.environ.get("TRAILWATCH_BIN")
    if named:
        return named
    root = pathlib.Path(__file__).resolve().parents[2]
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", "target"))
    return str(root / target / "debug" / "trailwatch")


class StartFailed(Exception):
    """The server ended before it was ready."""

    def __init__(self, code, stderr):
        super().__init__(f"the server ended with {code} before it was ready:\n{stderr}")
        self.code = code
        self.stderr = stderr


@dataclass
class Server:
    """One server on one data folder, which may be started and ended several times."""

    data: pathlib.Path
    clock: str = "simulated"
    dev: bool = True
    lookups_per_second: int | None = 0
    listen: str = "127.0.0.1:0"
    options: tuple = ()
    environment: dict = field(default_factory=dict)
    process: subprocess.Popen | None = None
    url: str | None = None
    ca: str | None = None
    stderr: str = ""
    rest_of_stdout: str = ""

    def command(self):
        """The command line."""
        command = [binary(), "serve", "--data", str(self.data), "--listen", self.listen]
        command += ["--account", SERVER_ACCOUNT, "--region", HOME_REGION, "--clock", self.clock]
        if self.dev:
            command.append("--dev")
        if self.lookups_per_second is not None:
            command += ["--lookup-events-per-second", str(self.lookups_per_second)]
        return command + list(self.options)

    def start(self):
        """Starts the server and waits for its ready line; `StartFailed` when it ends instead."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("TRAILWATCH_")}
        environment.update(self.environment)
        self.stderr = ""
        self.rest_of_stdout = ""
        self.process = subprocess.Popen(
            self.command(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            cwd=self.data.parent,
        )
        self._drain = threading.Thread(target=self._read_stderr, args=(self.process.stderr,), daemon=True)
        self._drain.start()
        line = self._first_line()
        if not line.startswith("trailwatch ready "):
            self.process.kill()
            self._reap()
            raise StartFailed(self.process.returncode, f"{line}{self.stderr}")
        self.url = line.split()[-1]
        return self

    def stop(self, by=signal.SIGTERM):
        """Ends the server cleanly and gives its exit code."""
        self.process.send_signal(by)
        return self._reap()

    def kill(self):
        """Ends the server as a power cut would."""
        self.process.kill()
        return self._reap()

    def running(self):
        """Whether the process lives."""
        return self.process is not None and self.process.poll() is None

    def end(self):
        """Ends whatever still runs, for clean-up."""
        if self.running():
            self.kill()

    # -- clients ---------------------------------------------------------------------------

    def client(self, service, credentials=SERVER_ROOT, region=HOME_REGION, protocol=None, session=None, **config):
        """A boto3 client that tries each call once; `protocol` holds it to one of several it could speak.

        A `session` that made clients before makes the next ones fast.
        """
        settings = {"retries": {"total_max_attempts": 1}, "read_timeout": 60, "tcp_keepalive": True, **config}
        session = session or boto3.session.Session()
        if protocol:
            loader = session._session.get_component("data_loader")
            # The loader gives the same model to the client, which reads its protocols from there.
            loader.load_service_model(service, "service-2")["metadata"]["protocols"] = [protocol]
        return session.client(
            service,
            region_name=region,
            endpoint_url=self.url,
            aws_access_key_id=credentials.key,
            aws_secret_access_key=credentials.secret,
            aws_session_token=credentials.token,
            verify=self.ca,
            config=Config(**settings),
        )

    def cli(self, *arguments, credentials=SERVER_ROOT, region=HOME_REGION, environment=None, timeout_seconds=120):
        """Runs the AWS CLI, with more `environment` where it is given; gives the finished process with text output."""
        more = environment or {}
        environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        environment.update(
            AWS_ENDPOINT_URL=self.url,
            AWS_ACCESS_KEY_ID=credentials.key,
            AWS_SECRET_ACCESS_KEY=credentials.secret,
            AWS_DEFAULT_REGION=region,
            AWS_CONFIG_FILE=os.devnull,
            AWS_SHARED_CREDENTIALS_FILE=os.devnull,
            AWS_PAGER="",
        )
        if credentials.token:
            environment["AWS_SESSION_TOKEN"] = credentials.token
        environment.update(more)
        aws = pathlib.Path(sys.executable).parent / "aws"
        return subprocess.run(
            [str(aws), "--output", "json", *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout_seconds,
        )

    def cli_json(self, *arguments, **how):
        """Runs the AWS CLI, which must succeed; gives its answer."""
        done = self.cli(*arguments, **how)
        assert done.returncode == 0, f"aws {' '.join(arguments)}: {done.stderr}"
        return json.loads(done.stdout) if done.stdout.strip() else None

    def events(self, credentials=SERVER_ROOT, region=HOME_REGION, **lookup):
        """All events that a look-up finds over all pages, newest first."""
        pages = self.client("cloudtrail", credentials, region).get_paginator("lookup_events").paginate(**lookup)
        return [event for page in pages for event in page["Events"]]

    def records(self, credentials=SERVER_ROOT, region=HOME_REGION, **attribute):
        """The records of a look-up by one attribute (`EventName="CreateUser"`), newest first."""
        attributes = [{"AttributeKey": key, "AttributeValue": value} for key, value in attribute.items()]
        lookup = {"LookupAttributes": attributes} if attributes else {}
        return [json.loads(event["CloudTrailEvent"]) for event in self.events(credentials, region, **lookup)]

    # -- the server's own pages --------------------------------------------------------------

    def page(self, path, body=None):
        """Status and body of one of the server's own pages."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}{path}", data=data, method="GET" if body is None else "POST")
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refusal:
            return refusal.code, refusal.read().decode()

    def now(self):
        """The server's time, as it writes it."""
        status, body = self.page("/_trailwatch/clock")
        assert status == 200, body
        return json.loads(body)["now"]

    def move_clock(self, **how):
        """Moves the simulated clock: `advance="20m"` or `set="2026-01-01T00:00:00Z"`."""
        status, body = self.page("/_trailwatch/clock", how)
        assert status == 200, body
        return json.loads(body)["now"]

    # -- the child's pipes -------------------------------------------------------------------

    def _first_line(self):
        deadline = time.monotonic() + START_SECONDS_MAX
        pipe = self.process.stdout
        line = b""
        with selectors.DefaultSelector() as selector:
            selector.register(pipe, selectors.EVENT_READ)
            while not line.endswith(b"\n"):
                if not selector.select(max(0.0, deadline - time.monotonic())):
                    break
                byte = os.read(pipe.fileno(), 1)
                if not byte:
                    break
                line += byte
        return line.decode()

    def _read_stderr(self, pipe):
        for line in pipe:
            self.stderr += line.decode(errors="replace")

    def _reap(self):
        self.rest_of_stdout = self.process.stdout.read().decode()
        code = self.process.wait(timeout=STOP_SECONDS_MAX)
        self._drain.join(timeout=STOP_SECONDS_MAX)
        self.process.stdout.close()
        return code
