//! The server's pages as text for people.

use serde_json::Value;

/// An evaluation, with its points as a table.
pub fn explanation(page: &Value) -> String {
    let mut out = String::new();
    line(&mut out, &format!("{} is {} at {}", text(&page["name"]), text(&page["state"]), text(&page["at"])));
    alarm(&mut out, &page["alarm"]);
    let evaluation = &page["evaluation"];
    for series in evaluation["contributors"].as_array().into_iter().flatten() {
        line(&mut out, "");
        line(&mut out, &format!("series {} is {}", series["attributes"], text(&series["state"])));
        points(&mut out, &series["evaluation"]);
    }
    points(&mut out, evaluation);
    if let Some(next) = page["nextEvaluation"].as_str() {
        line(&mut out, &format!("next evaluation: {next}"));
    }
    notes(&mut out, page);
    out
}

/// A backtest, with its changes of state as a table.
pub fn backtest(page: &Value) -> String {
    let mut out = String::new();
    let (from, to) = (text(&page["from"]), text(&page["to"]));
    line(&mut out, &format!("{} from {from} to {to}, {} evaluations", text(&page["name"]), page["evaluations"]));
    alarm(&mut out, &page["alarm"]);
    line(&mut out, "");
    let changes = page["changes"].as_array().map(Vec::as_slice).unwrap_or_default();
    for change in changes {
        let series = match &change["contributor"] {
            Value::Null => String::new(),
            attributes => format!("  {attributes}"),
        };
        let (old, new) = (text(&change["oldState"]), text(&change["newState"]));
        line(&mut out, &format!("{}  {old} -> {new}{series}", text(&change["at"])));
        line(&mut out, &format!("    {}", text(&change["reason"])));
    }
    if changes.is_empty() {
        line(&mut out, "The state never changed.");
    }
    if let Some(left_off) = page["changesLeftOff"].as_u64().filter(|left_off| *left_off > 0) {
        line(&mut out, &format!("… and {left_off} more changes; shorten the time to see them"));
    }
    line(&mut out, "");
    line(&mut out, &format!("state at the end: {}", text(&page["state"])));
    durations(&mut out, &page["seconds"]);
    notes(&mut out, page);
    out
}

/// How long the alarm was in each state.
fn durations(out: &mut String, seconds: &Value) {
    let states = || seconds.as_object().into_iter().flatten().filter_map(|(state, secs)| Some((state, secs.as_f64()?)));
    let all: f64 = states().map(|(_, secs)| secs).sum();
    for (state, secs) in states().filter(|(_, secs)| *secs > 0.0) {
        line(out, &format!("in {state}: {} ({:.1} %)", duration(secs), 100.0 * secs / all));
    }
}

/// `2d 3h 4m 5s`, without what is zero.
fn duration(secs: f64) -> String {
    let whole = secs.round() as u64;
    let parts = [(whole / 86_400, "d"), (whole / 3600 % 24, "h"), (whole / 60 % 60, "m"), (whole % 60, "s")];
    let parts: Vec<String> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, unit)| format!("{count}{unit}")).collect();
    if parts.is_empty() { "0s".to_owned() } else { parts.join(" ") }
}

fn alarm(out: &mut String, alarm: &Value) {
    line(out, &format!("watches: {}", text(&alarm["watches"])));
    line(out, &format!("breaches when: {}", text(&alarm["breachesWhen"])));
    line(
        out,
        &format!(
            "alarms when {} of {} datapoints breach; missing data: {}",
            alarm["datapointsToAlarm"],
            alarm["evaluationPeriods"],
            text(&alarm["treatMissingData"])
        ),
    );
}

fn points(out: &mut String, evaluation: &Value) {
    let points = evaluation["datapoints"].as_array().map(Vec::as_slice).unwrap_or_default();
    if !points.is_empty() {
        line(out, "");
        line(out, &format!("{:<26}{:<22}{:<11}{}", "bucket", "value", "class", "part"));
    }
    for point in points {
        let value = match (&point["value"], &point["lower"]) {
            (Value::Null, _) => "-".to_owned(),
            (value, Value::Null) => value.to_string(),
            (value, lower) => format!("{value} in {lower}..{}", point["upper"]),
        };
        let (start, class) = (text(&point["timestamp"]), text(&point["class"]));
        line(out, &format!("{start:<26}{value:<22}{class:<11}{}", text(&point["part"])));
    }
    let verdict = &evaluation["verdict"];
    if verdict.is_null() {
        return;
    }
    let change = if verdict["changes"] == true { "a change" } else { "no change" };
    line(out, "");
    line(out, &format!("verdict: {}, {change}", text(&verdict["state"])));
    for (title, value) in
        [("reason", &verdict["reason"]), ("problem", &verdict["problem"]), ("why", &evaluation["why"])]
    {
        if let Some(said) = value.as_str() {
            line(out, &format!("{title}: {said}"));
        }
    }
}

fn notes(out: &mut String, page: &Value) {
    for note in page["notes"].as_array().into_iter().flatten() {
        line(out, &format!("note: {}", text(note)));
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("-")
}

/// Names and reasons are callers' own text: control characters in them are for no terminal.
fn line(out: &mut String, text: &str) {
    out.extend(text.chars().map(|c| if c.is_control() { ' ' } else { c }));
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_evaluation_is_a_table_and_a_verdict() {
        let page = json!({
            "name": "a", "state": "OK", "at": "2026-01-01T00:01:05Z",
            "alarm": {
                "watches": "Average of N m over 60 s", "breachesWhen": "> 50.0", "datapointsToAlarm": 1,
                "evaluationPeriods": 1, "treatMissingData": "missing",
            },
            "evaluation": {
                "datapoints": [
                    {"timestamp": "2026-01-01T00:00:00Z", "value": 90.5, "class": "breaching", "part": "counted"},
                    {"timestamp": "2025-12-31T23:59:00Z", "class": "missing", "part": "passedOver"},
                ],
                "verdict": {"state": "ALARM", "changes": true, "reason": "because"},
                "why": "one breaches",
            },
            "notes": ["a note"],
        });
        let expected = "\
a is OK at 2026-01-01T00:01:05Z
watches: Average of N m over 60 s
breaches when: > 50.0
alarms when 1 of 1 datapoints breach; missing data: missing

bucket                    value                 class      part
2026-01-01T00:00:00Z      90.5                  breaching  counted
2025-12-31T23:59:00Z      -                     missing    passedOver

verdict: ALARM, a change
reason: because
why: one breaches
note: a note
";
        assert_eq!(explanation(&page), expected);
    }

    #[test]
    fn a_backtest_lists_changes() {
        let page = json!({
            "name": "a", "from": "F", "to": "T", "evaluations": 3, "state": "ALARM", "changesLeftOff": 0,
            "alarm": {"watches": "w", "breachesWhen": "> 1.0", "datapointsToAlarm": 1, "evaluationPeriods": 1,
                      "treatMissingData": "missing"},
            "changes": [{"at": "A", "oldState": "OK", "newState": "ALARM", "reason": "because \u{1b}"}],
            "seconds": {"OK": 86_400.0, "ALARM": 3_605.0, "INSUFFICIENT_DATA": 0.0}, "notes": [],
        });
        let printed = backtest(&page);
        assert!(printed.contains("A  OK -> ALARM\n    because  \n"), "{printed}");
        let end = "state at the end: ALARM\nin OK: 1d (96.0 %)\nin ALARM: 1h 5s (4.0 %)\n";
        assert!(printed.ends_with(end), "{printed}");
    }
}
