//! Which hosts and entries are asked for (config.md §9.4).
//!
//! A filter's values are alternatives; a host must satisfy all filters. Those on one type must be satisfied by one and
//! the same entry of it, so that name and version together find what is meant. AWS does not say which it does.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use api::ServiceError;
use api::ssm::errors;
use api::ssm::types::{InventoryFilter, InventoryQueryOperatorType};
use lang::package_version::Package;

use crate::content::Entry;
use crate::inventory_types::{self, CUSTOM};
use crate::view::View;

/// The key that asks for types themselves.
const TYPE_NAME: &str = "TypeName";

/// What must hold of a host.
#[derive(Debug, Default)]
pub(crate) struct Filters {
    /// Of each list the host has one type at least.
    has_types: Vec<Vec<String>>,
    /// Of each type some entry must pass all of these.
    entries: BTreeMap<String, Vec<EntryFilter>>,
}

/// What must hold of an entry.
#[derive(Debug)]
struct EntryFilter {
    attribute: String,
    operator: InventoryQueryOperatorType,
    values: Vec<String>,
}

/// An attribute of a type, as `AWS:Application.Name`.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn attribute_of(key: &str) -> Result<(&str, &str), String> {
    let Some((type_name, attribute)) = key.split_once('.').filter(|(_, attribute)| !attribute.is_empty()) else {
        return Err(format!("{key} does not name an attribute of an inventory type."));
    };
    match is_type(type_name) {
        true => Ok((type_name, attribute)),
        false => Err(format!("{type_name} is not an inventory type.")),
    }
}

/// Whether there is such a type, or may be one of a caller's.
pub(crate) fn is_type(name: &str) -> bool {
    name.strip_prefix(CUSTOM).is_some_and(|rest| !rest.is_empty()) || inventory_types::find(name).is_some()
}

impl Filters {
    /// The filters of a call.
    ///
    /// # Errors
    /// `InvalidFilter`
    pub(crate) fn parse(given: &[InventoryFilter]) -> Result<Self, ServiceError> {
        let mut filters = Self::default();
        for InventoryFilter { key, values, r#type } in given {
            let operator = r#type.unwrap_or(InventoryQueryOperatorType::Equal);
            if key == TYPE_NAME {
                filters.has_types.push(types_of(operator, values)?);
                continue;
            }
            let (type_name, attribute) = attribute_of(key).map_err(errors::invalid_filter)?;
            check(key, operator, values)?;
            let filter = EntryFilter { attribute: attribute.to_owned(), operator, values: values.clone() };
            filters.entries.entry(type_name.to_owned()).or_default().push(filter);
        }
        Ok(filters)
    }

    /// Whether they ask about another type than this.
    pub(crate) fn ask_beyond(&self, type_name: &str) -> bool {
        !self.has_types.is_empty() || self.entries.keys().any(|asked| asked != type_name)
    }

    /// Whether a host is asked for.
    pub(crate) fn match_host(&self, view: &View<'_>) -> bool {
        self.has_types.iter().all(|types| types.iter().any(|name| view.has(name)))
            && self.entries.iter().all(|(type_name, filters)| {
                let entries = view.entries(type_name);
                entries.is_some_and(|entries| entries.iter().any(|entry| passes(filters, entry)))
            })
    }

    /// Whether an entry of a type is asked for.
    pub(crate) fn match_entry(&self, type_name: &str, entry: &Entry) -> bool {
        self.entries.get(type_name).is_none_or(|filters| passes(filters, entry))
    }
}

fn types_of(operator: InventoryQueryOperatorType, values: &[String]) -> Result<Vec<String>, ServiceError> {
    if operator != InventoryQueryOperatorType::Exists {
        return Err(errors::invalid_filter("The filter TypeName can be of the type Exists alone."));
    }
    match values.iter().find(|name| !is_type(name)) {
        Some(unknown) => Err(errors::invalid_filter(format!("{unknown} is not an inventory type."))),
        None => Ok(values.to_vec()),
    }
}

fn check(key: &str, operator: InventoryQueryOperatorType, values: &[String]) -> Result<(), ServiceError> {
    use InventoryQueryOperatorType as Operator;
    let is_fine = match operator {
        Operator::Equal | Operator::NotEqual | Operator::BeginWith => true,
        Operator::LessThan | Operator::GreaterThan => values.len() == 1,
        Operator::Exists => values.len() == 1 && matches!(values[0].as_str(), "true" | "false"),
    };
    match is_fine {
        true => Ok(()),
        false if operator == Operator::Exists => {
            Err(errors::invalid_filter(format!("Whether {key} exists is asked by one value, true or false.")))
        }
        false => Err(errors::invalid_filter(format!("The filter {key} of the type {operator} takes one value."))),
    }
}

fn passes(filters: &[EntryFilter], entry: &Entry) -> bool {
    filters.iter().all(|filter| filter.matches(entry))
}

impl EntryFilter {
    /// Whether an entry passes; what is not there equals nothing.
    fn matches(&self, entry: &Entry) -> bool {
        use InventoryQueryOperatorType as Operator;
        let value = entry.get(&self.attribute).map(String::as_str);
        let order = |value, wanted| self.order(entry, value, wanted);
        let mut wanted = self.values.iter().map(String::as_str);
        match self.operator {
            Operator::Exists => wanted.any(|wanted| value.is_some() == (wanted == "true")),
            Operator::NotEqual => value.is_none_or(|value| wanted.all(|wanted| wanted != value)),
            Operator::Equal => value.is_some_and(|value| wanted.any(|wanted| wanted == value)),
            Operator::BeginWith => value.is_some_and(|value| wanted.any(|wanted| value.starts_with(wanted))),
            Operator::LessThan => value.is_some_and(|value| wanted.any(|wanted| order(value, wanted).is_lt())),
            Operator::GreaterThan => value.is_some_and(|value| wanted.any(|wanted| order(value, wanted).is_gt())),
        }
    }

    /// The order of a value to what is asked for. Versions (`Version`, `AgentVersion`, …) are ordered as whoever manages
    /// the package orders them.
    fn order(&self, entry: &Entry, value: &str, wanted: &str) -> Ordering {
        match self.attribute.ends_with(VERSION) {
            true => package(entry, value).compare(wanted),
            false => order(value, wanted),
        }
    }
}

/// What a value of an entry is called that is a version.
const VERSION: &str = "Version";

/// An entry as a package, with this version.
fn package<'a>(entry: &'a Entry, version: &'a str) -> Package<'a> {
    let get = |name: &str| entry.get(name).map(String::as_str).unwrap_or_default();
    Package {
        version,
        release: get("Release"),
        epoch: get("Epoch"),
        application_type: get("ApplicationType"),
        package_id: get("PackageId"),
    }
}

/// The order of two values, which are texts: dates and sizes all compare by the numbers in them.
pub(crate) fn order(a: &str, b: &str) -> Ordering {
    chunks(a).cmp(chunks(b))
}

/// A part of a text: numbers come before letters.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Chunk<'a> {
    Number(usize, &'a str),
    Text(&'a str),
}

/// Digits in a row, and what is between them. Numbers of any length compare by their length, then their digits.
fn chunks(text: &str) -> impl Iterator<Item = Chunk<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let is_digit = rest.as_bytes().first()?.is_ascii_digit();
        let end = rest.bytes().position(|byte| byte.is_ascii_digit() != is_digit).unwrap_or(rest.len());
        let (chunk, after) = rest.split_at(end);
        rest = after;
        Some(match is_digit {
            true => {
                let digits = chunk.trim_start_matches('0');
                Chunk::Number(digits.len(), digits)
            }
            false => Chunk::Text(chunk),
        })
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn filter(key: &str, operator: &str, values: &[&str]) -> InventoryFilter {
        InventoryFilter {
            key: key.to_owned(),
            values: values.iter().map(|value| (*value).to_owned()).collect(),
            r#type: Some(operator.parse().unwrap()),
        }
    }

    fn passes_entry(operator: &str, values: &[&str], version: Option<&str>) -> bool {
        let filters = Filters::parse(&[filter("AWS:Application.Version", operator, values)]).unwrap();
        let entry = version.into_iter().map(|version| ("Version".to_owned(), version.to_owned())).collect();
        filters.match_entry("AWS:Application", &entry)
    }

    #[test]
    fn entries_pass_by_each_operator() {
        for (operator, values, version, expected) in [
            ("Equal", &["1.0", "1.1"][..], Some("1.1"), true),
            ("Equal", &["1.0"], Some("1.01"), false),
            ("Equal", &["1.0"], None, false),
            ("NotEqual", &["1.0", "1.1"], Some("1.1"), false),
            ("NotEqual", &["1.0"], Some("2"), true),
            ("NotEqual", &["1.0"], None, true),
            ("BeginWith", &["1.", "3."], Some("3.7"), true),
            ("BeginWith", &["1."], Some("3.1."), false),
            ("LessThan", &["3.0.10"], Some("3.0.9"), true),
            ("LessThan", &["3.0.10"], Some("3.0.10"), false),
            ("GreaterThan", &["9"], Some("10"), true),
            ("GreaterThan", &["3.0.7"], None, false),
            ("Exists", &["true"], Some("1"), true),
            ("Exists", &["false"], Some("1"), false),
            ("Exists", &["false"], None, true),
        ] {
            assert_eq!(passes_entry(operator, values, version), expected, "{operator} {values:?} {version:?}");
        }
    }

    #[test]
    fn filters_that_ask_for_nothing_are_refused() {
        for (key, operator, values) in [
            ("AWS:Application", "Equal", &["x"][..]),
            ("AWS:Application.", "Equal", &["x"]),
            ("AWS:NoSuchType.Name", "Equal", &["x"]),
            ("Custom:.Name", "Equal", &["x"]),
            ("Name", "Equal", &["x"]),
            ("TypeName", "Equal", &["AWS:Application"]),
            ("TypeName", "Exists", &["AWS:NoSuchType"]),
            ("AWS:Application.Version", "LessThan", &["1", "2"]),
            ("AWS:Application.Version", "Exists", &["yes"]),
        ] {
            let refused = Filters::parse(&[filter(key, operator, values)]).unwrap_err();
            assert_eq!(refused.name, "InvalidFilter", "{key} {operator}");
        }
    }

    #[test]
    fn versions_are_compared_as_whoever_manages_the_package_does() {
        for (operator, asked, told, expected) in [
            ("LessThan", "1.10", &[("Version", "1.9")][..], true),
            ("LessThan", "2.0", &[("Version", "1:1.0"), ("PackageId", "a_1:1.0_all.deb")], false),
            ("GreaterThan", "2.0", &[("Version", "1:1.0"), ("PackageId", "a_1:1.0_all.deb")], true),
            ("LessThan", "1.0", &[("Version", "1.0~rc1"), ("PackageId", "a_1.0~rc1_all.deb")], true),
            ("LessThan", "3.0.8", &[("Version", "3.0.7"), ("Release", "27.el9"), ("Epoch", "1")], true),
            ("LessThan", "3.0.7", &[("Version", "3.0.7"), ("Release", "27.el9"), ("Epoch", "1")], false),
            ("LessThan", "3.0.7-28.el9", &[("Version", "3.0.7"), ("Release", "27.el9"), ("Epoch", "1")], true),
            ("LessThan", "1.0", &[("Version", "1.0rc1"), ("ApplicationType", "pip")], true),
            ("LessThan", "1.0", &[("Version", "1.0rc1"), ("PackageId", "a_1.0rc1_all.deb")], false),
            ("LessThan", "1.0.0", &[("Version", "1.0.0-rc.1"), ("ApplicationType", "npm")], true),
        ] {
            let filters = Filters::parse(&[filter("AWS:Application.Version", operator, &[asked])]).unwrap();
            let entry = told.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            assert_eq!(filters.match_entry("AWS:Application", &entry), expected, "{operator} {asked} {told:?}");
        }
    }

    #[test]
    fn what_is_no_version_is_ordered_by_its_numbers() {
        for (a, b, expected) in [
            ("1.9", "1.10", Ordering::Less),
            ("9", "10", Ordering::Less),
            ("2026-06-01T08:00:00Z", "2026-05-31T08:00:00Z", Ordering::Greater),
            ("1.9.0", "1.10.0", Ordering::Less),
            ("3.0.2-1", "3.0.2", Ordering::Greater),
            ("1:2", "1:10", Ordering::Less),
            ("a10", "a9", Ordering::Greater),
            ("007", "7", Ordering::Equal),
            ("18446744073709551616.1.1", "18446744073709551615.1.1", Ordering::Greater),
        ] {
            assert_eq!(order(a, b), expected, "{a} {b}");
        }
    }

    proptest! {
        #[test]
        fn the_order_of_any_two_texts_is_one(a in ".{0,12}", b in ".{0,12}") {
            prop_assert_eq!(order(&a, &b), order(&b, &a).reverse());
            prop_assert_eq!(order(&a, &a), Ordering::Equal);
        }
    }
}
