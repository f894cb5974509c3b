//! Event selectors: which audit events a trail or an event data store takes (cloudtrail.md §4.8).
//!
//! [`basic`] is the older notation, [`Selector`] the advanced one. Both are checked in AWS's order and words, and
//! both match the same [`Facts`] of an event.

pub mod basic;
mod check;
mod data_types;
mod facts;

use serde::{Deserialize, Serialize};

pub use check::{StoreContent, check, check_for_store};
pub use facts::{Category, EventResource, Facts};

/// Why selectors are refused, in AWS's words where they are known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Invalid(pub String);

/// An advanced selector: events that satisfy all of its fields.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selector {
    /// What people call it.
    pub name: Option<String>,
    /// What each field must be, in the order given.
    pub fields: Vec<FieldSelector>,
}

/// What one field must be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldSelector {
    /// The field, as given.
    pub field: String,
    /// One of these, …
    pub equals: Option<Vec<String>>,
    /// … or starting with one of these, …
    pub starts_with: Option<Vec<String>>,
    /// … or ending in one of these;
    pub ends_with: Option<Vec<String>>,
    /// and none of these, …
    pub not_equals: Option<Vec<String>>,
    /// … nor starting with one of these, …
    pub not_starts_with: Option<Vec<String>>,
    /// … nor ending in one of these.
    pub not_ends_with: Option<Vec<String>>,
}

impl FieldSelector {
    /// `field` must equal one of the values.
    pub fn equal(field: &str, values: &[&str]) -> Self {
        let equals = Some(values.iter().map(|value| (*value).to_owned()).collect());
        Self { field: field.to_owned(), equals, ..Self::default() }
    }

    /// Whether a value passes: positive operators are joined by "or", negative ones by "and", both by "and". An
    /// absent value is equal to nothing and starts and ends with nothing.
    pub fn admits(&self, value: Option<&str>) -> bool {
        let any = |operands: &Option<Vec<String>>, test: fn(&str, &str) -> bool| {
            let operands = operands.as_deref().unwrap_or_default();
            value.is_some_and(|value| operands.iter().any(|operand| test(value, operand)))
        };
        let equal: fn(&str, &str) -> bool = |value, operand| value == operand;
        let starts: fn(&str, &str) -> bool = |value, operand| value.starts_with(operand);
        let ends: fn(&str, &str) -> bool = |value, operand| value.ends_with(operand);
        let demands = self.equals.is_some() || self.starts_with.is_some() || self.ends_with.is_some();
        let positive = any(&self.equals, equal) || any(&self.starts_with, starts) || any(&self.ends_with, ends);
        let negative =
            any(&self.not_equals, equal) || any(&self.not_starts_with, starts) || any(&self.not_ends_with, ends);
        (positive || !demands) && !negative
    }

    /// All values of all operators.
    fn values(&self) -> impl Iterator<Item = &String> {
        let all = [
            &self.equals,
            &self.starts_with,
            &self.ends_with,
            &self.not_equals,
            &self.not_starts_with,
            &self.not_ends_with,
        ];
        all.into_iter().flatten().flatten()
    }

    /// Whether `Equals` is the only operator.
    fn is_equals_only(&self) -> bool {
        self.equals.is_some() && self.values().count() == self.equals.as_ref().map_or(0, Vec::len)
    }

    /// Whether `NotEquals` is the only operator.
    fn is_not_equals_only(&self) -> bool {
        self.not_equals.is_some() && self.values().count() == self.not_equals.as_ref().map_or(0, Vec::len)
    }
}

impl Selector {
    /// Whether the event satisfies every field.
    pub fn matches(&self, event: &Facts<'_>) -> bool {
        let (of_resources, others): (Vec<_>, Vec<_>) =
            self.fields.iter().partition(|field| field.field.starts_with("resources."));
        others.into_iter().all(|field| field.admits(event.value(&field.field))) && some_resource(&of_resources, event)
    }

    /// The category of events that it takes.
    pub fn category(&self) -> Option<Category> {
        self.category_name().and_then(Category::parse)
    }

    /// The name of that category, also of one that trails do not take.
    pub fn category_name(&self) -> Option<&str> {
        self.equal_to("eventCategory")
    }

    /// The type of resource whose data events it takes.
    pub fn resource_type(&self) -> Option<&str> {
        self.equal_to("resources.type")
    }

    fn equal_to(&self, name: &str) -> Option<&str> {
        let field = self.fields.iter().find(|field| field.field == name)?;
        field.equals.as_ref()?.first().map(String::as_str)
    }
}

/// Whether one resource satisfies all that is asked of resources.
fn some_resource(fields: &[&FieldSelector], event: &Facts<'_>) -> bool {
    let satisfies = |resource: &EventResource<'_>| {
        fields.iter().all(|field| match field.field.as_str() {
            "resources.type" => field.admits(Some(&resource.resource_type)),
            _ => field.admits(resource.arn.as_deref()),
        })
    };
    fields.is_empty() || event.resources.iter().any(satisfies)
}

#[cfg(test)]
mod tests;
