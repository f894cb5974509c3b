//! The newest items of resources, as Config keeps them, for SQL.

use std::sync::Arc;

use base::{AccountId, Region, Scope};
use config::newest::{self, Others, Wanted};
use query::{NewestItem, WantedItems, WhichItems};
use store::Catalog;

/// Those of Config.
pub struct NewestItems(newest::NewestItems);

impl NewestItems {
    /// Those of a catalog.
    pub fn new(catalog: Arc<Catalog>) -> Self {
        Self(newest::NewestItems::new(catalog))
    }
}

impl query::NewestItems for NewestItems {
    fn scopes(&self, account: Option<&AccountId>, region: Option<&Region>) -> Vec<Scope> {
        self.0.scopes(account, region)
    }

    fn items(&self, wanted: WantedItems<'_>) -> Box<dyn Iterator<Item = NewestItem> + Send> {
        let WantedItems { scope, resource_type, resource_id, which, now } = wanted;
        let others = match which {
            WhichItems::Live => Others::LeftOut,
            WhichItems::All => Others::Included,
        };
        let items = self.0.items(Wanted { scope, resource_type, resource_id, others, now });
        Box::new(items.map(|item| {
            let newest::NewestItem { resource_type, resource_id, text } = item;
            NewestItem { resource_type, resource_id, item: text }
        }))
    }
}
