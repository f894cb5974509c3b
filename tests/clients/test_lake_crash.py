"""Event data stores over kill -9: each acknowledged call is in the store exactly once.

LAKE_CRASH_ROUNDS   how often the server is killed (default 8)
"""

import os
import random
import threading
import time

from test_lake_queries import Lake
from test_trail_crash import Calls

ROUNDS = int(os.environ.get("LAKE_CRASH_ROUNDS", "8"))


class Clock(threading.Thread):
    """Moves the clock until the server is gone: the store is filled, and its table flushed, each time."""

    def __init__(self, server):
        super().__init__()
        self.server = server

    def run(self):
        try:
            while True:
                self.server.move_clock(advance="15s")
        except (OSError, AssertionError):
            return


def test_kills_while_a_store_is_filled_lose_and_double_nothing(make_server, root):
    server = make_server().start()
    lake = Lake(server, root)
    store = lake.store("calls")
    answered = []
    for number in range(ROUNDS):
        once = {"retries": {"total_max_attempts": 1}}
        calls, clock = Calls(server.client("sns", root, **once), f"round-{number}"), Clock(server)
        calls.start()
        clock.start()
        time.sleep(random.uniform(0.2, 1.5))
        server.kill()
        calls.join()
        clock.join()
        answered += calls.answered
        server.start()
        lake.reconnect()
    assert len(answered) > ROUNDS
    rows = lake.rows(f"SELECT eventID, element_at(requestParameters, 'name') FROM {store} WHERE eventName = 'CreateTopic'")
    assert len({event for event, _ in rows}) == len(rows), "no event is there twice"
    # A call that was cut off may have been recorded; one that was answered was.
    assert {name for _, name in rows} >= set(answered)
    assert len(rows) <= len(answered) + ROUNDS
