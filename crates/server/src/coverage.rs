//! What is built and what is not, as docs/coverage.md says it.

use std::sync::Arc;

use api::{Services, Unbuilt};

/// Every service of the models: those given, and the rest as known but not built.
pub fn with_unbuilt(built: Vec<Arc<dyn api::Service>>) -> Services {
    let mut services = Services::new();
    for schema in api::SERVICES {
        services.insert(schema.name, Arc::new(Unbuilt(schema)));
    }
    for service in built {
        services.insert(service.schema().name, service);
    }
    services
}

/// The coverage page over these services.
pub fn page(services: &Services) -> String {
    let rows: Vec<_> = services.values().map(|service| (service.schema(), service.implemented())).collect();
    api::coverage::page(&rows)
}
