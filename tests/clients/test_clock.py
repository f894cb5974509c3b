"""The simulated clock over HTTP, and the 90 days of event history that it proves."""

import datetime

import pytest


def later(now, **delta):
    """An RFC 3339 time after `now`."""
    moment = datetime.datetime.fromisoformat(now.replace("Z", "+00:00")) + datetime.timedelta(**delta)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def day_folders(server):
    """The days that the table of audit events has files for."""
    table = server.data / "tables" / "trail_event"
    return {path.parent.name.removeprefix("day=") for path in table.glob("day=*/*.parquet")}


@pytest.fixture
def own(make_server):
    return make_server().start()


def names(server, **attribute):
    return [record["eventName"] for record in server.records(**attribute)]


def test_an_event_shows_for_90_days_and_then_not(own):
    made = own.now()
    own.client("iam").create_user(UserName="old")
    own.move_clock(set=later(made, days=89))
    assert names(own, EventName="CreateUser") == ["CreateUser"]
    own.move_clock(set=later(made, days=91))
    assert names(own, EventName="CreateUser") == []


def test_what_was_made_91_days_ago_is_still_there_though_its_event_is_not(own):
    iam = own.client("iam")
    iam.create_user(UserName="old")
    own.move_clock(advance="2184h")
    assert names(own, EventName="CreateUser") == []
    assert iam.get_user(UserName="old")["User"]["UserName"] == "old"


def test_expiry_removes_the_files_and_does_not_merely_hide_events(own):
    made = own.now()
    own.client("iam").create_user(UserName="old")
    own.move_clock(set=later(made, days=89))
    assert made[:10] in day_folders(own)
    own.move_clock(set=later(made, days=92))
    assert made[:10] not in day_folders(own)


def test_expiry_holds_after_a_restart(own):
    made = own.now()
    own.client("iam").create_user(UserName="old")
    own.move_clock(set=later(made, days=91))
    assert own.stop() == 0
    own.start()
    if own.now() < later(made, days=91):
        own.move_clock(set=later(made, days=91))
    assert names(own, EventName="CreateUser") == []


def test_younger_events_outlive_the_older(own):
    iam = own.client("iam")
    iam.create_user(UserName="old")
    own.move_clock(advance="1440h")
    iam.create_user(UserName="young")
    own.move_clock(advance="744h")
    records = own.records(EventName="CreateUser")
    assert [record["requestParameters"]["userName"] for record in records] == ["young"]


def test_a_simulated_clock_stands_still(own):
    first = own.now()
    own.client("iam").create_user(UserName="anyone")
    assert own.now() == first


def test_advance_moves_by_what_was_said(own):
    before = own.now()
    after = own.move_clock(advance="20m")
    assert after == own.now()
    assert later(after, minutes=-20) == later(before)


def test_set_moves_to_what_was_said(own):
    goal = later(own.now(), days=3)
    assert later(own.move_clock(set=goal)) == goal
    assert later(own.now()) == goal


def test_events_carry_the_clock_s_time(own):
    goal = later(own.now(), days=3)
    own.move_clock(set=goal)
    own.client("iam").create_user(UserName="anyone")
    assert own.records(EventName="CreateUser")[0]["eventTime"] == goal


@pytest.mark.parametrize(
    "body",
    [
        {"set": "2001-01-01T00:00:00Z"},
        {"advance": "-20m"},
        {"advance": "soon"},
        {"set": "tomorrow"},
        {"advance": "20m", "set": "2126-01-01T00:00:00Z"},
        {},
        [],
        {"advance": 20},
    ],
    ids=str,
)
def test_a_bad_or_backward_move_is_refused_and_moves_nothing(own, body):
    before = own.now()
    status, text = own.page("/_trailwatch/clock", body)
    assert status == 400, text
    assert text
    assert own.now() == before


def test_the_clock_page_says_its_mode(own):
    status, text = own.page("/_trailwatch/clock")
    assert status == 200
    assert '"simulated"' in text


def test_the_system_clock_cannot_be_moved(make_server):
    own = make_server(clock="system").start()
    before = own.now()
    status, text = own.page("/_trailwatch/clock", {"advance": "20m"})
    assert 400 <= status < 500, text
    assert own.now() < later(before, minutes=10)


def test_moving_the_clock_is_no_event(own):
    own.move_clock(advance="20m")
    assert [record["eventSource"] for record in own.records()] in ([], ["cloudtrail.amazonaws.com"])
