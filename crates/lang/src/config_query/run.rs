//! A run of a query over documents: what it keeps is a page of results, not all of them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::group::{Accumulator, groups_of};
use super::plan::Plan;
use super::project;
use super::value::{Scalar, SortKey};
use super::{Aggregate, Item, OrderBy};

/// Groups that are kept at once where all of them must be known.
const GROUPS_KEPT_MAX: usize = 100_000;

/// A place among results, which the next page comes after. It says nothing to who holds it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    keys: Vec<SortKey>,
    /// Of a group.
    group: Vec<Option<Scalar>>,
    /// Of a resource.
    name: String,
}

/// Whether a run wants more documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Going {
    /// It does.
    On,
    /// No document after this one changes the results.
    Enough,
}

/// There are more groups than a run can keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the query has more than {GROUPS_KEPT_MAX} groups")]
pub struct TooManyGroups;

/// What came of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// A JSON text for each result.
    pub results: Vec<String>,
    /// Where the next page starts, if there is one.
    pub next: Option<Place>,
}

/// A run of a query.
pub struct Run<'p> {
    plan: &'p Plan,
    aggregates: Vec<&'p Aggregate>,
    limit: usize,
    after: Option<Place>,
    /// Results of resources: the first ones after the page's start, and one more.
    rows: BTreeMap<Place, String>,
    groups: BTreeMap<Place, Vec<Accumulator>>,
}

impl<'p> Run<'p> {
    pub(super) fn new(plan: &'p Plan, limit: usize, after: Option<Place>) -> Self {
        let aggregates = plan.query.aggregates();
        Self { plan, aggregates, limit, after, rows: BTreeMap::new(), groups: BTreeMap::new() }
    }

    /// The name after which documents have to be offered; others change nothing.
    pub fn starts_after(&self) -> Option<&str> {
        let is_by_name = !self.plan.is_grouped() && self.plan.query.order.is_empty();
        self.after.as_ref().filter(|_| is_by_name).map(|place| place.name.as_str())
    }

    /// Takes a document. Names are in order, and no two documents have the same.
    ///
    /// # Errors
    /// [`TooManyGroups`]
    pub fn offer(&mut self, name: &str, document: &Value) -> Result<Going, TooManyGroups> {
        if self.plan.condition.as_ref().is_some_and(|condition| !condition.holds(document)) {
            return Ok(Going::On);
        }
        match self.plan.is_grouped() {
            true => self.group(document),
            false => Ok(self.row(name, document)),
        }
    }

    fn row(&mut self, name: &str, document: &Value) -> Going {
        let query = &self.plan.query;
        let keys = query.order.iter().map(|order| match &order.by {
            OrderBy::Property(path) => {
                let values = path.values(document).into_iter().filter_map(Scalar::of);
                // Of several values the one counts that comes first.
                let value = if order.descends { values.max() } else { values.min() };
                SortKey { value, descends: order.descends }
            }
            OrderBy::Aggregate(_) => SortKey { value: None, descends: false },
        });
        let place = Place { keys: keys.collect(), group: Vec::new(), name: name.to_owned() };
        let is_before = self.after.as_ref().is_some_and(|after| place <= *after);
        let is_full = self.rows.len() > self.limit;
        if is_before || (is_full && self.rows.last_key_value().is_some_and(|(last, _)| place > *last)) {
            return Going::On;
        }
        if is_full {
            self.rows.pop_last();
        }
        self.rows.insert(place, self.plan.selection.of(document).to_string());
        match query.order.is_empty() && self.rows.len() > self.limit {
            true => Going::Enough,
            false => Going::On,
        }
    }

    fn group(&mut self, document: &Value) -> Result<Going, TooManyGroups> {
        let is_ordered_later = self.plan.orders_by_aggregate();
        for group in groups_of(&self.plan.query.groups, document) {
            let place = Place { keys: self.keys_of(&group), group, name: String::new() };
            if !is_ordered_later && self.after.as_ref().is_some_and(|after| place <= *after) {
                continue;
            }
            let accumulators = match self.groups.get_mut(&place) {
                Some(accumulators) => accumulators,
                None => {
                    // A group that comes after so many others is in no page, whatever is in it.
                    let is_full = self.groups.len() > self.limit && !is_ordered_later;
                    if is_full && self.groups.last_key_value().is_some_and(|(last, _)| place > *last) {
                        continue;
                    }
                    if is_full {
                        self.groups.pop_last();
                    }
                    if self.groups.len() >= GROUPS_KEPT_MAX {
                        return Err(TooManyGroups);
                    }
                    self.groups.entry(place).or_insert_with(|| fresh(&self.aggregates))
                }
            };
            for (aggregate, accumulator) in self.aggregates.iter().zip(accumulators) {
                accumulator.take(aggregate, document);
            }
        }
        Ok(Going::On)
    }

    /// What a group is ordered by, where that is what it is grouped by.
    fn keys_of(&self, group: &[Option<Scalar>]) -> Vec<SortKey> {
        let query = &self.plan.query;
        let key = |order: &super::Order| match &order.by {
            OrderBy::Property(path) => {
                let at = query.groups.iter().position(|grouped| grouped == path)?;
                Some(SortKey { value: group[at].clone(), descends: order.descends })
            }
            OrderBy::Aggregate(_) => None,
        };
        query.order.iter().filter_map(key).collect()
    }

    /// The results.
    pub fn finish(mut self) -> Outcome {
        if !self.plan.is_grouped() {
            return page(self.rows.into_iter().collect(), self.limit, |(place, text)| (place, text));
        }
        if self.plan.query.groups.is_empty() && self.groups.is_empty() && self.after.is_none() {
            // All resources are one group, also when there are none.
            let place = Place { keys: Vec::new(), group: Vec::new(), name: String::new() };
            self.groups.insert(place, fresh(&self.aggregates));
        }
        let mut groups: Vec<_> = std::mem::take(&mut self.groups).into_iter().collect();
        if self.plan.orders_by_aggregate() {
            groups.sort_by_cached_key(|(place, accumulators)| self.aggregate_keys(place, accumulators));
            groups.truncate(self.limit);
        }
        page(groups, self.limit, |(place, accumulators)| {
            let text = self.result(&place, &accumulators);
            (place, text)
        })
    }

    fn aggregate_keys(&self, place: &Place, accumulators: &[Accumulator]) -> Vec<SortKey> {
        let mut by_property = place.keys.iter().cloned();
        let key = |order: &super::Order| match &order.by {
            OrderBy::Property(_) => by_property.next().expect("every property of the order has a key"),
            OrderBy::Aggregate(aggregate) => {
                let value = self.accumulated(aggregate, accumulators).and_then(|value| Scalar::of(&value));
                SortKey { value, descends: order.descends }
            }
        };
        self.plan.query.order.iter().map(key).collect()
    }

    fn accumulated(&self, wanted: &Aggregate, accumulators: &[Accumulator]) -> Option<Value> {
        let at = self.aggregates.iter().position(|aggregate| aggregate.is_same(wanted))?;
        accumulators[at].result()
    }

    fn result(&self, place: &Place, accumulators: &[Accumulator]) -> String {
        let query = &self.plan.query;
        let mut result = Map::new();
        for item in &query.items {
            match item {
                Item::All => {}
                Item::Property(path) => {
                    let at = query.groups.iter().position(|grouped| grouped == path);
                    let value = at.and_then(|at| place.group[at].as_ref());
                    if let Some(value) = value {
                        project::put(&mut result, path, value.to_value());
                    }
                }
                Item::Aggregate(aggregate) => {
                    let value = self.accumulated(aggregate, accumulators);
                    result.extend(value.map(|value| (aggregate.to_string(), value)));
                }
            }
        }
        Value::Object(result).to_string()
    }
}

fn fresh(aggregates: &[&Aggregate]) -> Vec<Accumulator> {
    aggregates.iter().map(|aggregate| Accumulator::new(aggregate.function)).collect()
}

/// The first results, and the place of the last of them where there are more.
fn page<T>(found: Vec<T>, limit: usize, text: impl Fn(T) -> (Place, String)) -> Outcome {
    let is_more = found.len() > limit;
    let (places, results): (Vec<_>, Vec<_>) = found.into_iter().take(limit).map(text).unzip();
    Outcome { results, next: places.into_iter().last().filter(|_| is_more) }
}
