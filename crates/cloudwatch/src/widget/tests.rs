use base::{Region, Timestamp};
use graph::{Axis, Color, Fill, Horizontal, Legend, Line, Side, Vertical, View};
use serde_json::{Value, json};

use super::{BYTES_MAX, MetricRow, RowSource, Widget};
use crate::query::{self, Message, Outcome, Plan, ResultSeries, Status};

/// 2026-03-31T12:00:40Z
const NOW: Timestamp = Timestamp::from_secs(1_774_958_440);

fn region() -> Region {
    "us-east-1".parse().unwrap()
}

fn parse_text(text: &str) -> Result<Widget, String> {
    Widget::parse(text, NOW, &region()).map_err(|error| error.to_string())
}

fn try_parse(widget: &Value) -> Result<Widget, String> {
    parse_text(&widget.to_string())
}

fn parse(widget: Value) -> Widget {
    try_parse(&widget).unwrap_or_else(|error| panic!("{widget}: {error}"))
}

/// A widget of one metric with more fields.
fn with(fields: Value) -> Value {
    let mut widget = json!({"metrics": [["Shop", "orders"]]});
    widget.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    widget
}

fn metric(widget: &Widget, at: usize) -> (&str, &str, Vec<(&str, &str)>, &str, i64) {
    match &widget.metrics[at].source {
        RowSource::Metric { namespace, name, dimensions, stat, period_secs, .. } => {
            let dimensions = dimensions.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            (namespace, name, dimensions, stat, *period_secs)
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn defaults_are_those_of_the_documentation() {
    let widget = parse(with(json!({})));
    assert_eq!((widget.width, widget.height, widget.view, widget.legend), (600, 400, View::TimeSeries, Legend::Bottom));
    let flags = [widget.stacked, widget.dark, widget.live_data, widget.sparkline, widget.full_precision];
    assert_eq!((flags, widget.title, widget.utc_offset_secs), ([false; 5], None, 0));
    assert_eq!((widget.start, widget.end), (NOW.plus_millis(-3 * 3_600_000), NOW));
    assert_eq!((widget.left, widget.right), (Axis::default(), Axis::default()));
    let expected = MetricRow {
        id: "z_0".to_owned(),
        named: false,
        source: RowSource::Metric {
            namespace: "Shop".to_owned(),
            name: "orders".to_owned(),
            dimensions: Vec::new(),
            stat: "Average".to_owned(),
            period_secs: 300,
            account: None,
        },
        label: None,
        color: None,
        visible: true,
        side: Side::Left,
    };
    assert_eq!(widget.metrics, [expected]);
}

#[test]
fn every_field_is_read() {
    let widget = parse(with(json!({
        "width": 800, "height": 300.0, "title": "Orders", "view": "gauge", "stacked": true, "theme": "dark",
        "sparkline": true, "singleValueFullPrecision": true, "liveData": true, "timezone": "-0330",
        "legend": {"position": "right"}, "region": "us-east-1", "period": 60, "stat": "p99.9",
        "accountId": "111111111111", "start": "2026-03-01T00:00:00.000Z", "end": "-P1D",
        "yAxis": {"left": {"min": 0, "max": 10.5, "label": "orders", "showUnits": false}, "right": {"min": -1}},
    })));
    assert_eq!((widget.width, widget.height, widget.title.as_deref()), (800, 300, Some("Orders")));
    assert_eq!((widget.view, widget.legend, widget.utc_offset_secs), (View::Gauge, Legend::Right, -12_600));
    let flags = [widget.stacked, widget.dark, widget.live_data, widget.sparkline, widget.full_precision];
    assert_eq!(flags, [true; 5]);
    assert_eq!((widget.start.iso(), widget.end.iso()), ("2026-03-01T00:00:00Z".into(), "2026-03-30T12:00:40Z".into()));
    assert_eq!(metric(&widget, 0), ("Shop", "orders", vec![], "p99.9", 60));
    assert!(
        matches!(&widget.metrics[0].source, RowSource::Metric { account: Some(account), .. } if account == "111111111111")
    );
    let left = Axis { min: Some(0.0), max: Some(10.5), label: Some("orders".to_owned()), hide_units: true };
    assert_eq!((widget.left, widget.right), (left, Axis { min: Some(-1.0), ..Axis::default() }));
}

#[test]
fn relative_times_count_from_now_by_the_calendar() {
    for (start, expected) in [
        ("-PT3H", "2026-03-31T09:00:40Z"),
        ("-P7D", "2026-03-24T12:00:40Z"),
        ("-P1DT1H30M10S", "2026-03-30T10:30:30Z"),
        ("-P1W", "2026-03-24T12:00:40Z"),
        ("-P1M", "2026-02-28T12:00:40Z"),
        ("-P1Y", "2025-03-31T12:00:40Z"),
        ("2026-03-31", "2026-03-31T00:00:00Z"),
        ("2026-03-31T10:00:00+02:00", "2026-03-31T08:00:00Z"),
    ] {
        assert_eq!(parse(with(json!({"start": start}))).start.iso(), expected, "{start}");
    }
    for wrong in ["", "P", "-PT", "yesterday", "PT3X", "-P99999999999Y"] {
        let refused = try_parse(&with(json!({"start": wrong}))).unwrap_err();
        assert!(refused.starts_with("The metric widget is invalid: /start: Should be an ISO 8601 time"), "{refused}");
    }
}

#[test]
fn a_period_over_the_whole_range_gives_one_point() {
    let widget = parse(with(json!({"setPeriodToTimeRange": true, "period": 60, "start": "-PT2H"})));
    assert_eq!(metric(&widget, 0).4, 7260);
}

#[test]
fn markers_repeat_the_metric_before() {
    let widget = parse(json!({"metrics": [
        ["Shop", "orders", "Site", "a", "Kind", "x"],
        [".", ".", ".", "b", ".", "."],
        ["...", "y"],
        [{"expression": "SUM(METRICS())", "id": "total"}],
        ["...", "c", ".", "z", {"stat": "Sum", "period": 10}],
        ["Bank", ".", "Site", "."],
        ["...", {"stat": "Maximum"}],
    ]}));
    let expected = [
        (0, ("Shop", "orders", vec![("Site", "a"), ("Kind", "x")], "Average", 300)),
        (1, ("Shop", "orders", vec![("Site", "b"), ("Kind", "x")], "Average", 300)),
        (2, ("Shop", "orders", vec![("Site", "b"), ("Kind", "y")], "Average", 300)),
        (4, ("Shop", "orders", vec![("Site", "c"), ("Kind", "z")], "Sum", 10)),
        (5, ("Bank", "orders", vec![("Site", "c")], "Average", 300)),
        (6, ("Bank", "orders", vec![("Site", "c")], "Maximum", 300)),
    ];
    for (at, row) in expected {
        assert_eq!(metric(&widget, at), row, "{at}");
    }
    let total = &widget.metrics[3];
    let expression = RowSource::Expression { text: "SUM(METRICS())".to_owned(), period_secs: 300 };
    assert_eq!((total.id.as_str(), total.named, &total.source), ("total", true, &expression));
}

#[test]
fn options_say_how_a_metric_looks() {
    let widget = parse(json!({"metrics": [
        ["N", "m", {"id": "z_1", "color": "#1f77b4", "label": "L ${MAX}", "visible": false, "yAxis": "right"}],
        ["N", "m", {"color": "#F0a"}],
        ["N", "m"],
    ]}));
    let first = &widget.metrics[0];
    assert_eq!((first.label.as_deref(), first.visible, first.side), (Some("L ${MAX}"), false, Side::Right));
    let colors: Vec<_> = widget.metrics.iter().map(|row| row.color).collect();
    assert_eq!(colors, [Some(Color(0x1f, 0x77, 0xb4)), Some(Color(0xff, 0, 0xaa)), None]);
    // Ids that are made up keep clear of those given.
    let ids: Vec<_> = widget.metrics.iter().map(|row| row.id.as_str()).collect();
    assert_eq!(ids, ["z_1", "z_0", "z_2"]);
}

#[test]
fn annotations_are_lines_and_bands() {
    let widget = parse(with(json!({"annotations": {
        "horizontal": [
            {"value": 5, "label": "limit", "color": "#ff0000", "fill": "above", "yAxis": "right"},
            [{"value": 1.5, "label": ""}, {"value": 2, "label": "usual"}],
            {"value": 9, "visible": false},
        ],
        "vertical": [
            {"value": "2026-03-31T10:00:00Z", "fill": "before", "label": "deployed"},
            [{"value": "2026-03-31T11:00:00Z"}, {"value": "2026-03-31T11:30:00Z"}],
        ],
    }})));
    let level = |value| Horizontal { value, to: None, label: None, color: None, fill: Fill::None, side: Side::Left };
    let red = Horizontal {
        label: Some("limit".to_owned()),
        color: Some(Color(255, 0, 0)),
        fill: Fill::Above,
        side: Side::Right,
        ..level(5.0)
    };
    let band = Horizontal { to: Some(2.0), label: Some("usual".to_owned()), ..level(1.5) };
    assert_eq!(widget.horizontal, [red, band]);
    let ten = 1_774_951_200;
    let moment = |time_secs| Vertical { time_secs, to_secs: None, label: None, color: None, fill: Fill::None };
    let deployed = Vertical { label: Some("deployed".to_owned()), fill: Fill::Below, ..moment(ten) };
    assert_eq!(widget.vertical, [deployed, Vertical { to_secs: Some(ten + 5400), ..moment(ten + 3600) }]);
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let many: Vec<Value> = (0..101).map(|at| json!(["N", format!("m{at}")])).collect();
    let row = |row: Value| json!({"metrics": [row]});
    let note = |kind: &str, note: Value| with(json!({"annotations": {kind: [note]}}));
    for (widget, problem) in [
        (json!([]), "Should be object"),
        (json!({}), "Should have required property 'metrics'"),
        (json!({"metrics": {}}), "/metrics: Should be array"),
        (json!({"metrics": []}), "/metrics: Should have 1 to 100 items"),
        (json!({"metrics": many}), "/metrics: Should have 1 to 100 items"),
        (row(json!("N")), "/metrics/0: Should be array"),
        (row(json!([])), "/metrics/0: Should have a metric or the property 'expression'"),
        (row(json!(["N"])), "/metrics/0: Should NOT have fewer than 2 items"),
        (row(json!(["N", 5])), "/metrics/0/1: Invalid metric field type, only \"String\" type is allowed"),
        (row(json!(["N", ""])), "/metrics/0/1: Should NOT be empty"),
        (row(json!(["N", "m", "d"])), "/metrics/0: The dimension 'd' should have a value"),
        (row(json!(["N", "."])), "/metrics/0/1: Repeat marker \".\" used but not enough fields in previous metric"),
        (row(json!(["...", "m"])), "/metrics/0/0: Repeat marker \"...\" used but not enough fields in previous metric"),
        (row(json!(["N", "..."])), "/metrics/0/1: Repeat marker \"...\" should be the first item"),
        (
            row(json!(["N", "m", {"colour": "#fff"}])),
            "/metrics/0/2: Should NOT have the property 'colour': it is not supported",
        ),
        (row(json!(["N", "m", {"color": "red"}])), "/metrics/0/2/color: Should be a colour such as #1f77b4"),
        (row(json!(["N", "m", {"color": "#é1"}])), "/metrics/0/2/color: Should be a colour such as #1f77b4"),
        (row(json!(["N", "m", {"stat": "Mean"}])), "/metrics/0/2/stat: The statistic Mean is not supported"),
        (row(json!(["N", "m", {"period": 45}])), "/metrics/0/2/period: Should be 1, 5, 10, 20, 30 or a multiple of 60"),
        (
            row(json!(["N", "m", {"period": 6_000_000_000_i64}])),
            "/metrics/0/2/period: Should be 1, 5, 10, 20, 30 or a multiple of 60",
        ),
        (
            row(json!(["N", "m", {"yAxis": "top"}])),
            "/metrics/0/2/yAxis: Should be equal to one of the allowed values: left, right",
        ),
        (row(json!(["N", "m", {"visible": 1}])), "/metrics/0/2/visible: Should be boolean"),
        (
            row(json!(["N", "m", {"id": "M1"}])),
            "/metrics/0/2/id: Should begin with a lower-case letter and hold only letters, digits and _",
        ),
        (
            row(json!(["N", "m", {"region": "eu-west-1"}])),
            "/metrics/0/2/region: The region eu-west-1 is not the region of this endpoint, us-east-1",
        ),
        (row(json!(["N", "m", {"expression": "m1"}])), "/metrics/0/2/expression: Should NOT stand beside a metric"),
        (row(json!([{"expression": "m1", "stat": "Sum"}])), "/metrics/0/0/stat: Should NOT stand beside an expression"),
        (row(json!([{"expression": "m".repeat(2049)}])), "/metrics/0/0/expression: Should have 1 to 2048 characters"),
        (
            json!({"metrics": [["N", "m", {"id": "a"}], ["N", "m", {"id": "a"}]]}),
            "/metrics/1: The id 'a' is not unique",
        ),
        (with(json!({"width": 0})), "/width: Should be a whole number from 1 to 2000"),
        (with(json!({"height": 2001})), "/height: Should be a whole number from 1 to 2000"),
        (with(json!({"width": 1.5})), "/width: Should be a whole number from 1 to 2000"),
        (
            with(json!({"view": "line"})),
            "/view: Should be equal to one of the allowed values: timeSeries, bar, pie, singleValue, gauge, table",
        ),
        (with(json!({"view": "gauge"})), "A gauge should have the properties 'min' and 'max' at /yAxis/left"),
        (with(json!({"theme": "blue"})), "/theme: Should be equal to one of the allowed values: light, dark"),
        (with(json!({"stacked": "yes"})), "/stacked: Should be boolean"),
        (with(json!({"title": 5})), "/title: Should be string"),
        (with(json!({"timezone": "CET"})), "/timezone: Should be an offset from UTC such as +0130"),
        (
            with(json!({"region": "eu-west-1"})),
            "/region: The region eu-west-1 is not the region of this endpoint, us-east-1",
        ),
        (with(json!({"legend": "right"})), "/legend: Should be object"),
        (
            with(json!({"yAxis": {"left": {"min": 5, "max": 5}}})),
            "/yAxis/left: The minimum 5 should be less than the maximum 5",
        ),
        (with(json!({"yAxis": {"top": {}}})), "/yAxis: Should NOT have the property 'top': it is not supported"),
        (with(json!({"trend": true})), "Should NOT have the property 'trend': it is not supported"),
        (with(json!({"end": "-PT3H"})), "The start 2026-03-31T09:00:40Z should be before the end 2026-03-31T09:00:40Z"),
        (
            with(json!({"annotations": {"alarms": []}})),
            "/annotations: Should NOT have the property 'alarms': it is not supported",
        ),
        (note("horizontal", json!({"label": "x"})), "/annotations/horizontal/0: Should have required property 'value'"),
        (note("horizontal", json!([{"value": 1}])), "/annotations/horizontal/0: Should have 2 items"),
        (
            note("horizontal", json!([{"value": 1}, {"value": "2"}])),
            "/annotations/horizontal/0/1/value: Should be number",
        ),
        (
            note("horizontal", json!({"value": 1, "fill": "before"})),
            "/annotations/horizontal/0/fill: Should be equal to one of the allowed values: none, above, below",
        ),
        (note("vertical", json!({"value": 5})), "/annotations/vertical/0/value: Should be string"),
        (
            note("vertical", json!({"value": "soon"})),
            "/annotations/vertical/0/value: Should be an ISO 8601 time such as 2018-12-17T06:00:00.000Z",
        ),
    ] {
        assert_eq!(try_parse(&widget).unwrap_err(), format!("The metric widget is invalid: {problem}"), "{widget}");
    }
    assert!(parse_text("{").unwrap_err().starts_with("The metric widget is invalid: It must be a valid JSON object"));
    let long = with(json!({"title": "x".repeat(BYTES_MAX)}));
    let too_long = "The metric widget is invalid: It must not be longer than 102400 bytes";
    assert_eq!(try_parse(&long).unwrap_err(), too_long);
}

#[test]
fn queries_are_what_the_entries_ask_for() {
    let widget = parse(json!({"period": 60, "metrics": [
        ["N", "m", "d", "v", {"id": "a", "visible": false, "label": "A", "accountId": "111111111111"}],
        [{"expression": "a * 2", "period": 300}],
    ]}));
    let queries = widget.queries();
    let stat = queries[0].metric_stat.as_ref().unwrap();
    assert_eq!((stat.period, stat.stat.as_str(), stat.unit), (60, "Average", None));
    assert_eq!(stat.metric.dimensions.as_ref().unwrap()[0].value, "v");
    assert_eq!((queries[0].label.as_deref(), queries[0].return_data), (Some("A"), Some(false)));
    assert_eq!(queries[0].account_id.as_deref(), Some("111111111111"));
    let (expression, period) = (queries[1].expression.as_deref(), queries[1].period);
    assert_eq!((expression, period, queries[1].return_data), (Some("a * 2"), Some(300), Some(true)));
}

#[test]
fn the_incomplete_minute_is_read_for_live_data_alone() {
    let window = |fields| parse(with(fields)).window(NOW);
    assert_eq!(window(json!({})).end.iso(), "2026-03-31T12:00:00Z");
    assert_eq!(window(json!({"liveData": true})).end, NOW);
    assert_eq!(window(json!({"end": "-PT1H"})).end, NOW.plus_millis(-3_600_000));
    // A range within the minute that is left out is empty, not upside down.
    let within = window(json!({"start": "-PT10S"}));
    assert_eq!(within.end, within.start);
}

fn series(id: &str, label: &str) -> ResultSeries {
    ResultSeries {
        id: id.to_owned(),
        label: label.to_owned(),
        points: vec![(NOW.secs() - 60, 5.0)],
        period_secs: 60,
        status: Status::Complete,
        messages: Vec::new(),
        computed: false,
        unit: None,
        group: Vec::new(),
    }
}

fn draw(widget: &Widget, results: Vec<ResultSeries>, messages: Vec<Message>) -> graph::Graph {
    let plan = Plan::new(query::parse(&widget.queries()).unwrap()).unwrap();
    widget.graph(&plan, Outcome { results, messages, partial: false })
}

#[test]
fn series_are_drawn_as_their_entry_says() {
    let widget = parse(json!({"title": "T", "timezone": "+0100", "metrics": [
        ["N", "m", {"id": "a", "color": "#010203", "yAxis": "right"}],
        [{"expression": "SEARCH('{N,d} m', 'Sum')", "color": "#040506"}],
        [{"expression": "a * 2"}],
    ]}));
    let percent = ResultSeries { unit: store::metric::Unit::parse("Percent"), ..series("a", "m") };
    let results = vec![percent, series("z_0", "one"), series("z_0", "two"), series("z_1", "z_1")];
    let graph = draw(&widget, results, Vec::new());
    let looks: Vec<_> = graph.lines.iter().map(|line| (line.label.as_str(), line.color, line.side)).collect();
    let (own, searched) = (Some(Color(1, 2, 3)), Some(Color(4, 5, 6)));
    let expected = [
        ("m", own, Side::Right),
        ("one", searched, Side::Left),
        ("two", searched, Side::Left),
        // Without a name of its own an expression is called what it is.
        ("a * 2", None, Side::Left),
    ];
    assert_eq!(looks, expected);
    assert_eq!(graph.lines[0].unit.as_deref(), Some("Percent"));
    assert_eq!((graph.lines[1].period_secs, graph.lines[1].points.as_slice()), (60, &[(NOW.secs() - 60, 5.0)][..]));
    assert_eq!((graph.title.as_deref(), graph.utc_offset_secs, graph.incomplete), (Some("T"), 3600, false));
    assert_eq!((graph.start_secs, graph.end_secs), (widget.start.secs(), NOW.secs()));
}

#[test]
fn metrics_of_one_name_are_told_apart() {
    let widget = parse(json!({"metrics": [
        ["N", "cpu", "host", "a", {"id": "a"}],
        ["...", "b", {"id": "b"}],
        ["...", "c", {"id": "c", "label": "cpu"}],
        ["N", "mem", "host", "a", {"id": "d"}],
    ]}));
    let results = vec![series("a", "cpu"), series("b", "cpu"), series("c", "cpu"), series("d", "mem")];
    let graph = draw(&widget, results, Vec::new());
    let labels: Vec<_> = graph.lines.iter().map(|line| line.label.as_str()).collect();
    assert_eq!(labels, ["cpu a", "cpu b", "cpu", "mem"]);
}

#[test]
fn a_band_is_one_shaded_series() {
    let widget = parse(json!({"metrics": [
        ["N", "m", {"id": "a"}],
        [{"expression": "ANOMALY_DETECTION_BAND(a, 2)", "id": "band"}],
        [{"expression": "LAST(ANOMALY_DETECTION_BAND(a))", "id": "top"}],
    ]}));
    let results = vec![
        series("a", "m"),
        series("band", "m (expected lower)"),
        series("band", "m (expected upper)"),
        series("top", "top"),
    ];
    let graph = draw(&widget, results, Vec::new());
    let bands: Vec<_> = graph.lines.iter().map(|line: &Line| (line.label.as_str(), line.band_from)).collect();
    assert_eq!(bands, [("m", None), ("m (expected lower)", None), ("m (expected)", Some(1)), ("top", None)]);
}

#[test]
fn what_could_not_be_read_marks_the_picture() {
    let widget = parse(with(json!({})));
    let forbidden = ResultSeries { status: Status::Forbidden, ..series("z_0", "m") };
    assert!(draw(&widget, vec![forbidden], Vec::new()).incomplete);
    let note = Message { code: "MaxMetricsExceeded", value: String::new() };
    assert!(draw(&widget, vec![series("z_0", "m")], vec![note]).incomplete);
    // More than one unit is a note about the series, and all of what is shown is there.
    let units = Message { code: "MultipleUnits", value: String::new() };
    let several = ResultSeries { messages: vec![units], ..series("z_0", "m") };
    assert!(!draw(&widget, vec![several], Vec::new()).incomplete);
}
