//! Tokens that functions answer with: each is of one account and region, one rule and one invocation, for a day.

use std::time::Duration;

use api::ServiceError;
use api::config::errors;
use async_trait::async_trait;
use base::time::DAY_MS;
use base::{Entropy, Scope, Timestamp};
use serde::{Deserialize, Serialize};
use store::catalog::{Catalog, CatalogError, Held, Key, Record, Transaction};
use store::job::{Job, JobError};
use tokio::sync::Notify;

use crate::names;
use crate::rule_book::RuleRecord;
use crate::service::Parts;

/// Letters and digits of a token: nobody guesses it.
const TOKEN_CHARS: usize = 64;

/// What a token is of. The key is the token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TokenRecord {
    pub(crate) rule_name: String,
    pub(crate) rule_id: String,
    /// When the invocation was asked for that it belongs to.
    pub(crate) invoked: Timestamp,
}

impl Record for TokenRecord {
    const KIND: &'static str = "config.result_token";
    const FORMAT: u32 = 1;
    const HELD: Held = Held::Encoded;
}

impl TokenRecord {
    fn is_over(&self, now: Timestamp) -> bool {
        self.invoked.plus_millis(DAY_MS) <= now
    }
}

/// Adds a token of a rule's invocation to a transaction.
pub(super) fn issue(
    transaction: &mut Transaction,
    entropy: &dyn Entropy,
    scope: &Scope,
    rule: &RuleRecord,
    now: Timestamp,
) -> String {
    let token = names::unique(entropy, TOKEN_CHARS);
    let record = TokenRecord { rule_name: rule.name.clone(), rule_id: rule.id.clone(), invoked: now };
    transaction.create(Key::regional(&scope.account, &scope.region, &token), &record);
    token
}

/// What a token is of.
///
/// # Errors
/// `InvalidResultTokenException`
pub(crate) fn find(catalog: &Catalog, scope: &Scope, token: &str, now: Timestamp) -> Result<TokenRecord, ServiceError> {
    let found = catalog.get::<TokenRecord>(&Key::regional(&scope.account, &scope.region, token));
    let found = found.filter(|found| !found.value.is_over(now));
    found
        .map(|found| TokenRecord::clone(&found.value))
        .ok_or_else(|| errors::invalid_result_token_exception("The resultToken provided is invalid"))
}

/// Lets go of tokens that are over.
pub struct ForgetTokens {
    parts: Parts,
    wake: Notify,
}

impl ForgetTokens {
    /// The job over these parts.
    pub fn new(parts: Parts) -> Self {
        Self { parts, wake: Notify::new() }
    }
}

#[async_trait]
impl Job for ForgetTokens {
    fn name(&self) -> &str {
        "config.tokens"
    }

    fn period(&self) -> Duration {
        Duration::from_secs(3600)
    }

    fn wake(&self) -> &Notify {
        &self.wake
    }

    async fn run(&self, now: Timestamp) -> Result<(), JobError> {
        /// Tokens that go in one transaction.
        const BATCH: usize = 256;
        let catalog = &self.parts.catalog;
        let mut over = Vec::new();
        catalog.for_each::<TokenRecord>(|key, record| over.extend(record.is_over(now).then(|| key.clone())));
        for batch in over.chunks(BATCH) {
            let mut transaction = Transaction::default();
            for key in batch {
                if let Some(found) = catalog.get::<TokenRecord>(key) {
                    transaction.delete::<TokenRecord>(key.clone(), found.version);
                }
            }
            match catalog.commit(transaction).await {
                Ok(()) | Err(CatalogError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}
