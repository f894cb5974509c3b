"""Trails over kill -9: each acknowledged call is in exactly one log file, and the chain of digests holds.

TRAIL_CRASH_ROUNDS   how often the server is killed (default 12)
"""

import os
import random
import threading
import time
from datetime import timedelta

from botocore.exceptions import BotoCoreError, ClientError

from test_trails import Trail, now

ROUNDS = int(os.environ.get("TRAIL_CRASH_ROUNDS", "12"))


class Calls(threading.Thread):
    """Makes topics until the server is gone; knows which calls were answered."""

    def __init__(self, sns, prefix):
        super().__init__()
        self.sns, self.prefix, self.answered = sns, prefix, []

    def run(self):
        for number in range(100_000):
            name = f"{self.prefix}-{number}"
            try:
                self.sns.create_topic(Name=name)
            except (BotoCoreError, ClientError):
                return
            self.answered.append(name)


class Clock(threading.Thread):
    """Moves the clock until the server is gone: over ends of log files and of digests."""

    def __init__(self, server):
        super().__init__()
        self.server = server

    def run(self):
        try:
            for step in range(100_000):
                self.server.move_clock(advance="61m" if step % 3 == 2 else "5m")
        except (OSError, AssertionError):
            return


def test_kills_while_files_are_delivered_lose_and_double_nothing(make_server, root):
    server = make_server().start()
    trail = Trail(server, root)
    since = now(server) - timedelta(hours=2)
    trail.start()
    answered = []
    for number in range(ROUNDS):
        once = {"retries": {"total_max_attempts": 1}}
        calls, clock = Calls(server.client("sns", root, **once), f"round-{number}"), Clock(server)
        calls.start()
        clock.start()
        time.sleep(random.uniform(0.05, 0.8))
        server.kill()
        calls.join()
        clock.join()
        answered += calls.answered
        server.start()
        trail.reconnect()
    trail.advance("3h")
    records = trail.records()
    ids = [record["eventID"] for record in records]
    assert len(set(ids)) == len(ids), "an event is in two files"
    made = [record["requestParameters"]["name"] for record in records if record["eventName"] == "CreateTopic"]
    assert len(set(made)) == len(made)
    assert set(answered) <= set(made), "an acknowledged call is in no file"
    assert len(answered) > ROUNDS, "calls were answered between the kills"
    code, said = trail.validate(since)
    assert code == 0 and "INVALID" not in said, said
