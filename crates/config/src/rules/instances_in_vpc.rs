//! `INSTANCES_IN_VPC`: instances are in a VPC.

use crate::item::Item;
use crate::rule::{ManagedRule, Parameter, ParameterKind, Parameters, Subject, Trigger, Verdict};
use crate::shapes::filled_text;
use crate::shapes::instance::{INSTANCE, not_terminated};

/// `INSTANCES_IN_VPC`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "INSTANCES_IN_VPC",
    trigger: Trigger::Change,
    subject: Subject::Resources(&[INSTANCE]),
    parameters: &[Parameter::optional("vpcId", ParameterKind::Text)],
    facts: &[],
    evaluate: |item, parameters, _| judge(item, parameters).unwrap_or_else(|untold| untold),
};

fn judge(item: &Item, parameters: &Parameters) -> Result<Verdict, Verdict> {
    not_terminated(item)?;
    let Some(vpc) = filled_text(item, "vpcId") else {
        return Ok(Verdict::non_compliant("The instance is in no VPC."));
    };
    let is_other = parameters.text("vpcId").is_some_and(|wanted| wanted != vpc);
    Ok(Verdict::of(is_other.then(|| format!("The instance is in the VPC {vpc}."))))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rule::{Compliance, shelf};
    use crate::shapes::instance::examples::instance;

    #[test]
    fn an_instance_is_in_the_vpc() {
        for (more, parameters, expected) in [
            (json!({ "vpcId": "vpc-1" }), json!({}), Compliance::Compliant),
            (json!({ "vpcId": "vpc-1" }), json!({ "vpcId": "vpc-1" }), Compliance::Compliant),
            (json!({ "vpcId": "vpc-1" }), json!({ "vpcId": "vpc-2" }), Compliance::NonCompliant),
            (json!({ "vpcId": null }), json!({}), Compliance::NonCompliant),
            (json!({ "vpcId": null, "state": { "name": "terminated" } }), json!({}), Compliance::NotApplicable),
        ] {
            let item = instance(more.clone());
            assert_eq!(shelf::judged(&RULE, &item, parameters.clone()), expected, "{more} {parameters}");
        }
    }
}
