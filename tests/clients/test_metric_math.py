"""Metric math, searches and Metrics Insights through GetMetricData (cloudwatch.md §4), by hand-computed tables."""

import datetime

import pytest

from metrics import HOUR, MINUTE, PROTOCOLS, data, dimensions, hour_ago, refusal, stat_query

NOTHING = None


@pytest.fixture
def client(server, root):
    return server.client("cloudwatch", root)


@pytest.fixture
def at(server):
    return hour_ago(server)


def put(client, at, name, points, **more):
    """Stores a value a minute; `None` leaves the minute out."""
    datums = [
        {"MetricName": name, "Timestamp": at + n * MINUTE, "Value": value, **more}
        for n, value in enumerate(points)
        if value is not NOTHING
    ]
    client.put_metric_data(Namespace="Test", MetricData=datums)


def evaluate(client, at, expression, series, minutes=5):
    """The results of an expression over m1, m2, …: a list of lists with `None` for absent points."""
    queries = [{"Id": "e1", "Expression": expression}]
    for number, points in enumerate(series, 1):
        put(client, at, f"series{number}", points)
        queries.append(stat_query(f"series{number}", id=f"m{number}", ReturnData=False))
    found = data(client, queries, at, at + minutes * MINUTE)
    return [
        [dict(points).get(at + n * MINUTE) for n in range(minutes)] for (id, _), points in found.items() if id == "e1"
    ]


# expression, m1…, the one result; each list is a value a minute, shorter ones end early.
TABLE = [
    ("m1 + m2", [[1, 2, None, None], [10, None, 30, None]], [11, 2, 30, None, None]),
    ("m1 - m2", [[1, 2, None], [10, None, 30]], [-9, 2, -30, None, None]),
    ("m1 * 2 + 1", [[1, None, 3]], [3, None, 7, None, None]),
    ("m1 / m2", [[6, 6, 6], [2, 0, None]], [3, None, None, None, None]),
    ("-m1 ^ 2", [[3]], [-9, None, None, None, None]),
    ("2 ^ 3 ^ 2 + m1 * 0", [[1]], [512, None, None, None, None]),
    # cloudwatch.md §4.2
    ("m1 < m2", [[30, 20, 0, 0], [20, None, 20, None]], [0, 0, 1, 0, None]),
    ("m1 >= 30", [[30, 20, 0, 0]], [1, 0, 0, 0, None]),
    ("m1 > 15 AND m2 > 15", [[30, 20, 0, 0], [20, None, 20, None]], [1, 0, 0, 0, None]),
    ("m1 > 15 || m2 > 15", [[30, 20, 0, 0], [20, None, 20, None]], [1, 1, 1, 0, None]),
    # cloudwatch.md §4.4
    ("IF(m1, m2, m3)", [[1, 1, 0, 0], [30, None, 0, 0, 30], [0, 0, 20, None, 20]], [30, 0, 20, 0, None]),
    ("IF(m1, 5, m2)", [[1, 1, 0, 0], [0, 0, 20, None, 20]], [5, 5, 20, None, None]),
    ("IF(m1, m2, 5)", [[1, 1, 0, 0], [30, None, 0, 0, 30]], [30, 0, 5, 5, None]),
    ("IF(m1, m2)", [[1, 1, 0, 0], [30, None, 0, 0, 30]], [30, 0, None, None, None]),
    ("IF(m1 > 2, 1, 0)", [[1, 3]], [0, 1, None, None, None]),
    # cloudwatch.md §4.3
    ("ABS(m1)", [[-2, 3]], [2, 3, None, None, None]),
    ("CEIL(m1)", [[1.2, -1.2]], [2, -1, None, None, None]),
    ("FLOOR(m1)", [[1.2, -1.2]], [1, -2, None, None, None]),
    ("LOG10(m1)", [[100, 0, 10]], [2, None, 1, None, None]),
    ("LOG(m1)", [[1, -1]], [0, None, None, None, None]),
    ("AVG([m1, m2])", [[2, 4], [6, None]], [4, 2, None, None, None]),
    ("SUM([m1, m2])", [[2, 4], [6, None]], [8, 4, None, None, None]),
    ("MIN([m1, m2])", [[2, 4], [6, 1]], [2, 1, None, None, None]),
    ("MAX([m1, m2])", [[2, 4], [6, 1]], [6, 4, None, None, None]),
    ("m1 - AVG(m1)", [[1, 2, 6]], [-2, -1, 3, None, None]),
    ("m1 * 0 + SUM(m1)", [[1, 2, 6]], [9, 9, 9, None, None]),
    ("m1 * 0 + MAX(m1) - MIN(m1)", [[1, 2, 6]], [5, 5, 5, None, None]),
    ("m1 * 0 + DATAPOINT_COUNT(m1)", [[1, None, 6]], [2, None, 2, None, None]),
    ("DATAPOINT_COUNT([m1, m2])", [[1, 2], [3, None]], [2, 1, None, None, None]),
    ("m1 * 0 + METRIC_COUNT([m1, m2])", [[1], [3]], [2, None, None, None, None]),
    ("DIFF(m1)", [[1, None, 6, 2]], [None, None, 5, -4, None]),
    ("DIFF_TIME(m1)", [[1, None, 6, 2]], [None, None, 120, 60, None]),
    ("RATE(m1)", [[0, None, 240, 60]], [None, None, 2, -3, None]),
    ("RUNNING_SUM(m1)", [[1, None, 6, 2]], [1, None, 7, 9, None]),
    ("m1 * 0 + PERIOD(m1)", [[1]], [60, None, None, None, None]),
    ("TIME_SERIES(7) + m1 * 0", [[1]], [7, 7, 7, 7, 7]),
    ("FILL(m1, 9)", [[None, 2, None, 4]], [9, 2, 9, 4, 9]),
    ("FILL(m1, REPEAT)", [[None, 2, None, 4]], [None, 2, 2, 4, 4]),
    ("FILL(m1, LINEAR)", [[None, 2, None, 4]], [None, 2, 3, 4, None]),
    ("FILL(m1, m2)", [[None, 2], [5, 6, 7]], [5, 2, 7, None, None]),
    ("FIRST([m1, m2])", [[1], [2]], [1, None, None, None, None]),
    ("LAST([m1, m2])", [[1], [2]], [2, None, None, None, None]),
    ("SUM(METRICS())", [[1, 2], [10, 20]], [11, 22, None, None, None]),
    ('SUM(METRICS("2"))', [[1, 2], [10, 20]], [10, 20, None, None, None]),
    ("SUM(SLICE([m1, m2, m3], 1))", [[1], [2], [4]], [6, None, None, None, None]),
    ("SUM(SLICE([m1, m2, m3], 0, 2))", [[1], [2], [4]], [3, None, None, None, None]),
    ("FIRST(SORT([m1, m2, m3], MAX, DESC))", [[1], [4], [2]], [4, None, None, None, None]),
    ("FIRST(SORT([m1, m2, m3], AVG, ASC))", [[3], [4], [2]], [2, None, None, None, None]),
    ("STDDEV([m1, m2])", [[2], [6]], [2, None, None, None, None]),
]


@pytest.mark.parametrize(("expression", "series", "expected"), TABLE, ids=[row[0] for row in TABLE])
def test_an_expression_gives_what_was_computed_by_hand(client, at, expression, series, expected):
    assert evaluate(client, at, expression, series) == [pytest.approx(expected)]


def test_calendar_functions_speak_utc_and_are_never_sparse(client, at):
    put(client, at, "m", [1])
    expected = {
        "MINUTE(m1)": [0, 1, 2],
        "HOUR(m1)": [at.hour] * 3,
        "DAY(m1)": [at.isoweekday()] * 3,
        "DATE(m1)": [at.day] * 3,
        "MONTH(m1)": [at.month] * 3,
        "YEAR(m1)": [at.year] * 3,
        "EPOCH(m1)": [int(at.timestamp()) + 60 * n for n in range(3)],
    }
    queries = [stat_query("m", id="m1", ReturnData=False)]
    queries += [{"Id": f"e{n}", "Expression": expression} for n, expression in enumerate(expected)]
    found = data(client, queries, at, at + 3 * MINUTE)
    assert [[value for _, value in points] for points in found.values()] == list(expected.values())


def test_an_array_gives_a_result_for_each_member(client, at):
    found = evaluate(client, at, "[m1, m2] * 10", [[1, 2], [3]])
    assert sorted(found, key=str) == sorted([[10, 20, None, None, None], [30, None, None, None, None]], key=str)


def test_expressions_may_use_each_other_in_any_order(client, at):
    put(client, at, "m", [1, 2])
    queries = [
        {"Id": "e1", "Expression": "e2 + 1"},
        {"Id": "e2", "Expression": "m1 * 10", "ReturnData": False},
        stat_query("m", id="m1", ReturnData=False),
    ]
    found = data(client, queries, at, at + HOUR)
    assert [[value for _, value in points] for points in found.values()] == [[11, 21]]


@pytest.fixture(params=PROTOCOLS)
def any_protocol(server, root, request):
    return server.client("cloudwatch", root, protocol=request.param)


WRONG = {
    "ANOMALY_DETECTOR(m1)": "Error in expression 'e1': Function 'ANOMALY_DETECTOR' not found",
    "m1 +": None,
    "nosuch + 1": None,
    "1 + 1": None,
    "e1 + 1": None,
    "SUM(m1": None,
    "[m1, m1] + [m1, m1]": None,
    "(" * 1500: None,
}


@pytest.mark.parametrize("expression", WRONG, ids=lambda text: text[:20])
def test_a_wrong_expression_is_refused_by_its_id(any_protocol, at, expression):
    queries = [{"Id": "e1", "Expression": expression}, stat_query("m", id="m1", ReturnData=False)]
    code, message = refusal(
        any_protocol.get_metric_data, MetricDataQueries=queries, StartTime=at, EndTime=at + HOUR
    )
    assert code == "ValidationError"
    assert message.startswith("Error in expression 'e1': ")
    if WRONG[expression]:
        assert message == WRONG[expression]


# -- searches ----------------------------------------------------------------------------------


def found_by(client, at, expression, **more):
    """The newest value of each series that an expression gives, by label."""
    found = data(client, [{"Id": "e1", "Expression": expression, **more}], at, at + HOUR)
    return {label: points[-1][1] for (_, label), points in found.items()}


@pytest.fixture
def fleet(client, at):
    """Four metrics of two hosts, one of no host."""
    put(client, at, "CustomCount1", [1], Dimensions=dimensions(Host="a"))
    put(client, at, "CustomCount1", [2], Dimensions=dimensions(Host="b"))
    put(client, at, "SDBFailure", [4], Dimensions=dimensions(Host="a"))
    put(client, at, "CustomCount1", [8], Dimensions=dimensions(Host="a", Disk="x"))
    put(client, at, "CustomCount1", [16])
    return client


SEARCHES = {
    "{Test,Host} CustomCount": [1, 2],
    "{Test,Host} count": [1, 2],
    "{Test,Host} customcount": [],
    "{Test,Host} failure": [4],
    "{Test,Host}": [1, 2, 4],
    "{Test,Host,Disk}": [8],
    "{Test,Host} NOT failure": [1, 2],
    "{Test,Host} count OR failure": [1, 2, 4],
    '{Test,Host} MetricName="CustomCount1" Host="a"': [1],
}


@pytest.mark.parametrize("search", SEARCHES)
def test_a_search_finds(fleet, at, search):
    found = found_by(fleet, at, f"SEARCH('{search}', 'Sum', 60)")
    assert sorted(found.values()) == SEARCHES[search]


def test_the_sum_of_a_search(fleet, at):
    assert list(found_by(fleet, at, "SUM(SEARCH('{Test,Host} CustomCount', 'Sum', 60))").values()) == [3]


# -- Metrics Insights --------------------------------------------------------------------------

INSIGHTS = {
    'SELECT SUM(CustomCount1) FROM "Test"': [27],
    'SELECT SUM(CustomCount1) FROM SCHEMA("Test", Host)': [3],
    'SELECT SUM(CustomCount1) FROM SCHEMA("Test")': [16],
    'SELECT MAX(CustomCount1) FROM SCHEMA("Test", Host)': [2],
    "SELECT AVG(CustomCount1) FROM SCHEMA(\"Test\", Host) WHERE Host != 'b'": [1],
    "SELECT COUNT(CustomCount1) FROM SCHEMA(\"Test\", Host)": [2],
}


@pytest.mark.parametrize("query", INSIGHTS)
def test_an_insights_query_without_groups(fleet, at, query):
    assert list(found_by(fleet, at, query, Period=60).values()) == INSIGHTS[query]


def test_groups_have_their_names_and_metrics_without_the_key_are_other(fleet, at):
    found = found_by(fleet, at, 'SELECT SUM(CustomCount1) FROM "Test" GROUP BY Host', Period=60)
    assert found == {"a": 9, "b": 2, "Other": 16}


def test_the_limit_comes_after_the_order(fleet, at):
    query = 'SELECT SUM(CustomCount1) FROM SCHEMA("Test", Host) GROUP BY Host ORDER BY SUM() DESC LIMIT 1'
    assert found_by(fleet, at, query, Period=60) == {"b": 2}


# -- bands -------------------------------------------------------------------------------------


def test_a_band_holds_what_is_usual_and_not_what_is_not(server, make_server):
    own = make_server().start()
    client = own.client("cloudwatch")
    end = hour_ago(own)
    start = end - datetime.timedelta(days=7)
    for day in range(7):
        points = [
            {
                "MetricName": "daily",
                "Timestamp": start + datetime.timedelta(days=day, minutes=5 * n),
                "Value": 100 + 50 * ((n // 12) % 24) + (n % 5),
            }
            for n in range(288)
        ]
        client.put_metric_data(Namespace="Test", MetricData=points)
    queries = [
        stat_query("daily", id="m1", stat="Average", period=300),
        {"Id": "band", "Expression": "ANOMALY_DETECTION_BAND(m1, 3)"},
    ]
    found = data(client, queries, end - datetime.timedelta(hours=12), end)
    bands = [dict(points) for (id, _), points in found.items() if id == "band"]
    (usual,) = [dict(points) for (id, _), points in found.items() if id == "m1"]
    assert len(bands) == 2
    lower, upper = bands
    inside = [lower[time] <= value <= upper[time] for time, value in usual.items() if time in lower]
    assert len(inside) > 100
    assert sum(inside) >= 0.95 * len(inside)
    widths = sorted(upper[time] - lower[time] for time in lower)
    assert widths[len(widths) // 2] < 600
