//! The lines below a service.

use std::collections::{HashMap, HashSet};

use super::MemberClass;
use super::paths::Paths;
use crate::names::lower_first;

/// What the lines of a service say.
#[derive(Debug, Default)]
pub(super) struct Details {
    /// By the name in lower case.
    operations: HashMap<String, String>,
    pub(super) paths: Paths,
    pub(super) reads: HashSet<&'static str>,
    /// By `name` or `parent.name`, as records spell them.
    classes: HashMap<String, MemberClass>,
    /// By what it is on the wire, or by that and the name of what holds it, which begins with a small letter.
    names: HashMap<String, &'static str>,
    /// Operations whose body is data.
    pub(super) data: HashSet<&'static str>,
    /// By operation: the member that the body is the content of.
    pub(super) payloads: HashMap<&'static str, &'static str>,
    /// By operation: members that may name resources, with `+` between them.
    pub(super) takes: HashMap<&'static str, &'static str>,
    pub(super) headers: HashMap<String, &'static str>,
    pub(super) errors: HashMap<&'static str, String>,
}

impl Details {
    pub(super) fn read(lines: &'static str) -> Self {
        let mut details = Self { paths: Paths::read(lines), ..Self::default() };
        for (first, rest) in lines.lines().filter_map(|line| line.trim_start().split_once(' ')) {
            if let Some(verb) = first.strip_prefix('+') {
                let names =
                    rest.split(' ').map(|noun| if noun == "-" { verb.to_owned() } else { format!("{verb}{noun}") });
                details.operations.extend(names.map(|name| (name.to_ascii_lowercase(), name)));
            } else if let Some(class) = class(first) {
                details.classes.extend(rest.split(' ').map(|word| (spelled(word), class)));
            } else {
                details.note(first, rest);
            }
        }
        let bound = details.paths.operations().map(|name| (name.to_ascii_lowercase(), name.to_owned()));
        details.operations.extend(bound);
        details
    }

    fn note(&mut self, first: &str, rest: &'static str) {
        let words = rest.split(' ');
        match first {
            "reads" => self.reads.extend(words),
            "data" => self.data.extend(words),
            "payloads" => self.payloads.extend(words.filter_map(|word| word.split_once('='))),
            "takes" => self.takes.extend(words.filter_map(|word| word.split_once('='))),
            "names" => self.names.extend(words.filter_map(|word| {
                let (wire, name) = word.split_once('=')?;
                let place = wire.split_once('.').map(|(parent, wire)| format!("{}.{wire}", lower_first(parent)));
                Some((place.unwrap_or_else(|| wire.to_owned()), name))
            })),
            "headers" => {
                let named = words.filter_map(|word| word.split_once('='));
                self.headers.extend(named.map(|(header, name)| (header.to_ascii_lowercase(), name)));
            }
            "errors" => self.errors.extend(words.filter_map(|word| match word.split_once('=') {
                Some((code, shape)) => Some((code, shape.to_owned())),
                None => word.split_once('+').map(|(code, suffix)| (code, format!("{code}{suffix}"))),
            })),
            _ => {}
        }
    }

    pub(super) fn is_exact(&self) -> bool {
        !self.operations.is_empty()
    }

    pub(super) fn operation(&self, name: &str) -> Option<&str> {
        self.operations.get(&name.to_ascii_lowercase()).map(String::as_str)
    }

    pub(super) fn member(&self, parent: &str, wire: &str) -> Option<&'static str> {
        let here = self.names.get(&format!("{}.{wire}", lower_first(parent)));
        here.or_else(|| self.names.get(wire)).copied()
    }

    pub(super) fn class(&self, parent: &str, name: &str) -> Option<MemberClass> {
        let (parent, name) = (lower_first(parent), lower_first(name));
        let here = self.classes.get(&format!("{parent}.{name}"));
        here.or_else(|| self.classes.get(&*name)).copied()
    }
}

fn class(word: &str) -> Option<MemberClass> {
    Some(match word {
        "hidden" => MemberClass::Hidden,
        "document" => MemberClass::Document,
        "blob" => MemberClass::Blob,
        "map" => MemberClass::Map,
        "time" => MemberClass::Time,
        "number" => MemberClass::Number,
        "flag" => MemberClass::Flag,
        _ => return None,
    })
}

/// `Name` and `Parent.Name` as records spell them.
fn spelled(word: &str) -> String {
    match word.split_once('.') {
        Some((parent, name)) => format!("{}.{}", lower_first(parent), lower_first(name)),
        None => lower_first(word).into_owned(),
    }
}

/// Lines that say nothing that is known.
#[cfg(test)]
pub(super) fn unknown_lines(lines: &'static str) -> Vec<&'static str> {
    let known = |line: &&str| {
        let first = line.trim_start().split(' ').next().unwrap_or_default();
        line.starts_with(' ')
            && (first.starts_with(['+', '/'])
                || class(first).is_some()
                || matches!(first, "reads" | "data" | "payloads" | "takes" | "names" | "headers" | "errors"))
    };
    lines.lines().filter(|line| !known(line)).collect()
}
