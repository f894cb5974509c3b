//! `EC2_MANAGEDINSTANCE_INVENTORY_BLACKLISTED`: certain types of inventory are not gathered.

use crate::item::Item;
use crate::rule::{ManagedRule, Parameter, ParameterKind, Parameters, Subject, Trigger, Verdict};
use crate::shapes::described;
use crate::shapes::software::{INVENTORY, entries, of_platform};

/// `EC2_MANAGEDINSTANCE_INVENTORY_BLACKLISTED`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "EC2_MANAGEDINSTANCE_INVENTORY_BLACKLISTED",
    trigger: Trigger::Change,
    subject: Subject::Resources(&[INVENTORY]),
    parameters: &[
        Parameter::required("inventoryNames", ParameterKind::List),
        Parameter::optional("platformType", ParameterKind::Text),
    ],
    facts: &[],
    evaluate: |item, parameters, _| judge(item, parameters).unwrap_or_else(|untold| untold),
};

fn judge(item: &Item, parameters: &Parameters) -> Result<Verdict, Verdict> {
    described(item)?;
    of_platform(item, parameters)?;
    let mut listed = parameters.list("inventoryNames").unwrap_or_default().into_iter();
    // A type without entries was asked for and had nothing to gather, or was not asked for.
    let found = listed.find(|name| entries(item, name).is_some_and(|entries| !entries.is_empty()));
    Ok(Verdict::of(found.map(|name| format!("{name} is gathered."))))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rule::{Compliance, shelf};
    use crate::shapes::software::examples::{debian, without_applications};

    #[test]
    fn listed_types_are_not_gathered() {
        for (item, parameters, expected) in [
            (debian(), json!({ "inventoryNames": "AWS:Network" }), Compliance::Compliant),
            (debian(), json!({ "inventoryNames": "AWS:Network, AWS:Application" }), Compliance::NonCompliant),
            (without_applications(), json!({ "inventoryNames": "AWS:Application" }), Compliance::Compliant),
            (
                debian(),
                json!({ "inventoryNames": "AWS:Application", "platformType": "Windows" }),
                Compliance::NotApplicable,
            ),
            (
                debian(),
                json!({ "inventoryNames": "AWS:Application", "platformType": "Linux" }),
                Compliance::NonCompliant,
            ),
        ] {
            assert_eq!(shelf::judged(&RULE, &item, parameters.clone()), expected, "{parameters}");
        }
    }
}
