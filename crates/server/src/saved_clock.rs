//! Where the simulated clock stands, kept so that a restart does not take it back.

use async_trait::async_trait;
use base::{AccountId, SimulatedClock, Timestamp};
use serde::{Deserialize, Serialize};
use store::{Catalog, CatalogError, Key, Record, Transaction};

use crate::job_driver::KeepTime;

#[derive(Serialize, Deserialize)]
struct SavedClock {
    now: Timestamp,
}

impl Record for SavedClock {
    const KIND: &'static str = "server.clock";
    const FORMAT: u32 = 1;
}

fn key() -> Key {
    // One for the whole catalog, whatever account the server is started with.
    Key::global(&AccountId::from_number(0).expect("zero is an account number"), "simulated")
}

/// Moves the clock to where it last stood, if that is later.
pub fn restore(catalog: &Catalog, clock: &SimulatedClock) {
    if let Some(saved) = catalog.get::<SavedClock>(&key()) {
        clock.move_to(saved.value.now);
    }
}

#[async_trait]
impl KeepTime for Catalog {
    async fn keep(&self, now: Timestamp) -> Result<(), CatalogError> {
        let mut transaction = Transaction::default();
        transaction.put(key(), &SavedClock { now });
        self.commit(transaction).await
    }
}
