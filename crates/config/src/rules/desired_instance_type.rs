//! `DESIRED_INSTANCE_TYPE`: instances are of types that are wanted.

use crate::item::Item;
use crate::rule::{ManagedRule, Parameter, ParameterKind, Parameters, Subject, Trigger, Verdict};
use crate::shapes::instance::{INSTANCE, not_terminated};
use crate::shapes::told_text;

/// `DESIRED_INSTANCE_TYPE`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "DESIRED_INSTANCE_TYPE",
    trigger: Trigger::Change,
    subject: Subject::Resources(&[INSTANCE]),
    parameters: &[Parameter::required("instanceType", ParameterKind::List)],
    facts: &[],
    evaluate: |item, parameters, _| judge(item, parameters).unwrap_or_else(|untold| untold),
};

fn judge(item: &Item, parameters: &Parameters) -> Result<Verdict, Verdict> {
    not_terminated(item)?;
    let own = told_text(item, "instanceType")?;
    let is_wanted = parameters.list("instanceType").unwrap_or_default().contains(&own);
    Ok(Verdict::of((!is_wanted).then(|| format!("The instance is of the type {own}."))))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rule::{Compliance, shelf};
    use crate::shapes::instance::examples::instance;

    #[test]
    fn the_type_is_in_the_list() {
        for (more, parameters, expected) in [
            (json!({ "instanceType": "t3.small" }), json!({ "instanceType": "t3.small" }), Compliance::Compliant),
            (
                json!({ "instanceType": "m5.large" }),
                json!({ "instanceType": "t3.small, m5.large" }),
                Compliance::Compliant,
            ),
            (
                json!({ "instanceType": "m5.large" }),
                json!({ "instanceType": "t3.small,m5.xlarge" }),
                Compliance::NonCompliant,
            ),
            (json!({ "instanceType": "m5.large" }), json!({ "instanceType": "m5" }), Compliance::NonCompliant),
            (json!({ "instanceType": null }), json!({ "instanceType": "t3.small" }), Compliance::InsufficientData),
        ] {
            let item = instance(more.clone());
            assert_eq!(shelf::judged(&RULE, &item, parameters.clone()), expected, "{more} {parameters}");
        }
    }
}
