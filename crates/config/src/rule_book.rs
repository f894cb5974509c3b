//! The rules of an account and region: what they are about and who evaluates them (config.md §6.1).

use base::{Arn, Scope, Timestamp};
use serde::{Deserialize, Serialize};
use store::catalog::{Catalog, Expect, Key, Record, Transaction, Versioned};

use crate::item::Item;

/// A rule. The key is its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RuleRecord {
    /// The name again.
    pub(crate) name: String,
    /// `config-rule-` and six letters or digits; it never changes.
    pub(crate) id: String,
    pub(crate) description: Option<String>,
    /// Which resources it is about, besides what it is about by itself.
    pub(crate) scope: RuleScope,
    pub(crate) source: RuleSource,
    /// `InputParameters` as given.
    pub(crate) input_parameters: Option<String>,
    /// How often it is evaluated by the clock, where that is said of the rule as a whole, in hours.
    pub(crate) period_hours: Option<i64>,
    pub(crate) state: RuleState,
    /// The service that put it, such as `config-conforms.amazonaws.com`; `None` for callers.
    pub(crate) created_by: Option<String>,
    /// `EvaluationModes` as given; empty where none were.
    pub(crate) modes: Vec<Mode>,
    pub(crate) tags: Vec<(String, String)>,
    pub(crate) created: Timestamp,
    /// When it was last put; what was judged before may be judged anew whatever its order.
    pub(crate) changed: Timestamp,
}

impl Record for RuleRecord {
    const KIND: &'static str = "config.rule";
    const FORMAT: u32 = 1;
}

/// Which resources a rule is about; all that is empty or `None` says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RuleScope {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) types: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) resource_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tag_key: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tag_value: Option<String>,
}

/// Who evaluates a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum RuleSource {
    /// The server, by one of AWS's rules.
    Managed {
        /// Such as `ENCRYPTED_VOLUMES`.
        identifier: String,
    },
    /// A function of the caller's.
    Lambda {
        /// Its ARN.
        function_arn: String,
        /// What sets it off.
        details: Vec<SourceDetail>,
    },
    /// The server, by a policy in Guard's language.
    Policy {
        /// Such as `guard-2.x.x`.
        runtime: String,
        /// The policy.
        text: String,
        /// Whether each evaluation is logged.
        logs_evaluations: bool,
        /// What sets it off.
        details: Vec<SourceDetail>,
    },
}

/// Something that sets a custom rule off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SourceDetail {
    pub(crate) message: MessageKind,
    /// How often, where the clock does, in hours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) period_hours: Option<i64>,
}

/// `MessageType`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum MessageKind {
    /// `ConfigurationItemChangeNotification`
    Change,
    /// `OversizedConfigurationItemChangeNotification`
    OversizedChange,
    /// `ScheduledNotification`
    Scheduled,
    /// `ConfigurationSnapshotDeliveryCompleted`
    SnapshotDelivered,
}

/// What is stored of `ConfigRuleState`; that a rule is being evaluated is said by its
/// [`RuleStateRecord`](crate::rule_state::RuleStateRecord).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum RuleState {
    Active,
    /// It goes, once its results are gone.
    Deleting,
    /// Its results go, and it stays.
    DeletingResults,
}

/// When resources are judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Mode {
    /// When they are there.
    Detective,
    /// Before they are made.
    Proactive,
}

/// Says that an account and region has had rules: from then on, items leave word of themselves for them. It never goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct JudgedRecord {}

impl Record for JudgedRecord {
    const KIND: &'static str = "config.judged";
    const FORMAT: u32 = 1;
}

/// The key of a rule.
pub(crate) fn key(scope: &Scope, name: &str) -> Key {
    Key::regional(&scope.account, &scope.region, name)
}

/// The key of [`JudgedRecord`].
pub(crate) fn judged_key(scope: &Scope) -> Key {
    Key::regional(&scope.account, &scope.region, "")
}

/// The rule of a name, whatever its state.
pub(crate) fn find(catalog: &Catalog, scope: &Scope, name: &str) -> Option<Versioned<RuleRecord>> {
    catalog.get(&key(scope, name))
}

/// The rule of an id, whatever its state.
pub(crate) fn find_by_id(catalog: &Catalog, scope: &Scope, id: &str) -> Option<Versioned<RuleRecord>> {
    all(catalog, scope).into_iter().find(|found| found.value.id == id)
}

/// The rule of an ARN, whatever its state.
pub(crate) fn find_by_arn(catalog: &Catalog, scope: &Scope, arn: &str) -> Option<Versioned<RuleRecord>> {
    let (_, id) = arn.rsplit_once('/')?;
    find_by_id(catalog, scope, id).filter(|found| found.value.arn(scope) == arn)
}

/// All rules of an account and region by name, whatever their states.
pub(crate) fn all(catalog: &Catalog, scope: &Scope) -> Vec<Versioned<RuleRecord>> {
    let found = catalog.list::<RuleRecord>(&scope.account, Some(&scope.region));
    found.into_iter().map(|(_, found)| found).collect()
}

/// Rules that can be judged now, by name.
pub(crate) fn active(catalog: &Catalog, scope: &Scope) -> Vec<Versioned<RuleRecord>> {
    let mut rules = all(catalog, scope);
    rules.retain(|found| found.value.state == RuleState::Active);
    rules
}

/// Puts a rule in the place of the one that was found. What must be evaluated of it is another record
/// ([`want`](crate::rule_state::want)), and the jobs must be woken once the transaction is committed.
pub(crate) fn put(
    catalog: &Catalog,
    transaction: &mut Transaction,
    scope: &Scope,
    found: Option<&Versioned<RuleRecord>>,
    record: &RuleRecord,
) {
    match found {
        Some(found) => transaction.update(key(scope, &record.name), found.version, record),
        None => transaction.create(key(scope, &record.name), record),
    };
    if catalog.get::<JudgedRecord>(&judged_key(scope)).is_none() {
        transaction.put(judged_key(scope), &JudgedRecord {});
    }
}

/// Marks a rule as one that goes; a job removes its results, and then the rule.
pub(crate) fn remove(transaction: &mut Transaction, scope: &Scope, found: &Versioned<RuleRecord>) {
    let record = RuleRecord { state: RuleState::Deleting, ..RuleRecord::clone(&found.value) };
    transaction.update(key(scope, &record.name), found.version, &record);
}

/// Lets a transaction fail unless a rule is still the one that was found.
pub(crate) fn check(transaction: &mut Transaction, scope: &Scope, found: &Versioned<RuleRecord>) {
    transaction.check::<RuleRecord>(key(scope, &found.value.name), Expect::Version(found.version));
}

impl RuleRecord {
    /// The rule's ARN (W-8).
    pub(crate) fn arn(&self, scope: &Scope) -> String {
        let resource = match &self.created_by {
            Some(service) => format!("config-rule/aws-service-rule/{service}/{}", self.id),
            None => format!("config-rule/{}", self.id),
        };
        Arn {
            partition: scope.region.partition().as_str().to_owned(),
            service: "config".to_owned(),
            region: scope.region.to_string(),
            account: scope.account.to_string(),
            resource,
        }
        .to_string()
    }

    /// What sets a custom rule off; nothing of a managed one, which knows itself.
    pub(crate) fn details(&self) -> &[SourceDetail] {
        match &self.source {
            RuleSource::Managed { .. } => &[],
            RuleSource::Lambda { details, .. } | RuleSource::Policy { details, .. } => details,
        }
    }
}

impl RuleScope {
    /// Whether a resource is within it.
    pub(crate) fn holds(&self, item: &Item) -> bool {
        let has_tag = |key: &String| {
            let value = item.tags.get(key);
            value.is_some_and(|value| self.tag_value.as_ref().is_none_or(|wanted| wanted == value))
        };
        self.holds_type(&item.resource_type)
            && self.resource_id.as_ref().is_none_or(|id| *id == item.resource_id)
            && self.tag_key.as_ref().is_none_or(has_tag)
    }

    /// Whether resources of a type can be within it.
    pub(crate) fn holds_type(&self, resource_type: &str) -> bool {
        self.types.is_empty() || self.types.iter().any(|known| known == resource_type)
    }

    /// Whether it says nothing.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
pub(crate) mod examples {
    use super::*;

    /// A managed rule named as its identifier is, in lower case.
    pub(crate) fn managed(identifier: &str) -> RuleRecord {
        RuleRecord {
            name: identifier.to_lowercase().replace('_', "-"),
            id: "config-rule-ab12cd".to_owned(),
            description: None,
            scope: RuleScope::default(),
            source: RuleSource::Managed { identifier: identifier.to_owned() },
            input_parameters: None,
            period_hours: None,
            state: RuleState::Active,
            created_by: None,
            modes: Vec::new(),
            tags: Vec::new(),
            created: crate::rule::shelf::now(),
            changed: crate::rule::shelf::now(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rule::shelf;

    #[test]
    fn rules_of_services_have_arns_of_their_own() {
        let rule = examples::managed("ENCRYPTED_VOLUMES");
        let of_pack = RuleRecord { created_by: Some("config-conforms.amazonaws.com".to_owned()), ..rule.clone() };
        let expected = "arn:aws:config:eu-west-1:123456789012:config-rule/";
        assert_eq!(rule.arn(&shelf::scope()), format!("{expected}config-rule-ab12cd"));
        let expected = format!("{expected}aws-service-rule/config-conforms.amazonaws.com/config-rule-ab12cd");
        assert_eq!(of_pack.arn(&shelf::scope()), expected);
    }

    #[test]
    fn a_scope_holds_by_type_id_and_tag() {
        let mut item = shelf::item("AWS::EC2::Volume", "vol-1", json!({}));
        item.tags = [("team".to_owned(), "web".to_owned())].into();
        let text = |text: &str| Some(text.to_owned());
        let of_types = |types: &[&str]| RuleScope {
            types: types.iter().map(|name| (*name).to_owned()).collect(),
            ..RuleScope::default()
        };
        let of_tag = |key: &str, value: Option<&str>| RuleScope {
            tag_key: text(key),
            tag_value: value.map(str::to_owned),
            ..RuleScope::default()
        };
        for (scope, expected) in [
            (RuleScope::default(), true),
            (of_types(&["AWS::EC2::Instance", "AWS::EC2::Volume"]), true),
            (of_types(&["AWS::EC2::Instance"]), false),
            (RuleScope { resource_id: text("vol-1"), ..of_types(&["AWS::EC2::Volume"]) }, true),
            (RuleScope { resource_id: text("vol-2"), ..of_types(&["AWS::EC2::Volume"]) }, false),
            (of_tag("team", None), true),
            (of_tag("team", Some("web")), true),
            (of_tag("team", Some("Web")), false),
            (of_tag("Team", None), false),
        ] {
            assert_eq!(scope.holds(&item), expected, "{scope:?}");
        }
    }
}
