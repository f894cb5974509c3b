//! Which management events a trail records, by the selectors that CloudTrail tells of it.

use serde_json::Value;

use crate::item;

/// What a trail records of one category: management events, or others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Recorded {
    /// Whether anything is.
    pub any: bool,
    /// Events that only read.
    pub reads: bool,
    /// Events that write.
    pub writes: bool,
    /// Whether some events are left out by what is not their being reads, such as those of `kms.amazonaws.com`.
    pub leaves_out: bool,
}

/// What selectors record of management events. A trail without selectors records all of them.
pub(crate) fn management_events(selectors: &Value) -> Recorded {
    recorded(selectors, true)
}

/// What selectors record of events that are not management's.
pub(crate) fn other_events(selectors: &Value) -> Recorded {
    recorded(selectors, false)
}

fn recorded(selectors: &Value, of_management: bool) -> Recorded {
    let list = |key| selectors.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let (basic, advanced) = (list("EventSelectors"), list("AdvancedEventSelectors"));
    if basic.is_empty() && advanced.is_empty() {
        return Recorded { any: of_management, reads: of_management, writes: of_management, leaves_out: false };
    }
    let basic = basic.iter().filter_map(|selector| by_basic(selector, of_management));
    let advanced = advanced.iter().filter_map(|selector| by_advanced(selector, of_management));
    let mut all: Vec<Recorded> = basic.chain(advanced).collect();
    // What one selector leaves out is recorded by another that leaves nothing out.
    if all.iter().any(|one| !one.leaves_out) {
        all.retain(|one| !one.leaves_out);
    }
    all.into_iter().fold(Recorded::default(), |sum, one| Recorded {
        any: true,
        reads: sum.reads || one.reads,
        writes: sum.writes || one.writes,
        leaves_out: sum.leaves_out || one.leaves_out,
    })
}

/// Of a basic selector, which takes management events unless it says otherwise, and reads and writes alike.
fn by_basic(selector: &Value, of_management: bool) -> Option<Recorded> {
    let includes = item::at(selector, "IncludeManagementEvents").and_then(item::as_flag).unwrap_or(true);
    if includes != of_management {
        return None;
    }
    let word = item::at(selector, "ReadWriteType").and_then(Value::as_str).unwrap_or("All");
    let left_out = item::at(selector, "ExcludeManagementEventSources").and_then(Value::as_array);
    Some(Recorded {
        any: true,
        reads: word != "WriteOnly",
        writes: word != "ReadOnly",
        leaves_out: left_out.is_some_and(|sources| !sources.is_empty()),
    })
}

/// Of an advanced selector: each field narrows it.
fn by_advanced(selector: &Value, of_management: bool) -> Option<Recorded> {
    let mut found = Recorded { any: true, reads: true, writes: true, leaves_out: false };
    let mut is_of_management = false;
    for field in item::at(selector, "FieldSelectors")?.as_array()? {
        let equals = |text: &str| {
            item::at(field, "Equals").and_then(Value::as_array).is_some_and(|values| values.iter().any(|of| of == text))
        };
        match item::at(field, "Field")?.as_str()? {
            "eventCategory" => is_of_management = equals("Management"),
            "readOnly" => {
                found.reads &= equals("true");
                found.writes &= equals("false");
            }
            _ => found.leaves_out = true,
        }
    }
    (is_of_management == of_management).then_some(found)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn selectors_tell_which_management_events_are_recorded() {
        let all = Recorded { any: true, reads: true, writes: true, leaves_out: false };
        let category = json!({ "Field": "eventCategory", "Equals": ["Management"] });
        let reads = json!({ "Field": "readOnly", "Equals": ["true"] });
        let writes = json!({ "Field": "readOnly", "Equals": ["false"] });
        let no_keys = json!({ "Field": "eventSource", "NotEquals": ["kms.amazonaws.com"] });
        let advanced = |fields: &[&[&Value]]| {
            let selectors: Vec<_> = fields.iter().map(|fields| json!({ "FieldSelectors": fields })).collect();
            json!({ "AdvancedEventSelectors": selectors })
        };
        for (selectors, expected) in [
            (json!({}), all),
            (json!({ "EventSelectors": [{ "ReadWriteType": "All", "IncludeManagementEvents": true }] }), all),
            (json!({ "EventSelectors": [{ "IncludeManagementEvents": false }] }), Recorded::default()),
            (json!({ "EventSelectors": [{ "ReadWriteType": "WriteOnly" }] }), Recorded { reads: false, ..all }),
            (
                json!({ "EventSelectors": [{ "ExcludeManagementEventSources": ["kms.amazonaws.com"] }] }),
                Recorded { leaves_out: true, ..all },
            ),
            (advanced(&[&[&category]]), all),
            (advanced(&[&[&category, &reads]]), Recorded { writes: false, ..all }),
            (advanced(&[&[&category, &reads], &[&category, &writes]]), all),
            (advanced(&[&[&category, &no_keys]]), Recorded { leaves_out: true, ..all }),
            (advanced(&[&[&category, &no_keys], &[&category]]), all),
            (advanced(&[&[&json!({ "Field": "eventCategory", "Equals": ["Data"] })]]), Recorded::default()),
        ] {
            assert_eq!(management_events(&selectors), expected, "{selectors}");
        }
    }
}
