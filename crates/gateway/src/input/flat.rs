//! Flat parameters of the query protocol, nested again: `A.member.1.B=x` is an object in a list.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use super::{DEPTH_MAX, Unreadable};

/// A tree in the making.
#[derive(Debug)]
enum Node<'a> {
    Leaf(&'a str),
    Branch(BTreeMap<&'a str, Node<'a>>),
}

/// The parameters as one object.
pub(crate) fn nested(parameters: &[(String, String)]) -> Result<Map<String, Json>, Unreadable> {
    let mut root = BTreeMap::new();
    for (name, value) in parameters {
        let parts: Vec<&str> = name.split('.').collect();
        if parts.len() > DEPTH_MAX {
            return Err(Unreadable::TooDeep);
        }
        insert(&mut root, &parts, value)?;
    }
    Ok(root.into_iter().map(|(name, node)| (name.to_owned(), json(node))).collect())
}

fn insert<'a>(among: &mut BTreeMap<&'a str, Node<'a>>, parts: &[&'a str], value: &'a str) -> Result<(), Unreadable> {
    let (first, rest) = parts.split_first().ok_or(Unreadable::Malformed)?;
    if rest.is_empty() {
        return match among.insert(first, Node::Leaf(value)) {
            None => Ok(()),
            Some(_) => Err(Unreadable::Malformed),
        };
    }
    match among.entry(first).or_insert_with(|| Node::Branch(BTreeMap::new())) {
        Node::Branch(below) => insert(below, rest, value),
        Node::Leaf(_) => Err(Unreadable::Malformed),
    }
}

fn json(node: Node<'_>) -> Json {
    let members = match node {
        Node::Leaf(text) => return Json::String(text.to_owned()),
        Node::Branch(members) => members,
    };
    if !members.is_empty() && members.keys().all(|key| is_number(key)) {
        let mut elements: Vec<_> = members.into_iter().collect();
        elements.sort_by_key(|(number, _)| number.parse::<u64>().unwrap_or(u64::MAX));
        return Json::Array(elements.into_iter().map(|(_, node)| json(node)).collect());
    }
    let mut object: Map<String, Json> = members.into_iter().map(|(name, node)| (name.to_owned(), json(node))).collect();
    if object.len() == 1 {
        match object.iter_mut().next() {
            // `.member.1`, `.member.2` …
            Some((name, elements)) if name == "member" && elements.is_array() => return elements.take(),
            Some((name, Json::Array(entries))) if name == "entry" => {
                if let Some(map) = map(entries) {
                    return map;
                }
            }
            // `A.member=` is an empty list.
            Some((name, Json::String(text))) if name == "member" && text.is_empty() => return Json::Array(Vec::new()),
            _ => {}
        }
    }
    Json::Object(object)
}

/// `.entry.1.key`, `.entry.1.value` …
fn map(entries: &[Json]) -> Option<Json> {
    let entry = |entry: &Json| Some((entry.get("key")?.as_str()?.to_owned(), entry.get("value")?.clone()));
    entries.iter().map(entry).collect::<Option<Map<_, _>>>().map(Json::Object)
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.len() <= 9 && text.bytes().all(|byte| byte.is_ascii_digit())
}
