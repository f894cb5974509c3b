//! How a managed instance complies, as items of `AWS::SSM::AssociationCompliance` and `AWS::SSM::PatchCompliance` tell it.

use serde_json::Value;

use crate::item::Item;
use crate::rule::Verdict;

use super::untold;

/// That everything that an item tells the status of is `COMPLIANT`.
///
/// Statuses stand at each association or patch, below the type of compliance, in a list or a map; a summary beside them
/// has one more.
pub(crate) fn is_compliant(item: &Item) -> Verdict {
    let mut statuses = Vec::new();
    gather(&item.configuration, &mut statuses);
    if statuses.is_empty() {
        return untold("a status");
    }
    let broken = statuses.iter().filter(|(_, status)| !status.eq_ignore_ascii_case("COMPLIANT"));
    // What has a name says more than a summary.
    let broken = broken.max_by_key(|(id, _)| id.is_some());
    Verdict::of(broken.map(|(id, status)| match id {
        Some(id) => format!("The status of {id} is {status}."),
        None => format!("The status is {status}."),
    }))
}

/// Each status below a value, with the id beside it. Details are texts of whoever told the status.
fn gather<'v>(value: &'v Value, statuses: &mut Vec<(Option<&'v str>, &'v str)>) {
    match value {
        Value::Object(members) => {
            if let Some(status) = members.get("Status").and_then(Value::as_str) {
                statuses.push((members.get("Id").and_then(Value::as_str), status));
            }
            let below = members.iter().filter(|(name, _)| *name != "Details");
            below.for_each(|(_, below)| gather(below, statuses));
        }
        Value::Array(elements) => elements.iter().for_each(|element| gather(element, statuses)),
        _ => {}
    }
}

#[cfg(test)]
pub(crate) mod examples {
    use serde_json::json;

    use super::*;
    use crate::rule::shelf;

    /// An item about two things with these statuses, as Systems Manager has it.
    pub(crate) fn complying(resource_type: &str, kind: &str, statuses: [&str; 2]) -> Item {
        let items: Vec<_> = ["one", "two"]
            .iter()
            .zip(statuses)
            .map(|(id, status)| json!({ "Id": id, "Severity": "HIGH", "Status": status, "Details": { "Status": "x" } }))
            .collect();
        let configuration = json!({ "AWS:ComplianceItem": { "SchemaVersion": "1.0", "Content": { kind: items } } });
        shelf::item(resource_type, "AWS::SSM::ManagedInstanceInventory/mi-1", configuration)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rule::{Compliance, shelf};

    #[test]
    fn statuses_are_found_wherever_they_stand() {
        let content = |content: Value| json!({ "AWS:ComplianceItem": { "Content": { "Patch": content } } });
        for (configuration, expected) in [
            (content(json!([{ "Id": "KB1", "Status": "COMPLIANT" }])), Compliance::Compliant),
            (content(json!({ "KB1": { "Status": "NON_COMPLIANT" } })), Compliance::NonCompliant),
            (content(json!({ "Status": "COMPLIANT", "InstalledCount": 2 })), Compliance::Compliant),
            (content(json!([])), Compliance::InsufficientData),
            (Value::Null, Compliance::InsufficientData),
        ] {
            let item = shelf::item("AWS::SSM::PatchCompliance", "mi-1", configuration.clone());
            assert_eq!(is_compliant(&item).compliance, expected, "{configuration}");
        }
    }

    #[test]
    fn what_does_not_comply_is_named() {
        let item = examples::complying("AWS::SSM::PatchCompliance", "Patch", ["COMPLIANT", "NON_COMPLIANT"]);
        assert_eq!(is_compliant(&item).annotation.as_deref(), Some("The status of two is NON_COMPLIANT."));
    }
}
