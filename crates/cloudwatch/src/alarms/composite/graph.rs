//! Who depends on whom: an index over composite alarms, and the order to evaluate them in.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use lang::alarm_rule::Rule;
use store::Catalog;
use store::catalog::{Changed, Key, Versioned};

use super::evaluation::Why;
use super::{name_in, references, suppressor};
use crate::record::{AlarmKind, AlarmRecord};

/// All composite alarms. Alarms that none refers to take no room.
#[derive(Default)]
pub(super) struct Graph {
    composites: HashMap<Key, Composite>,
    /// From an alarm to those whose rules refer to it.
    parents: HashMap<Key, Vec<Key>>,
    /// From an alarm to those whose actions it suppresses.
    suppressed: HashMap<Key, Vec<Key>>,
    /// How many composite alarms are below each; those in cycles have no level.
    levels: HashMap<Key, usize>,
}

/// A composite alarm, ready to evaluate.
pub(super) struct Composite {
    record: Versioned<AlarmRecord>,
    pub(super) rule: Arc<Rule>,
    /// The alarms its rule refers to.
    children: Vec<Key>,
    suppressor: Option<Key>,
}

impl Composite {
    /// None when the alarm is no composite one.
    fn of(key: &Key, alarm: &Versioned<AlarmRecord>) -> Option<Self> {
        let AlarmKind::Composite(composite) = &alarm.value.kind else { return None };
        let key = |name: &str| Key { name: name.to_owned(), ..key.clone() };
        Some(Self {
            record: alarm.clone(),
            rule: Arc::new(Rule::parse(&composite.rule).ok()?),
            children: references(composite).iter().map(|name| key(name)).collect(),
            suppressor: suppressor(composite).map(key),
        })
    }

    /// Whether nothing but the switch of its actions has changed in `other`.
    fn is_as_put(&self, other: &Self) -> bool {
        let (before, after) = (&self.record.value, &other.record.value);
        after.switched.is_some() && before.configured == after.configured && before.kind == after.kind
    }

    pub(super) fn children(&self) -> &[Key] {
        &self.children
    }

    /// The child that a reference of the rule means.
    pub(super) fn child_of(&self, reference: &str) -> Option<&Key> {
        let name = name_in(reference);
        self.children.iter().find(|child| child.name == name)
    }
}

impl Graph {
    /// Takes in the alarms that changed. Gives the composite ones among them that were put.
    pub(super) fn update(&mut self, catalog: &Catalog, changed: Changed) -> Vec<(Key, Why)> {
        let found: Vec<(Key, Option<Versioned<AlarmRecord>>)> = match changed {
            Changed::Keys(keys) => {
                let keys: BTreeSet<Key> = keys.into_iter().collect();
                keys.into_iter().map(|key| (key.clone(), catalog.get(&key))).collect()
            }
            Changed::Many => {
                let all = catalog.list_all::<AlarmRecord>();
                let there: BTreeSet<&Key> = all.iter().map(|(key, _)| key).collect();
                let gone: Vec<Key> = self.composites.keys().filter(|key| !there.contains(key)).cloned().collect();
                let gone = gone.into_iter().map(|key| (key, None));
                all.into_iter().map(|(key, alarm)| (key, Some(alarm))).chain(gone).collect()
            }
        };
        let (mut put, mut removed) = (Vec::new(), false);
        for (key, alarm) in found {
            let Some(composite) = alarm.and_then(|alarm| Composite::of(&key, &alarm)) else {
                removed |= self.composites.remove(&key).is_some();
                continue;
            };
            match self.composites.get(&key) {
                Some(known) if known.record.version == composite.record.version => continue,
                // It was not put: its actions were enabled or disabled.
                Some(known) if known.is_as_put(&composite) => {
                    self.composites.insert(key, composite);
                    continue;
                }
                Some(known) if known.suppressor != composite.suppressor => {
                    put.push((key.clone(), Why::PutWithOtherSuppressor));
                }
                _ => put.push((key.clone(), Why::Put)),
            }
            self.composites.insert(key, composite);
        }
        if removed || !put.is_empty() {
            self.link();
        }
        put
    }

    pub(super) fn get(&self, key: &Key) -> Option<&Composite> {
        self.composites.get(key)
    }

    pub(super) fn composites(&self) -> impl Iterator<Item = &Key> {
        self.composites.keys()
    }

    /// The alarms whose rules refer to this one.
    pub(super) fn parents(&self, key: &Key) -> &[Key] {
        self.parents.get(key).map_or(&[], Vec::as_slice)
    }

    /// The alarms whose actions this one suppresses.
    pub(super) fn suppressed(&self, key: &Key) -> &[Key] {
        self.suppressed.get(key).map_or(&[], Vec::as_slice)
    }

    /// Where an alarm stands in the order of evaluation. None for alarms of a cycle: they are
    /// not evaluated until it is broken, by a rule that refers to nothing.
    pub(super) fn level(&self, key: &Key) -> Option<usize> {
        self.levels.get(key).copied()
    }

    /// The alarms that stand in cycles, or on a way from one to another.
    pub(super) fn in_cycles(&self) -> BTreeSet<&Key> {
        self.composites.keys().filter(|key| !self.levels.contains_key(key)).collect()
    }

    fn link(&mut self) {
        (self.parents, self.suppressed) = (HashMap::new(), HashMap::new());
        for (key, composite) in &self.composites {
            for child in &composite.children {
                self.parents.entry(child.clone()).or_default().push(key.clone());
            }
            if let Some(suppressor) = &composite.suppressor {
                self.suppressed.entry(suppressor.clone()).or_default().push(key.clone());
            }
        }
        self.levels = self.ordered().into_iter().fold(HashMap::new(), |mut levels, key| {
            let below = self.composites[key].children.iter().filter_map(|child| levels.get(child)).max();
            levels.insert(key.clone(), below.map_or(0, |below| below + 1));
            levels
        });
    }

    /// Children before parents; without cycles.
    fn ordered(&self) -> Vec<&Key> {
        let mut order = self.peel(|_| true, Self::children, Self::parents);
        // What is left stands in cycles or depends on them. What depends on them is taken off
        // from above; its order is the reverse.
        let below: BTreeSet<&Key> = order.iter().copied().collect();
        let above = self.peel(|key| !below.contains(key), Self::parents, Self::children);
        order.extend(above.into_iter().rev());
        order
    }

    fn children(&self, key: &Key) -> &[Key] {
        self.composites.get(key).map_or(&[], Composite::children)
    }

    /// Takes composite alarms off one by one, those that no other `holds` any more, until none
    /// is left but those that hold each other.
    fn peel<'a>(
        &'a self,
        within: impl Fn(&Key) -> bool,
        holders: fn(&'a Self, &Key) -> &'a [Key],
        freed: fn(&'a Self, &Key) -> &'a [Key],
    ) -> Vec<&'a Key> {
        let counts = |key: &Key| self.composites.contains_key(key) && within(key);
        let held = |key: &Key| holders(self, key).iter().filter(|holder| counts(holder)).count();
        let mut held: HashMap<&Key, usize> =
            self.composites.keys().filter(|key| within(key)).map(|key| (key, held(key))).collect();
        let mut free: VecDeque<&Key> = held.iter().filter(|(_, count)| **count == 0).map(|(key, _)| *key).collect();
        let mut taken = Vec::new();
        while let Some(key) = free.pop_front() {
            taken.push(key);
            for other in freed(self, key) {
                let Some(count) = held.get_mut(other) else { continue };
                *count -= 1;
                if *count == 0 {
                    free.push_back(other);
                }
            }
        }
        taken
    }
}
