//! Systems Manager's inventory: its service and its jobs.

use std::sync::Arc;

use ssm::{Hosts, KeepInventory, Parts, Settings, Ssm, TellInventory};
use store::job::Job;

use super::ground::Ground;
use crate::inventory_wiring::InventoryObservers;

/// The inventory as the rest of the server sees it.
pub(super) struct InventoryService {
    pub service: Arc<Ssm>,
    pub jobs: Vec<Arc<dyn Job>>,
}

/// `hosts` are those that others ask about too.
pub(super) fn open(ground: &Ground, hosts: Hosts, configuration: &config::Parts) -> InventoryService {
    let Ground { settings, entropy, .. } = ground;
    let observers = Arc::new(InventoryObservers(configuration.clone()));
    let inventory = Settings { items_hold_all_types: settings.config_inventory_all_types, ..Settings::default() };
    let parts = Parts::new(hosts, observers, entropy.clone(), inventory);
    let jobs: Vec<Arc<dyn Job>> =
        vec![Arc::new(TellInventory::new(parts.clone())), Arc::new(KeepInventory::new(parts.clone()))];
    InventoryService { service: Arc::new(Ssm::new(parts)), jobs }
}
