//! Which groups have events that a subscription of their account may not have seen yet.
//!
//! An account has many groups and few of them get events in a moment, so only these are looked at. What is remembered
//! is lost when the server stops: then all groups are looked at once.

use std::collections::HashSet;
use std::sync::Mutex;

use store::log_event::GroupId;

/// Groups to be looked at.
#[derive(Debug, Default)]
pub(crate) struct Arrivals {
    pending: Mutex<Pending>,
}

#[derive(Debug)]
struct Pending {
    groups: HashSet<GroupId>,
    coverage: Coverage,
}

/// What has to be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Coverage {
    /// Every group.
    Everything,
    /// Those that were noted.
    Noted,
}

/// What a run looks at.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// Every group.
    Everything,
    /// These.
    Groups(HashSet<GroupId>),
}

impl Default for Pending {
    fn default() -> Self {
        Self { groups: HashSet::new(), coverage: Coverage::Everything }
    }
}

impl Arrivals {
    /// Events of a group were taken, or could not be sent.
    pub(crate) fn note(&self, group: GroupId) {
        self.pending.lock().expect("no holder of this lock panics").groups.insert(group);
    }

    /// What a run has to look at. Unless it says that it [is done](Self::done), the next one looks at everything.
    pub(crate) fn take(&self) -> Due {
        let mut pending = self.pending.lock().expect("no holder of this lock panics");
        let groups = std::mem::take(&mut pending.groups);
        match std::mem::replace(&mut pending.coverage, Coverage::Everything) {
            Coverage::Everything => Due::Everything,
            Coverage::Noted => Due::Groups(groups),
        }
    }

    /// A run has looked at all that it took.
    pub(crate) fn done(&self) {
        self.pending.lock().expect("no holder of this lock panics").coverage = Coverage::Noted;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_due_until_a_run_was_done() {
        let arrivals = Arrivals::default();
        assert_eq!(arrivals.take(), Due::Everything);
        arrivals.note(GroupId(1));
        assert_eq!(arrivals.take(), Due::Everything);
        arrivals.note(GroupId(2));
        arrivals.done();
        assert_eq!(arrivals.take(), Due::Groups([GroupId(2)].into()));
        arrivals.done();
        assert_eq!(arrivals.take(), Due::Groups(HashSet::new()));
    }
}
