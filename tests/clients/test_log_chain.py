"""The whole way on the machine's clock: nginx writes a line, the agent ships it, a metric filter counts it, an alarm
decides, a mail arrives."""

import shutil
import subprocess
import time
import urllib.error
import urllib.request

from agent_process import Agent
from harness import SERVER_ROOT
from receivers import free_port

WAIT_SECONDS_MAX = 60
PATTERN = '[ip, identity, user, time, request, status=5*, bytes, ...]'


class Nginx:
    """A web server on a free port whose every page is an error."""

    def __init__(self, folder):
        self.log = folder / "access.log"
        self.port = free_port()
        settings = folder / "nginx.conf"
        settings.write_text(f"""
            daemon off;
            pid {folder}/nginx.pid;
            error_log {folder}/error.log;
            events {{ }}
            http {{
                access_log {self.log} combined;
                client_body_temp_path {folder}/body;
                proxy_temp_path {folder}/proxy;
                fastcgi_temp_path {folder}/fastcgi;
                uwsgi_temp_path {folder}/uwsgi;
                scgi_temp_path {folder}/scgi;
                server {{
                    listen 127.0.0.1:{self.port};
                    location / {{ return 200 "fine"; }}
                    location /broken {{ return 503; }}
                }}
            }}
        """)
        # Debian has it where only root's path leads.
        program = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
        assert program, "nginx is missing: `make test` installs it"
        self._process = subprocess.Popen([program, "-c", str(settings), "-p", str(folder)], stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + WAIT_SECONDS_MAX
        while self.get("/") != 200:
            assert time.monotonic() < deadline and self._process.poll() is None

    def get(self, path):
        """The status of a page; `None` while nobody answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return None

    def close(self):
        """Ends the process."""
        self._process.terminate()
        self._process.wait()


def eventually(ask):
    """What `ask` gives, once it gives something."""
    deadline = time.monotonic() + WAIT_SECONDS_MAX
    while True:
        answer = ask()
        if answer:
            return answer
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_errors_of_a_web_server_become_a_mail(tmp_path, make_server, make_mail_server):
    mail = make_mail_server()
    server = make_server(clock="system", options=("--smtp", f"smtp://{mail.address}")).start()
    sns, logs, cloudwatch = server.client("sns"), server.client("logs"), server.client("cloudwatch")
    topic = sns.create_topic(Name="operators")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="operator@example.org")
    asked = mail.inbox.wait_for(lambda one: one.subject == "AWS Notification - Subscription Confirmation")[0]
    sns.confirm_subscription(TopicArn=topic, Token=asked.text.split("Token=")[1].split("&")[0].split()[0])
    logs.create_log_group(logGroupName="web")
    logs.put_metric_filter(
        logGroupName="web",
        filterName="errors",
        filterPattern=PATTERN,
        metricTransformations=[{"metricName": "Errors", "metricNamespace": "Web", "metricValue": "1"}],
    )
    folder = tmp_path / "nginx"
    folder.mkdir()
    nginx = Nginx(folder)
    agent = Agent(tmp_path / "buffer", server.url, SERVER_ROOT, "--host", "box", "--log", f"{nginx.log}=web")
    try:
        assert [nginx.get("/broken") for _ in range(3)] == [503] * 3
        found = eventually(
            lambda: logs.filter_log_events(logGroupName="web", filterPattern=PATTERN)["events"]
        )
        assert all('"GET /broken HTTP/1.1" 503' in event["message"] for event in found)
        eventually(lambda: cloudwatch.list_metrics(Namespace="Web", MetricName="Errors")["Metrics"])
        cloudwatch.put_metric_alarm(
            AlarmName="errors",
            Namespace="Web",
            MetricName="Errors",
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanOrEqualToThreshold",
            AlarmActions=[topic],
        )
        told = mail.inbox.wait_for(lambda one: one.subject.startswith('ALARM: "errors" in '))[0]
    finally:
        agent.end()
        nginx.close()
    assert told.recipients == ["operator@example.org"]
