//! Windows as tables; the expected times are worked out by hand.

use super::*;

fn rule(expression: &str, duration: &str, zone: &str) -> AlarmMuteRuleRecord {
    AlarmMuteRuleRecord {
        description: None,
        expression: expression.to_owned(),
        duration: duration.to_owned(),
        timezone: Some(zone.to_owned()),
        targets: Vec::new(),
        start: None,
        expire: None,
        updated: Timestamp::from_secs(0),
    }
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse_iso(text).unwrap()
}

fn window(rule: &AlarmMuteRuleRecord, now: &str) -> Option<(String, String)> {
    let window = Schedule::of(rule).unwrap().window(at(now))?;
    Some((window.start.iso(), window.end.iso()))
}

fn span(start: &str, end: &str) -> Option<(String, String)> {
    Some((start.to_owned(), end.to_owned()))
}

#[test]
fn a_daily_window_is_open_from_its_start_to_its_end() {
    for expression in ["cron(0 2 * * *)", "0 2 * * *", " cron(0 2 * * *) "] {
        let rule = rule(expression, "PT4H", "UTC");
        let open = span("2026-03-04T02:00:00Z", "2026-03-04T06:00:00Z");
        assert_eq!(window(&rule, "2026-03-04T01:59:59.999Z"), None);
        assert_eq!(window(&rule, "2026-03-04T02:00:00Z"), open);
        assert_eq!(window(&rule, "2026-03-04T05:59:59.999Z"), open);
        assert_eq!(window(&rule, "2026-03-04T06:00:00Z"), None);
    }
}

#[test]
fn a_window_over_days_is_found_from_each_of_them() {
    // From Friday 18:00 in New York (23:00 UTC in winter) to Monday 6:00.
    let weekend = rule("cron(0 18 * * FRI)", "P2DT12H", "America/New_York");
    let open = span("2026-01-09T23:00:00Z", "2026-01-12T11:00:00Z");
    for now in ["2026-01-09T23:00:00Z", "2026-01-10T12:00:00Z", "2026-01-12T10:59:59Z"] {
        assert_eq!(window(&weekend, now), open, "{now}");
    }
    assert_eq!(window(&weekend, "2026-01-12T11:00:00Z"), None);
    let longest = rule("cron(0 0 1 * *)", "P15D", "UTC");
    assert_eq!(window(&longest, "2026-03-15T23:59:59Z"), span("2026-03-01T00:00:00Z", "2026-03-16T00:00:00Z"));
    assert_eq!(window(&longest, "2026-03-16T00:00:00Z"), None);
}

#[test]
fn of_windows_that_overlap_the_newest_is_told() {
    let rule = rule("cron(0 * * * *)", "PT90M", "UTC");
    assert_eq!(window(&rule, "2026-03-04T02:10:00Z"), span("2026-03-04T02:00:00Z", "2026-03-04T03:30:00Z"));
}

#[test]
fn time_zones_move_windows() {
    let table = [
        ("Asia/Kolkata", "2026-03-03T20:30:00Z"),
        ("America/Los_Angeles", "2026-03-04T10:00:00Z"),
        ("Europe/Berlin", "2026-03-04T01:00:00Z"),
    ];
    for (zone, start) in table {
        let rule = rule("cron(0 2 * * *)", "PT1H", zone);
        assert_eq!(window(&rule, start).map(|(start, _)| start).as_deref(), Some(start), "{zone}");
        assert_eq!(Schedule::of(&rule).unwrap().window(at(start).plus_millis(-1)), None, "{zone}");
    }
}

/// In Berlin clocks went from 2:00 to 3:00 on 29 March 2026, at 01:00 UTC.
#[test]
fn a_time_that_clocks_skip_is_the_moment_they_do() {
    let rule = rule("cron(30 2 * * *)", "PT1H", "Europe/Berlin");
    assert_eq!(window(&rule, "2026-03-28T01:30:00Z"), span("2026-03-28T01:30:00Z", "2026-03-28T02:30:00Z"));
    assert_eq!(window(&rule, "2026-03-29T00:59:59Z"), None);
    assert_eq!(window(&rule, "2026-03-29T01:00:00Z"), span("2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z"));
    assert_eq!(window(&rule, "2026-03-30T00:30:00Z"), span("2026-03-30T00:30:00Z", "2026-03-30T01:30:00Z"));
    let once = AlarmMuteRuleRecord { expression: "at(2026-03-29T02:30)".to_owned(), ..rule };
    assert_eq!(window(&once, "2026-03-29T01:10:00Z"), span("2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z"));
}

/// In Berlin clocks went from 3:00 back to 2:00 on 25 October 2026, at 01:00 UTC.
#[test]
fn a_time_that_clocks_show_twice_counts_once() {
    let rule = rule("cron(30 2 * * *)", "PT45M", "Europe/Berlin");
    assert_eq!(window(&rule, "2026-10-25T00:30:00Z"), span("2026-10-25T00:30:00Z", "2026-10-25T01:15:00Z"));
    // The clocks show 2:10 for the second time.
    assert_eq!(window(&rule, "2026-10-25T01:10:00Z"), span("2026-10-25T00:30:00Z", "2026-10-25T01:15:00Z"));
    // And 2:30.
    assert_eq!(window(&rule, "2026-10-25T01:30:00Z"), None);
    // A window lasts its real duration: from midnight (UTC+2) on, four hours end at 3:00 (UTC+1).
    let midnight = AlarmMuteRuleRecord { expression: "0 0 * * *".to_owned(), duration: "PT4H".to_owned(), ..rule };
    assert_eq!(window(&midnight, "2026-10-25T01:59:59Z"), span("2026-10-24T22:00:00Z", "2026-10-25T02:00:00Z"));
}

#[test]
fn a_single_window_expires_with_its_end() {
    let rule = rule("at(2026-05-10T14:00)", "PT30M", "Asia/Tokyo");
    let schedule = Schedule::of(&rule).unwrap();
    assert!(schedule.is_once());
    assert_eq!(window(&rule, "2026-05-10T04:59:59Z"), None);
    assert_eq!(window(&rule, "2026-05-10T05:00:00Z"), span("2026-05-10T05:00:00Z", "2026-05-10T05:30:00Z"));
    assert!(!schedule.has_expired(at("2026-05-10T05:29:59Z")));
    assert!(schedule.has_expired(at("2026-05-10T05:30:00Z")));
    assert_eq!(window(&rule, "2026-05-10T05:30:00Z"), None);
}

#[test]
fn start_and_expire_dates_cut_windows_off_as_clocks_show_them() {
    let dates = AlarmMuteRuleRecord {
        start: Some(at("2026-01-10T03:00:00Z")),
        expire: Some(at("2026-01-12T03:30:00Z")),
        ..rule("cron(0 2 * * *)", "PT4H", "America/New_York")
    };
    // 2:00 in New York is 7:00 UTC; the dates mean 3:00 and 3:30 in New York.
    assert_eq!(window(&dates, "2026-01-10T07:59:59Z"), None);
    assert_eq!(window(&dates, "2026-01-10T08:00:00Z"), span("2026-01-10T08:00:00Z", "2026-01-10T11:00:00Z"));
    assert_eq!(window(&dates, "2026-01-12T08:00:00Z"), span("2026-01-12T07:00:00Z", "2026-01-12T08:30:00Z"));
    assert_eq!(window(&dates, "2026-01-12T08:30:00Z"), None);
    let schedule = Schedule::of(&dates).unwrap();
    assert!(!schedule.has_expired(at("2026-01-12T08:29:59Z")));
    assert!(schedule.has_expired(at("2026-01-12T08:30:00Z")));
    let wrong = AlarmMuteRuleRecord { expire: dates.start, ..dates };
    assert!(Schedule::of(&wrong).is_err());
}

#[test]
fn durations_are_from_a_minute_to_fifteen_days() {
    let table = [
        ("PT1M", Some(60)),
        ("PT60S", Some(60)),
        ("PT4H", Some(14_400)),
        ("P2DT12H", Some(216_000)),
        ("P2W", Some(1_209_600)),
        ("P15D", Some(1_296_000)),
        ("PT59S", None),
        ("P15DT1S", None),
        ("P1M", None),
        ("P1Y", None),
        ("PT1M1H", None),
        ("PT", None),
        ("P", None),
        ("P1DT", None),
        ("PT1.5H", None),
        ("PT-5M", None),
        ("pt5m", None),
        ("5M", None),
        ("P99999999999D", None),
    ];
    for (duration, secs) in table {
        assert_eq!(duration_secs(duration), secs, "{duration}");
    }
}

#[test]
fn faults_are_named() {
    let fault = |rule: &AlarmMuteRuleRecord| Schedule::of(rule).map(drop).unwrap_err();
    let table = [
        (rule("cron(0 2 * *)", "PT1H", "UTC"), "a cron expression has 5 fields, not 4"),
        (rule("cron(61 2 * * *)", "PT1H", "UTC"), "'61' is no minute"),
        (rule("rate(5 minutes)", "PT1H", "UTC"), "a cron expression has 5 fields"),
        (rule("at(2026-02-30T10:00)", "PT1H", "UTC"), "at() takes a time such as"),
        (rule("at(2026-02-03T10:00:00)", "PT1H", "UTC"), "at() takes a time such as"),
        (rule("0 2 * * *", "PT1H", "Mars/Olympus"), "Timezone Mars/Olympus is not known"),
        (rule("0 2 * * *", "P16D", "UTC"), "Duration P16D is invalid"),
    ];
    for (rule, expected) in table {
        let fault = fault(&rule);
        assert!(fault.contains(expected), "{fault}");
    }
}
