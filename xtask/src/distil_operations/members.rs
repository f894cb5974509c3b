//! Classes of members: what cannot be seen in the data that a request or an answer carries.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::distil::entries;

/// The classes in the order in which they win over each other where several fit.
const KINDS: &[&str] = &["hidden", "document", "blob", "map", "time", "number", "flag"];

/// The lines of a service's members: class and names. A name that is of a class in some places only stands as
/// `Parent.Name`, where the parent is the member that holds it, or the operation.
pub fn classes(model: &Value) -> Vec<(&'static str, BTreeSet<String>)> {
    let mut walk =
        Walk { model, seen: BTreeSet::new(), found: BTreeMap::new(), wire: BTreeMap::new(), headers: BTreeMap::new() };
    for (name, operation) in entries(&model["operations"]) {
        for side in ["input", "output"] {
            if let Some(shape) = operation[side]["shape"].as_str() {
                walk.structure(name, shape, side == "input");
            }
        }
    }
    let mut lines: Vec<_> = KINDS.iter().map(|kind| (*kind, BTreeSet::new())).collect();
    for (name, places) in &walk.found {
        let kinds: BTreeSet<_> = places.values().collect();
        let everywhere = kinds.len() == 1;
        for (parent, kind) in places {
            let Some(kind) = kind else { continue };
            let word = if everywhere { (*name).to_owned() } else { format!("{parent}.{name}") };
            let line = lines.iter_mut().find(|(of, _)| of == kind).expect("every class has a line");
            line.1.insert(word);
        }
    }
    lines.push(("names", walk.renamed()));
    lines.push(("headers", walk.headers.iter().map(|(wire, name)| format!("{wire}={name}")).collect()));
    lines
}

/// Operations whose body is data, and those whose body is the content of one member: `Operation=Member`.
pub fn bodies(model: &Value) -> [(&'static str, BTreeSet<String>); 2] {
    let (mut data, mut payloads) = (BTreeSet::new(), BTreeSet::new());
    for (name, operation) in entries(&model["operations"]) {
        let input = &model["shapes"][operation["input"]["shape"].as_str().unwrap_or_default()];
        let Some(member) = input["payload"].as_str() else { continue };
        let target = input["members"][member]["shape"].as_str().unwrap_or_default();
        match model["shapes"][target]["type"].as_str() {
            Some("blob" | "string") => drop(data.insert(name.clone())),
            // The root of a document names the member.
            _ if model["metadata"]["protocol"] == "rest-xml" => {}
            _ => drop(payloads.insert(format!("{name}={member}"))),
        }
    }
    [("data", data), ("payloads", payloads)]
}

struct Walk<'a> {
    model: &'a Value,
    /// Parents and shapes that were gone through.
    seen: BTreeSet<(&'a str, &'a str)>,
    /// By name: the parents that hold it, with its class.
    found: BTreeMap<&'a str, BTreeMap<&'a str, Option<&'static str>>>,
    /// By what it is on the wire: its name, by the parents that hold it.
    wire: BTreeMap<&'a str, BTreeMap<&'a str, &'a str>>,
    /// By header: the member that it carries.
    headers: BTreeMap<&'a str, &'a str>,
}

impl<'a> Walk<'a> {
    fn shape(&self, name: &str) -> &'a Value {
        &self.model["shapes"][name]
    }

    fn structure(&mut self, parent: &'a str, shape: &'a str, is_input: bool) {
        if !self.seen.insert((parent, shape)) {
            return;
        }
        for (name, member) in entries(&self.shape(shape)["members"]) {
            let Some(target) = member["shape"].as_str() else { continue };
            let kind = self.kind(member, target);
            let places = self.found.entry(name).or_default();
            let place = places.entry(parent).or_insert(kind);
            // Where one parent holds it in two ways, the class that hides more wins.
            let rank = |kind: Option<&str>| KINDS.iter().position(|one| Some(*one) == kind).unwrap_or(KINDS.len());
            if rank(kind) < rank(*place) {
                *place = kind;
            }
            if is_input {
                self.note_wire(parent, name, member, target);
            }
            self.below(name, target, is_input);
        }
    }

    /// What a member's shape leads to, through lists and maps.
    fn below(&mut self, name: &'a str, shape: &'a str, is_input: bool) {
        let found = self.shape(shape);
        match found["type"].as_str() {
            Some("structure") => self.structure(name, shape, is_input),
            Some("list") => self.through(name, &found["member"], is_input),
            Some("map") => self.through(name, &found["value"], is_input),
            _ => {}
        }
    }

    fn through(&mut self, name: &'a str, reference: &'a Value, is_input: bool) {
        if let Some(shape) = reference["shape"].as_str()
            && self.seen.insert(("", shape)) | self.is_structure(shape)
        {
            self.below(name, shape, is_input);
        }
    }

    fn is_structure(&self, shape: &str) -> bool {
        self.shape(shape)["type"] == "structure"
    }

    fn kind(&self, member: &Value, shape: &str) -> Option<&'static str> {
        let found = self.shape(shape);
        if found["sensitive"] == true || self.holds_secrets(found) {
            return Some("hidden");
        }
        let words =
            !self.speaks_types() || matches!(member["location"].as_str(), Some("querystring" | "header" | "uri"));
        match found["type"].as_str()? {
            "structure" if found["document"] == true => Some("document"),
            "blob" => Some("blob"),
            "map" => Some("map"),
            "timestamp" => Some("time"),
            "integer" | "long" | "float" | "double" if words => Some("number"),
            "boolean" if words => Some("flag"),
            // What a list holds is what counts.
            "list" => self.kind(&found["member"], found["member"]["shape"].as_str()?),
            _ => None,
        }
    }

    /// A list or map of sensitive values.
    fn holds_secrets(&self, shape: &Value) -> bool {
        let value = shape["member"]["shape"].as_str().or_else(|| shape["value"]["shape"].as_str());
        value.is_some_and(|value| self.shape(value)["sensitive"] == true)
    }

    /// Whether numbers and booleans are told from texts by how they are written.
    fn speaks_types(&self) -> bool {
        !matches!(self.model["metadata"]["protocol"].as_str(), Some("query" | "ec2" | "rest-xml"))
    }

    fn note_wire(&mut self, parent: &'a str, name: &'a str, member: &'a Value, shape: &'a str) {
        let protocol = self.model["metadata"]["protocol"].as_str();
        // EC2's records have the names of the wire; AWS JSON and CBOR know no others than the members' own.
        if !matches!(protocol, Some("rest-json" | "rest-xml" | "query")) || member["location"] == "headers" {
            return;
        }
        let own = member["locationName"].as_str();
        // A flattened list goes by the name of its elements.
        let found = self.shape(shape);
        let flattened = found["flattened"] == true && protocol == Some("query");
        let element = found["member"]["locationName"].as_str().filter(|_| flattened);
        let wire = element.or(own).unwrap_or(name);
        match member["location"] == "header" {
            true => drop(self.headers.entry(wire).or_insert(name)),
            false => drop(self.wire.entry(wire).or_default().entry(parent).or_insert(name)),
        }
    }

    /// `wire=Name`, or `Parent.wire=Name` where the name depends on what holds it. Records begin every name with a small
    /// letter: who differs in that alone does not differ.
    fn renamed(&self) -> BTreeSet<String> {
        let same =
            |wire: &str, name: &str| wire.get(1..) == name.get(1..) && wire[..1].eq_ignore_ascii_case(&name[..1]);
        let mut all = BTreeSet::new();
        for (wire, places) in &self.wire {
            let names: BTreeSet<_> = places.values().collect();
            let differing = places.iter().filter(|(_, name)| !same(wire, name));
            all.extend(differing.map(|(parent, name)| match names.len() {
                1 => format!("{wire}={name}"),
                _ => format!("{parent}.{wire}={name}"),
            }));
        }
        all
    }
}
