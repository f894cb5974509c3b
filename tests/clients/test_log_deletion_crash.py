"""Groups and streams are deleted, made anew and emptied by age while the server is killed: what is gone stays gone.

The server is killed after every call of a story, while each kind of background work runs, and at random moments of
random work. After each restart all that it shows is held to a model (`log_model.py`): nothing that was deleted or is
too old comes back, nothing else goes, sizes and what filters counted are right; in the end the disk has no row more.

`LOG_CRASH_ROUNDS` says how many random kills there are (default 15), `LOG_CRASH_SEED` repeats an earlier choice.
"""

import os
import random
import sqlite3
import threading

import pytest

from log_model import Cut, World
from test_log_events import DAY, HOUR

ROUNDS = int(os.environ.get("LOG_CRASH_ROUNDS", "15"))
SEED = int(os.environ.get("LOG_CRASH_SEED", random.randrange(1 << 32)))
EAST, WEST = "us-east-1", "us-west-2"
# The groups that are deleted; one of the same name in another region, and two others, are to be left alone.
VICTIM, SECOND_VICTIM = (EAST, "victim"), (EAST, "victim-2")
NAMESAKE, NEIGHBOUR, AGED = (WEST, "victim"), (EAST, "neighbour"), (EAST, "aged")
# The clock moves so far at most, so that metrics are kept all the time.
MOVED_DAYS_MAX = 300
SECONDS = {"flush": 11, "compact": 61, "expire": 3601, "retention": 25 * 3600, "days": 73 * 3600}
MINUTE = 60_000
# What kills aim at: calls, and how many of the kind come first at most.
AIMS = {"delete_group": 3, "create_group": 3, "delete_stream": 4, "put_retention": 4, "put": 80, "move": 6}


@pytest.fixture
def world(make_server):
    """A server with two neighbours that have events and a filter."""
    made = World(make_server().start(), [EAST, WEST])
    for key in (NAMESAKE, NEIGHBOUR, AGED):
        fill(made, key)
    made.put_filter(NEIGHBOUR)
    made.put_retention(AGED, 3)
    return made


def fill(world, key, streams=("a", "b")):
    """Makes a group with events of today and of the days before."""
    world.create_group(key)
    for stream in streams:
        world.create_stream(key, stream)
        put_days(world, key, stream)


def put_days(world, key, stream, text=""):
    for day in range(5):
        world.put(key, stream, [day * DAY + minute * MINUTE for minute in range(6)], text)


def files(server):
    """Names of the files of log events on disk."""
    table = server.data / "tables" / "log_event"
    return {str(path.relative_to(table)) for path in table.glob("day=*/*")}


def listed(server):
    """Names of the files that the catalog of a stopped server lists, with their rows."""
    with sqlite3.connect(server.data / "catalog.db") as catalog:
        return dict(catalog.execute("""SELECT name, rows FROM file WHERE "table" = 'log_event'"""))


def check_disk(world):
    """Days later nothing is on disk but the rows that there still are."""
    for _ in range(4):
        world.move(SECONDS["retention"])
    world.move(SECONDS["flush"])
    world.check()
    assert world.server.stop() == 0
    rows = listed(world.server)
    assert files(world.server) == rows.keys()
    alive = 0
    days = set()
    for group in world.groups.values():
        for events in group.streams.values():
            kept = [event for event in events.values() if event.time >= group.kept_from(world.now)]
            alive += len(kept)
            days |= {event.time // DAY for event in kept}
    assert sum(rows.values()) == alive
    assert len({name.split("/")[0] for name in rows}) == len(days)


# -- after every call ----------------------------------------------------------------------


STORY = [
    lambda world: fill(world, VICTIM, ["a"]),
    lambda world: world.put_filter(VICTIM),
    lambda world: world.put_retention(VICTIM, 3),
    lambda world: put_days(world, VICTIM, "a"),
    lambda world: world.move(SECONDS["flush"]),
    lambda world: put_days(world, VICTIM, "a"),
    lambda world: world.delete_stream(VICTIM, "a"),
    lambda world: world.create_stream(VICTIM, "a"),
    lambda world: put_days(world, VICTIM, "a"),
    lambda world: world.delete_group(VICTIM),
    lambda world: world.create_group(VICTIM),
    lambda world: world.create_stream(VICTIM, "a"),
    lambda world: put_days(world, VICTIM, "a"),
    lambda world: world.move(SECONDS["flush"]),
    lambda world: world.move(SECONDS["compact"]),
    lambda world: world.put_retention(VICTIM, 1),
    lambda world: world.move(SECONDS["expire"]),
    lambda world: world.put_retention(VICTIM, 30),
    lambda world: put_days(world, VICTIM, "a"),
    lambda world: world.put_filter(VICTIM),
    lambda world: put_days(world, VICTIM, "a"),
    lambda world: world.delete_filter(VICTIM),
    lambda world: world.delete_retention(VICTIM),
    lambda world: put_days(world, VICTIM, "a"),
    lambda world: world.move(SECONDS["retention"]),
    lambda world: world.delete_group(VICTIM),
    lambda world: world.move(SECONDS["flush"]),
    lambda world: fill(world, VICTIM),
    lambda world: world.move(SECONDS["days"]),
    lambda world: world.delete_group(VICTIM),
]


def test_a_kill_after_every_call_changes_nothing(world):
    world.kill_and_check()
    for step in STORY:
        step(world)
        world.kill_and_check()
    assert VICTIM not in world.groups and len(world.groups) == 3
    check_disk(world)


# -- while background work runs ------------------------------------------------------------


@pytest.mark.parametrize("work", SECONDS)
def test_a_kill_while_work_runs_brings_nothing_back_and_takes_nothing(world, work):
    for delay in (0.0, 0.003, 0.01, 0.03, 0.1):
        # Files to merge, of which much is of a group that is gone; and a new group of the name.
        if VICTIM not in world.groups:
            fill(world, VICTIM)
        for _ in range(9):
            world.put(VICTIM, "a", [minute * MINUTE for minute in range(9)], "x" * 500)
            world.put(AGED, "a", [2 * DAY, 2 * DAY + HOUR])
            world.move(SECONDS["flush"])
        world.put(NEIGHBOUR, "b", [0, DAY // 2])
        world.delete_group(VICTIM)
        fill(world, VICTIM)
        mover = threading.Thread(target=quietly, args=(world.move, SECONDS[work]))
        mover.start()
        mover.join(timeout=delay)
        world.server.process.kill()
        mover.join()
        world.kill_and_check()
    assert world.moves_cut > 0, "no kill came while the clock moved"
    check_disk(world)


def quietly(call, *arguments):
    """Makes a call that may be cut off."""
    try:
        call(*arguments)
    except Cut:
        pass


# -- at random moments ---------------------------------------------------------------------


class Round:
    """Random work until the server is gone: one thread deletes and makes anew, one writes, one moves the clock."""

    def __init__(self, world, entropy, moved_days_max):
        self.world = world
        self.moved_days_max = moved_days_max
        # Each thread has its own choices, so that the same seed makes the same ones.
        self.changing, self.writing, self.moving = (random.Random(entropy.random()) for _ in range(3))
        # The kill comes soon after a call of this kind has begun.
        self.aim, calls = entropy.choice(list(AIMS.items()))
        self.after = entropy.randrange(calls)
        self.delay = entropy.choice([0, entropy.uniform(0, 0.004), entropy.uniform(0, 0.1)])
        self.aimed = threading.Event()
        self.failures = []
        self.calls = 0

    def run(self):
        """Runs until the kill; a failure that is none of a cut-off call is raised."""
        works = (self.change, self.write, self.move)
        threads = [threading.Thread(target=self.until_cut, args=(work,)) for work in works]
        for thread in threads:
            thread.start()
        self.aimed.wait(5)
        kill = threading.Timer(self.delay, self.world.server.process.kill)
        kill.start()
        for thread in [*threads, kill]:
            thread.join()
        if self.failures:
            raise self.failures[0]

    def until_cut(self, work):
        try:
            while True:
                work()
        except Cut:
            pass
        except BaseException as error:
            self.failures.append(error)
            self.aimed.set()

    def call(self, operation, *arguments):
        if operation == self.aim:
            self.after -= 1
            if self.after < 0:
                self.aimed.set()
        self.calls += 1
        getattr(self.world, operation)(*arguments)

    def change(self):
        """One change of a victim."""
        choose = self.changing
        key = choose.choice([VICTIM, SECOND_VICTIM])
        group = self.world.groups.get(key)
        if group is None:
            self.call("create_group", key)
            for number in range(choose.randrange(1, 12)):
                self.call("create_stream", key, f"s-{number}")
            return
        stream = choose.choice(sorted(group.streams)) if group.streams else None
        draw = choose.random()
        if draw < 0.08:
            self.call("delete_group", key)
        elif draw < 0.16 and stream:
            self.call("delete_stream", key, stream)
        elif draw < 0.22 or not stream:
            number = next(number for number in range(99) if f"s-{number}" not in group.streams)
            self.call("create_stream", key, f"s-{number}")
        elif draw < 0.30:
            self.call("put_retention", key, choose.choice([1, 3, 7, 30]))
        elif draw < 0.33:
            self.call("delete_retention", key)
        elif draw < 0.37:
            self.call("delete_filter" if group.filters else "put_filter", key)
        else:
            self.put(choose, key, stream, choose.randbytes(choose.randrange(1, 400)).hex())

    def write(self):
        """Events for those that are to be left alone."""
        choose = self.writing
        key = choose.choice([NAMESAKE, NEIGHBOUR, AGED])
        self.put(choose, key, choose.choice("ab"), "")

    def put(self, choose, key, stream, text):
        first = choose.choice([0, 0, 0, HOUR, DAY // 2, 2 * DAY, 4 * DAY])
        ages = [first + choose.randrange(DAY // 4) for _ in range(choose.randrange(1, 9))]
        self.call("put", key, stream, ages, text)

    def move(self):
        """Some work of the background."""
        seconds = self.moving.choice([*SECONDS.values(), SECONDS["flush"], SECONDS["compact"]])
        self.moved_days_max -= seconds / 86_400
        self.call("move", seconds if self.moved_days_max > 0 else SECONDS["flush"])


def test_kills_at_random_moments_bring_nothing_back_and_take_nothing(world):
    print(f"LOG_CRASH_SEED={SEED}")
    entropy = random.Random(SEED)
    calls = 0
    for number in range(ROUNDS):
        one = Round(world, entropy, MOVED_DAYS_MAX / ROUNDS)
        try:
            one.run()
            world.kill_and_check()
        except AssertionError as error:
            error.add_note(f"round {number}, LOG_CRASH_SEED={SEED}")
            raise
        calls += one.calls
    for key in (VICTIM, SECOND_VICTIM):
        if key in world.groups:
            world.delete_group(key)
    check_disk(world)
    days = (world.now - world.began) // DAY
    print(f"{ROUNDS} kills, {calls} calls, {world.number} events, {days} days, {world.moves_cut} moves cut off")
