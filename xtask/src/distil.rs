//! `cargo xtask distil`: botocore's service models without a word of prose.
//!
//! The pinned botocore is installed into a throw-away environment, its models are
//! read, and what the codegen needs is written to `models/`, one shape a line, so that
//! a new version shows as a small diff. A trait that is neither kept nor knowingly
//! dropped stops the task: it may matter.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Map, Value, json};

use crate::{Result, settings};

#[cfg(test)]
mod tests;

/// The botocore whose models we hold.
pub(crate) const VERSION: &str = "1.43.11";

const SHAPE_KEPT: &[&str] = &[
    "type",
    "sensitive",
    "flattened",
    "union",
    "eventstream",
    "event",
    "document",
    "timestampFormat",
    "payload",
    "exception",
    "fault",
    "error",
    "min",
    "max",
    "pattern",
    "enum",
    "required",
    "member",
    "key",
    "value",
    "members",
];
const SHAPE_DROPPED: &[&str] =
    &["documentation", "deprecated", "deprecatedMessage", "deprecatedSince", "box", "xmlOrder", "synthetic"];
const MEMBER_KEPT: &[&str] = &["shape", "location", "locationName", "timestampFormat", "idempotencyToken", "flattened"];
const MEMBER_DROPPED: &[&str] = &["documentation", "deprecated", "deprecatedMessage", "deprecatedSince", "box"];
const ERROR_KEPT: &[&str] = &["code", "httpStatusCode", "senderFault"];
const OPERATION_KEPT: &[&str] = &["http", "input", "output", "readonly", "endpoint", "errors"];
const OPERATION_DROPPED: &[&str] = &[
    "name",
    "documentation",
    "documentationUrl",
    "deprecated",
    "deprecatedMessage",
    "deprecatedSince",
    "idempotent",
    "auth",
    "authtype",
    "requestcompression",
];

/// Writes the model of every service in `models/services.toml`.
pub fn run(root: &Path, botocore: Option<&Path>) -> Result<String> {
    let models = root.join("models");
    let services: Vec<String> = settings::services(&models)?.into_keys().collect();
    let environment = tempfile::tempdir().map_err(|error| format!("cannot make a temporary folder: {error}"))?;
    let package = match botocore {
        Some(package) => package.to_owned(),
        None => install(environment.path())?,
    };
    check_version(&package)?;
    for service in &services {
        let source = model_file(&package.join("data").join(service))?;
        let distilled = distil(&source).map_err(|problem| format!("{service}: {problem}"))?;
        crate::write_file(&models.join(format!("{service}.json")), &distilled)?;
    }
    Ok(format!("distilled {} services from botocore {VERSION}", services.len()))
}

/// Installs botocore into a fresh virtual environment and gives the package's folder.
pub(crate) fn install(environment: &Path) -> Result<PathBuf> {
    finish(Command::new("python3").args(["-m", "venv"]).arg(environment))?;
    let python = environment.join("bin/python");
    let requirement = format!("botocore=={VERSION}");
    finish(Command::new(&python).args(["-m", "pip", "install", "--quiet", "--no-deps", &requirement]))?;
    let script = "import sysconfig; print(sysconfig.get_path('purelib'))";
    let folder = finish(Command::new(&python).args(["-c", script]))?;
    Ok(Path::new(folder.trim()).join("botocore"))
}

/// Runs a command to its end and gives its output.
fn finish(command: &mut Command) -> Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| format!("cannot run {name}: {error}"))?;
    if !output.status.success() {
        return Err(format!("{name} failed ({}):\n{}", output.status, String::from_utf8_lossy(&output.stderr)));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

pub(crate) fn check_version(package: &Path) -> Result<()> {
    let source = crate::read(&package.join("__init__.py"))?;
    let found = source.lines().find_map(|line| line.strip_prefix("__version__ = ")).unwrap_or("none");
    match found.trim_matches(['\'', '"']) {
        VERSION => Ok(()),
        other => Err(format!("{} holds botocore {other}, and the models come from {VERSION}", package.display())),
    }
}

/// The service model of the newest API version in a service's folder.
pub(crate) fn model_file(folder: &Path) -> Result<Value> {
    let entries = std::fs::read_dir(folder).map_err(|error| format!("cannot list {}: {error}", folder.display()))?;
    let newest = entries.flatten().map(|entry| entry.path()).max().ok_or("a service without versions")?;
    let packed = newest.join("service-2.json.gz");
    let text = if packed.exists() {
        let file = std::fs::File::open(&packed).map_err(|error| format!("{}: {error}", packed.display()))?;
        let mut text = String::new();
        let read = flate2::read::GzDecoder::new(file).read_to_string(&mut text);
        read.map_err(|error| format!("{}: {error}", packed.display()))?;
        text
    } else {
        crate::read(&newest.join("service-2.json"))?
    };
    serde_json::from_str(&text).map_err(|error| format!("{}: {error}", newest.display()))
}

/// The distilled model as text: a line for the metadata, each operation and each shape.
fn distil(model: &Value) -> Result<String> {
    let mut text = format!("{{\n\"metadata\":{},\n", metadata(&model["metadata"]));
    let operations = entries(&model["operations"])
        .map(|(name, operation)| {
            Ok((name, self::operation(operation).map_err(|problem| format!("{name}: {problem}"))?))
        })
        .collect::<Result<Vec<_>>>()?;
    let used = reachable(model);
    let shapes = entries(&model["shapes"])
        .filter(|(name, _)| used.contains(name.as_str()))
        .map(|(name, shape)| Ok((name, self::shape(shape).map_err(|problem| format!("{name}: {problem}"))?)))
        .collect::<Result<Vec<_>>>()?;
    section(&mut text, "operations", operations);
    text.push_str(",\n");
    section(&mut text, "shapes", shapes);
    text.push_str("\n}\n");
    Ok(text)
}

fn section(text: &mut String, title: &str, mut lines: Vec<(&String, Value)>) {
    lines.sort_by_key(|(name, _)| *name);
    let lines: Vec<String> = lines.iter().map(|(name, value)| format!("{}:{value}", json!(name))).collect();
    write!(text, "\"{title}\":{{\n{}\n}}", lines.join(",\n")).expect("a string takes all text");
}

/// An object's entries; none of what is no object.
pub(crate) fn entries(object: &Value) -> impl Iterator<Item = (&String, &Value)> {
    object.as_object().into_iter().flatten()
}

fn metadata(source: &Value) -> Value {
    let mut kept = Map::new();
    for key in ["apiVersion", "endpointPrefix", "signingName"] {
        keep(&mut kept, source, key);
    }
    let protocols = source.get("protocols").cloned().unwrap_or_else(|| json!([source["protocol"]]));
    kept.insert("protocols".to_owned(), protocols);
    for key in ["jsonVersion", "targetPrefix", "xmlNamespace"] {
        keep(&mut kept, source, key);
    }
    if source.get("awsQueryCompatible").is_some() {
        kept.insert("awsQueryCompatible".to_owned(), json!(true));
    }
    Value::Object(kept)
}

fn operation(source: &Value) -> Result<Value> {
    known(source, &[OPERATION_KEPT, OPERATION_DROPPED])?;
    let http = &source["http"];
    let mut kept = Map::new();
    kept.insert("http".to_owned(), json!({"method": http["method"], "uri": http["requestUri"]}));
    for key in ["input", "output"] {
        if let Some(reference) = source.get(key) {
            kept.insert(key.to_owned(), reference["shape"].clone());
        }
    }
    if let Some(output) = source.get("output") {
        keep(&mut kept, output, "resultWrapper");
    }
    keep(&mut kept, source, "readonly");
    if let Some(endpoint) = source.get("endpoint") {
        keep(&mut kept, endpoint, "hostPrefix");
    }
    let mut errors: Vec<&str> = error_names(source).collect();
    errors.sort_unstable();
    if !errors.is_empty() {
        kept.insert("errors".to_owned(), json!(errors));
    }
    Ok(Value::Object(kept))
}

fn error_names(operation: &Value) -> impl Iterator<Item = &str> {
    operation["errors"].as_array().into_iter().flatten().filter_map(|error| error["shape"].as_str())
}

fn shape(source: &Value) -> Result<Value> {
    known(source, &[SHAPE_KEPT, SHAPE_DROPPED])?;
    let mut kept = Map::new();
    for &key in SHAPE_KEPT {
        let Some(value) = source.get(key) else { continue };
        let value = match key {
            "member" | "key" | "value" => member(value)?,
            "members" => {
                let members = entries(value).map(|(name, source)| Ok((name.clone(), member(source)?)));
                let members = members.collect::<Result<Map<_, _>>>()?;
                if members.is_empty() {
                    continue;
                }
                Value::Object(members)
            }
            "error" => {
                known(value, &[ERROR_KEPT])?;
                Value::Object(pick(value, ERROR_KEPT))
            }
            _ => value.clone(),
        };
        kept.insert(key.to_owned(), value);
    }
    Ok(Value::Object(kept))
}

/// A reference: the shape's name alone when the reference has no traits.
fn member(source: &Value) -> Result<Value> {
    known(source, &[MEMBER_KEPT, MEMBER_DROPPED])?;
    let kept = pick(source, MEMBER_KEPT);
    Ok(if kept.len() == 1 { source["shape"].clone() } else { Value::Object(kept) })
}

fn pick(source: &Value, keys: &[&str]) -> Map<String, Value> {
    let mut kept = Map::new();
    keys.iter().for_each(|key| keep(&mut kept, source, key));
    kept
}

fn keep(kept: &mut Map<String, Value>, source: &Value, key: &str) {
    if let Some(value) = source.get(key) {
        kept.insert(key.to_owned(), value.clone());
    }
}

fn known(source: &Value, keys: &[&[&str]]) -> Result<()> {
    match entries(source).find(|(key, _)| !keys.iter().any(|keys| keys.contains(&key.as_str()))) {
        Some((key, _)) => Err(format!("the trait {key} is neither kept nor dropped; decide in distil.rs")),
        None => Ok(()),
    }
}

/// Names of all shapes that an operation leads to.
fn reachable(model: &Value) -> BTreeSet<&str> {
    let mut found = BTreeSet::new();
    let mut waiting: Vec<&str> = Vec::new();
    for (_, operation) in entries(&model["operations"]) {
        waiting.extend(["input", "output"].iter().filter_map(|side| operation[side]["shape"].as_str()));
        waiting.extend(error_names(operation));
    }
    while let Some(name) = waiting.pop() {
        if found.insert(name) {
            let shape = &model["shapes"][name];
            waiting.extend(["member", "key", "value"].iter().filter_map(|part| shape[part]["shape"].as_str()));
            waiting.extend(entries(&shape["members"]).filter_map(|(_, member)| member["shape"].as_str()));
        }
    }
    found
}
