//! A report of a resource as text for people.

use serde_json::Value;

/// What is known of a resource at a time.
pub fn report(report: &Value) -> String {
    let mut out = String::new();
    let resource = &report["resource"];
    let (kind, id, at) = (text(&resource["resourceType"]), text(&resource["resourceId"]), text(&report["at"]));
    line(&mut out, &format!("{kind} {id} at {at}"));
    line(&mut out, &format!("account {}, region {}", text(&resource["accountId"]), text(&resource["region"])));
    let item = &report["item"];
    if item.is_null() {
        let known = match report["firstKnown"].as_str() {
            Some(first) => format!("It was not known then: it was first found at {first}, as far as items are kept."),
            None => "It was not known then.".to_owned(),
        };
        line(&mut out, &known);
        notes(&mut out, report);
        return out;
    }
    for (name, label) in [("ARN", "arn"), ("resourceName", "name"), ("availabilityZone", "zone")] {
        if let Some(value) = item[name].as_str().filter(|value| !value.is_empty()) {
            line(&mut out, &format!("{label} {value}"));
        }
    }
    let until = report["until"].as_str().map_or("and still".to_owned(), |until| format!("until {until}"));
    line(&mut out, &format!("{} since {}, {until}", text(&item["configurationItemStatus"]), text(&report["since"])));
    tags(&mut out, &item["tags"]);
    indented(&mut out, "configuration", &item["configuration"]);
    indented(&mut out, "supplementary configuration", &item["supplementaryConfiguration"]);
    related(&mut out, report);
    changes(&mut out, &report["changes"]);
    alarms(&mut out, &report["alarms"]);
    notes(&mut out, report);
    out
}

fn tags(out: &mut String, tags: &Value) {
    for (key, value) in tags.as_object().into_iter().flatten() {
        line(out, &format!("tag {key} = {}", text(value)));
    }
}

fn indented(out: &mut String, title: &str, value: &Value) {
    if value.is_null() || value.as_object().is_some_and(serde_json::Map::is_empty) {
        return;
    }
    heading(out, title);
    format!("{value:#}").lines().for_each(|part| line(out, &format!("  {part}")));
}

fn related(out: &mut String, report: &Value) {
    for (member, title) in [("relatedTo", "related to"), ("relatedFrom", "related from")] {
        let all = list(&report[member]);
        if !all.is_empty() {
            heading(out, title);
        }
        for one in all {
            let name = one["resourceId"].as_str().or(one["resourceName"].as_str()).unwrap_or("-");
            line(out, &format!("  {} {name}  ({})", text(&one["resourceType"]), text(&one["relationship"])));
        }
    }
}

fn changes(out: &mut String, changes: &Value) {
    if changes.is_null() {
        return;
    }
    heading(out, "changed by");
    for change in list(changes) {
        let who = change["username"].as_str().or(change["principal"].as_str()).unwrap_or("-");
        let (when, what) = (text(&change["time"]), text(&change["eventName"]));
        let from = text(&change["sourceIPAddress"]);
        line(out, &format!("  {when}  {what}  {who}  from {from}  ({})", text(&change["eventId"])));
    }
    if list(changes).is_empty() {
        line(out, "  no recorded call that names it");
    }
}

fn alarms(out: &mut String, alarms: &Value) {
    if list(alarms).is_empty() {
        return;
    }
    heading(out, "alarms");
    for alarm in list(alarms) {
        match alarm["state"].as_str() {
            Some(state) => {
                let since = alarm["since"].as_str().map_or(String::new(), |since| format!(" since {since}"));
                line(out, &format!("  {}  {state}{since}", text(&alarm["name"])));
                if let Some(reason) = alarm["reason"].as_str() {
                    line(out, &format!("    {reason}"));
                }
            }
            None => line(out, &format!("  {}  its state then is not known", text(&alarm["name"]))),
        }
    }
}

fn notes(out: &mut String, report: &Value) {
    for note in list(&report["notes"]) {
        line(out, &format!("note: {}", text(note)));
    }
}

fn heading(out: &mut String, title: &str) {
    line(out, "");
    line(out, &format!("{title}:"));
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("-")
}

fn line(out: &mut String, text: &str) {
    out.push_str(text);
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::report;

    #[test]
    fn a_state_is_told_with_all_that_belongs_to_it() {
        let page = json!({
            "at": "2026-07-04T10:00:00.000Z", "since": "2026-07-04T09:30:00.000Z", "until": null,
            "resource": {"accountId": "210987654321", "region": "eu-west-1", "resourceType": "AWS::EC2::Volume",
                "resourceId": "vol-1"},
            "item": {"ARN": "arn:x", "resourceName": null, "availabilityZone": "eu-west-1a", "tags": {"env": "prod"},
                "configurationItemStatus": "OK", "configuration": {"size": 8}, "supplementaryConfiguration": {}},
            "relatedTo": [{"resourceType": "AWS::EC2::Instance", "resourceId": "i-1", "relationship": "Is attached to Instance"}],
            "relatedFrom": [],
            "changes": [{"time": "2026-07-04T09:29:58.000Z", "eventName": "ModifyVolume", "username": "alice",
                "sourceIPAddress": "10.0.0.1", "eventId": "e-1"}],
            "alarms": [{"name": "full", "state": "ALARM", "since": "2026-07-04T09:00:00.000Z", "reason": "Threshold"},
                {"name": "old", "state": null}],
            "notes": ["n"],
        });
        let expected = "AWS::EC2::Volume vol-1 at 2026-07-04T10:00:00.000Z\naccount 210987654321, region eu-west-1\n\
            arn arn:x\nzone eu-west-1a\nOK since 2026-07-04T09:30:00.000Z, and still\ntag env = prod\n\n\
            configuration:\n  {\n    \"size\": 8\n  }\n\nrelated to:\n  AWS::EC2::Instance i-1  (Is attached to Instance)\n\n\
            changed by:\n  2026-07-04T09:29:58.000Z  ModifyVolume  alice  from 10.0.0.1  (e-1)\n\n\
            alarms:\n  full  ALARM since 2026-07-04T09:00:00.000Z\n    Threshold\n  old  its state then is not known\nnote: n\n";
        assert_eq!(report(&page), expected);
    }

    #[test]
    fn what_was_not_known_is_said_so() {
        let page = json!({"at": "t", "resource": {"resourceType": "T", "resourceId": "x", "accountId": "a", "region": "r"},
            "item": null, "firstKnown": "f"});
        let expected = "T x at t\naccount a, region r\nIt was not known then: it was first found at f, as far as items are kept.\n";
        assert_eq!(report(&page), expected);
    }
}
