//! Evaluating rules: when resources change, by the clock, and when somebody asks (docs/adr/0014-rules.md).

mod changes;
mod evaluate;
mod outcome;
mod removal;
pub(crate) mod ruling;
mod whole;

use std::sync::Arc;

use base::{Scope, Timestamp};

use crate::facts::{Facts, Informed};
use crate::rule::Inventory;
use crate::service::{Parts, Signals};

pub use changes::JudgeChanges;
pub use whole::JudgeRules;

use ruling::Ruling;

/// The facts that rules declare.
async fn facts<'a>(
    parts: &Parts,
    scope: &Scope,
    rulings: impl Iterator<Item = &'a Ruling> + Send,
    now: Timestamp,
) -> Arc<Facts> {
    let wanted: Vec<_> = rulings.flat_map(|ruling| ruling.facts().iter().copied()).collect();
    Arc::new(Facts::fetch(parts, scope, wanted, now).await)
}

/// What rules can ask for: resources as they are now, and facts.
fn inventory(parts: &Parts, scope: &Scope, facts: &Arc<Facts>, now: Timestamp) -> Arc<dyn Inventory> {
    Arc::new(Informed::new(parts.clone(), scope.clone(), facts.clone(), now))
}

impl Parts {
    /// Wakes who works on with what evaluations came to.
    fn wake_for_outcomes(&self) {
        self.wake_for_results();
        self.signals.invocations.notify_one();
    }

    /// Lets all rules be looked at that something may be due for: those that wait for a recorder among them.
    pub(crate) fn judge_soon(&self) {
        let Signals { judge, schedule, compliance, .. } = &*self.signals;
        for signal in [judge, schedule, compliance] {
            signal.notify_one();
        }
    }
}

#[cfg(test)]
mod tests;
