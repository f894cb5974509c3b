//! How the last looks at everything went, in the recorder's status (REC-14): at the server's own resources and at those of
//! upstreams together.

use std::collections::HashMap;
use std::sync::Mutex;

use api::ServiceError;
use base::{Scope, Timestamp};
use store::catalog::Transaction;

use crate::change::change;
use crate::recorder::{self, RecorderRecord, SweepStatus};
use crate::service::Parts;

/// What was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Swept {
    /// The server's own resources.
    Own,
    /// Those of upstreams.
    Upstream,
}

/// How each look went since the server or the recorder started.
#[derive(Debug, Default)]
pub(crate) struct Sweeps(Mutex<HashMap<(Scope, Swept), SweepStatus>>);

impl Sweeps {
    /// The recorder starts: nothing was looked at yet.
    pub(crate) fn forget(&self, scope: &Scope) {
        self.0.lock().expect("no holder of this lock panics").retain(|(of, _), _| of != scope);
    }

    /// Notes how one look went; gives the status of all, once it can be told.
    fn note(&self, scope: &Scope, swept: Swept, status: SweepStatus, all: &[Swept]) -> Option<SweepStatus> {
        let mut known = self.0.lock().expect("no holder of this lock panics");
        known.insert((scope.clone(), swept), status);
        let each: Vec<_> = all.iter().map(|swept| known.get(&(scope.clone(), *swept))).collect();
        let failure = each.iter().flatten().find(|status| matches!(status, SweepStatus::Failure { .. }));
        match failure {
            Some(failure) => Some((**failure).clone()),
            None => each.iter().all(Option::is_some).then_some(SweepStatus::Success),
        }
    }
}

impl Parts {
    /// Says in the recorder's status how a look at everything went.
    pub(crate) async fn note_sweep(&self, scope: &Scope, swept: Swept, status: SweepStatus, now: Timestamp) {
        let all: &[Swept] = match self.outlets.upstream {
            Some(_) => &[Swept::Own, Swept::Upstream],
            None => &[Swept::Own],
        };
        let Some(status) = self.sweeps.note(scope, swept, status, all) else { return };
        let catalog = &self.catalog;
        let noted: Result<(), ServiceError> = change(catalog, || {
            let mut transaction = Transaction::default();
            let found = recorder::find(catalog, scope).filter(|found| found.value.is_recording);
            if let Some(found) = found.filter(|found| found.value.status.as_ref() != Some(&status)) {
                let record = RecorderRecord {
                    status: Some(status.clone()),
                    status_changed: Some(now),
                    ..RecorderRecord::clone(&found.value)
                };
                transaction.update(recorder::key(scope), found.version, &record);
            }
            Ok((transaction, ()))
        })
        .await;
        // Why it failed is in the log already; the next look notes it.
        drop(noted);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_world::scope;

    #[test]
    fn one_failure_is_a_failure_and_success_is_that_of_all() {
        let all = [Swept::Own, Swept::Upstream];
        let failure = |code: &str| SweepStatus::Failure { code: code.to_owned(), message: String::new() };
        let sweeps = Sweeps::default();
        let note = |swept, status| sweeps.note(&scope(), swept, status, &all);
        assert_eq!(note(Swept::Own, SweepStatus::Success), None);
        assert_eq!(note(Swept::Upstream, failure("a")), Some(failure("a")));
        assert_eq!(note(Swept::Own, SweepStatus::Success), Some(failure("a")));
        assert_eq!(note(Swept::Upstream, SweepStatus::Success), Some(SweepStatus::Success));
        assert_eq!(note(Swept::Own, failure("b")), Some(failure("b")));
        sweeps.forget(&scope());
        assert_eq!(note(Swept::Upstream, SweepStatus::Success), None);
        let own = [Swept::Own];
        assert_eq!(sweeps.note(&scope(), Swept::Own, SweepStatus::Success, &own), Some(SweepStatus::Success));
    }
}
