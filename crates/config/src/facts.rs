//! What rules ask beside items, fetched before they are evaluated: rules never wait.
//!
//! [`Facts::fetch`] asks what the rules of a run declare ([`ManagedRule::facts`](crate::rule::ManagedRule)), each once;
//! [`Informed`] is the [`Inventory`] that answers from it. The items of the past alone are read when they are asked for,
//! since few instances are stopped and each may have changed often.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use base::{Scope, Timestamp};
use store::config_item::HistoryOrder;
use tokio::runtime::Handle;

use crate::history::Wanted;
use crate::item::Item;
use crate::rule::{
    AccountSummary, Asked, Fact, Inventory, PasswordPolicy, PublicAccessBlock, ResourceKey, Stock, TrailState,
    UserCredentials,
};
use crate::service::Parts;
use crate::shapes::instance::INSTANCE;

/// Most items of the past that a rule is given of a resource; the newest.
const PAST_MAX: usize = 1000;

/// Answers to the questions that rules declared; what nobody declared is unknown.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    password_policy: Asked<PasswordPolicy>,
    account_summary: Asked<AccountSummary>,
    credentials: Asked<BTreeMap<String, UserCredentials>>,
    ebs_encryption_by_default: Asked<bool>,
    public_access_block: Asked<PublicAccessBlock>,
    trails: Asked<Vec<TrailState>>,
    contacts: Asked<BTreeMap<String, Timestamp>>,
    public_snapshots: Asked<Vec<String>>,
    image_tags: Asked<BTreeMap<String, BTreeMap<String, String>>>,
    // Where the past is read; only for rules that ask for it.
    past: Option<Handle>,
}

impl Facts {
    /// Asks each of these questions about an account and region once. Must run within Tokio's runtime.
    pub async fn fetch(parts: &Parts, scope: &Scope, wanted: impl IntoIterator<Item = Fact>, now: Timestamp) -> Self {
        let mut facts = Self::default();
        let mut asked = Vec::new();
        for fact in wanted {
            if !asked.contains(&fact) {
                asked.push(fact);
                facts.ask(parts, scope, fact, now).await;
            }
        }
        facts
    }

    async fn ask(&mut self, parts: &Parts, scope: &Scope, fact: Fact, now: Timestamp) {
        let account = &parts.outlets.facts;
        match fact {
            Fact::PasswordPolicy => self.password_policy = account.password_policy(scope).await,
            Fact::AccountSummary => self.account_summary = account.account_summary(scope).await,
            Fact::UserCredentials => self.credentials = account.user_credentials(scope).await,
            Fact::EbsEncryptionByDefault => {
                self.ebs_encryption_by_default = account.ebs_encryption_by_default(scope).await;
            }
            Fact::AccountPublicAccessBlock => {
                self.public_access_block = account.account_public_access_block(scope).await;
            }
            Fact::Trails => self.trails = account.trails(scope).await,
            Fact::AgentContact => self.contacts = account.agent_contacts(scope).await,
            Fact::PublicSnapshots => self.public_snapshots = account.public_snapshots(scope).await,
            Fact::ImageTags => {
                let instances = Stock::new(parts.clone(), scope.clone(), now).items(INSTANCE);
                let images = instances.iter().filter_map(|instance| instance.text("imageId")).map(str::to_owned);
                let images: BTreeSet<String> = images.collect();
                self.image_tags = match images.is_empty() {
                    true => Asked::Nothing,
                    false => account.image_tags(scope, &Vec::from_iter(images)).await,
                };
            }
            Fact::History => self.past = Some(Handle::current()),
        }
    }
}

/// The resources of an account and region as they are now, with facts.
///
/// [`Inventory::history`] waits for the disk: whoever evaluates a rule that declares [`Fact::History`] does it on a thread
/// that may block (`tokio::task::spawn_blocking`).
pub struct Informed {
    parts: Parts,
    stock: Stock,
    facts: Arc<Facts>,
}

impl Informed {
    /// The resources at a time, which is now, and facts that were fetched for the same account and region.
    pub fn new(parts: Parts, scope: Scope, facts: Arc<Facts>, now: Timestamp) -> Self {
        Self { stock: Stock::new(parts.clone(), scope, now), parts, facts }
    }
}

impl Inventory for Informed {
    fn now(&self) -> Timestamp {
        self.stock.now()
    }

    fn scope(&self) -> &Scope {
        self.stock.scope()
    }

    fn item(&self, resource_type: &str, resource_id: &str) -> Option<Arc<Item>> {
        self.stock.item(resource_type, resource_id)
    }

    fn items(&self, resource_type: &str) -> Vec<Arc<Item>> {
        self.stock.items(resource_type)
    }

    fn naming(&self, resource_type: &str, resource_id: &str) -> Vec<ResourceKey> {
        self.stock.naming(resource_type, resource_id)
    }

    fn history(&self, resource_type: &str, resource_id: &str) -> Asked<Vec<Arc<Item>>> {
        let Some(past) = &self.facts.past else { return Asked::Unknown };
        let wanted = Wanted {
            scope: self.scope(),
            resource_type,
            resource_id,
            taken: Timestamp::from_millis(0)..Timestamp::from_millis(i64::MAX),
            order: HistoryOrder::NewestFirst,
            limit: PAST_MAX,
        };
        match past.block_on(self.parts.history(wanted, self.now())) {
            Ok(items) => Asked::Known(items.into_iter().map(Arc::new).collect()),
            // The disk's failure is in the log.
            Err(_) => Asked::Unknown,
        }
    }

    fn password_policy(&self) -> Asked<PasswordPolicy> {
        self.facts.password_policy.clone()
    }

    fn account_summary(&self) -> Asked<AccountSummary> {
        self.facts.account_summary.clone()
    }

    fn user_credentials(&self, user_name: &str) -> Asked<UserCredentials> {
        self.facts.credentials.of(user_name)
    }

    fn ebs_encryption_by_default(&self) -> Asked<bool> {
        self.facts.ebs_encryption_by_default.clone()
    }

    fn account_public_access_block(&self) -> Asked<PublicAccessBlock> {
        self.facts.public_access_block.clone()
    }

    fn trails(&self) -> Asked<Vec<TrailState>> {
        self.facts.trails.clone()
    }

    fn last_agent_contact(&self, instance_id: &str) -> Asked<Timestamp> {
        self.facts.contacts.of(instance_id)
    }

    fn public_snapshots(&self) -> Asked<Vec<String>> {
        self.facts.public_snapshots.clone()
    }

    fn image_tags(&self, image_id: &str) -> Asked<BTreeMap<String, String>> {
        self.facts.image_tags.of(image_id)
    }
}

#[cfg(test)]
mod tests;
