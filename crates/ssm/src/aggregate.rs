//! Counts of hosts by what is on them (`Aggregators` of GetInventory).
//!
//! An expression names an attribute; those within it divide its counts further. Counted are hosts: one that has a
//! combination of values twice counts once. Values of one type are those of one entry.

use std::collections::{BTreeMap, BTreeSet};

use api::ServiceError;
use api::ssm::errors;
use api::ssm::types::{InventoryAggregator, InventoryGroup};

use crate::content::Entry;
use crate::filter::{Filters, attribute_of};
use crate::view::View;

/// How deep expressions may be within each other.
const DEPTH_MAX: usize = 5;

/// Combinations of values of one host that are looked at.
const COMBINATIONS_MAX: usize = 100_000;

/// Expressions that divide each other's counts, the outermost first.
struct Chain {
    /// Type and attribute of each.
    steps: Vec<(String, String)>,
    counts: BTreeMap<Vec<String>, usize>,
}

/// Hosts that do and that do not pass some filters.
struct Group {
    name: String,
    filters: Filters,
    matching: usize,
    others: usize,
}

/// What is counted of hosts.
#[derive(Default)]
pub(crate) struct Aggregation {
    chains: Vec<Chain>,
    groups: Vec<Group>,
}

/// A row of an answer: what it stands under, and what it says.
pub(crate) type Row = (String, Vec<(String, String)>);

impl Aggregation {
    /// What the aggregators of a call count.
    ///
    /// # Errors
    /// `InvalidAggregatorException`, `InvalidInventoryGroupException`, `InvalidFilter`.
    pub(crate) fn parse(given: &[InventoryAggregator]) -> Result<Self, ServiceError> {
        let mut aggregation = Self::default();
        for aggregator in given {
            aggregation.add(aggregator, &[])?;
        }
        Ok(aggregation)
    }

    fn add(&mut self, aggregator: &InventoryAggregator, outer: &[(String, String)]) -> Result<(), ServiceError> {
        let InventoryAggregator { expression, aggregators, groups } = aggregator;
        let inner = aggregators.as_deref().unwrap_or_default();
        match (expression, groups.as_deref()) {
            (Some(expression), None) => {
                let (type_name, attribute) = attribute_of(expression).map_err(errors::invalid_aggregator_exception)?;
                let mut steps = outer.to_vec();
                steps.push((type_name.to_owned(), attribute.to_owned()));
                if steps.len() > DEPTH_MAX {
                    let message = format!("Aggregators may be {DEPTH_MAX} deep within each other.");
                    return Err(errors::invalid_aggregator_exception(message));
                }
                if inner.is_empty() {
                    self.chains.push(Chain { steps, counts: BTreeMap::new() });
                    return Ok(());
                }
                inner.iter().try_for_each(|aggregator| self.add(aggregator, &steps))
            }
            (None, Some(groups)) if inner.is_empty() && outer.is_empty() => self.add_groups(groups),
            _ => {
                let message = "An aggregator has either an expression or groups, and groups stand alone.";
                Err(errors::invalid_aggregator_exception(message))
            }
        }
    }

    fn add_groups(&mut self, groups: &[InventoryGroup]) -> Result<(), ServiceError> {
        for InventoryGroup { name, filters } in groups {
            if self.groups.iter().any(|known| known.name == *name) {
                let message = format!("There are two groups with the name {name}.");
                return Err(errors::invalid_inventory_group_exception(message));
            }
            let filters = Filters::parse(filters)?;
            self.groups.push(Group { name: name.clone(), filters, matching: 0, others: 0 });
        }
        Ok(())
    }

    /// Counts a host.
    ///
    /// # Errors
    /// `InvalidAggregatorException` when it has too many combinations of the values that are asked for.
    pub(crate) fn count(&mut self, view: &View<'_>) -> Result<(), ServiceError> {
        for group in &mut self.groups {
            match group.filters.match_host(view) {
                true => group.matching += 1,
                false => group.others += 1,
            }
        }
        self.chains.iter_mut().try_for_each(|chain| chain.count(view))
    }

    /// All rows, in an order of their own: by what they stand under, then by values.
    pub(crate) fn rows(self) -> Vec<Row> {
        let chains = self.chains.into_iter().flat_map(Chain::rows);
        let groups = self.groups.into_iter().flat_map(|group| {
            let row = |name: &str, count: usize| (group.name.clone(), vec![(name.to_owned(), count.to_string())]);
            [row("notMatchingCount", group.others), row("matchingCount", group.matching)]
        });
        chains.chain(groups).collect()
    }
}

impl Chain {
    fn count(&mut self, view: &View<'_>) -> Result<(), ServiceError> {
        for values in self.combinations(view)? {
            *self.counts.entry(values).or_default() += 1;
        }
        Ok(())
    }

    /// The combinations of values that a host has. A host that lacks one of the values counts nowhere.
    fn combinations(&self, view: &View<'_>) -> Result<BTreeSet<Vec<String>>, ServiceError> {
        let mut of_types: Vec<(&str, Vec<usize>)> = Vec::new();
        for (at, (type_name, _)) in self.steps.iter().enumerate() {
            match of_types.iter_mut().find(|(known, _)| known == type_name) {
                Some((_, steps)) => steps.push(at),
                None => of_types.push((type_name, vec![at])),
            }
        }
        let mut found = BTreeSet::from([vec![String::new(); self.steps.len()]]);
        for (type_name, steps) in of_types {
            let entries = view.entries(type_name).unwrap_or_default();
            let values = |entry: &Entry| -> Option<Vec<String>> {
                steps.iter().map(|at| entry.get(&self.steps[*at].1).cloned()).collect()
            };
            let values: BTreeSet<Vec<String>> = entries.iter().filter_map(values).collect();
            if found.len().saturating_mul(values.len()) > COMBINATIONS_MAX {
                let message = "The aggregators have too many combinations of values on one instance.";
                return Err(errors::invalid_aggregator_exception(message));
            }
            let with = |before: &Vec<String>, values: &Vec<String>| {
                let mut combination = before.clone();
                steps.iter().zip(values).for_each(|(at, value)| combination[*at].clone_from(value));
                combination
            };
            found = found.iter().flat_map(|before| values.iter().map(move |values| with(before, values))).collect();
        }
        Ok(found)
    }

    fn rows(self) -> impl Iterator<Item = Row> {
        let Self { steps, counts } = self;
        counts.into_iter().map(move |(values, count)| {
            let named = steps.iter().zip(values).map(|((_, attribute), value)| (attribute.clone(), value));
            (steps[0].0.clone(), named.chain([("Count".to_owned(), count.to_string())]).collect())
        })
    }
}
