"""The host agent against the real server: what it measures arrives, whatever happens on the way."""

import datetime
import ipaddress
import os
import pathlib
import signal
import socket
import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from agent_process import Agent, environment
from harness import SERVER_ROOT, STOP_SECONDS_MAX, Credentials, binary
from scripted_upstream import until

HOST = ("--host", "box")

# A metric of each collector, its unit and the names of its dimensions in the agent's order.
MEASURED = {
    "cpu_usage_idle": ("Percent", ["host", "cpu"]),
    "mem_used_percent": ("Percent", ["host"]),
    "mem_total": ("Bytes", ["host"]),
    "swap_used_percent": ("Percent", ["host"]),
    "netstat_tcp_listen": ("Count", ["host"]),
    "processes_total": ("Count", ["host"]),
}


@pytest.fixture
def live(make_server):
    """A server on the machine's clock, which is the agent's."""
    return make_server(clock="system").start()


@pytest.fixture
def make_agent(tmp_path):
    """Makes running agents; ends them after the test."""
    made = []

    def make(server, *options, credentials=SERVER_ROOT, buffer="buffer", **how):
        one = Agent(tmp_path / buffer, server.url, credentials, *HOST, *options, **how)
        made.append(one)
        return one

    yield make
    for one in made:
        one.end()


def metrics(server, namespace="CWAgent", **client):
    """Every metric of the namespace as (name, dimensions)."""
    pages = server.client("cloudwatch", **client).get_paginator("list_metrics").paginate(Namespace=namespace)
    found = [metric for page in pages for metric in page["Metrics"]]
    return [(one["MetricName"], {at["Name"]: at["Value"] for at in one["Dimensions"]}) for one in found]


def statistics(server, name, dimensions, period=60, namespace="CWAgent"):
    """The points of a metric over the last and the next ten minutes, oldest first."""
    now = datetime.datetime.now(datetime.timezone.utc)
    ten = datetime.timedelta(minutes=10)
    start = (now - ten).replace(second=0, microsecond=0)
    answer = server.client("cloudwatch").get_metric_statistics(
        Namespace=namespace,
        MetricName=name,
        Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
        StartTime=start,
        EndTime=start + 2 * ten,
        Period=period,
        Statistics=["SampleCount", "Sum", "Minimum", "Maximum", "Average"],
    )
    return sorted(answer["Datapoints"], key=lambda point: point["Timestamp"])


def total(server, name, dimensions):
    """The sum of a metric over all points."""
    return sum(point["Sum"] for point in statistics(server, name, dimensions))


def processors(server):
    """The processors of which the share of idle time was told."""
    return {values["cpu"] for name, values in metrics(server) if name == "cpu_usage_idle"}


def test_the_hosts_metrics_have_the_names_units_and_dimensions_of_the_cloudwatch_agent(live, make_agent):
    agent = make_agent(live, "--interval", "1s")
    # Readings nearer to each other than the kernel's tick say nothing of an idle processor, so
    # two that start and stop took are not enough.
    until(lambda: {"cpu-total", "cpu0"} <= processors(live))
    agent.stop()
    found = metrics(live)
    for name, (unit, dimensions) in MEASURED.items():
        ours = [values for metric, values in found if metric == name]
        assert ours, f"{name} of {sorted({metric for metric, _ in found})}"
        assert set(ours[0]) == set(dimensions), name
        assert ours[0]["host"] == "box"
        points = statistics(live, name, ours[0])
        assert points and points[0]["Unit"] == unit, name
    for name, dimensions in (("net_bytes_recv", {"host", "interface"}), ("disk_used", {"host", "device", "fstype", "path"})):
        assert all(set(values) == dimensions for metric, values in found if metric == name), name


def test_memory_is_what_the_kernel_says(live, make_agent):
    make_agent(live, "--collectors", "mem").stop()
    lines = pathlib.Path("/proc/meminfo").read_text().splitlines()
    total_kb = next(int(line.split()[1]) for line in lines if line.startswith("MemTotal:"))
    points = statistics(live, "mem_total", {"host": "box"})
    assert {point["Maximum"] for point in points} == {total_kb * 1024}
    percent = statistics(live, "mem_used_percent", {"host": "box"})[0]
    assert 0 < percent["Average"] < 100
    assert {name.split("_")[0] for name, _ in metrics(live)} == {"mem"}


def test_a_short_interval_is_stored_by_the_second(live, make_agent):
    make_agent(live, "--interval", "1s", "--collectors", "mem").stop()
    assert statistics(live, "mem_total", {"host": "box"}, period=1)


def test_basic_monitoring_publishes_one_point_of_all_its_samples(live, make_agent):
    make_agent(live, "--monitoring", "basic", "--collectors", "mem").stop()
    points = statistics(live, "mem_total", {"host": "box"}, period=300)
    # The first and the last reading of a run that short are in one window, or in two that meet.
    assert sum(point["SampleCount"] for point in points) == 2


def test_statsd_lines_become_metrics(live, make_agent):
    agent = make_agent(live, "--collectors", "mem")
    agent.measure(
        "orders:1|c|#shop:north",
        "orders:2|c|@0.5|#shop:north",
        "queue:7|g\nqueue:+3|g",
        "took:10|ms\ntook:30|ms|@0.5",
        "users:ada|s\nusers:bob|s\nusers:ada|s",
        "this is not a line",
    )
    agent.stop()
    assert total(live, "orders", {"host": "box", "shop": "north", "metric_type": "counter"}) == 5
    assert total(live, "queue", {"host": "box", "metric_type": "gauge"}) == 10
    assert total(live, "users", {"host": "box", "metric_type": "set"}) == 2
    took = statistics(live, "took", {"host": "box", "metric_type": "timing"})
    assert (sum(at["SampleCount"] for at in took), sum(at["Sum"] for at in took)) == (3, 70)
    assert (min(at["Minimum"] for at in took), max(at["Maximum"] for at in took)) == (10, 30)
    malformed = [entry["fields"] for entry in agent.log if "malformed" in entry["fields"]]
    assert sum(fields["malformed"] for fields in malformed) == 1


def test_percentiles_of_timers_come_from_their_distribution(live, make_agent):
    agent = make_agent(live, "--collectors", "mem")
    agent.measure(*(f"took:{at}|ms" for at in range(1, 101)))
    agent.stop()
    now = datetime.datetime.now(datetime.timezone.utc)
    (point,) = live.client("cloudwatch").get_metric_statistics(
        Namespace="CWAgent",
        MetricName="took",
        Dimensions=[{"Name": "host", "Value": "box"}, {"Name": "metric_type", "Value": "timing"}],
        StartTime=now.replace(hour=0, minute=0, second=0, microsecond=0),
        EndTime=now + datetime.timedelta(minutes=10),
        Period=86400,
        ExtendedStatistics=["p50", "p99"],
    )["Datapoints"]
    assert abs(point["ExtendedStatistics"]["p50"] - 50) <= 2
    assert abs(point["ExtendedStatistics"]["p99"] - 99) <= 2


def test_namespace_region_and_dimensions_can_be_set(live, make_agent, tmp_path):
    config = tmp_path / "my.toml"
    config.write_text(
        'namespace = "Mine"\ncollectors = ["mem"]\nomit-host = true\n[append-dimensions]\nStage = "test"\n'
    )
    make_agent(live, "--config", str(config), region="eu-west-1").stop()
    found = metrics(live, "Mine", region="eu-west-1")
    assert ("mem_total", {"Stage": "test"}) in found
    assert metrics(live, "Mine") == []


def test_what_is_measured_while_the_server_is_away_survives_a_kill_and_arrives_once(make_server, make_agent):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = make_server(clock="system", listen=f"127.0.0.1:{port}")
    server.url = f"http://127.0.0.1:{port}"
    agent = make_agent(server, "--interval", "1s", "--collectors", "mem")
    agent.measure("orders:5|c")
    # Several intervals wait, so the one with the order does.
    agent.wait_for(lambda entry: entry["fields"].get("waiting", 0) >= 5)
    agent.kill()
    before = agent.waiting()
    assert len(before) >= 5
    server.start()
    again = make_agent(server, "--interval", "1s", "--collectors", "mem").stop()
    assert again.waiting() == []
    assert total(server, "orders", {"host": "box", "metric_type": "counter"}) == 5
    seconds = statistics(server, "mem_total", {"host": "box"}, period=1)
    assert len(seconds) >= 4, "each reading has the time of its collection"


def test_a_server_that_restarts_costs_nothing(live, make_agent):
    agent = make_agent(live, "--interval", "1s", "--collectors", "mem")
    agent.measure("orders:1|c")
    port = live.url.rsplit(":", 1)[1]
    live.stop()
    agent.measure("orders:1|c")
    agent.wait_for(lambda entry: "the server did not take metrics" in entry["fields"]["message"])
    live.listen = f"127.0.0.1:{port}"
    live.start()
    agent.measure("orders:1|c")
    agent.wait_for(lambda entry: "the server takes metrics again" in entry["fields"]["message"])
    assert agent.stop().waiting() == []
    assert total(live, "orders", {"host": "box", "metric_type": "counter"}) == 3


def test_refused_metrics_are_set_aside_and_the_agent_goes_on(make_server, make_agent):
    # For a server three weeks ahead, what is measured now is too old to be taken.
    server = make_server().start()
    server.move_clock(advance="21d")
    agent = make_agent(server, "--collectors", "mem")
    agent.stop()
    assert agent.waiting() == []
    assert len(agent.refused()) >= 1
    assert any("refused metrics for good" in message for message in agent.errors())


def test_wrong_credentials_delay_and_lose_nothing(live, make_agent):
    agent = make_agent(live, "--collectors", "mem", credentials=Credentials("test", "wrong"))
    agent.measure("orders:2|c")
    agent.stop()
    assert len(agent.waiting()) >= 2 and agent.refused() == []
    assert make_agent(live, "--collectors", "mem").stop().waiting() == []
    assert total(live, "orders", {"host": "box", "metric_type": "counter"}) == 2


def test_a_user_with_the_agents_own_policy_may_publish(live, make_agent):
    iam = live.client("iam")
    iam.create_user(UserName="agent")
    iam.attach_user_policy(UserName="agent", PolicyArn="arn:aws:iam::aws:policy/CloudWatchAgentServerPolicy")
    credentials = Credentials.of(iam.create_access_key(UserName="agent")["AccessKey"])
    assert make_agent(live, "--collectors", "mem", credentials=credentials).stop().waiting() == []
    assert statistics(live, "mem_total", {"host": "box"})


def test_temporary_credentials_sign_too(live, make_agent):
    session = Credentials.of(live.client("sts").get_session_token()["Credentials"])
    assert make_agent(live, "--collectors", "mem", credentials=session).stop().waiting() == []
    assert statistics(live, "mem_total", {"host": "box"})


@pytest.fixture
def authority(tmp_path):
    """Files: an authority's certificate, and a certificate for 127.0.0.1 that it signed, with its key."""

    def name(text):
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    def certificate(subject, key, issuer_key, ca, *extensions):
        now = datetime.datetime.now(datetime.timezone.utc)
        builder = (
            x509.CertificateBuilder()
            .subject_name(name(subject))
            .issuer_name(name("an authority"))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), True)
        )
        for extension in extensions:
            builder = builder.add_extension(extension, False)
        return builder.sign(issuer_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    own, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    files = [tmp_path / "authority.pem", tmp_path / "cert.pem", tmp_path / "key.pem"]
    files[0].write_bytes(certificate("an authority", own, own, True))
    files[1].write_bytes(certificate("a server", key, own, False, address))
    files[2].write_bytes(key.private_bytes(*form))
    return [str(file) for file in files]


def test_over_https_only_a_server_that_is_trusted_gets_metrics(make_server, make_agent, authority):
    ca, cert, key = authority
    server = make_server(clock="system", options=("--tls-cert", cert, "--tls-key", key), ca=ca).start()
    assert server.url.startswith("https://")
    stranger = make_agent(server, "--collectors", "mem").stop()
    assert stranger.waiting() and "certificate" in str(stranger.log)
    assert make_agent(server, "--collectors", "mem", "--ca-bundle", ca).stop().waiting() == []
    assert statistics(server, "mem_total", {"host": "box"})


def test_two_agents_do_not_share_a_buffer(live, make_agent, tmp_path):
    make_agent(live)
    done = subprocess.run(
        [binary(), "agent", "--buffer", str(tmp_path / "buffer"), "--statsd", "off"],
        env=environment(AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test"),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=STOP_SECONDS_MAX,
    )
    assert done.returncode == 1
    assert "in use by another agent" in done.stderr


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ('regoin = "eu-west-1"', ["line 1", "unknown field `regoin`"]),
        ('collectors = ["gpu"]', ["line 1", "gpu"]),
        ('namespace = "AWS/EC2"', ["AWS/EC2"]),
        ('interval = "often"', ["'often' is not a duration"]),
    ],
)
def test_settings_that_are_wrong_are_named(tmp_path, config, words):
    (tmp_path / "agent.toml").write_text(config + "\n")
    done = subprocess.run(
        [binary(), "agent", "--statsd", "off"],
        env=environment(AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test"),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=STOP_SECONDS_MAX,
    )
    assert done.returncode == 1
    for word in words:
        assert word in done.stderr


def test_without_credentials_it_says_what_to_set(tmp_path):
    done = subprocess.run(
        [binary(), "agent"],
        env=environment(),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=STOP_SECONDS_MAX,
    )
    assert done.returncode == 1
    assert "AWS_ACCESS_KEY_ID" in done.stderr


def children_of(pid):
    """The Trailwatch processes that a process started: their subcommands by process id."""
    found = {}
    for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        command = pathlib.Path(f"/proc/{child}/cmdline").read_bytes().decode().split("\0")
        if command[0] == binary():
            found[child] = command[1]
    return found


def test_run_starts_both_and_leaves_nothing_behind(tmp_path):
    script = pathlib.Path(__file__).resolve().parents[2] / "scripts" / "run"
    how = environment(
        TRAILWATCH_LISTEN="127.0.0.1:0",
        TRAILWATCH_AGENT_STATSD="127.0.0.1:0",
        TMPDIR=str(tmp_path),
    )
    process = subprocess.Popen(
        [str(script), binary()],
        cwd=tmp_path,
        env=how,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    try:
        said = []
        for line in process.stdout:
            said.append(line)
            if "lookup-events" in line:
                break
        children = children_of(process.pid)
        assert sorted(children.values()) == ["agent", "serve"], said
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=STOP_SECONDS_MAX) == 0
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=STOP_SECONDS_MAX)
        process.stdout.close()
    assert any("export AWS_ENDPOINT_URL=http://127.0.0.1:" in line for line in said)
    assert not any(os.path.exists(f"/proc/{child}") for child in children)
    assert not list(tmp_path.glob("trailwatch-run.*"))
