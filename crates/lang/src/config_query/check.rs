//! The rules of the language that are not its grammar's.

use std::collections::HashMap;

use super::{Aggregate, Condition, Error, GROUPS_MAX, Item, OrderBy, Path, Query};

/// The outermost properties that are values.
pub(super) const SCALARS: [&str; 14] = [
    "accountId",
    "arn",
    "availabilityZone",
    "awsRegion",
    "configurationItemCaptureTime",
    "configurationItemDeliveryTime",
    "configurationItemStatus",
    "configurationStateId",
    "recordingFrequency",
    "resourceCreationTime",
    "resourceId",
    "resourceName",
    "resourceType",
    "version",
];

/// Those that `*` stands for, in AWS's order.
pub(super) const ALL: [&str; 10] = [
    "accountId",
    "awsRegion",
    "arn",
    "availabilityZone",
    "configurationItemCaptureTime",
    "resourceCreationTime",
    "resourceId",
    "resourceName",
    "resourceType",
    "version",
];

/// The outermost properties that hold any others.
pub(super) const TREES: [&str; 2] = ["configuration", "supplementaryConfiguration"];

/// Those that are lists of the same, with what can be asked of these.
const LISTS: [(&str, [&str; 3]); 2] =
    [("tags", ["key", "value", "tag"]), ("relationships", ["resourceId", "resourceName", "resourceType"])];

pub(super) fn check(query: &Query) -> Result<(), Error> {
    let paths = paths(query);
    paths.iter().try_for_each(|path| known(path))?;
    spellings(&paths)?;
    if query.groups.len() > GROUPS_MAX {
        return Err(Error::TooManyGroups);
    }
    groups(query)
}

/// All properties of a query, in the order in which they stand there.
pub(super) fn paths(query: &Query) -> Vec<&Path> {
    let mut paths = Vec::new();
    for item in &query.items {
        match item {
            Item::All => {}
            Item::Property(path) => paths.push(path),
            Item::Aggregate(aggregate) => paths.extend(&aggregate.of),
        }
    }
    if let Some(condition) = &query.condition {
        in_condition(condition, &mut paths);
    }
    paths.extend(&query.groups);
    for order in &query.order {
        match &order.by {
            OrderBy::Property(path) => paths.push(path),
            OrderBy::Aggregate(aggregate) => paths.extend(&aggregate.of),
        }
    }
    paths
}

fn in_condition<'q>(condition: &'q Condition, paths: &mut Vec<&'q Path>) {
    match condition {
        Condition::Any(parts) | Condition::All(parts) => parts.iter().for_each(|part| in_condition(part, paths)),
        Condition::Not(part) => in_condition(part, paths),
        Condition::Predicate(predicate) => paths.push(&predicate.path),
    }
}

/// Whether any resource can have a property.
fn known(path: &Path) -> Result<(), Error> {
    let names = path.names();
    let root = path.root();
    let is_known = match names {
        [_] if SCALARS.contains(&root) => true,
        _ if TREES.contains(&root) => true,
        [_] => LISTS.iter().any(|(list, _)| *list == root),
        [_, of] => LISTS.iter().any(|(list, names)| *list == root && names.contains(&of.as_str())),
        _ => false,
    };
    if is_known { Ok(()) } else { Err(Error::UnknownProperty(path.to_string())) }
}

fn spellings(paths: &[&Path]) -> Result<(), Error> {
    let mut seen: HashMap<String, &Path> = HashMap::new();
    for path in paths {
        let first = *seen.entry(path.to_string().to_lowercase()).or_insert(path);
        if first != *path {
            return Err(Error::Spellings(first.to_string(), path.to_string()));
        }
    }
    Ok(())
}

fn groups(query: &Query) -> Result<(), Error> {
    let orders_by_aggregate = query.order.iter().any(|order| matches!(order.by, OrderBy::Aggregate(_)));
    if orders_by_aggregate && query.groups.len() != 1 {
        return Err(Error::AggregateOrder);
    }
    if !query.is_grouped() {
        return Ok(());
    }
    let grouped = |path: &Path| match query.groups.contains(path) {
        true => Ok(()),
        false => Err(Error::NotGrouped(path.to_string())),
    };
    for item in &query.items {
        match item {
            Item::All => return Err(Error::NotGrouped("*".to_owned())),
            Item::Property(path) => grouped(path)?,
            Item::Aggregate(_) => {}
        }
    }
    for order in &query.order {
        if let OrderBy::Property(path) = &order.by {
            grouped(path)?;
        }
    }
    Ok(())
}

impl Query {
    /// Whether results are of groups, and not of resources.
    pub(super) fn is_grouped(&self) -> bool {
        !self.groups.is_empty() || self.items.iter().any(|item| matches!(item, Item::Aggregate(_)))
    }

    /// All aggregates that are selected or ordered by, each once.
    pub(super) fn aggregates(&self) -> Vec<&Aggregate> {
        let selected = self.items.iter().filter_map(|item| match item {
            Item::Aggregate(aggregate) => Some(aggregate),
            _ => None,
        });
        let ordered = self.order.iter().filter_map(|order| match &order.by {
            OrderBy::Aggregate(aggregate) => Some(aggregate),
            OrderBy::Property(_) => None,
        });
        let mut all: Vec<&Aggregate> = Vec::new();
        for aggregate in selected.chain(ordered) {
            if !all.iter().any(|known| known.is_same(aggregate)) {
                all.push(aggregate);
            }
        }
        all
    }
}
