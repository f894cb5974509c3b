//! The records of Insights events (cloudtrail.md §8.3).

use std::borrow::Cow;

use base::{Entropy, Scope, id};
use serde::{Deserialize, Serialize};
use serde_json::Number;
use store::trail_event::TrailEvent;

use super::decide::Baseline;
use super::series::Series;
use super::tally::{Tally, Values};
use super::{Minute, time_of};
use crate::record::EVENT_VERSION;
use crate::trails::{InsightType, SourceCategory};

/// Values that an attribution names (cloudtrail.md §8.3).
const ATTRIBUTED_MAX: usize = 5;
/// Decimals that an average has.
const DECIMALS: f64 = 1e10;
/// What `resources` of the stored event name where it is of a trail's data events, so that look-ups need no parsing.
pub(super) const TRAIL_TYPE: &str = "AWS::CloudTrail::Trail";

/// Whether an unusual rate began or ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) enum State {
    Start,
    End,
}

/// What an event tells.
pub(super) struct Told<'a> {
    pub(super) state: State,
    pub(super) scope: &'a Scope,
    pub(super) series: &'a Series,
    pub(super) shared_id: &'a str,
    /// When the rate became unusual, or usual again.
    pub(super) minute: Minute,
    pub(super) baseline: &'a Baseline,
    pub(super) baseline_tally: &'a Tally,
    /// What was counted while the rate was unusual, or until it was found to be.
    pub(super) tally: &'a Tally,
    /// In how many minutes.
    pub(super) minutes: u64,
}

/// Keys in the order of AWS's records.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Record<'a> {
    event_version: &'static str,
    event_time: String,
    aws_region: &'a str,
    #[serde(rename = "eventID")]
    event_id: &'a str,
    event_type: &'static str,
    recipient_account_id: &'a str,
    #[serde(rename = "sharedEventID")]
    shared_event_id: &'a str,
    insight_details: Details<'a>,
    event_category: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Details<'a> {
    state: State,
    event_source: &'a str,
    event_name: &'a str,
    insight_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_code: Option<&'a str>,
    source_event_category: &'static str,
    insight_context: Context<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    insight_source: Option<&'a str>,
}

#[derive(Serialize)]
struct Context<'a> {
    statistics: Statistics,
    attributions: Vec<Attribution<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Statistics {
    baseline: Average,
    insight: Average,
    insight_duration: u64,
    baseline_duration: u64,
}

#[derive(Serialize)]
struct Average {
    average: Number,
}

#[derive(Serialize)]
struct Attribution<'a> {
    attribute: &'static str,
    insight: Vec<Attributed<'a>>,
    baseline: Vec<Attributed<'a>>,
}

#[derive(Serialize)]
struct Attributed<'a> {
    value: &'a str,
    average: Number,
}

/// The event, with a new id.
pub(super) fn event(told: &Told<'_>, entropy: &dyn Entropy) -> TrailEvent {
    let Told { scope, series, baseline, tally, minutes, .. } = told;
    let event_id = id::uuid(entropy).to_string();
    let time = time_of(told.minute);
    let statistics = Statistics {
        baseline: Average { average: average(baseline.calls, baseline.minutes) },
        insight: Average { average: average(tally.calls, *minutes) },
        insight_duration: *minutes,
        baseline_duration: baseline.minutes,
    };
    let details = Details {
        state: told.state,
        event_source: &series.source,
        event_name: &series.name,
        insight_type: series.insight_type().as_str(),
        error_code: series.error.as_deref(),
        source_event_category: series.category().as_str(),
        insight_context: Context { statistics, attributions: attributions(told) },
        insight_source: series.trail.as_deref(),
    };
    let record = Record {
        event_version: EVENT_VERSION,
        event_time: time.iso_secs(),
        aws_region: scope.region.as_str(),
        event_id: &event_id,
        event_type: "AwsCloudTrailInsight",
        recipient_account_id: scope.account.as_str(),
        shared_event_id: told.shared_id,
        insight_details: details,
        event_category: "Insight",
    };
    TrailEvent {
        record: serde_json::to_string(&record).expect("a record has only text keys"),
        account: scope.account.clone(),
        region: scope.region.clone(),
        global: false,
        time,
        event_id,
        event_name: series.name.clone(),
        event_source: series.source.clone(),
        read_only: false,
        username: None,
        access_key_id: None,
        resources: series.trail.iter().map(|arn| (Some(TRAIL_TYPE.to_owned()), arn.clone())).collect(),
    }
}

/// By whom and how, while the rate was unusual and before. Where all calls failed with one code it is not told again.
fn attributions<'a>(told: &Told<'a>) -> Vec<Attribution<'a>> {
    let Told { tally, baseline_tally, baseline, minutes, series, .. } = told;
    let of = |attribute, insight: &'a Values, usual: &'a Values| Attribution {
        attribute,
        insight: attributed(insight, *minutes),
        baseline: attributed(usual, baseline.minutes),
    };
    let mut all = vec![
        of("userIdentityArn", &tally.identities, &baseline_tally.identities),
        of("userAgent", &tally.agents, &baseline_tally.agents),
    ];
    if series.error.is_none() {
        all.push(of("errorCode", &tally.errors, &baseline_tally.errors));
    }
    all
}

fn attributed(values: &Values, minutes: u64) -> Vec<Attributed<'_>> {
    let first = values.first(ATTRIBUTED_MAX);
    first.map(|(value, count)| Attributed { value, average: average(*count, minutes) }).collect()
}

/// Calls a minute; without decimals where there are none, as AWS writes it.
fn average(calls: u64, minutes: u64) -> Number {
    if calls.is_multiple_of(minutes.max(1)) {
        return (calls / minutes.max(1)).into();
    }
    let average = calls as f64 / minutes as f64;
    Number::from_f64((average * DECIMALS).round() / DECIMALS).unwrap_or_else(|| 0.into())
}

/// What selectors look at in the record of an Insights event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) insight_type: InsightType,
    pub(crate) category: SourceCategory,
    /// The ARN of the trail whose data events it is of.
    pub(crate) trail: Option<String>,
}

impl Found {
    /// Reads a record; none where it is not of an Insights event.
    pub(crate) fn of_record(record: &str) -> Option<Self> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Looked<'a> {
            #[serde(borrow)]
            insight_details: LookedDetails<'a>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct LookedDetails<'a> {
            #[serde(borrow)]
            insight_type: Cow<'a, str>,
            #[serde(borrow)]
            insight_source: Option<Cow<'a, str>>,
        }
        let details = serde_json::from_str::<Looked<'_>>(record).ok()?.insight_details;
        let types = [InsightType::ApiCallRate, InsightType::ApiErrorRate];
        let insight_type = types.into_iter().find(|known| known.as_str() == details.insight_type)?;
        let trail = details.insight_source.map(Cow::into_owned);
        let category = if trail.is_some() { SourceCategory::Data } else { SourceCategory::Management };
        Some(Self { insight_type, category, trail })
    }
}

#[cfg(test)]
mod tests {
    use base::SeededEntropy;

    use super::*;

    fn tally(values: &[(&str, u64)]) -> Tally {
        let mut tally = Tally::default();
        for (value, count) in values {
            for _ in 0..*count {
                tally.calls += 1;
                tally.identities.see(value);
                tally.agents.see("sdk");
                tally.errors.see("null");
            }
        }
        tally
    }

    fn written(series: &Series, tally: &Tally, minutes: u64) -> TrailEvent {
        let scope = Scope { account: "111122223333".parse().unwrap(), region: "eu-west-1".parse().unwrap() };
        let told = Told {
            state: State::Start,
            scope: &scope,
            series,
            shared_id: "shared",
            minute: 29_540_761,
            baseline: &Baseline { minutes: 10_681, calls: 3, squares: 3 },
            baseline_tally: &self::tally(&[("arn:old", 3)]),
            tally,
            minutes,
        };
        event(&told, &SeededEntropy::new(1))
    }

    #[test]
    fn the_record_has_the_members_and_order_of_awss() {
        let series = Series {
            trail: None,
            source: "autoscaling.amazonaws.com".to_owned(),
            name: "CompleteLifecycleAction".to_owned(),
            error: None,
        };
        let event = written(&series, &tally(&[("arn:b", 1), ("arn:a", 2)]), 5);
        let record = event.record.replace(&event.event_id, "ID");
        let usual = "0.0002808726";
        let expected = [
            r#"{"eventVersion":"1.11","eventTime":"2026-03-02T10:01:00Z","awsRegion":"eu-west-1","eventID":"ID","#,
            r#""eventType":"AwsCloudTrailInsight","recipientAccountId":"111122223333","sharedEventID":"shared","#,
            r#""insightDetails":{"state":"Start","eventSource":"autoscaling.amazonaws.com","#,
            r#""eventName":"CompleteLifecycleAction","insightType":"ApiCallRateInsight","#,
            r#""sourceEventCategory":"Management","insightContext":{"statistics":{"#,
            &format!(r#""baseline":{{"average":{usual}}},"insight":{{"average":0.6}},"#),
            r#""insightDuration":5,"baselineDuration":10681},"attributions":["#,
            r#"{"attribute":"userIdentityArn","#,
            r#""insight":[{"value":"arn:a","average":0.4},{"value":"arn:b","average":0.2}],"#,
            &format!(r#""baseline":[{{"value":"arn:old","average":{usual}}}]}},"#),
            r#"{"attribute":"userAgent","insight":[{"value":"sdk","average":0.6}],"#,
            &format!(r#""baseline":[{{"value":"sdk","average":{usual}}}]}},"#),
            r#"{"attribute":"errorCode","insight":[{"value":"null","average":0.6}],"#,
            &format!(r#""baseline":[{{"value":"null","average":{usual}}}]}}]}}}},"eventCategory":"Insight"}}"#),
        ];
        assert_eq!(record, expected.concat());
        assert_eq!((event.event_name.as_str(), event.username), ("CompleteLifecycleAction", None));
        let found = Found::of_record(&event.record).unwrap();
        let expected =
            Found { insight_type: InsightType::ApiCallRate, category: SourceCategory::Management, trail: None };
        assert_eq!(found, expected);
    }

    #[test]
    fn an_error_rate_of_a_trail_names_the_code_and_the_trail() {
        let arn = "arn:aws:cloudtrail:eu-west-1:111122223333:trail/main";
        let series = Series {
            trail: Some(arn.to_owned()),
            source: "s3.amazonaws.com".to_owned(),
            name: "PutObject".to_owned(),
            error: Some("AccessDenied".to_owned()),
        };
        let many: Vec<_> = (0..7).map(|number| format!("arn:{number}")).collect();
        let many: Vec<_> = many.iter().map(|arn| (arn.as_str(), 2)).collect();
        let event = written(&series, &tally(&many), 2);
        let record: serde_json::Value = serde_json::from_str(&event.record).unwrap();
        let details = &record["insightDetails"];
        assert_eq!(details["errorCode"], "AccessDenied");
        assert_eq!(details["sourceEventCategory"], "Data");
        assert_eq!(details["insightSource"], arn);
        assert_eq!(details["insightContext"]["statistics"]["insight"]["average"], 7);
        let attributions = details["insightContext"]["attributions"].as_array().unwrap();
        let names: Vec<_> = attributions.iter().map(|one| one["attribute"].as_str().unwrap()).collect();
        assert_eq!(names, ["userIdentityArn", "userAgent"]);
        let values: Vec<_> = attributions[0]["insight"].as_array().unwrap().iter().map(|one| &one["value"]).collect();
        assert_eq!(values, ["arn:0", "arn:1", "arn:2", "arn:3", "arn:4"]);
        assert_eq!(Found::of_record(&event.record).unwrap().trail.as_deref(), Some(arn));
    }

    #[test]
    fn averages_have_decimals_only_where_there_are_any() {
        for (calls, minutes, text) in [(6, 1, "6"), (6, 5, "1.2"), (0, 11_092, "0"), (1, 11_336, "0.0000882145")] {
            let number = average(calls, minutes);
            assert_eq!(number.as_f64(), text.parse().ok());
            assert_eq!(number.is_u64(), !text.contains('.'), "{text}");
        }
    }
}
