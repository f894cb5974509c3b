//! What a managed rule is: facts about it, and a pure function over an item (config.md §6).
//!
//! Each is one file in `rules/` with one `pub static RULE: ManagedRule`, and one line in `rules.rs`.

#[cfg(test)]
mod examples;
mod inventory;
mod parameters;
#[cfg(test)]
pub(crate) mod shelf;
mod stock;

pub use inventory::{
    AccessKey, AccountSummary, Asked, Fact, Inventory, PasswordPolicy, PublicAccessBlock, ResourceKey, SecretUse,
    TrailState, UserCredentials,
};
pub use parameters::{Parameter, ParameterError, ParameterKind, Parameters};
pub use stock::Stock;

use crate::item::Item;

/// Most characters of an annotation.
pub const ANNOTATION_CHARS_MAX: usize = 256;

/// A managed rule that can be evaluated.
///
/// All but `facts` and `evaluate` stands in `managed-rules.csv` as well; a test holds them together.
#[derive(Debug)]
pub struct ManagedRule {
    /// Such as `ENCRYPTED_VOLUMES`.
    pub identifier: &'static str,
    /// When it is evaluated.
    pub trigger: Trigger,
    /// What it is evaluated for.
    pub subject: Subject,
    /// What can, or must, be said in a rule's `InputParameters`.
    pub parameters: &'static [Parameter],
    /// What [`Inventory`] must know beside items before it is evaluated.
    pub facts: &'static [Fact],
    /// Judges an item that is live and recorded; of [`Subject::Account`], the item of the account.
    ///
    /// It must be a pure function: no clock but the inventory's, no I/O. What it does not find it says by
    /// [`Verdict::insufficient_data`]. A panic is an error of this one evaluation.
    pub evaluate: fn(&Item, &Parameters, &dyn Inventory) -> Verdict,
}

/// When a rule is evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Trigger {
    /// When an item of a resource in its scope is written.
    Change,
    /// By the clock.
    Periodic,
    /// Both.
    ChangeAndPeriodic,
    /// For events that are new, alone.
    NewEvents,
    /// By nobody: callers put its results.
    External,
}

impl Trigger {
    /// Whether items set it off.
    pub const fn is_by_change(self) -> bool {
        matches!(self, Self::Change | Self::ChangeAndPeriodic | Self::NewEvents)
    }

    /// Whether the clock sets it off.
    pub const fn is_by_period(self) -> bool {
        matches!(self, Self::Periodic | Self::ChangeAndPeriodic)
    }
}

/// What a rule is evaluated for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Each resource of these types.
    Resources(&'static [&'static str]),
    /// Each resource that is recorded, whatever its type.
    AnyResource,
    /// The account, once.
    Account,
}

/// What a rule says of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Whether the rule is kept.
    pub compliance: Compliance,
    /// Why, for people; at most [`ANNOTATION_CHARS_MAX`] characters.
    pub annotation: Option<String>,
}

/// Whether a rule is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Compliance {
    /// It is.
    Compliant,
    /// It is not.
    NonCompliant,
    /// The rule is not about this resource.
    NotApplicable,
    /// It cannot be told yet.
    InsufficientData,
}

impl Compliance {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Compliant => "COMPLIANT",
            Self::NonCompliant => "NON_COMPLIANT",
            Self::NotApplicable => "NOT_APPLICABLE",
            Self::InsufficientData => "INSUFFICIENT_DATA",
        }
    }
}

impl Verdict {
    /// The rule is kept.
    pub const fn compliant() -> Self {
        Self { compliance: Compliance::Compliant, annotation: None }
    }

    /// The rule is broken, and how.
    pub fn non_compliant(why: impl Into<String>) -> Self {
        Self { compliance: Compliance::NonCompliant, annotation: Some(cut(why.into())) }
    }

    /// The rule is not about this resource.
    pub const fn not_applicable() -> Self {
        Self { compliance: Compliance::NotApplicable, annotation: None }
    }

    /// It cannot be told, and what is missing.
    pub fn insufficient_data(why: impl Into<String>) -> Self {
        Self { compliance: Compliance::InsufficientData, annotation: Some(cut(why.into())) }
    }

    /// Compliant unless something was found to be wrong.
    pub fn of(violation: Option<impl Into<String>>) -> Self {
        violation.map_or_else(Self::compliant, Self::non_compliant)
    }
}

/// An annotation within its length; a longer one ends in `...`.
fn cut(text: String) -> String {
    let Some((end, _)) = text.char_indices().nth(ANNOTATION_CHARS_MAX) else { return text };
    let short: String = text[..end].chars().take(ANNOTATION_CHARS_MAX - 3).collect();
    short + "..."
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::shelf::{self, Shelf};
    use super::*;

    /// The form of every rule: an instance must be named by a volume of at least so many gigabytes.
    static EXAMPLE: ManagedRule = ManagedRule {
        identifier: "EXAMPLE",
        trigger: Trigger::Change,
        subject: Subject::Resources(&["AWS::EC2::Instance"]),
        parameters: &[Parameter::optional("size", ParameterKind::Integer).with_default("8")],
        facts: &[],
        evaluate: |item, parameters, inventory| {
            let wanted = parameters.integer("size").unwrap_or_default();
            let naming = inventory.naming(&item.resource_type, &item.resource_id);
            let volumes = naming.iter().filter_map(|key| inventory.item(&key.resource_type, &key.resource_id));
            let is_large = volumes.filter_map(|volume| volume.integer("size")).any(|size| size >= wanted);
            Verdict::of((!is_large).then(|| format!("no volume of {wanted} GB")))
        },
    };

    #[test]
    fn a_rule_judges_an_item_among_others() {
        let instance = shelf::item("AWS::EC2::Instance", "i-1", json!({}));
        let mut volume = shelf::item("AWS::EC2::Volume", "vol-1", json!({ "size": 10 }));
        volume.relationships = vec![crate::item::Relationship {
            resource_type: "AWS::EC2::Instance".to_owned(),
            resource_id: Some("i-1".to_owned()),
            resource_name: None,
            name: "Is attached to Instance".to_owned(),
        }];
        let shelf = Shelf { items: vec![Arc::new(volume)], ..Shelf::default() };
        assert_eq!(shelf::judged(&EXAMPLE, &instance, json!({})), Compliance::NonCompliant);
        assert_eq!(shelf::judged_among(&EXAMPLE, &instance, json!({}), &shelf), Compliance::Compliant);
        assert_eq!(shelf::judged_among(&EXAMPLE, &instance, json!({ "size": "11" }), &shelf), Compliance::NonCompliant);
    }

    #[test]
    fn an_annotation_has_at_most_256_characters() {
        for (chars, kept) in [(255, 255), (256, 256), (257, 256), (5000, 256)] {
            let annotation = Verdict::non_compliant("é".repeat(chars)).annotation.unwrap();
            assert_eq!(annotation.chars().count(), kept);
            assert_eq!(annotation.ends_with("..."), chars > 256);
        }
    }

    #[test]
    fn nothing_wrong_is_compliant_without_a_word() {
        assert_eq!(Verdict::of(None::<String>), Verdict::compliant());
        assert_eq!(Verdict::of(Some("open")), Verdict::non_compliant("open"));
    }
}
