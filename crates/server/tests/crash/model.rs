//! What the server has acknowledged, and whether what it shows agrees.
//!
//! A write that was cut off in flight may have happened or not. Once it has been seen after
//! a restart, it must stay as it was seen.

use std::collections::{BTreeMap, BTreeSet};

use base::Timestamp;

/// One change of IAM.
#[derive(Clone, Debug)]
pub enum Op {
    /// CreateUser
    Create {
        /// The new user's name.
        name: String,
        /// The new user's path.
        path: String,
    },
    /// DeleteUser
    Delete {
        /// The user's name.
        name: String,
    },
    /// TagUser with the one tag `n`
    Tag {
        /// The user's name.
        name: String,
        /// The tag's new value.
        value: String,
    },
}

/// An event as a look-up shows it.
#[derive(Clone, Debug)]
pub struct Found {
    /// `eventID`
    pub event_id: String,
    /// `requestID`
    pub request_id: String,
    /// `readOnly`
    pub read_only: bool,
    /// `eventTime`
    pub time: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Existence {
    Present,
    Absent,
    Unknown,
}

/// Everything known about the server's state.
#[derive(Debug)]
pub struct Model {
    /// The latest time that the clock may have been moved to.
    pub latest: Timestamp,
    users: BTreeMap<String, Existence>,
    /// What each tagged user's tag may be: one value when nothing is in flight.
    tags: BTreeMap<String, Vec<Option<String>>>,
    /// Request ids of acknowledged writes, with the clock's time before they were acknowledged.
    acknowledged: BTreeMap<String, Timestamp>,
    /// Request ids of writes whose event was seen, with the event's id and time.
    seen: BTreeMap<String, (String, Timestamp)>,
}

impl Default for Model {
    fn default() -> Self {
        Self {
            latest: Timestamp::MIN,
            users: BTreeMap::new(),
            tags: BTreeMap::new(),
            acknowledged: BTreeMap::new(),
            seen: BTreeMap::new(),
        }
    }
}

impl Model {
    /// A write is about to be sent: from now on it may have happened.
    pub fn attempt(&mut self, op: &Op) {
        match op {
            Op::Create { name, .. } | Op::Delete { name } => drop(self.users.insert(name.clone(), Existence::Unknown)),
            Op::Tag { name, value } => {
                self.tags.entry(name.clone()).or_insert_with(|| vec![None]).push(Some(value.clone()));
            }
        }
    }

    /// The server has answered that the write happened.
    pub fn acknowledge(&mut self, op: &Op, request_id: String) {
        match op {
            Op::Create { name, .. } => drop(self.users.insert(name.clone(), Existence::Present)),
            Op::Delete { name } => drop(self.users.insert(name.clone(), Existence::Absent)),
            Op::Tag { name, value } => drop(self.tags.insert(name.clone(), vec![Some(value.clone())])),
        }
        let before = self.acknowledged.insert(request_id, self.latest);
        assert!(before.is_none(), "two answers carried the same request id");
    }

    /// Whether the user certainly exists.
    pub fn is_present(&self, name: &str) -> bool {
        self.users.get(name) == Some(&Existence::Present)
    }

    /// How many writes were acknowledged.
    pub fn acknowledged(&self) -> usize {
        self.acknowledged.len()
    }

    /// How many writes were seen as events.
    pub fn seen(&self) -> usize {
        self.seen.len()
    }

    /// Compares the events of a look-up from `from` until now with the acknowledged writes of
    /// that time, and with what earlier look-ups showed.
    pub fn check_events(&mut self, found: &[Found], from: Timestamp) -> Result<(), String> {
        let mut by_request = BTreeMap::new();
        let mut ids = BTreeSet::new();
        for event in found {
            if !ids.insert(&event.event_id) {
                return Err(format!("event {} is there twice", event.event_id));
            }
            if by_request.insert(&event.request_id, event).is_some() {
                return Err(format!("request {} has two events", event.request_id));
            }
        }
        for (request_id, at) in &self.acknowledged {
            if *at >= from && !by_request.contains_key(request_id) {
                return Err(format!("the event of acknowledged request {request_id} is lost"));
            }
        }
        for (request_id, (event_id, at)) in &self.seen {
            match by_request.get(request_id) {
                Some(event) if &event.event_id != event_id => {
                    return Err(format!("the event of request {request_id} has changed its id"));
                }
                None if *at >= from => return Err(format!("event {event_id} was seen and is lost")),
                _ => {}
            }
        }
        let writes = found.iter().filter(|event| !event.read_only);
        self.seen.extend(writes.map(|event| (event.request_id.clone(), (event.event_id.clone(), event.time))));
        Ok(())
    }

    /// Compares the users whose names start with `prefix` with the acknowledged changes.
    pub fn check_users(&mut self, prefix: &str, found: &[String]) -> Result<(), String> {
        let names: BTreeSet<&String> = found.iter().collect();
        if names.len() != found.len() {
            return Err("a user is listed twice".to_owned());
        }
        if let Some(name) = names.iter().find(|name| !self.users.contains_key(name.as_str())) {
            return Err(format!("user {name} was never made"));
        }
        for (name, state) in self.users.range_mut(prefix.to_owned()..).take_while(|(name, _)| name.starts_with(prefix))
        {
            let is = if names.contains(name) { Existence::Present } else { Existence::Absent };
            if *state != Existence::Unknown && *state != is {
                return Err(format!("user {name} should be {state:?} and is {is:?}"));
            }
            *state = is;
        }
        Ok(())
    }

    /// Compares the users' tags with the acknowledged changes.
    pub fn check_tags(&mut self, found: &BTreeMap<String, Option<String>>) -> Result<(), String> {
        for (name, value) in found {
            let possible = self.tags.entry(name.clone()).or_insert_with(|| vec![None]);
            if !possible.contains(value) {
                return Err(format!("{name} has tag {value:?} and should have one of {possible:?}"));
            }
            *possible = vec![value.clone()];
        }
        Ok(())
    }
}

/// The checks above are what the crash test rests on, so each is shown to notice what it is for.
#[cfg(test)]
mod tests {
    use super::*;

    fn create(name: &str) -> Op {
        Op::Create { name: name.to_owned(), path: "/".to_owned() }
    }

    fn event(event_id: &str, request_id: &str) -> Found {
        let (event_id, request_id) = (event_id.to_owned(), request_id.to_owned());
        Found { event_id, request_id, read_only: false, time: Timestamp::from_secs(5) }
    }

    fn acknowledged(name: &str, request_id: &str) -> Model {
        let mut model = Model { latest: Timestamp::from_secs(5), ..Model::default() };
        model.attempt(&create(name));
        model.acknowledge(&create(name), request_id.to_owned());
        model
    }

    #[test]
    fn a_lost_event_is_noticed() {
        let mut model = acknowledged("a", "r1");
        assert!(model.check_events(&[event("e1", "r1")], Timestamp::MIN).is_ok());
        assert!(model.check_events(&[], Timestamp::MIN).is_err());
        assert!(model.check_events(&[], Timestamp::from_secs(6)).is_ok());
    }

    #[test]
    fn a_doubled_event_is_noticed() {
        let mut model = acknowledged("a", "r1");
        assert!(model.check_events(&[event("e1", "r1"), event("e1", "r1")], Timestamp::MIN).is_err());
        assert!(model.check_events(&[event("e1", "r1"), event("e2", "r1")], Timestamp::MIN).is_err());
        assert!(model.check_events(&[event("e1", "r1"), event("e1", "r2")], Timestamp::MIN).is_err());
    }

    #[test]
    fn an_event_that_was_seen_must_stay_though_nobody_acknowledged_it() {
        let mut model = Model::default();
        assert!(model.check_events(&[event("e1", "r1")], Timestamp::MIN).is_ok());
        assert!(model.check_events(&[], Timestamp::MIN).is_err());
        assert!(model.check_events(&[event("e2", "r1")], Timestamp::MIN).is_err());
    }

    #[test]
    fn a_lost_and_an_invented_user_are_noticed() {
        let mut model = acknowledged("u-1", "r1");
        assert!(model.check_users("u-", &[]).is_err());
        assert!(model.check_users("u-", &["u-1".to_owned(), "u-2".to_owned()]).is_err());
        assert!(model.check_users("u-", &["u-1".to_owned()]).is_ok());
    }

    #[test]
    fn a_change_cut_off_in_flight_may_go_either_way_once() {
        let mut model = Model::default();
        model.attempt(&create("u-1"));
        assert!(model.check_users("u-", &["u-1".to_owned()]).is_ok());
        assert!(model.check_users("u-", &[]).is_err());
    }

    #[test]
    fn a_tag_that_went_back_is_noticed() {
        let mut model = Model::default();
        for value in ["1", "2"] {
            model.attempt(&Op::Tag { name: "w".to_owned(), value: value.to_owned() });
            model.acknowledge(&Op::Tag { name: "w".to_owned(), value: value.to_owned() }, format!("r{value}"));
        }
        let shows = |value: &str| BTreeMap::from([("w".to_owned(), Some(value.to_owned()))]);
        assert!(model.check_tags(&shows("1")).is_err());
        assert!(model.check_tags(&shows("2")).is_ok());
    }
}
