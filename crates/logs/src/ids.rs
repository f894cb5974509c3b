//! Numbers that are never used again, for groups and streams.
//!
//! A record in the catalog holds the first number that nobody took. Numbers are taken in blocks: the record is
//! moved past a block before the first number of it is used, so whatever a crash interrupts loses numbers and
//! never gives one twice.

use api::ServiceError;
use base::AccountId;
use serde::{Deserialize, Serialize};
use store::catalog::{Catalog, Expect, Key, Record, Transaction};
use tokio::sync::Mutex;

use crate::change::change;

/// Numbers that are taken at once.
const BLOCK: u64 = 1024;

#[derive(Serialize, Deserialize)]
struct NextNumber {
    next: u64,
}

impl Record for NextNumber {
    const KIND: &'static str = "logs.next_number";
    const FORMAT: u32 = 1;
}

fn key() -> Key {
    // One for all accounts: events are told apart by their group's number alone.
    Key::global(&AccountId::from_number(0).expect("zero is an account number"), "next")
}

/// Gives numbers out, from 1.
#[derive(Default)]
pub(crate) struct Ids {
    // The next one, and the first that is not taken.
    block: Mutex<(u64, u64)>,
}

impl Ids {
    /// A number that nobody ever had.
    ///
    /// # Errors
    /// The catalog's.
    pub(crate) async fn next(&self, catalog: &Catalog) -> Result<u64, ServiceError> {
        let mut block = self.block.lock().await;
        if block.0 == block.1 {
            *block = take_block(catalog).await?;
        }
        block.0 += 1;
        Ok(block.0 - 1)
    }
}

async fn take_block(catalog: &Catalog) -> Result<(u64, u64), ServiceError> {
    change(catalog, || {
        let mut transaction = Transaction::default();
        let found = catalog.get::<NextNumber>(&key());
        let from = found.as_ref().map_or(1, |found| found.value.next);
        let record = NextNumber { next: from + BLOCK };
        match found {
            Some(found) => transaction.update(key(), found.version, &record),
            None => transaction.check::<NextNumber>(key(), Expect::Absent).create(key(), &record),
        };
        Ok((transaction, (from, from + BLOCK)))
    })
    .await
}
