//! What is to be delivered when: the job's picture of the delivery records. Pure: time is an
//! argument, and nothing is sent or stored here.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::{Arc, Weak};
use std::time::Duration;

use base::Timestamp;
use store::catalog::{Key, Versioned};

use super::parcel::{Parcel, Signatures};
use super::place::Place;
use crate::delivery_policy::Effective;
use crate::record::{DeliveryRecord, Protocol, Target};

/// Deliveries under way at most.
const UNDER_WAY_MAX: usize = 256;
/// Mails to an address in a second at most (cloudwatch.md §8.3).
const MAILS_PER_SECOND_MAX: u32 = 10;
/// Subscriptions and addresses whose rate is kept in mind before old ones are forgotten.
const WINDOWS_MAX: usize = 10_000;
const SECOND: Duration = Duration::from_secs(1);

/// One target of one loaded record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Spot {
    load: u64,
    index: usize,
}

/// An attempt to make.
pub(super) struct Start {
    pub spot: Spot,
    pub parcel: Arc<Parcel>,
    pub target: Target,
}

/// How a record has to be rewritten.
#[derive(Debug)]
pub(super) struct Rewrite {
    load: u64,
    pub key: Key,
    pub version: u64,
    /// What is left of it; `None` when nothing is.
    pub left: Option<DeliveryRecord>,
    /// Deliveries to dead-letter queues that begin with it.
    pub dead_letters: Vec<(Key, DeliveryRecord)>,
}

/// Messages of one group of a FIFO topic to one subscriber: one after the other.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Lane {
    key: Key,
    group: Option<String>,
    subscription: String,
    endpoint: String,
}

#[derive(Default)]
struct LaneState {
    active: Option<Spot>,
    // By sequence number: numbers of the same length sort as texts do.
    behind: BTreeSet<(usize, String, Spot)>,
}

struct Load {
    version: u64,
    parcel: Arc<Parcel>,
    slots: Vec<Slot>,
    dead_letters: Vec<(Key, DeliveryRecord)>,
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    attempts: u32,
    due: Timestamp,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Behind another one in its lane.
    Behind,
    /// Until it is due, or until its place has room.
    Waiting,
    UnderWay,
    Done,
}

/// Deliveries of one subscription, or to one address, in the present second.
struct Window {
    start: Timestamp,
    count: u32,
}

#[derive(Default)]
pub(super) struct Queue {
    loads: BTreeMap<u64, Load>,
    numbers: HashMap<Key, u64>,
    last_number: u64,
    due: BTreeSet<(Timestamp, Spot)>,
    // Due, but their place had no room.
    crowded: HashMap<Place, VecDeque<Spot>>,
    // Due, and room was kept for them.
    admitted: VecDeque<Spot>,
    busy: HashMap<Place, usize>,
    under_way: usize,
    lanes: HashMap<Lane, LaneState>,
    windows: HashMap<String, Window>,
    changed: BTreeSet<u64>,
    signatures: HashMap<Key, Weak<Signatures>>,
}

impl Queue {
    /// Takes over all that the catalog has, and forgets what is gone.
    pub fn take_over_all(&mut self, records: Vec<(Key, Versioned<DeliveryRecord>)>) {
        let present: HashSet<&Key> = records.iter().map(|(key, _)| key).collect();
        let gone: Vec<Key> = self.numbers.keys().filter(|key| !present.contains(key)).cloned().collect();
        gone.iter().for_each(|key| self.forget(key));
        self.take_over(records.into_iter().map(|(key, found)| (key, Some(found))));
    }

    /// Takes over records that may have changed, or be gone.
    pub fn take_over(&mut self, records: impl Iterator<Item = (Key, Option<Versioned<DeliveryRecord>>)>) {
        let mut lanes = Vec::new();
        for (key, found) in records {
            let known = self.numbers.get(&key).and_then(|number| self.loads.get(number));
            if found.as_ref().is_some_and(|found| known.is_some_and(|load| load.version == found.version)) {
                continue;
            }
            self.forget(&key);
            if let Some(found) = found {
                self.load(key, found, &mut lanes);
            }
        }
        // All are there before one of them goes, so that the first goes first.
        lanes.into_iter().for_each(|lane| self.promote(lane));
    }

    /// The next attempt to make at `now`; `None` when nothing is due that there is room for.
    pub fn take(&mut self, now: Timestamp) -> Option<Start> {
        if self.under_way >= UNDER_WAY_MAX {
            return None;
        }
        while let Some(spot) = self.admitted.pop_front() {
            if let Some((parcel, target)) = self.waiting(spot) {
                return Some(self.start(spot, parcel, target));
            }
        }
        loop {
            let (due, spot) = *self.due.first().filter(|(due, _)| *due <= now)?;
            self.due.remove(&(due, spot));
            let Some((parcel, target)) = self.waiting(spot) else { continue };
            if let Some(later) = self.held_back_until(&target, now) {
                self.due.insert((later, spot));
                continue;
            }
            let place = Place::of(&target);
            let busy = self.busy.entry(place.clone()).or_default();
            if *busy >= place.bound() {
                self.crowded.entry(place).or_default().push_back(spot);
                continue;
            }
            *busy += 1;
            return Some(self.start(spot, parcel, target));
        }
    }

    /// What an attempt was about, when it still matters.
    pub fn started(&self, spot: Spot) -> Option<(Arc<Parcel>, Target)> {
        let load = self.loads.get(&spot.load)?;
        let slot = load.slots.get(spot.index).filter(|slot| slot.state == State::UnderWay)?;
        Some((load.parcel.clone(), with_attempts(load.parcel.record.targets.get(spot.index)?, slot)))
    }

    /// Frees the room of an attempt that ended at this place.
    pub fn release(&mut self, place: &Place) {
        self.under_way = self.under_way.saturating_sub(1);
        while let Some(spot) = self.crowded.get_mut(place).and_then(VecDeque::pop_front) {
            if self.waiting(spot).is_some() {
                self.admitted.push_back(spot);
                return;
            }
        }
        self.crowded.remove(place);
        match self.busy.get_mut(place) {
            Some(busy) if *busy > 1 => *busy -= 1,
            _ => drop(self.busy.remove(place)),
        }
    }

    /// Notes that a target is done, with a delivery to a dead-letter queue that follows.
    pub fn done(&mut self, spot: Spot, dead_letter: Option<(Key, DeliveryRecord)>) {
        let Some(load) = self.loads.get_mut(&spot.load) else { return };
        load.slots[spot.index].state = State::Done;
        load.dead_letters.extend(dead_letter);
        self.changed.insert(spot.load);
        self.leave_lane(spot);
    }

    /// Notes that a target is tried again.
    pub fn again(&mut self, spot: Spot, attempts: u32, due: Timestamp) {
        let Some(load) = self.loads.get_mut(&spot.load) else { return };
        load.slots[spot.index] = Slot { attempts, due, state: State::Waiting };
        self.changed.insert(spot.load);
        self.due.insert((due, spot));
    }

    /// When the next target that waits is due. One that waits for room does not count: it
    /// starts when something under way ends.
    pub fn earliest(&self) -> Option<Timestamp> {
        match self.admitted.is_empty() {
            true => self.due.first().map(|(due, _)| *due),
            false => Some(Timestamp::MIN),
        }
    }

    /// What has to be written.
    pub fn rewrites(&self) -> Vec<Rewrite> {
        self.changed.iter().filter_map(|number| Some(self.loads.get(number)?.rewrite(*number))).collect()
    }

    /// Takes note that a rewrite was made, and which version the record has now.
    pub fn rewritten(&mut self, rewrite: &Rewrite, version: Option<u64>) {
        self.changed.remove(&rewrite.load);
        match (self.loads.get_mut(&rewrite.load), version) {
            (Some(load), Some(version)) => {
                load.version = version;
                load.dead_letters.clear();
            }
            (Some(_), None) => self.forget(&rewrite.key),
            (None, _) => {}
        }
    }

    /// Forgets what is known of a record; it is taken over anew if it is still there.
    pub fn forget(&mut self, key: &Key) {
        let Some(number) = self.numbers.remove(key) else { return };
        self.changed.remove(&number);
        let Some(load) = self.loads.get(&number) else { return };
        let slots = load.slots.clone();
        for (index, slot) in slots.iter().enumerate().filter(|(_, slot)| slot.state != State::Done) {
            let spot = Spot { load: number, index };
            self.due.remove(&(slot.due, spot));
            if let Some(at) = self.admitted.iter().position(|admitted| *admitted == spot) {
                self.admitted.remove(at);
                self.give_room_back(spot);
            }
            self.leave_lane(spot);
        }
        self.loads.remove(&number);
    }

    /// Room that was kept for a target that is gone goes to the next one.
    fn give_room_back(&mut self, spot: Spot) {
        let target = self.loads.get(&spot.load).and_then(|load| load.parcel.record.targets.get(spot.index));
        if let Some(place) = target.map(Place::of) {
            // Nothing was under way for it.
            self.under_way += 1;
            self.release(&place);
        }
    }

    fn load(&mut self, key: Key, found: Versioned<DeliveryRecord>, lanes: &mut Vec<Lane>) {
        self.last_number += 1;
        let number = self.last_number;
        let signatures = self.signatures_of(&key, &found.value.message.id);
        let parcel = Arc::new(Parcel::new(key.clone(), found.value, signatures));
        let mut slots = Vec::with_capacity(parcel.record.targets.len());
        for (index, target) in parcel.record.targets.iter().enumerate() {
            let spot = Spot { load: number, index };
            let mut slot = Slot { attempts: target.attempts, due: target.due, state: State::Waiting };
            match (Lane::of(&parcel, target), &parcel.record.message.sequence_number) {
                (Some(lane), Some(sequence)) => {
                    slot.state = State::Behind;
                    let behind = &mut self.lanes.entry(lane.clone()).or_default().behind;
                    behind.insert((sequence.len(), sequence.clone(), spot));
                    lanes.push(lane);
                }
                _ => drop(self.due.insert((slot.due, spot))),
            }
            slots.push(slot);
        }
        self.numbers.insert(key, number);
        let load = Load { version: found.version, parcel, slots, dead_letters: Vec::new() };
        if load.slots.is_empty() {
            // Nobody is left to get it.
            self.changed.insert(number);
        }
        self.loads.insert(number, load);
    }

    /// The signatures that the records of a message share.
    fn signatures_of(&mut self, key: &Key, message: &str) -> Arc<Signatures> {
        if self.signatures.len() > 2 * self.loads.len() + 1_000 {
            self.signatures.retain(|_, signatures| signatures.strong_count() > 0);
        }
        let message = Key { name: message.to_owned(), ..key.clone() };
        let known = self.signatures.entry(message).or_default();
        known.upgrade().unwrap_or_else(|| {
            let made = Arc::default();
            *known = Arc::downgrade(&made);
            made
        })
    }

    /// Lets the next message of a lane go, when none is on its way.
    fn promote(&mut self, name: Lane) {
        let Some(lane) = self.lanes.get_mut(&name) else { return };
        if lane.active.is_some() {
            return;
        }
        let Some((_, _, spot)) = lane.behind.pop_first() else {
            self.lanes.remove(&name);
            return;
        };
        lane.active = Some(spot);
        let slot = self.loads.get_mut(&spot.load).and_then(|load| load.slots.get_mut(spot.index));
        if let Some(slot) = slot {
            slot.state = State::Waiting;
            self.due.insert((slot.due, spot));
        }
    }

    fn leave_lane(&mut self, spot: Spot) {
        let Some(load) = self.loads.get(&spot.load) else { return };
        let target = load.parcel.record.targets.get(spot.index);
        let Some(name) = target.and_then(|target| Lane::of(&load.parcel, target)) else { return };
        let sequence = load.parcel.record.message.sequence_number.clone().unwrap_or_default();
        let Some(lane) = self.lanes.get_mut(&name) else { return };
        if lane.active == Some(spot) {
            lane.active = None;
            self.promote(name);
        } else {
            lane.behind.remove(&(sequence.len(), sequence, spot));
        }
    }

    /// A target that still waits.
    fn waiting(&self, spot: Spot) -> Option<(Arc<Parcel>, Target)> {
        let load = self.loads.get(&spot.load)?;
        let slot = load.slots.get(spot.index).filter(|slot| slot.state == State::Waiting)?;
        Some((load.parcel.clone(), with_attempts(load.parcel.record.targets.get(spot.index)?, slot)))
    }

    fn start(&mut self, spot: Spot, parcel: Arc<Parcel>, target: Target) -> Start {
        self.under_way += 1;
        if let Some(load) = self.loads.get_mut(&spot.load) {
            load.slots[spot.index].state = State::UnderWay;
        }
        Start { spot, parcel, target }
    }

    /// Until when a subscription has had as many deliveries as its policy allows, or an address
    /// as many mails as it gets; `None` when it may have this one, which is then counted. Who
    /// waits for that spends no attempt.
    fn held_back_until(&mut self, target: &Target, now: Timestamp) -> Option<Timestamp> {
        let (whose, most) = match target.protocol {
            Protocol::Http | Protocol::Https => {
                let policy = target.delivery_policy.as_deref()?;
                let most = Effective::of_target(target.protocol, Some(policy)).receives_per_second_max?;
                (&target.subscription, most)
            }
            Protocol::Email | Protocol::EmailJson => (&target.endpoint, MAILS_PER_SECOND_MAX),
            _ => return None,
        };
        if self.windows.len() >= WINDOWS_MAX {
            self.windows.retain(|_, window| now < window.start.plus(SECOND));
        }
        let window = self.windows.entry(whose.clone()).or_insert(Window { start: now, count: 0 });
        if now >= window.start.plus(SECOND) {
            *window = Window { start: now, count: 0 };
        }
        if window.count >= most {
            return Some(window.start.plus(SECOND));
        }
        window.count += 1;
        None
    }
}

impl Load {
    fn rewrite(&self, number: u64) -> Rewrite {
        let record = &self.parcel.record;
        let open = record.targets.iter().zip(&self.slots).filter(|(_, slot)| slot.state != State::Done);
        let targets: Vec<Target> = open.map(|(target, slot)| with_attempts(target, slot)).collect();
        let left = (!targets.is_empty()).then(|| DeliveryRecord {
            topic: record.topic.clone(),
            message: record.message.clone(),
            targets,
        });
        let dead_letters = self.dead_letters.clone();
        Rewrite { load: number, key: self.parcel.key.clone(), version: self.version, left, dead_letters }
    }
}

impl Lane {
    /// The lane of a target; `None` where order does not matter.
    fn of(parcel: &Parcel, target: &Target) -> Option<Self> {
        let message = &parcel.record.message;
        message.sequence_number.as_ref()?;
        Some(Self {
            key: Key { name: parcel.record.topic.clone(), ..parcel.key.clone() },
            group: message.group_id.clone(),
            subscription: target.subscription.clone(),
            endpoint: target.endpoint.clone(),
        })
    }
}

fn with_attempts(target: &Target, slot: &Slot) -> Target {
    Target { attempts: slot.attempts, due: slot.due, ..target.clone() }
}

#[cfg(test)]
mod tests;
