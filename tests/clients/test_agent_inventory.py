"""The host agent tells the real server what is installed on this machine.

What the machine has is asked of the machine itself: of `dpkg-query`, of `pip`, of the kernel.
"""

import json
import pathlib
import platform
import re
import shutil
import subprocess
import sys
import threading
import urllib.error
import urllib.request
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from agent_process import Agent
from harness import SERVER_ROOT, STOP_SECONDS_MAX
from inventory import INVENTORY, start_recorder
from receivers import WAIT_SECONDS_MAX, Inbox
from sql_command import rows

INSTANCE = "mi-0123456789abcdef0"
# As often as can be: what a test waits for comes with the next one.
PERIOD = "10s"


class Between:
    """Stands between the agent and the server: what passes is kept, answers and all."""

    def __init__(self, server):
        self.inbox = Inbox()
        self.server = server
        self.down = threading.Event()
        between = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):  # noqa: N802 (the name is the library's)
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                operation = self.headers.get("x-amz-target", "").rsplit(".", 1)[-1]
                if between.down.is_set():
                    status, answer = 503, b""
                else:
                    status, answer = between.pass_on(self.path, dict(self.headers), body)
                between.inbox.put((operation, json.loads(body) if operation else None, status))
                self.send_response(status)
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_):
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        threading.Thread(target=self._http.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"

    def pass_on(self, path, headers, body):
        """Gives the server the request as it was signed, for the host it was signed for."""
        request = urllib.request.Request(self.server.url + path, body, headers, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def puts(self, count):
        """The items of the first `count` PutInventory, by type, as soon as they were answered."""
        found = self.inbox.wait_for(lambda passed: passed[0] == "PutInventory", count)
        return [({item["TypeName"]: item for item in asked["Items"]}, status) for _, asked, status in found]

    def close(self):
        """Stops serving."""
        self._http.shutdown()
        self._http.server_close()


@pytest.fixture
def live(make_server):
    """A server on the machine's clock, which is the agent's."""
    return make_server(clock="system").start()


@pytest.fixture
def between(live):
    """The way from the agent to the server."""
    one = Between(live)
    yield one
    one.close()


@pytest.fixture
def make_agent(tmp_path, between):
    """Makes running agents that tell inventory; ends them after the test."""
    made = []

    def make(settings, *options):
        file = tmp_path / "agent.toml"
        file.write_text(f"[inventory]\nperiod = '{PERIOD}'\n{settings}\n")
        quiet = ("--collectors", "mem", "--interval", "1h", "--config", str(file))
        agent = Agent(tmp_path / "buffer", between.url, SERVER_ROOT, *quiet, *options, statsd="off")
        made.append(agent)
        return agent

    yield make
    for one in made:
        one.end()


def entries(server, type_name, instance=INSTANCE):
    """All that Systems Manager has of a type, page by page."""
    ssm, found, token = server.client("ssm"), [], {}
    while True:
        page = ssm.list_inventory_entries(InstanceId=instance, TypeName=type_name, **token)
        found += page["Entries"]
        if not page.get("NextToken"):
            return found
        token = {"NextToken": page["NextToken"]}


def of_dpkg():
    """Name and version of the packages of this machine; skips where it has no dpkg."""
    if not shutil.which("dpkg-query"):
        pytest.skip("this machine has no dpkg")
    listed = subprocess.run(
        ["dpkg-query", "-W", "-f=${db:Status-Status} ${Package} ${Version} ${Architecture}\n"],
        capture_output=True,
        text=True,
        check=True,
        timeout=STOP_SECONDS_MAX,
    ).stdout
    words = [line.split() for line in listed.splitlines()]
    return {(name, version) for state, name, version, _ in words if state == "installed"}


def own(settings=""):
    """Settings of the instance that the tests look at."""
    return f"instance-id = '{INSTANCE}'\n{settings}"


def test_the_machines_packages_are_in_the_inventory(live, between, make_agent):
    agent = make_agent(own("collect = ['dpkg', 'instance', 'details', 'network']"))
    assert [status for _, status in between.puts(1)] == [200]
    found = entries(live, "AWS:Application")
    assert {(entry["Name"], entry["Version"]) for entry in found} == of_dpkg()
    assert all(re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", entry["InstalledTime"]) for entry in found)
    assert {"amd64"}.isdisjoint(entry["Architecture"] for entry in found)
    [instance] = entries(live, "AWS:InstanceInformation")
    assert (instance["InstanceId"], instance["ComputerName"]) == (INSTANCE, platform.node())
    release = platform.freedesktop_os_release()
    assert instance["PlatformName"] == release["NAME"]
    [details] = entries(live, "AWS:InstanceDetailedInformation")
    assert details["KernelVersion"] == platform.release()
    network = {entry["Name"]: entry for entry in entries(live, "AWS:Network")}
    for name in (path.name for path in pathlib.Path("/sys/class/net").iterdir() if path.name != "lo" and path.is_dir()):
        assert network[name].get("MacAddress", "") == pathlib.Path(f"/sys/class/net/{name}/address").read_text().strip()
    assert agent.stop().errors() == []


def test_get_inventory_and_the_list_of_instances_know_the_machine(live, between, make_agent):
    make_agent(own("collect = ['dpkg', 'instance']"))
    between.puts(1)
    ssm = live.client("ssm")
    [described] = ssm.describe_instance_information()["InstanceInformationList"]
    assert (described["InstanceId"], described["PingStatus"]) == (INSTANCE, "Online")
    assert (described["PlatformType"], described["ComputerName"]) == ("Linux", platform.node())
    name, version = sorted(of_dpkg())[0]
    filters = [
        {"Key": "AWS:Application.Name", "Values": [name], "Type": "Equal"},
        {"Key": "AWS:Application.Version", "Values": [version], "Type": "Equal"},
    ]
    [entity] = ssm.get_inventory(Filters=filters)["Entities"]
    assert entity["Id"] == INSTANCE


def test_what_has_not_changed_is_sent_as_a_hash_alone(between, make_agent):
    make_agent(own("collect = ['dpkg', 'details']"))
    (first, _), (second, status) = between.puts(2)
    assert status == 200
    assert first.keys() == second.keys() >= {"AWS:Application", "AWS:InstanceDetailedInformation"}
    for type_name, item in first.items():
        assert item["Content"] is not None
        assert "Content" not in second[type_name]
        assert second[type_name]["ContentHash"] == item["ContentHash"]
        assert second[type_name]["CaptureTime"] > item["CaptureTime"]


def test_a_server_that_lost_the_inventory_is_told_everything(live, between, make_agent):
    make_agent(own("collect = ['dpkg']"))
    between.puts(1)
    # Another agent says of the same instance something else.
    other = {"TypeName": "AWS:Application", "SchemaVersion": "1.1", "CaptureTime": "2026-01-01T00:00:00Z"}
    live.client("ssm").put_inventory(InstanceId=INSTANCE, Items=[{**other, "Content": [{"Name": "other"}]}])
    _, (hashes, refused), (whole, taken) = between.puts(3)
    assert (refused, taken) == (400, 200)
    assert "Content" not in hashes["AWS:Application"] and "Content" in whole["AWS:Application"]
    assert {entry["Name"] for entry in entries(live, "AWS:Application")} == {name for name, _ in of_dpkg()}


def wheel(folder):
    """A distribution of Python, made here: nothing is fetched."""
    path, info = folder / "acme_tool-1.2.3-py3-none-any.whl", "acme_tool-1.2.3.dist-info"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("acme_tool.py", "")
        file.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: acme-tool\nVersion: 1.2.3\nSummary: A tool\n")
        file.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr(f"{info}/RECORD", f"acme_tool.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")
    return path


def run(*command):
    """Runs a program that must succeed."""
    subprocess.run([str(word) for word in command], check=True, capture_output=True, timeout=WAIT_SECONDS_MAX)


def test_a_package_installed_in_an_environment_is_there_after_the_next_period(live, between, make_agent, tmp_path):
    venv = tmp_path / "venv"
    run(sys.executable, "-m", "venv", "--without-pip", venv)
    make_agent(own(f"collect = ['pip']\npython-environments = ['{tmp_path}/v*']"))
    between.puts(1)

    def tools():
        return [entry for entry in entries(live, "AWS:Application") if entry["Name"] == "acme-tool"]

    assert tools() == []
    pip = (sys.executable, "-m", "pip", "--python", venv / "bin" / "python")
    run(*pip, "install", "--no-index", "--no-deps", wheel(tmp_path))
    between.inbox.wait_for(lambda passed: passed[2] == 200 and "acme-tool" in str(passed[1]))
    [tool] = tools()
    assert (tool["Version"], tool["ApplicationType"], tool["Summary"]) == ("1.2.3", "pip", "A tool")
    assert tool["PackageId"].startswith(str(venv.resolve()))
    assert tool["InstalledTime"].endswith("Z")
    run(*pip, "uninstall", "--yes", "acme-tool")
    # The next collection may have begun before.
    between.puts(2 + sum(operation == "PutInventory" for operation, *_ in between.inbox.all()))
    assert tools() == []


def test_only_the_newest_inventory_is_told_after_an_outage(live, between, make_agent, tmp_path):
    custom = tmp_path / "custom"
    custom.mkdir()

    def put(row):
        # At once, so that no half of it is read.
        text = json.dumps({"TypeName": "Custom:Rack", "SchemaVersion": "1.0", "Content": {"Row": row}})
        (custom / "rack.new").write_text(text)
        (custom / "rack.new").rename(custom / "rack.json")

    put("7")
    agent = make_agent(own(f"collect = ['instance']\ncustom = '{custom}'"))
    between.puts(1)
    between.down.set()
    for row in ("8", "9"):
        put(row)
        between.inbox.wait_for(lambda passed, row=row: passed[2] == 503 and f"'Row': '{row}'" in str(passed[1]))
    between.down.clear()
    between.inbox.wait_for(lambda passed: passed[2] == 200 and "'Row': '9'" in str(passed[1]))
    taken = [passed for passed in between.inbox.all() if passed[2] == 200 and "'Row': '8'" in str(passed[1])]
    assert taken == []
    [entry] = entries(live, "Custom:Rack")
    assert entry["Row"] == "9"
    assert agent.stop().errors() == []


def test_a_machine_registers_with_an_activation(live, between, make_agent, tmp_path):
    made = live.client("ssm").create_activation(IamRole="hosts", DefaultInstanceName="db")
    activation = f"activation = {{ id = '{made['ActivationId']}', code = '{made['ActivationCode']}' }}"
    agent = make_agent(f"{activation}\ncollect = ['instance']")
    between.puts(1)
    [described] = live.client("ssm").describe_instance_information()["InstanceInformationList"]
    assert described["ActivationId"] == made["ActivationId"]
    agent.stop()
    make_agent(f"{activation}\ncollect = ['instance']")
    between.puts(2)
    again = live.client("ssm").describe_instance_information()["InstanceInformationList"]
    assert [one["InstanceId"] for one in again] == [described["InstanceId"]]


def recorded(server, between):
    """The instance's item, as soon as there is one."""
    config = server.client("config")
    asked = {"resourceType": INVENTORY, "resourceId": INSTANCE}
    # Recording goes on after the answer: what is not there yet is there after one of the next tellings.
    for count in range(1, 7):
        between.puts(count)
        try:
            [item] = config.get_resource_config_history(**asked, limit=1)["configurationItems"]
            return item
        except config.exceptions.ResourceNotDiscoveredException:
            assert count < 6


def test_config_records_the_inventory(live, between, make_agent):
    start_recorder(live)
    make_agent(own("collect = ['dpkg', 'instance']"))
    configuration = json.loads(recorded(live, between)["configuration"])
    content = configuration["AWS:Application"]["Content"]
    assert {(entry["Name"], entry["Version"]) for entry in content} == of_dpkg()
    [information] = configuration["AWS:InstanceInformation"]["Content"].values()
    assert information["ComputerName"] == platform.node()


def test_the_machine_is_found_by_a_package_below_a_version(live, between, make_agent):
    start_recorder(live)
    make_agent(own("collect = ['dpkg', 'instance']"))
    recorded(live, between)
    packages = sorted(of_dpkg())
    for name, version in (packages[0], packages[len(packages) // 2], packages[-1]):
        here = [{"computer_name": platform.node(), "version": version}]
        for asked, expected in ((f"{version}+1", here), (version, []), (f"{version}~", []), ("9999:0", here)):
            subprocess.run(["dpkg", "--compare-versions", version, "lt" if expected else "ge", asked], check=True)
            statement = (
                "SELECT DISTINCT computer_name, version FROM inventory"
                f" WHERE name = '{name}' AND version_compare(version, '{asked}', scheme) < 0"
            )
            assert rows(live, None, statement, "--dev") == expected, (name, asked)
            found = live.cli_json(
                "ssm", "get-inventory", "--filters",
                f"Key=AWS:Application.Name,Values={name},Type=Equal",
                f"Key=AWS:Application.Version,Values={asked},Type=LessThan",
            )  # fmt: skip
            assert [entity["Id"] for entity in found["Entities"]] == [INSTANCE] * len(expected), (name, asked)
