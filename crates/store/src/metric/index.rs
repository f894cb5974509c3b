//! Which series there are: found by their metric, and listed by namespace, name and dimensions.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Bound;
use std::sync::{Arc, RwLock, RwLockReadGuard, RwLockWriteGuard};

use base::Scope;

use super::series::{NEVER, Series};
use super::{Datum, Metric, MetricFilter, SeriesId, Unit};

/// What sorting a metric that was found costs, in metrics that are gone through in order.
const SORT_STEPS: usize = 4;

/// All series, in memory.
#[derive(Default)]
pub(super) struct Index {
    known: RwLock<Known>,
}

#[derive(Default)]
struct Known {
    scopes: HashMap<Scope, ScopeIndex>,
    // Every text once.
    texts: HashSet<Arc<str>>,
    last_id: u64,
}

/// The place of a metric in a scope.
type Slot = u32;

/// The metrics of one account and region.
struct ScopeIndex {
    scope: Arc<Scope>,
    exact: HashMap<Arc<Metric>, Slot>,
    sorted: BTreeMap<Arc<Metric>, Slot>,
    // The series of each metric, one a unit; empty when the slot is free.
    slots: Vec<Vec<Arc<Series>>>,
    free: Vec<Slot>,
    // With the number of metrics in each.
    namespaces: BTreeMap<Arc<str>, usize>,
    dimensions: HashMap<Arc<str>, Dimension>,
}

/// The metrics that have a dimension: all, and by value.
#[derive(Default)]
struct Dimension {
    all: Vec<Slot>,
    values: HashMap<Arc<str>, Vec<Slot>>,
}

impl Index {
    /// The series of each datum, made if it is new, and held until its write is over.
    pub fn resolve(&self, scope: &Scope, data: &[Datum]) -> Vec<Arc<Series>> {
        let mut found: Vec<Option<Arc<Series>>> = Vec::with_capacity(data.len());
        {
            let known = self.read();
            let index = known.scopes.get(scope);
            found.extend(data.iter().map(|datum| {
                let series = index?.find(&datum.metric, datum.unit)?.clone();
                series.begin_write();
                Some(series)
            }));
        }
        if found.iter().any(Option::is_none) {
            let mut known = self.write();
            for (series, datum) in found.iter_mut().zip(data) {
                series.get_or_insert_with(|| {
                    let made = known.find_or_make(scope, &datum.metric, datum.unit, None);
                    made.begin_write();
                    made
                });
            }
        }
        found.into_iter().flatten().collect()
    }

    /// The series of exactly this metric that have data.
    pub fn series(&self, scope: &Scope, metric: &Metric) -> Vec<(Unit, SeriesId)> {
        let known = self.read();
        let Some(index) = known.scopes.get(scope) else { return Vec::new() };
        let Some(slot) = index.exact.get(metric) else { return Vec::new() };
        let with_data = index.slots[*slot as usize].iter().filter(|series| series.last_secs() != NEVER);
        with_data.map(|series| (series.unit, series.id)).collect()
    }

    /// The first `limit` metrics after `after` that match, in order.
    pub fn list(&self, scope: &Scope, filter: &MetricFilter, after: Option<&Metric>, limit: usize) -> Vec<Metric> {
        let known = self.read();
        match known.scopes.get(scope) {
            Some(index) => index.list(filter, after, limit),
            None => Vec::new(),
        }
    }

    /// All series with data, of the accounts and regions that `wanted` takes, whose metric
    /// matches; by rising id.
    pub fn select(&self, wanted: impl Fn(&Scope) -> bool, filter: &MetricFilter) -> Vec<Arc<Series>> {
        let known = self.read();
        let mut found = Vec::new();
        for index in known.scopes.values().filter(|index| wanted(&index.scope)) {
            let slots: Vec<Slot> = match index.narrowest(filter, usize::MAX) {
                Some(slots) => slots.to_vec(),
                None => index.in_order(filter, None).collect(),
            };
            let matching = slots.into_iter().filter(|slot| index.matching(*slot, filter).is_some());
            let series = matching.flat_map(|slot| &index.slots[slot as usize]);
            found.extend(series.filter(|series| series.last_secs() != NEVER).cloned());
        }
        found.sort_unstable_by_key(|series| series.id);
        found
    }

    /// Adds a series as the log or a file tells; it may be known by then.
    pub fn define(&self, id: SeriesId, scope: &Scope, metric: &Metric, unit: Unit) -> Result<Arc<Series>, String> {
        let mut known = self.write();
        let mut series = known.find_or_make(scope, metric, unit, Some(id));
        if series.id < id {
            // It went when its data had expired, and that could not be saved.
            series = known.replace(&series, id);
        } else if series.id > id {
            return Err(format!("series {} comes after {}, which is the same metric", id.0, series.id.0));
        }
        series.set_logged();
        known.last_id = known.last_id.max(id.0);
        Ok(series)
    }

    /// Ids up to this one have been given to series, some of which are gone.
    pub fn reserve_ids(&self, last_id: u64) {
        let mut known = self.write();
        known.last_id = known.last_id.max(last_id);
    }

    /// The highest id that was ever given to a series.
    pub fn last_id(&self) -> u64 {
        self.read().last_id
    }

    /// The number of series.
    pub fn len(&self) -> usize {
        let known = self.read();
        known.scopes.values().flat_map(|index| &index.slots).map(Vec::len).sum()
    }

    /// Takes out the series all of whose data was before `gone_secs`, and those that never
    /// came to be stored, if they also may go; gives those that files may know.
    pub fn remove_gone(&self, gone_secs: i64, may_go: impl Fn(SeriesId) -> bool) -> Vec<Arc<Series>> {
        let gone = |series: &Series| series.is_gone(gone_secs) && may_go(series.id);
        // Most often there are none, which is found out without stopping the writers.
        if !self.read().scopes.values().any(|index| index.series().any(|series| gone(series))) {
            return Vec::new();
        }
        let mut known = self.write();
        let mut removed = Vec::new();
        known.scopes.values_mut().for_each(|index| index.remove_if(&gone, &mut removed));
        known.scopes.retain(|_, index| !index.exact.is_empty());
        known.texts.retain(|text| Arc::strong_count(text) > 1);
        removed.retain(|series| series.is_logged());
        removed
    }

    fn read(&self) -> RwLockReadGuard<'_, Known> {
        self.known.read().expect("no writer panics")
    }

    fn write(&self) -> RwLockWriteGuard<'_, Known> {
        self.known.write().expect("no writer panics")
    }
}

impl Known {
    fn find_or_make(&mut self, scope: &Scope, metric: &Metric, unit: Unit, id: Option<SeriesId>) -> Arc<Series> {
        if !self.scopes.contains_key(scope) {
            self.scopes.insert(scope.clone(), ScopeIndex::new(scope.clone()));
        }
        let index = self.scopes.get_mut(scope).expect("it was put there if it was missing");
        if let Some(series) = index.find(metric, unit) {
            return series.clone();
        }
        let id = id.unwrap_or_else(|| {
            self.last_id += 1;
            SeriesId(self.last_id)
        });
        let metric = match index.exact.get_key_value(metric) {
            Some((metric, _)) => metric.clone(),
            None => Arc::new(interned(&mut self.texts, metric)),
        };
        let series = Arc::new(Series::new(id, unit, index.scope.clone(), metric));
        index.add(series.clone());
        series
    }

    /// Puts a series of the same metric and unit in the place of one that is gone.
    fn replace(&mut self, gone: &Arc<Series>, id: SeriesId) -> Arc<Series> {
        let series = Arc::new(Series::new(id, gone.unit, gone.scope.clone(), gone.metric.clone()));
        let index = self.scopes.get_mut(&*gone.scope).expect("the series that goes is in the index");
        let slot = index.exact[&gone.metric] as usize;
        index.slots[slot].retain(|series| series.id != gone.id);
        index.slots[slot].push(series.clone());
        series
    }
}

fn interned(texts: &mut HashSet<Arc<str>>, metric: &Metric) -> Metric {
    let mut text = |text: &Arc<str>| {
        if let Some(known) = texts.get(text) {
            return known.clone();
        }
        texts.insert(text.clone());
        text.clone()
    };
    Metric {
        namespace: text(&metric.namespace),
        name: text(&metric.name),
        dimensions: metric.dimensions.iter().map(|(name, value)| (text(name), text(value))).collect(),
    }
}

impl ScopeIndex {
    fn new(scope: Scope) -> Self {
        Self {
            scope: Arc::new(scope),
            exact: HashMap::new(),
            sorted: BTreeMap::new(),
            slots: Vec::new(),
            free: Vec::new(),
            namespaces: BTreeMap::new(),
            dimensions: HashMap::new(),
        }
    }

    fn find(&self, metric: &Metric, unit: Unit) -> Option<&Arc<Series>> {
        let slot = self.exact.get(metric)?;
        self.slots[*slot as usize].iter().find(|series| series.unit == unit)
    }

    fn series(&self) -> impl Iterator<Item = &Arc<Series>> {
        self.slots.iter().flatten()
    }

    fn add(&mut self, series: Arc<Series>) {
        if let Some(slot) = self.exact.get(&series.metric) {
            self.slots[*slot as usize].push(series);
            return;
        }
        let metric = series.metric.clone();
        // Nearly all metrics have one unit.
        let units = vec![series];
        let slot = match self.free.pop() {
            Some(slot) => {
                self.slots[slot as usize] = units;
                slot
            }
            None => {
                self.slots.push(units);
                Slot::try_from(self.slots.len() - 1).expect("memory ends before the slots do")
            }
        };
        *self.namespaces.entry(metric.namespace.clone()).or_default() += 1;
        for (name, value) in metric.dimensions.iter() {
            let dimension = self.dimensions.entry(name.clone()).or_default();
            dimension.all.push(slot);
            dimension.values.entry(value.clone()).or_insert_with(|| Vec::with_capacity(1)).push(slot);
        }
        self.sorted.insert(metric.clone(), slot);
        self.exact.insert(metric, slot);
    }

    fn list(&self, filter: &MetricFilter, after: Option<&Metric>, limit: usize) -> Vec<Metric> {
        let mut found: Vec<&Arc<Metric>> = match self.narrowest(filter, limit) {
            Some(slots) => {
                let matching = slots.iter().filter_map(|slot| self.matching(*slot, filter));
                matching.filter(|metric| after.is_none_or(|after| ***metric > *after)).collect()
            }
            None => {
                let in_order = self.in_order(filter, after);
                in_order.filter_map(|slot| self.matching(slot, filter)).take(limit).collect()
            }
        };
        if found.len() > limit {
            found.select_nth_unstable(limit);
            found.truncate(limit);
        }
        found.sort_unstable();
        found.into_iter().map(|metric| Metric::clone(metric)).collect()
    }

    /// The metrics of the namespace and name that are asked for, in order.
    fn in_order(&self, filter: &MetricFilter, after: Option<&Metric>) -> impl Iterator<Item = Slot> {
        let first: Bound<&str> = match (&filter.namespace, after) {
            (Some(namespace), _) => Bound::Included(namespace),
            (None, Some(after)) => Bound::Included(&after.namespace),
            (None, None) => Bound::Unbounded,
        };
        let namespaces = self.namespaces.range::<str, _>((first, Bound::Unbounded)).map(|(namespace, _)| namespace);
        let asked = filter.namespace.clone();
        let namespaces =
            namespaces.take_while(move |namespace| asked.as_ref().is_none_or(|asked| **asked == ***namespace));
        let (name, after) = (filter.name.clone(), after.cloned());
        namespaces.flat_map(move |namespace| {
            let name = name.clone();
            let first = Metric {
                namespace: namespace.clone(),
                name: name.as_deref().unwrap_or_default().into(),
                dimensions: [].into(),
            };
            let from = match &after {
                Some(after) if *after >= first => Bound::Excluded(after.clone()),
                _ => Bound::Included(first),
            };
            let range = self.sorted.range::<Metric, _>((from.as_ref(), Bound::Unbounded));
            let within = range.take_while(move |(metric, _)| {
                metric.namespace == *namespace && name.as_ref().is_none_or(|name| **name == *metric.name)
            });
            within.map(|(_, slot)| *slot)
        })
    }

    /// A list that holds everything that matches, if going through it is less work than
    /// going through the metrics in order until there are enough.
    fn narrowest(&self, filter: &MetricFilter, limit: usize) -> Option<&[Slot]> {
        let mut lists: Vec<&[Slot]> = Vec::new();
        for (name, value) in &filter.dimensions {
            lists.push(match (self.dimensions.get(name.as_str()), value) {
                (None, _) => &[],
                (Some(dimension), None) => &dimension.all,
                (Some(dimension), Some(value)) => dimension.values.get(value.as_str()).map_or(&[], Vec::as_slice),
            });
        }
        let shortest = lists.into_iter().min_by_key(|slots| slots.len())?;
        let in_order = limit.saturating_mul(self.exact.len()) / shortest.len().max(1);
        (shortest.len().saturating_mul(SORT_STEPS) <= in_order).then_some(shortest)
    }

    /// The metric in a slot, if it has data and matches.
    fn matching(&self, slot: Slot, filter: &MetricFilter) -> Option<&Arc<Metric>> {
        let units = &self.slots[slot as usize];
        let metric = &units.first()?.metric;
        let last_secs = units.iter().map(|series| series.last_secs()).max().filter(|last| *last != NEVER)?;
        let active = filter.active_since.is_none_or(|since| last_secs.saturating_mul(1000) >= since.millis());
        let namespace = filter.namespace.as_ref().is_none_or(|namespace| **namespace == *metric.namespace);
        let name = filter.name.as_ref().is_none_or(|name| **name == *metric.name);
        let has = |(name, value): &(String, Option<String>)| {
            let own = metric.dimensions.iter().find(|(own, _)| **own == **name);
            own.is_some_and(|(_, own)| value.as_ref().is_none_or(|value| **value == **own))
        };
        (active && namespace && name && filter.dimensions.iter().all(has)).then_some(metric)
    }

    fn remove_if(&mut self, gone: &impl Fn(&Series) -> bool, removed: &mut Vec<Arc<Series>>) {
        let mut emptied = HashSet::new();
        for (slot, units) in self.slots.iter_mut().enumerate().filter(|(_, units)| !units.is_empty()) {
            removed.extend(units.extract_if(.., |series| gone(series)));
            if units.is_empty() {
                *units = Vec::new();
                emptied.insert(slot as Slot);
            }
        }
        if emptied.is_empty() {
            return;
        }
        let stays = |slot: &Slot| !emptied.contains(slot);
        self.exact.retain(|_, slot| stays(slot));
        self.sorted.retain(|metric, slot| {
            if !stays(slot)
                && let Some(count) = self.namespaces.get_mut(&metric.namespace)
            {
                *count -= 1;
            }
            stays(slot)
        });
        self.namespaces.retain(|_, count| *count > 0);
        let prune = |lists: &mut HashMap<Arc<str>, Vec<Slot>>| {
            lists.retain(|_, slots| {
                slots.retain(stays);
                !slots.is_empty()
            });
        };
        self.dimensions.retain(|_, dimension| {
            dimension.all.retain(stays);
            prune(&mut dimension.values);
            !dimension.all.is_empty()
        });
        self.free.extend(emptied);
    }
}
