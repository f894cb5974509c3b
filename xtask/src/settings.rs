//! The hand-kept tables beside the models: `services.toml` and `implemented.toml`.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::Result;

/// What a service's model lacks.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceSettings {
    pub event_source: String,
    pub iam_prefix: String,
    #[serde(default)]
    pub target_prefixes: Vec<String>,
    pub rpc_name: Option<String>,
    pub error_namespace: Option<String>,
    #[serde(default)]
    pub statuses: BTreeMap<String, u16>,
    #[serde(default)]
    pub open_enums: Vec<String>,
    #[serde(default)]
    pub left_out: Vec<String>,
}

/// Services by name, with what their models lack. Names every service there is.
pub fn services(models: &Path) -> Result<BTreeMap<String, ServiceSettings>> {
    table(&models.join("services.toml"))
}

/// The operations that get Rust types, by service.
pub fn implemented(models: &Path) -> Result<BTreeMap<String, Vec<String>>> {
    table(&models.join("implemented.toml"))
}

fn table<T: DeserializeOwned>(path: &Path) -> Result<T> {
    toml::from_str(&crate::read(path)?).map_err(|error| format!("{}: {error}", path.display()))
}
