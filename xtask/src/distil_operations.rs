//! `cargo xtask distil-operations`: what the recording gateway must know of every AWS service, in one compact text.
//!
//! The text is `models/operations.txt`; how it is laid out is told where it is read (`gateway::tables`). It holds names,
//! bindings and classes of members, no prose: one thing a line, sorted, so that a new version shows as a small diff.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use base::operation_name::tells_reading;
use serde_json::Value;

use crate::Result;
use crate::distil::{self, VERSION, entries};

mod members;
mod paths;
mod resources;

#[cfg(test)]
mod tests;

/// Writes `models/operations.txt`.
pub fn run(root: &Path, botocore: Option<&Path>) -> Result<String> {
    let environment = tempfile::tempdir().map_err(|error| format!("cannot make a temporary folder: {error}"))?;
    let package = match botocore {
        Some(package) => package.to_owned(),
        None => distil::install(environment.path())?,
    };
    distil::check_version(&package)?;
    let folder = package.join("data");
    let listed = std::fs::read_dir(&folder).map_err(|error| format!("cannot list {}: {error}", folder.display()))?;
    let names: BTreeSet<_> = listed.flatten().filter(|entry| entry.path().is_dir()).map(|e| e.file_name()).collect();
    let exact = crate::read(&root.join("models/gateway.txt"))?;
    let exact: BTreeSet<&str> = exact.lines().filter(|line| !line.starts_with('#')).collect();
    let mut text = format!(
        "# Operations of AWS's services, from botocore {VERSION} by `cargo xtask distil-operations`; not edited by hand.\n"
    );
    let mut count = 0;
    for name in names.iter().filter_map(|name| name.to_str()) {
        // Some folders hold waiters and the like of services that are gone.
        let Ok(model) = distil::model_file(&folder.join(name)) else { continue };
        let detail = if exact.contains(name) { Detail::Exact } else { Detail::ByRule };
        text.push_str(&service(name, &model, detail));
        count += 1;
    }
    crate::write_file(&root.join("models/operations.txt"), &text)?;
    Ok(format!("distilled the operations of {count} services from botocore {VERSION}: {} bytes", text.len()))
}

/// How much is kept of a service.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Detail {
    /// Its operations with their bindings, and the classes of all members.
    Exact,
    /// What cannot be told by rule: how it is called, and what is secret.
    ByRule,
}

/// The lines of one service.
fn service(name: &str, model: &Value, detail: Detail) -> String {
    let metadata = &model["metadata"];
    let word = |key: &str| metadata[key].as_str();
    let protocols = match metadata["protocols"].as_array() {
        Some(all) => all.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(","),
        None => word("protocol").unwrap_or_default().to_owned(),
    };
    let endpoint = word("endpointPrefix").unwrap_or(name);
    let signs = word("signingName").unwrap_or(endpoint);
    let mut text = format!("service {name} {protocols} {}", word("apiVersion").unwrap_or_default());
    let mut note = |key: &str, value: &str| write!(text, " {key}={value}").expect("a string takes all text");
    if signs != name {
        note("signs", signs);
    }
    if endpoint != signs {
        note("at", endpoint);
    }
    if let Some(target) = word("targetPrefix") {
        note("target", target);
    }
    text.push('\n');
    let classes = members::classes(model);
    line(&mut text, "reads", unlike_their_names(model));
    if detail == Detail::ByRule {
        classes
            .into_iter()
            .filter(|(kind, _)| *kind == "hidden")
            .for_each(|(kind, names)| line(&mut text, kind, names));
        return text;
    }
    let by_path = protocols.starts_with("rest");
    text.push_str(&if by_path { paths::lines(model) } else { verbs(model) });
    if by_path {
        members::bodies(model).into_iter().for_each(|(kind, names)| line(&mut text, kind, names));
    }
    classes.into_iter().for_each(|(kind, names)| line(&mut text, kind, names));
    line(&mut text, "takes", resources::takes(model));
    line(&mut text, "errors", error_codes(model));
    text
}

fn line(text: &mut String, kind: &str, words: impl IntoIterator<Item = String>) {
    let words: Vec<String> = words.into_iter().collect();
    if !words.is_empty() {
        writeln!(text, " {kind} {}", words.join(" ")).expect("a string takes all text");
    }
}

/// Operations without bindings of their own: a line a verb, with what it is said of; `-` where the verb is all.
fn verbs(model: &Value) -> String {
    let mut text = String::new();
    let mut last = "";
    let names: BTreeSet<&String> = entries(&model["operations"]).map(|(name, _)| name).collect();
    for name in names {
        let end = name.char_indices().skip(1).find(|(_, c)| c.is_ascii_uppercase() || c.is_ascii_digit());
        let (verb, noun) = name.split_at(end.map_or(name.len(), |(at, _)| at));
        if verb != last {
            if !last.is_empty() {
                text.push('\n');
            }
            write!(text, " +{verb}").expect("a string takes all text");
            last = verb;
        }
        write!(text, " {}", if noun.is_empty() { "-" } else { noun }).expect("a string takes all text");
    }
    text.push('\n');
    text
}

/// Reading operations whose names do not say so.
fn unlike_their_names(model: &Value) -> BTreeSet<String> {
    let reading = entries(&model["operations"]).filter(|(_, operation)| operation["readonly"] == true);
    reading.map(|(name, _)| name).filter(|name| !tells_reading(name)).cloned().collect()
}

/// Where an error's code on the wire is not its shape's name: `code=Shape`, or `code+Fault` when that is appended.
fn error_codes(model: &Value) -> BTreeSet<String> {
    let coded = entries(&model["shapes"]).filter_map(|(name, shape)| {
        let code = shape["error"]["code"].as_str()?;
        let more = name.strip_prefix(code).map_or_else(|| format!("={name}"), |rest| format!("+{rest}"));
        (code != name).then(|| format!("{code}{more}"))
    });
    coded.collect()
}
