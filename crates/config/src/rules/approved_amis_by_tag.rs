//! `APPROVED_AMIS_BY_TAG`: instances run images that have one of certain tags.

use std::collections::BTreeMap;

use crate::item::Item;
use crate::rule::{
    Asked, Fact, Inventory, ManagedRule, Parameter, ParameterKind, Parameters, Subject, Trigger, Verdict,
};
use crate::shapes::instance::{INSTANCE, running};
use crate::shapes::told_text;

/// `APPROVED_AMIS_BY_TAG`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "APPROVED_AMIS_BY_TAG",
    trigger: Trigger::Change,
    subject: Subject::Resources(&[INSTANCE]),
    parameters: &[
        Parameter::required("amisByTagKeyAndValue", ParameterKind::Map).with_default("tag-key:tag-value,other-tag-key")
    ],
    facts: &[Fact::ImageTags],
    evaluate: |item, parameters, inventory| judge(item, parameters, inventory).unwrap_or_else(|untold| untold),
};

fn judge(item: &Item, parameters: &Parameters, inventory: &dyn Inventory) -> Result<Verdict, Verdict> {
    running(item)?;
    let image = told_text(item, "imageId")?;
    let tags = match inventory.image_tags(image) {
        Asked::Known(tags) => tags,
        // The account does not see it (any more), and so no tags of it.
        Asked::Nothing => BTreeMap::new(),
        Asked::Unknown => return Err(Verdict::insufficient_data(format!("The tags of {image} are not known."))),
    };
    let wanted = parameters.map("amisByTagKeyAndValue").unwrap_or_default();
    let has = |(key, value): &(&str, Option<&str>)| {
        tags.get(*key).is_some_and(|found| value.is_none_or(|value| found == value))
    };
    let is_approved = wanted.iter().any(has);
    Ok(Verdict::of((!is_approved).then(|| format!("The image {image} has none of the tags."))))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rule::Compliance;
    use crate::rule::shelf::{self, Shelf};
    use crate::shapes::instance::examples::{in_state, instance};

    #[test]
    fn the_image_of_a_running_instance_has_one_of_the_tags() {
        let on = |image: &str| instance(json!({ "imageId": image }));
        for (item, parameter, expected) in [
            (on("ami-1"), "team:red", Compliance::Compliant),
            (on("ami-1"), "team", Compliance::Compliant),
            (on("ami-1"), "owner, team:red", Compliance::Compliant),
            (on("ami-1"), "team:blue", Compliance::NonCompliant),
            (on("ami-1"), "Team:red", Compliance::NonCompliant),
            (on("ami-2"), "team:red", Compliance::NonCompliant),
            (on("ami-3"), "team:red", Compliance::InsufficientData),
            (in_state("stopped"), "team:red", Compliance::NotApplicable),
        ] {
            let tags = |pairs: &[(&str, &str)]| {
                pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect::<BTreeMap<_, _>>()
            };
            let image_tags =
                BTreeMap::from([("ami-1".to_owned(), tags(&[("team", "red")])), ("ami-2".to_owned(), tags(&[]))]);
            let shelf = Shelf { image_tags, ..Shelf::default() };
            let parameters = json!({ "amisByTagKeyAndValue": parameter });
            assert_eq!(shelf::judged_among(&RULE, &item, parameters, &shelf), expected, "{parameter} {item:?}");
        }
    }
}
