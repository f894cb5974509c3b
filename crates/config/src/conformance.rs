//! Conformance packs: rules that are put, changed and removed together (config.md §8.2).

pub(crate) mod compliance;
mod deploy;
mod document;
mod functions;
mod item;
pub(crate) mod pack;
mod parameters;
mod properties;
pub(crate) mod template;

pub use deploy::DeployPacks;
pub use item::RecordPackCompliance;

/// Rules of a pack (config.md §11.2).
pub(crate) const RULES_MAX: usize = 130;

/// Packs of an account and region (config.md §11.2).
pub(crate) const PACKS_MAX: usize = 50;

/// What a template of a pack comes to in an account and region with the defaults of its parameters: the number of its
/// resources. For whoever tries templates out, as a fuzzer does.
///
/// # Errors
/// What is wrong with it.
pub fn try_template(text: &str, scope: &base::Scope) -> Result<usize, String> {
    let template = template::parse(text).map_err(|error| error.to_string())?;
    let resources = template.render(scope, &std::collections::BTreeMap::new()).map_err(|error| error.to_string())?;
    Ok(resources.len())
}
