//! What the policies of an account make of its groups, ready to be used.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock, RwLock};

use base::Scope;
use lang::filter_pattern::FilterPattern;
use lang::group_selection::GroupSelection;
use lang::mask::{Masker, Policy};
use lang::transform::Transformer;
use store::catalog::Catalog;
use store::log_event::Position;

use super::{AccountPolicy, AccountPolicyRecord, AccountPolicyType, check, in_force, read, records};
use crate::field_indexes::IndexDocument;
use crate::history::Timeline;
use crate::record::LogGroupClass;
use crate::subscriptions::AccountSubscriptionDocument;

/// What the policies of accounts make of their groups, as long as no account policy changes.
#[derive(Debug, Default)]
pub(crate) struct AccountEffects {
    known: RwLock<Known>,
}

#[derive(Debug, Default)]
struct Known {
    /// Up to which change of the policies this holds.
    changes: u64,
    scopes: HashMap<Scope, Arc<Effects>>,
    /// Of accounts without policies: nothing.
    nothing: Arc<Effects>,
}

/// What the policies of an account in a region make of its groups.
#[derive(Debug, Default)]
pub(crate) struct Effects {
    protection: Vec<Timeline<Arc<Policy>>>,
    maskers: OnceLock<Arc<Timeline<Masker>>>,
    transformers: Vec<Timeline<Scoped<Transformer>>>,
    indexes: Vec<Timeline<Scoped<IndexDocument>>>,
    /// The groups of which no embedded metrics are extracted.
    unextracted: Vec<Selected>,
    /// The subscription filter policy.
    pub(crate) subscription: Option<Arc<AccountSubscription>>,
}

/// What a policy says, and the groups that it is for.
#[derive(Debug)]
struct Scoped<T> {
    selected: Selected,
    what: Arc<T>,
}

/// The groups that a policy is for: all where it has no criterion.
#[derive(Clone, Debug)]
pub(super) struct Selected(Option<GroupSelection>);

/// A subscription filter policy, ready for events.
#[derive(Debug)]
pub(crate) struct AccountSubscription {
    /// Its name.
    pub(crate) name: String,
    /// What it says.
    pub(crate) document: AccountSubscriptionDocument,
    /// Its pattern.
    pub(crate) pattern: FilterPattern,
    /// Events up to here came before it.
    pub(crate) since: Position,
    selected: Selected,
}

impl AccountEffects {
    /// What the policies of an account in a region make of its groups.
    pub(crate) fn of(&self, catalog: &Catalog, scope: &Scope) -> Arc<Effects> {
        // Asked before anything is read: what changes meanwhile is read again.
        let changes = catalog.changes::<AccountPolicyRecord>();
        {
            let known = self.known.read().expect("no holder of this lock panics");
            if known.changes == changes
                && let Some(effects) = known.scopes.get(scope)
            {
                return effects.clone();
            }
        }
        let mut known = self.known.write().expect("no holder of this lock panics");
        if known.changes != changes {
            (known.changes, known.scopes) = (changes, HashMap::new());
        }
        let effects = match catalog.list::<AccountPolicyRecord>(&scope.account, Some(&scope.region)).is_empty() {
            true => known.nothing.clone(),
            false => Arc::new(Effects::read(catalog, scope)),
        };
        known.scopes.insert(scope.clone(), effects.clone());
        effects
    }
}

impl Effects {
    fn read(catalog: &Catalog, scope: &Scope) -> Self {
        let past = |of: AccountPolicyType| records(catalog, scope, of).into_iter();
        let protection = past(AccountPolicyType::DataProtection).map(|(name, found)| {
            found.value.versions.compile(|policy| read(&name, check::data_protection(&policy.document)).map(Arc::new))
        });
        let transformers = past(AccountPolicyType::Transformer)
            .map(|(name, found)| found.value.versions.compile(|policy| Scoped::of(&name, policy, check::transformer)));
        let indexes = past(AccountPolicyType::FieldIndex).map(|(name, found)| {
            found.value.versions.compile(|policy| Scoped::of(&name, policy, IndexDocument::parse))
        });
        let extraction = in_force(catalog, scope, AccountPolicyType::MetricExtraction).into_iter();
        let unextracted =
            extraction.filter_map(|(name, found)| Selected::of(&name, found.value.versions.current()?)).collect();
        let subscriptions = in_force(catalog, scope, AccountPolicyType::SubscriptionFilter).into_iter();
        let subscription = subscriptions.filter_map(|(name, found)| AccountSubscription::of(name, &found.value)).next();
        Self {
            protection: protection.collect(),
            maskers: OnceLock::new(),
            transformers: transformers.collect(),
            indexes: indexes.collect(),
            unextracted,
            subscription: subscription.map(Arc::new),
        }
    }

    /// Whether no data protection policy ever held.
    pub(crate) fn protects_nothing(&self) -> bool {
        self.protection.is_empty()
    }

    /// The data protection policies that held. At no time there was more than one.
    pub(crate) fn protection(&self) -> &[Timeline<Arc<Policy>>] {
        &self.protection
    }

    /// What groups without a policy of their own are masked by.
    pub(crate) fn maskers(&self) -> &Arc<Timeline<Masker>> {
        self.maskers.get_or_init(|| {
            let all: Vec<_> = self.protection.iter().collect();
            let masker = |held: &[&Arc<Policy>]| Some(Masker::new(held.iter().map(|policy| &***policy)));
            Arc::new(Timeline::together(&all, masker))
        })
    }

    /// Whether no transformer policy ever held.
    pub(crate) fn transforms_nothing(&self) -> bool {
        self.transformers.is_empty()
    }

    /// The transformers that were for a group of this name. At no time there was more than one.
    pub(crate) fn transformers(&self, group: &str) -> Vec<Timeline<Arc<Transformer>>> {
        Scoped::among(&self.transformers, group)
    }

    /// Whether no index policy ever held.
    pub(crate) fn indexes_nothing(&self) -> bool {
        self.indexes.is_empty()
    }

    /// The index policies that were for a group of this name. At no time there was more than one.
    pub(crate) fn indexes(&self, group: &str) -> Vec<Timeline<Arc<IndexDocument>>> {
        Scoped::among(&self.indexes, group)
    }

    /// Whether embedded metrics are extracted of a group of this name (logs.md EM-5).
    pub(crate) fn extracts(&self, group: &str) -> bool {
        !self.unextracted.iter().any(|selected| selected.holds(group))
    }
}

impl<T> Scoped<T> {
    fn of(name: &str, policy: &AccountPolicy, parse: impl Fn(&str) -> Result<T, String>) -> Option<Self> {
        let what = Arc::new(read(name, parse(&policy.document))?);
        Some(Self { selected: Selected::of(name, policy)?, what })
    }

    /// Those that were for a group of this name.
    fn among(all: &[Timeline<Self>], group: &str) -> Vec<Timeline<Arc<T>>> {
        let of = |scoped: &Self| scoped.selected.holds(group).then(|| scoped.what.clone());
        all.iter().map(|one| one.map(of)).filter(|one| !one.is_empty()).collect()
    }
}

impl Selected {
    pub(super) fn of(name: &str, policy: &AccountPolicy) -> Option<Self> {
        let Some(criteria) = &policy.selection else { return Some(Self(None)) };
        let parsed = GroupSelection::parse(criteria).map_err(|error| error.to_string());
        Some(Self(Some(read(name, parsed)?)))
    }

    pub(super) fn holds(&self, group: &str) -> bool {
        self.0.as_ref().is_none_or(|selection| selection.holds(group))
    }
}

impl AccountSubscription {
    /// The policy of a record; `None` where none holds.
    pub(crate) fn of(name: String, record: &AccountPolicyRecord) -> Option<Self> {
        let policy = record.versions.current()?;
        let document = read(&name, AccountSubscriptionDocument::parse(&policy.document))?;
        let pattern = FilterPattern::parse(&document.filter_pattern).map_err(|error| error.message);
        let pattern = read(&name, pattern)?;
        Some(Self { selected: Selected::of(&name, policy)?, document, pattern, since: record.since, name })
    }

    /// Whether events of a group are sent. Never those of the function that they are sent to: it would be called for
    /// what it says of each call (logs.md SP-7). The other classes have no subscriptions (logs.md LG-7).
    pub(crate) fn holds(&self, name: &str, class: LogGroupClass) -> bool {
        let own = name.strip_prefix("/aws/lambda/").is_some_and(|function| self.document.is_to_function(function));
        class == LogGroupClass::Standard && self.selected.holds(name) && !own
    }
}
