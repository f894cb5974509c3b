//! From what was read of a resource to its description: a pure function of both.

use std::collections::BTreeMap;

use base::{Scope, Timestamp};
use serde_json::{Map, Value};

use super::datum::{Casing, Datum};
use super::path;
use super::table::{self, How, Related, ResourceType};
use crate::item::Relationship;
use crate::observe::Description;
use crate::resource_types;

/// What was read of a resource.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    /// What its listing and further reads say of it.
    pub(crate) resource: Datum,
    /// Its supplementary configuration.
    pub(crate) supplementary: BTreeMap<String, Value>,
}

/// How a resource is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// It is there.
    There,
    /// It is listed though it is gone.
    Gone,
    /// It is on its way to another state, and not told of.
    Unsettled,
    /// It is of another region.
    Elsewhere,
}

/// How a resource is, by what was read.
pub(crate) fn state(of: &ResourceType, scope: &Scope, resource: &Datum) -> State {
    let is_gone = of.deleted.is_some_and(|(at, gone)| match (path::text(resource, at), gone) {
        (Some(text), Some(gone)) => text.eq_ignore_ascii_case(gone),
        (found, None) => found.is_some(),
        (None, Some(_)) => false,
    });
    if is_gone {
        return State::Gone;
    }
    if let Some(at) = of.here {
        // S3's first region has no name, and its first in Europe an old one.
        let region = path::text(resource, at).unwrap_or_else(|| "us-east-1".to_owned());
        let region = if region == "EU" { "eu-west-1" } else { region.as_str() };
        if region != scope.region.as_str() {
            return State::Elsewhere;
        }
    }
    match &of.settled {
        Some((at, settled)) if !path::text(resource, at).is_some_and(|text| settled.contains(&text.as_str())) => {
            State::Unsettled
        }
        _ => State::There,
    }
}

/// What a resource is asked for by.
pub(crate) fn handle(of: &ResourceType, scope: &Scope, resource: &Datum) -> Option<String> {
    match of.by {
        table::Handle::Id => path::text(resource, of.id),
        table::Handle::Name => path::text(resource, of.resource_name?),
        table::Handle::Arn => arn(of, scope, resource, &path::text(resource, of.id).unwrap_or_default()),
    }
}

/// The id of a resource and its description; nothing when it has no id.
pub(crate) fn describe(of: &ResourceType, scope: &Scope, found: Found) -> Option<(String, Description)> {
    let Found { resource, supplementary } = found;
    let id = path::text(&resource, of.id)?;
    let resource_name = of.resource_name.and_then(|at| path::text(&resource, at));
    let mut relationships: Vec<Relationship> =
        of.relationships.iter().flat_map(|related| relations(related, &resource)).collect();
    relationships.sort();
    relationships.dedup();
    let created = of.created.and_then(|at| match path::at(&resource, at).first() {
        Some(Datum::Time(time)) => Some(*time),
        Some(other) => Timestamp::parse_iso(&other.as_text()?),
        None => None,
    });
    let description = Description {
        aws_region: if of.is_global { "global".to_owned() } else { scope.region.to_string() },
        arn: arn(of, scope, &resource, &id),
        availability_zone: zone(of.zone, &resource),
        created,
        tags: of.tags.map(|at| tags(&resource, at)).unwrap_or_default(),
        relationships,
        configuration: configuration(of, &resource, resource_name.as_deref()),
        supplementary,
        resource_name,
    };
    Some((id, description))
}

/// The ARN by the type's template; nothing when a part of it is not known.
fn arn(of: &ResourceType, scope: &Scope, resource: &Datum, id: &str) -> Option<String> {
    let mut arn = String::new();
    let mut rest = of.arn;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}')?;
        arn.push_str(before);
        match name {
            "p" => arn.push_str(scope.region.partition().as_str()),
            "r" => arn.push_str(scope.region.as_str()),
            "a" => arn.push_str(scope.account.as_str()),
            "id" => arn.push_str(id),
            at => arn.push_str(&path::text(resource, at)?),
        }
        rest = after;
    }
    Some(arn + rest)
}

/// `=WORD`, or a path, or `FLAG?WORD|path`.
fn zone(rule: &str, resource: &Datum) -> Option<String> {
    if let Some(word) = rule.strip_prefix('=') {
        return Some(word.to_owned());
    }
    rule.split('|').find_map(|part| match part.split_once('?') {
        Some((flag, word)) => (path::text(resource, flag)? == "true").then(|| word.to_owned()),
        None => path::text(resource, part),
    })
}

/// Tags as a map, from a map or from a list of keys and values.
fn tags(resource: &Datum, at: &str) -> BTreeMap<String, String> {
    let mut tags = BTreeMap::new();
    for found in path::at(resource, at) {
        match found {
            Datum::Map(values) => {
                tags.extend(values.iter().filter_map(|(key, value)| Some((key.clone(), value.as_text()?))));
            }
            _ => tags.extend(found.elements().iter().filter_map(|tag| {
                let value =
                    path::at(tag, "Value").into_iter().chain(path::at(tag, "value")).chain(path::at(tag, "TagValue"));
                let value = value.filter_map(Datum::as_text).next().unwrap_or_default();
                Some((path::text(tag, "Key|key|TagKey")?, value))
            })),
        }
    }
    tags
}

fn relations(related: &Related, resource: &Datum) -> Vec<Relationship> {
    let one = |id: Option<String>, name: Option<String>| Relationship {
        resource_type: related.resource_type.to_owned(),
        resource_id: id,
        resource_name: name,
        name: related.name.to_owned(),
    };
    let named = || path::texts(resource, related.path).into_iter().map(|text| path::cut_arn(&text).to_owned());
    let others = || path::at(resource, related.path).into_iter();
    match related.how {
        How::Id => named().map(|id| one(Some(id), None)).collect(),
        How::Name => named().map(|name| one(None, Some(name))).collect(),
        How::Both { id, name } => others().map(|other| one(path::text(other, id), path::text(other, name))).collect(),
        How::Customer { arn, name } => {
            let own = others().filter(|other| !path::text(other, arn).unwrap_or_default().contains(":iam::aws:"));
            own.filter_map(|other| Some(one(None, Some(path::text(other, name)?)))).collect()
        }
        How::Stack => others()
            .filter_map(|other| {
                let resource_type = path::text(other, "ResourceType").filter(|name| resource_types::is_known(name))?;
                let id = path::text(other, "PhysicalResourceId")?;
                Some(Relationship { resource_type, ..one(Some(id), None) })
            })
            .collect(),
    }
}

/// What AWS Config shows as the configuration.
fn configuration(of: &ResourceType, resource: &Datum, name: Option<&str>) -> Value {
    let spelled = |datum: &Datum| datum.spelled(of.casing, of.times);
    let mut shown = Map::new();
    if of.shown.is_empty() {
        if let Datum::Structure(members) = resource {
            let members = members.iter().filter(|(name, _)| !of.dropped.contains(&name.as_str()));
            shown.extend(members.map(|(name, value)| (of.casing.of(name), spelled(value))));
        }
        // CI-12: all that the API knows is there, if only as null.
        if matches!(of.casing, Casing::LowerFirst | Casing::LowerRun) {
            for name in known_members(of).filter(|name| !of.dropped.contains(name)) {
                shown.entry(of.casing.of(name)).or_insert(Value::Null);
            }
        }
    }
    for (key, at) in &of.shown {
        let value = match at.ends_with('/') {
            true => path::text(resource, at).map(Value::String),
            false => path::at(resource, at).first().map(|found| spelled(found)),
        };
        let value = value.filter(|value| !value.as_array().is_some_and(Vec::is_empty));
        shown.extend(value.map(|value| (of.casing.of(key), value)));
    }
    shown.extend(of.put.iter().filter_map(|key| Some(((*key).to_owned(), Value::from(name?)))));
    let mut shown = Value::Object(shown);
    if let Some(shape) = of.shape {
        shape(&mut shown);
    }
    shown
}

/// The members that the listing, and what is got and shown, may have.
fn known_members(of: &ResourceType) -> impl Iterator<Item = &'static str> {
    let listed = of.list.member.is_none().then_some((of.list.operation.name, of.list.path));
    let got = of.gets.iter().filter(|read| read.member.is_none()).map(|read| (read.operation.name, read.path));
    let structures = listed.into_iter().chain(got).filter_map(|(name, at)| of.service.structure_at(name, at));
    structures.flat_map(|name| of.service.members(name)).map(|member| member.name)
}

/// Gives relationships that only name the other its id, by what is known of it: upstreams tell of an attached policy by
/// its name, and AWS Config by both. `id_of` is asked with type and name.
pub fn complete(relationships: &mut [Relationship], id_of: impl Fn(&str, &str) -> Option<String>) {
    for related in relationships.iter_mut().filter(|related| related.resource_id.is_none()) {
        let is_both = matches!(related.resource_type.as_str(), "AWS::IAM::Policy" | "AWS::IAM::Group");
        if let Some(name) = related.resource_name.as_deref().filter(|_| is_both) {
            related.resource_id = id_of(&related.resource_type, name);
        }
    }
    relationships.sort();
}
