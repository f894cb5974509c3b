//! A long-term access key's record.

use std::sync::OnceLock;

use base::Timestamp;
use serde::{Deserialize, Serialize};
use store::catalog::Record;

use crate::secrets::{Keys, Secret};

/// A long-term access key; the record's key is the access key id.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AccessKey {
    /// `AKIA…`
    pub id: String,
    /// Whose it is.
    pub owner: Owner,
    /// Requests signed with it are accepted.
    pub active: bool,
    /// When it was created.
    pub created: Timestamp,
    sealed: String,
    // The catalog replaces the record when the key changes, and this with it.
    #[serde(skip)]
    opened: OnceLock<Option<Secret>>,
}

/// Whose an access key is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    /// The account's root.
    Root,
    /// The user of this key (the name in small letters).
    User(String),
}

impl Record for AccessKey {
    const KIND: &'static str = "iam.access_key";
    const FORMAT: u32 = 1;
}

impl AccessKey {
    /// A new, active key. `sealed` comes from [`Keys::seal`] with `id`.
    pub fn new(id: String, owner: Owner, created: Timestamp, sealed: String) -> Self {
        Self { id, owner, active: true, created, sealed, opened: OnceLock::new() }
    }

    /// The secret; `None` when it was sealed with another master key or for another id.
    pub fn secret(&self, keys: &Keys) -> Option<&Secret> {
        self.opened.get_or_init(|| keys.open(&self.sealed, &self.id)).as_ref()
    }
}
