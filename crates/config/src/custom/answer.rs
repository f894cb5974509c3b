//! What evaluators answer: evaluations, by `PutEvaluations` or at once as the answer of a webhook.

use api::config::types::ComplianceType;
use base::Timestamp;
use serde::Deserialize;

use crate::present::SEPARATOR;
use crate::resource_types::is_type;
use crate::results::NewResult;
use crate::rule::{ANNOTATION_CHARS_MAX, Compliance, ResourceKey, Verdict};

/// An evaluation, however it came.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Given {
    pub(crate) resource_type: String,
    pub(crate) resource_id: String,
    pub(crate) compliance: Compliance,
    pub(crate) annotation: Option<String>,
    pub(crate) ordering: Timestamp,
}

/// Why an evaluation is not stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// There is no such type of resources.
    Type,
    /// The resource cannot be named so.
    Id,
}

/// The result that an evaluation is.
///
/// # Errors
/// Why it is not stored.
pub(crate) fn to_result(given: Given) -> Result<NewResult, Refused> {
    let Given { resource_type, resource_id, compliance, annotation, ordering } = given;
    if !is_type(&resource_type) {
        return Err(Refused::Type);
    }
    if resource_id.contains(SEPARATOR) {
        return Err(Refused::Id);
    }
    let verdict = Some(Verdict { compliance, annotation });
    Ok(NewResult { resource: ResourceKey { resource_type, resource_id }, verdict, ordering })
}

/// What is said by a word of the API.
pub(crate) fn compliance(word: ComplianceType) -> Compliance {
    match word {
        ComplianceType::Compliant => Compliance::Compliant,
        ComplianceType::NonCompliant => Compliance::NonCompliant,
        ComplianceType::NotApplicable => Compliance::NotApplicable,
        ComplianceType::InsufficientData => Compliance::InsufficientData,
    }
}

/// An evaluation in the answer of a webhook, as the API has it.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Answered {
    compliance_resource_type: String,
    compliance_resource_id: String,
    compliance_type: Compliance,
    annotation: Option<String>,
    ordering_timestamp: Moment,
}

/// A time, as JSON has it: seconds, or text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Moment {
    Secs(f64),
    Text(String),
}

/// The results in the body of a webhook's answer; `None` where it is no JSON list and so none of evaluations.
///
/// # Errors
/// What is wrong with the list.
pub(super) fn of_body(body: &[u8]) -> Option<Result<Vec<NewResult>, String>> {
    let list: Vec<serde_json::Value> = serde_json::from_slice(body).ok()?;
    Some(
        list.into_iter().enumerate().map(|(at, value)| of_value(value).map_err(|why| format!("{at}: {why}"))).collect(),
    )
}

fn of_value(value: serde_json::Value) -> Result<NewResult, String> {
    let answered: Answered = serde_json::from_value(value).map_err(|error| error.to_string())?;
    let ordering = match answered.ordering_timestamp {
        Moment::Secs(secs) => Timestamp::from_secs_f64(secs),
        Moment::Text(text) => Timestamp::parse_iso(&text),
    };
    let annotation_chars = answered.annotation.as_ref().map(|annotation| annotation.chars().count());
    if annotation_chars.is_some_and(|chars| chars == 0 || chars > ANNOTATION_CHARS_MAX) {
        return Err(format!("an annotation has 1 to {ANNOTATION_CHARS_MAX} characters"));
    }
    if answered.compliance_type == Compliance::InsufficientData {
        return Err("INSUFFICIENT_DATA is no result".to_owned());
    }
    let given = Given {
        resource_type: answered.compliance_resource_type,
        resource_id: answered.compliance_resource_id,
        compliance: answered.compliance_type,
        annotation: answered.annotation,
        ordering: ordering.ok_or("the OrderingTimestamp is no time")?,
    };
    to_result(given).map_err(|refused| match refused {
        Refused::Type => "there is no such ComplianceResourceType".to_owned(),
        Refused::Id => "there is no such ComplianceResourceId".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn evaluation(more: serde_json::Value) -> serde_json::Value {
        let mut evaluation = json!({
            "ComplianceResourceType": "AWS::S3::Bucket",
            "ComplianceResourceId": "acme-logs",
            "ComplianceType": "NON_COMPLIANT",
            "OrderingTimestamp": 1_783_157_405.123,
        });
        evaluation.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        evaluation
    }

    fn read(body: serde_json::Value) -> Option<Result<Vec<NewResult>, String>> {
        of_body(body.to_string().as_bytes())
    }

    #[test]
    fn a_list_of_evaluations_is_taken_with_times_of_both_forms() {
        for time in [json!(1_783_157_405.123), json!("2026-07-04T09:30:05.123Z")] {
            let list = json!([evaluation(json!({"OrderingTimestamp": time, "Annotation": "open"}))]);
            let results = read(list).unwrap().unwrap();
            assert_eq!(results[0].ordering.millis(), 1_783_157_405_123);
            assert_eq!(results[0].verdict, Some(Verdict::non_compliant("open")));
        }
        assert_eq!(read(json!([])), Some(Ok(Vec::new())));
    }

    #[test]
    fn what_is_no_list_is_no_answer() {
        assert!(read(json!({"ok": true})).is_none());
        assert!(of_body(b"OK").is_none());
    }

    #[test]
    fn a_list_with_something_wrong_in_it_is_refused_whole() {
        for more in [
            json!({"ComplianceType": "INSUFFICIENT_DATA"}),
            json!({"ComplianceType": "FINE"}),
            json!({"Annotation": ""}),
            json!({"Annotation": "a".repeat(257)}),
            json!({"OrderingTimestamp": "yesterday"}),
            json!({"ComplianceResourceType": "bucket"}),
            json!({"ComplianceResourceId": "a\u{1f}b"}),
            json!({"Surprise": 1}),
        ] {
            let list = json!([evaluation(json!({})), evaluation(more.clone())]);
            let refused = read(list).unwrap().unwrap_err();
            assert!(refused.starts_with("1: "), "{more}: {refused}");
        }
    }
}
