"""The agent reads a real systemd journal, through a real `journalctl`, into a real server."""

import json
import os
import time

import pytest

from agent_process import Agent
from harness import SERVER_ROOT
from journal import Journal
from receivers import free_port

WAIT_SECONDS_MAX = 60


@pytest.fixture
def journal(tmp_path):
    """A journal of the test's own."""
    return Journal(tmp_path / "journal")


@pytest.fixture
def live(make_server):
    """A server on the machine's clock, that keeps its address over restarts."""
    return make_server(clock="system", listen=f"127.0.0.1:{free_port()}").start()


@pytest.fixture
def make_agent(tmp_path, live, journal):
    """Makes agents that read the journal with these settings; ends them after the test."""
    made = []

    def make(*entries, where=f"directory = '{journal.folder}'"):
        lists = [f"[[logs.logs_collected.journald.collect_list]]\n{where}\n{one}\n" for one in entries]
        config = tmp_path / "agent.toml"
        config.write_text("[logs]\nforce_flush_interval = 1\nlog_stream_name = 's'\n" + "".join(lists))
        options = ("--config", str(config), "--collectors", "mem")
        made.append(Agent(tmp_path / "buffer", live.url, SERVER_ROOT, *options))
        return made[-1]

    yield make
    for one in made:
        one.end()


def events(server, group):
    """The events of a group in their order, as (time, message); nothing while there is no group."""
    logs = server.client("logs")
    try:
        pages = list(logs.get_paginator("filter_log_events").paginate(logGroupName=group))
    except logs.exceptions.ResourceNotFoundException:
        return []
    return [(event["timestamp"], event["message"]) for page in pages for event in page["events"]]


def messages(server, group):
    """The messages of a group."""
    return [message for _, message in events(server, group)]


def eventually(server, group, count):
    """The messages of a group, once there are that many."""
    deadline = time.monotonic() + WAIT_SECONDS_MAX
    while len(found := messages(server, group)) < count:
        assert time.monotonic() < deadline, found
        time.sleep(0.1)
    return found


def test_entries_arrive_as_they_are_logged_over_every_boot(live, journal, make_agent):
    times = journal.log("before the restart of the machine")
    journal.boot()
    times += journal.log("two\n\nlines = one event", b"no text: \xff")
    make_agent("log_group_name = 'g'\nstart_at = 'beginning'")
    eventually(live, "g", 3)
    times += journal.log("while it is read")
    eventually(live, "g", 4)
    journal.boot()
    times += journal.log("after another restart")
    eventually(live, "g", 5)
    expected = [
        "before the restart of the machine",
        "two\n\nlines = one event",
        "no text: \ufffd",
        "while it is read",
        "after another restart",
    ]
    assert events(live, "g") == list(zip(times, expected))


def test_the_machines_own_journal_is_read_from_before_its_last_start_on(live, journal, make_agent, tmp_path):
    """From systemd 250 on `journalctl --follow` alone shows the last boot only."""
    program = tmp_path / "journalctl"
    program.write_text(f"#!/bin/sh\nexec /usr/bin/journalctl --directory='{journal.folder}' \"$@\"\n")
    program.chmod(0o755)
    journal.log("before the restart of the machine")
    journal.boot()
    journal.log("after it")
    make_agent("log_group_name = 'g'\nstart_at = 'beginning'", where=f"journalctl_path = '{program}'")
    eventually(live, "g", 2)
    journal.log("while it is read")
    assert eventually(live, "g", 3) == ["before the restart of the machine", "after it", "while it is read"]


def test_restarts_of_the_agent_and_outages_of_the_server_lose_and_repeat_nothing(live, journal, make_agent):
    entry = "log_group_name = 'g'\nstart_at = 'beginning'"
    journal.log("1")
    agent = make_agent(entry)
    eventually(live, "g", 1)
    agent.stop()
    journal.log("2")
    agent = make_agent(entry)
    eventually(live, "g", 2)
    live.stop()
    journal.log("3")
    agent.wait_for(lambda said: "did not take logs" in said["fields"]["message"])
    # What is read and not acknowledged is nowhere but in the journal.
    agent.kill()
    journal.log("4")
    live.start()
    make_agent(entry)
    assert eventually(live, "g", 4) == ["1", "2", "3", "4"]


def test_a_journal_begins_with_what_is_logged_after_the_agents_first_start(live, journal, make_agent, tmp_path):
    journal.log("old")
    agent = make_agent("log_group_name = 'g'")
    saved = tmp_path / "buffer" / "logs" / "positions.json"
    deadline = time.monotonic() + WAIT_SECONDS_MAX
    while not (saved.exists() and json.loads(saved.read_text())["journals"]):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    agent.kill()
    journal.log("while no agent ran")
    make_agent("log_group_name = 'g'")
    assert eventually(live, "g", 1) == ["while no agent ran"]


def test_a_filter_that_is_changed_costs_no_entry(live, journal, make_agent):
    """`journalctl --after-cursor` would skip one: the entry of the cursor does not match any more."""
    journal.log("1", _SYSTEMD_UNIT="a.service")
    agent = make_agent("log_group_name = 'g'\nstart_at = 'beginning'\nunits = ['a']")
    eventually(live, "g", 1)
    agent.stop()
    journal.log("2", "3", _SYSTEMD_UNIT="b.service")
    make_agent("log_group_name = 'g'\nunits = ['b']")
    assert eventually(live, "g", 3) == ["1", "2", "3"]


def test_entries_are_chosen_by_unit_priority_field_and_text(live, journal, make_agent):
    journal.log("a", "a health", _SYSTEMD_UNIT="a.service", _UID=0, PRIORITY=6)
    journal.log("b", _SYSTEMD_UNIT="b.socket", _UID=1, PRIORITY=3)
    journal.log("b debug", _SYSTEMD_UNIT="b.socket", _UID=1, PRIORITY=7)
    journal.log("c", SYSLOG_IDENTIFIER="cron", _UID=1, _COMM="cron")
    chosen = {
        "units": ("units = ['a']", ["a", "a health", "a last"]),
        "several": ("units = ['a', 'b.socket']\npriority = 'debug'", ["a", "a health", "b", "b debug", "a last", "b last"]),
        "not": ("exclude_units = ['a']", ["b", "c", "b last"]),
        "urgent": ("priority = 'err'", ["b", "a last", "b last"]),
        "identifiers": ("identifiers = ['cron']", ["c", "a last"]),
        "matches": ("matches = [{_UID = '0'}, {_UID = '1', _COMM = 'cron'}]", ["a", "a health", "c", "a last"]),
        "no-matches": ("exclude_matches = [{_UID = '0'}, {_COMM = 'cron'}]", ["b", "b last"]),
        "filters": (
            "filters = [{type = 'include', expression = '^a'}, {type = 'exclude', expression = 'health'}]",
            ["a", "a last"],
        ),
    }
    make_agent(*(f"log_group_name = '{name}'\nstart_at = 'beginning'\n{more}" for name, (more, _) in chosen.items()))
    # While they are followed as well; each part of the journal has one of these last.
    journal.log("a last", _SYSTEMD_UNIT="a.service", _UID=0, PRIORITY=3, SYSLOG_IDENTIFIER="cron")
    journal.log("b last", _SYSTEMD_UNIT="b.socket", _UID=1, PRIORITY=3)
    for name, (_, expected) in chosen.items():
        assert eventually(live, name, len(expected)) == expected, name


def test_whole_entries_are_sent_as_json_and_found_by_their_fields(live, journal, make_agent):
    (at,) = journal.log("hello\nworld", _SYSTEMD_UNIT="a.service", PRIORITY=3, BIG="x" * 100_000)
    make_agent("log_group_name = 'g'\nstart_at = 'beginning'\nevent_format = 'json'")
    eventually(live, "g", 1)
    logs = live.client("logs")
    pattern = '{ $._SYSTEMD_UNIT = "a.service" && $.PRIORITY = "3" }'
    (event,) = logs.filter_log_events(logGroupName="g", filterPattern=pattern)["events"]
    entry = json.loads(event["message"])
    assert (event["timestamp"], entry["MESSAGE"], len(entry["BIG"])) == (at, "hello\nworld", 100_000)
    assert {"__CURSOR", "__REALTIME_TIMESTAMP", "_BOOT_ID"} <= set(entry)


def test_current_boot_only_leaves_older_boots_out(live, journal, make_agent):
    journal.log("old")
    journal.boot()
    journal.log("new")
    make_agent("log_group_name = 'g'\nstart_at = 'beginning'\ncurrent_boot_only = true")
    assert eventually(live, "g", 1) == ["new"]


def test_a_journal_that_cannot_be_read_is_named_tried_again_and_holds_nothing_up(live, journal, make_agent, tmp_path):
    journal.log("there all the time")
    program = tmp_path / "journalctl"
    entry = f"log_group_name = 'g'\nstart_at = 'beginning'\njournalctl_path = '{program}'"
    other = "log_group_name = 'other'\nstart_at = 'beginning'"
    agent = make_agent(entry, other)
    assert eventually(live, "other", 1) == ["there all the time"]
    said = agent.wait_for(lambda said: "the journal cannot be read" in said["fields"]["message"])
    assert str(program) in said["fields"]["reason"]
    program.write_text("#!/bin/sh\necho No permission >&2\nexit 1\n")
    program.chmod(0o755)
    agent.wait_for(lambda said: "No permission" in str(said["fields"].get("reason")))
    program.unlink()
    os.symlink("/usr/bin/journalctl", program)
    assert eventually(live, "g", 1) == ["there all the time"]


def test_many_entries_arrive_once_and_in_their_order(live, journal, make_agent):
    """More than a request holds, and than waits between the child and the sending."""
    sent = [f"{number:05} {'x' * 200}" for number in range(25_000)]
    journal.log(*sent)
    make_agent("log_group_name = 'g'\nstart_at = 'beginning'")
    deadline = time.monotonic() + WAIT_SECONDS_MAX
    query = {"logGroupName": "g", "logStreamName": "s", "startFromHead": True}
    logs = live.client("logs")
    found = []
    while len(found) < len(sent):
        assert time.monotonic() < deadline, len(found)
        try:
            page = logs.get_log_events(**query)
        except logs.exceptions.ResourceNotFoundException:
            continue
        found += [event["message"] for event in page["events"]]
        query["nextToken"] = page["nextForwardToken"]
    assert found == sent
