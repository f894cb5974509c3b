//! `cargo xtask distil-answers`: what the answers look like that AWS Config reads when it asks upstreams for resources.
//!
//! Which operations are read is told by `crates/config/resource-types.txt`. The text is `models/answers.txt`; how it is
//! laid out is told where it is read (`config::discovery::shapes`). It holds names and types, no prose.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value;

use crate::Result;
use crate::distil::{self, VERSION, entries};

/// Writes `models/answers.txt`.
pub fn run(root: &Path, botocore: Option<&Path>) -> Result<String> {
    let environment = tempfile::tempdir().map_err(|error| format!("cannot make a temporary folder: {error}"))?;
    let package = match botocore {
        Some(package) => package.to_owned(),
        None => distil::install(environment.path())?,
    };
    distil::check_version(&package)?;
    let mut text = format!(
        "# Answers that discovery reads, from botocore {VERSION} by `cargo xtask distil-answers`; not edited by hand.\n"
    );
    let table = crate::read(&root.join("crates/config/resource-types.txt"))?;
    let wanted = wanted(&table)?;
    for (name, operations) in &wanted {
        let model = distil::model_file(&package.join("data").join(name))?;
        text.push_str(&service(name, &model, operations)?);
    }
    crate::write_file(&root.join("models/answers.txt"), &text)?;
    Ok(format!("distilled answers of {} services from botocore {VERSION}: {} bytes", wanted.len(), text.len()))
}

/// The operations that the table of resource types names, by service.
fn wanted(table: &str) -> Result<BTreeMap<&str, BTreeSet<&str>>> {
    let mut wanted: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut service = None;
    for line in table.lines() {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        let operation = match words.as_slice() {
            ["service", name, ..] => {
                service = Some(*name);
                continue;
            }
            ["for" | "list" | "get" | "ask" | "one", operation, ..] if !operation.contains('=') => operation,
            ["add", _, operation, ..] if *operation != "=" => operation,
            _ => continue,
        };
        let service = service.ok_or_else(|| format!("{operation} is asked of no service"))?;
        wanted.entry(service).or_default().insert(operation);
    }
    Ok(wanted)
}

/// The lines of one service.
fn service(name: &str, model: &Value, operations: &BTreeSet<&str>) -> Result<String> {
    let metadata = &model["metadata"];
    let word = |key: &str| metadata[key].as_str();
    let protocol = word("protocol").unwrap_or_default();
    let mut text = format!("service {name} {protocol} {}", word("apiVersion").unwrap_or_default());
    let signs = word("signingName").or_else(|| word("endpointPrefix")).unwrap_or(name);
    let notes = [("signs", Some(signs).filter(|signs| *signs != name)), ("target", word("targetPrefix"))];
    for (key, value) in notes.into_iter().chain([("json", word("jsonVersion"))]) {
        if let Some(value) = value {
            write!(text, " {key}={value}").expect("a string takes all text");
        }
    }
    text.push('\n');
    let mut waiting = Vec::new();
    for operation in operations {
        let found = &model["operations"][operation];
        let http = &found["http"];
        let (method, uri) = http["method"].as_str().zip(http["requestUri"].as_str()).ok_or("no such operation")?;
        let output = found["output"]["shape"].as_str().ok_or("an operation without an answer")?;
        write!(text, " {operation} {method} {uri} {output}").expect("a string takes all text");
        if let Some(payload) = model["shapes"][output]["payload"].as_str() {
            write!(text, " payload={payload}").expect("a string takes all text");
        }
        text.push('\n');
        waiting.push(output);
    }
    let mut lines = BTreeMap::new();
    while let Some(name) = waiting.pop() {
        if lines.contains_key(name) {
            continue;
        }
        let mut line = format!(" {name} =");
        for (member, reference) in entries(&model["shapes"][name]["members"]) {
            // What is in headers is not read.
            if reference.get("location").is_some() {
                continue;
            }
            let wire = reference["locationName"].as_str().filter(|wire| *wire != member);
            let wire = wire.map(|wire| format!(":{wire}")).unwrap_or_default();
            let kind = kind(model, reference, &mut waiting);
            write!(line, " {member}{wire}={kind}").expect("a string takes all text");
        }
        lines.insert(name, line);
    }
    lines.into_values().for_each(|line| text.extend([line.as_str(), "\n"]));
    Ok(text)
}

/// A type: a letter, a prefix with the type of what is within, or the name of a structure, which is described too.
fn kind<'m>(model: &'m Value, reference: &'m Value, waiting: &mut Vec<&'m str>) -> String {
    let name = reference["shape"].as_str().unwrap_or_default();
    let shape = &model["shapes"][name];
    match shape["type"].as_str().unwrap_or_default() {
        "structure" if shape["document"] == true => "j".to_owned(),
        "structure" => {
            waiting.push(name);
            name.to_owned()
        }
        "list" => {
            let flattened = shape["flattened"] == true || reference["flattened"] == true;
            format!("{}{}", if flattened { '*' } else { '[' }, kind(model, &shape["member"], waiting))
        }
        "map" => format!("{{{}", kind(model, &shape["value"], waiting)),
        "integer" | "long" | "float" | "double" | "short" => "n".to_owned(),
        "boolean" => "b".to_owned(),
        "timestamp" => "d".to_owned(),
        _ => "t".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn operations_are_found_wherever_a_type_names_them() {
        let table =
            "service a\ntype X\n list L -> P[]\n one P={key}\n add K G A=b\n add K = P\n ask Q\nservice b\n get G\n";
        let expected = BTreeMap::from([("a", BTreeSet::from(["G", "L", "Q"])), ("b", BTreeSet::from(["G"]))]);
        assert_eq!(wanted(table), Ok(expected));
        assert!(wanted(" list L").is_err());
    }

    #[test]
    fn a_service_is_its_operations_and_the_structures_that_they_lead_to() {
        let model = json!({
            "metadata": {"protocol": "query", "apiVersion": "1", "endpointPrefix": "svc"},
            "operations": {"List": {"http": {"method": "POST", "requestUri": "/"}, "output": {"shape": "Out"}}},
            "shapes": {
                "Out": {"type": "structure", "members": {
                    "Things": {"shape": "Things", "locationName": "thingSet"},
                    "Status": {"shape": "Integer", "location": "statusCode"},
                }},
                "Things": {"type": "list", "member": {"shape": "Thing"}},
                "Thing": {"type": "structure", "members": {
                    "Made": {"shape": "Date"},
                    "Self": {"shape": "Thing"},
                    "Tags": {"shape": "Tags"},
                }},
                "Tags": {"type": "map", "value": {"shape": "Flat"}},
                "Flat": {"type": "list", "flattened": true, "member": {"shape": "Integer"}},
                "Integer": {"type": "integer"},
                "Date": {"type": "timestamp"},
            },
        });
        let expected = "service s query 1 signs=svc\n List POST / Out\n Out = Things:thingSet=[Thing\n \
                        Thing = Made=d Self=Thing Tags={*n\n";
        assert_eq!(service("s", &model, &BTreeSet::from(["List"])), Ok(expected.to_owned()));
    }
}
