//! `CLOUDTRAIL_S3_DATAEVENTS_ENABLED`: a trail records what is done to objects, of all buckets or of certain ones.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::item;
use crate::rule::{
    Fact, Inventory, ManagedRule, Parameter, ParameterKind, Parameters, Subject, TrailState, Trigger, Verdict,
};
use crate::shapes::trail::trails;

/// `CLOUDTRAIL_S3_DATAEVENTS_ENABLED`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "CLOUDTRAIL_S3_DATAEVENTS_ENABLED",
    trigger: Trigger::Periodic,
    subject: Subject::Account,
    parameters: &[Parameter::optional("S3BucketNames", ParameterKind::Text)],
    facts: &[Fact::Trails],
    evaluate: |_, parameters, inventory| judge(parameters, inventory).unwrap_or_else(|untold| untold),
};

fn judge(parameters: &Parameters, inventory: &dyn Inventory) -> Result<Verdict, Verdict> {
    let trails = trails(inventory)?;
    let mut found = Buckets::default();
    trails.iter().filter(|trail| trail.is_logging).for_each(|trail| found.add(trail));
    if found.all {
        return Ok(Verdict::compliant());
    }
    let wanted = parameters.list("S3BucketNames").unwrap_or_default();
    if wanted.is_empty() {
        return Ok(Verdict::non_compliant("No trail records data events of all buckets."));
    }
    let missing = wanted.into_iter().find(|bucket| !found.named.contains(*bucket));
    Ok(Verdict::of(missing.map(|bucket| format!("No trail records data events of the bucket {bucket}."))))
}

/// Buckets of whose objects reads and writes alike are recorded.
#[derive(Default)]
struct Buckets {
    all: bool,
    named: BTreeSet<String>,
}

impl Buckets {
    fn add(&mut self, trail: &TrailState) {
        let list = |key| trail.selectors.get(key).and_then(Value::as_array).into_iter().flatten();
        list("EventSelectors").for_each(|selector| self.by_basic(selector));
        for selector in list("AdvancedEventSelectors") {
            self.by_advanced(selector);
        }
    }

    fn by_basic(&mut self, selector: &Value) {
        if item::at(selector, "ReadWriteType").and_then(Value::as_str).unwrap_or("All") != "All" {
            return;
        }
        for resource in item::at(selector, "DataResources").and_then(Value::as_array).into_iter().flatten() {
            if item::at(resource, "Type").and_then(Value::as_str) == Some("AWS::S3::Object") {
                texts(resource, "Values").for_each(|arn| self.arn(arn));
            }
        }
    }

    /// An advanced selector; nothing of one that narrows in another way than by whole buckets.
    fn by_advanced(&mut self, selector: &Value) -> Option<()> {
        let (mut is_of_data, mut is_of_objects) = (false, false);
        let mut arns: Option<Vec<&str>> = None;
        for field in item::at(selector, "FieldSelectors")?.as_array()? {
            let equals = |text: &str| texts(field, "Equals").any(|of| of == text);
            match item::at(field, "Field")?.as_str()? {
                "eventCategory" => is_of_data = equals("Data"),
                "resources.type" => is_of_objects = equals("AWS::S3::Object"),
                "resources.ARN" => {
                    let starts = texts(field, "StartsWith").collect::<Vec<_>>();
                    let narrows = field.as_object()?.keys().any(|key| key != "Field" && key != "StartsWith");
                    arns = Some(starts).filter(|_| !narrows);
                    arns.as_ref()?;
                }
                _ => return None,
            }
        }
        if is_of_data && is_of_objects {
            match arns {
                None => self.all = true,
                Some(arns) => arns.into_iter().for_each(|arn| self.arn(arn)),
            }
        }
        Some(())
    }

    /// `arn:aws:s3` and `arn:aws:s3:::` are all buckets, `arn:aws:s3:::BUCKET/` is one.
    fn arn(&mut self, arn: &str) {
        let Some(rest) = arn.strip_prefix("arn:").and_then(|rest| rest.split_once(":s3")).map(|(_, rest)| rest) else {
            return;
        };
        match rest.trim_start_matches(':') {
            "" => self.all = true,
            named => {
                let bucket = named.strip_suffix('/').filter(|bucket| !bucket.contains('/'));
                self.named.extend(bucket.map(str::to_owned));
            }
        }
    }
}

fn texts<'v>(value: &'v Value, list: &str) -> impl Iterator<Item = &'v str> {
    item::at(value, list).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::item::Item;
    use crate::rule::shelf::{self, Shelf};
    use crate::rule::{Asked, Compliance};
    use crate::shapes::trail::examples::trail_state;

    fn basic(kind: &str, arns: &[&str]) -> Value {
        json!({ "EventSelectors": [{ "ReadWriteType": kind,
            "DataResources": [{ "Type": "AWS::S3::Object", "Values": arns }] }] })
    }

    fn advanced(more: &[Value]) -> Value {
        let fields = [
            json!({ "Field": "eventCategory", "Equals": ["Data"] }),
            json!({ "Field": "resources.type", "Equals": ["AWS::S3::Object"] }),
        ];
        json!({ "AdvancedEventSelectors": [{ "FieldSelectors": fields.iter().chain(more).collect::<Vec<_>>() }] })
    }

    fn judged(trails: Asked<Vec<TrailState>>, parameters: Value) -> Compliance {
        let shelf = Shelf { trails, ..Shelf::default() };
        shelf::judged_among(&RULE, &Item::of_account(&shelf.scope, shelf.now), parameters, &shelf)
    }

    #[test]
    fn data_events_of_the_buckets_are_recorded() {
        let buckets = json!({ "S3BucketNames": "a, b" });
        let starts = |arns: &[&str]| json!({ "Field": "resources.ARN", "StartsWith": arns });
        for (selectors, parameters, expected) in [
            (json!({}), json!({}), Compliance::NonCompliant),
            (basic("All", &["arn:aws:s3"]), json!({}), Compliance::Compliant),
            (basic("All", &["arn:aws:s3:::"]), buckets.clone(), Compliance::Compliant),
            (basic("ReadOnly", &["arn:aws:s3"]), json!({}), Compliance::NonCompliant),
            (basic("All", &["arn:aws:s3:::a/"]), json!({}), Compliance::NonCompliant),
            (basic("All", &["arn:aws:s3:::a/", "arn:aws:s3:::b/"]), buckets.clone(), Compliance::Compliant),
            (basic("All", &["arn:aws:s3:::a/", "arn:aws:s3:::b/logs/"]), buckets.clone(), Compliance::NonCompliant),
            (basic("All", &["arn:aws:s3:::a/"]), buckets.clone(), Compliance::NonCompliant),
            (advanced(&[]), json!({}), Compliance::Compliant),
            (advanced(&[json!({ "Field": "readOnly", "Equals": ["true"] })]), json!({}), Compliance::NonCompliant),
            (advanced(&[starts(&["arn:aws:s3:::a/", "arn:aws:s3:::b/"])]), buckets.clone(), Compliance::Compliant),
            (
                advanced(&[json!({ "Field": "resources.ARN", "NotStartsWith": ["arn:aws:s3:::c/"] })]),
                buckets,
                Compliance::NonCompliant,
            ),
        ] {
            let trail = TrailState { selectors: selectors.clone(), ..trail_state(json!({})) };
            assert_eq!(judged(Asked::Known(vec![trail]), parameters.clone()), expected, "{selectors} {parameters}");
        }
    }

    #[test]
    fn several_trails_record_together_while_they_log() {
        let of = |arn| TrailState { selectors: basic("All", &[arn]), ..trail_state(json!({})) };
        let (a, b) = (of("arn:aws:s3:::a/"), of("arn:aws:s3:::b/"));
        let buckets = json!({ "S3BucketNames": "a,b" });
        assert_eq!(judged(Asked::Known(vec![a.clone(), b.clone()]), buckets.clone()), Compliance::Compliant);
        let stopped = TrailState { is_logging: false, ..b };
        assert_eq!(judged(Asked::Known(vec![a, stopped]), buckets), Compliance::NonCompliant);
        assert_eq!(judged(Asked::Unknown, json!({})), Compliance::InsufficientData);
    }
}
