//! Evaluating rules over items: on threads that may block, over several cores, each evaluation on its own, so that one
//! that panics or does not end is an error of its resource alone.

use std::any::Any;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::task::{JoinHandle, spawn_blocking};

use super::ruling::{Evaluator, Ruling};
use crate::custom;
use crate::item::Item;
use crate::rule::{Inventory, Verdict};
use crate::rule_state::RuleError;

/// How long an evaluation may take.
const EVALUATION_TIME: Duration = Duration::from_secs(5);
/// Evaluations that are worth a thread of their own.
const LANE_MIN: usize = 16;

/// A resource to be judged by a rule.
#[derive(Clone)]
pub(crate) struct Task {
    pub(crate) ruling: Arc<Ruling>,
    pub(crate) item: Arc<Item>,
}

/// What each rule says of each item, in the order of the tasks.
pub(crate) async fn evaluate(tasks: Arc<[Task]>, inventory: Arc<dyn Inventory>) -> Vec<Result<Verdict, RuleError>> {
    let cores = tokio::runtime::Handle::current().metrics().num_workers();
    let length = tasks.len().div_ceil(cores.max(1)).max(LANE_MIN);
    let starts = (0..tasks.len()).step_by(length);
    let lanes = starts.map(|start| lane(&tasks, start..tasks.len().min(start + length), &inventory, EVALUATION_TIME));
    futures_util::future::join_all(lanes).await.into_iter().flatten().collect()
}

/// What a thread has found out so far.
#[derive(Default)]
struct Found {
    verdicts: Vec<Result<Verdict, RuleError>>,
    /// Nobody waits any more.
    is_given_up: bool,
}

/// Evaluates some of the tasks one after the other. A thread whose evaluation does not end is left to itself, and another
/// goes on after it.
async fn lane(
    tasks: &Arc<[Task]>,
    range: Range<usize>,
    inventory: &Arc<dyn Inventory>,
    time: Duration,
) -> Vec<Result<Verdict, RuleError>> {
    let mut done = Vec::with_capacity(range.len());
    while done.len() < range.len() {
        let rest = range.start + done.len()..range.end;
        let found = Arc::new(Mutex::new(Found::default()));
        let (tasks, inventory, finds) = (tasks.clone(), inventory.clone(), found.clone());
        let thread = spawn_blocking(move || {
            for task in &tasks[rest] {
                let verdict = judge(task, &*inventory);
                let mut found = finds.lock().expect("no holder of this lock panics");
                if found.is_given_up {
                    return;
                }
                found.verdicts.push(verdict);
            }
        });
        watch(thread, &found, time).await;
        done.append(&mut found.lock().expect("no holder of this lock panics").verdicts);
        if done.len() < range.len() {
            let message = format!("The evaluation took longer than {} seconds.", time.as_secs());
            done.push(Err(RuleError::new("EvaluationTimeout", message)));
        }
    }
    done
}

/// Waits for a thread to end, or until one evaluation takes longer than `time`: so often is looked whether it gets on that
/// this is at most a twentieth late.
async fn watch(mut thread: JoinHandle<()>, found: &Mutex<Found>, time: Duration) {
    const LOOKS: u32 = 20;
    let (mut seen, mut looks) = (0, 0);
    while tokio::time::timeout(time / LOOKS, &mut thread).await.is_err() {
        let mut found = found.lock().expect("no holder of this lock panics");
        looks = if found.verdicts.len() == seen { looks + 1 } else { 0 };
        seen = found.verdicts.len();
        if looks == LOOKS {
            found.is_given_up = true;
            return;
        }
    }
}

fn judge(task: &Task, inventory: &dyn Inventory) -> Result<Verdict, RuleError> {
    let Task { ruling, item } = task;
    let judged = catch_unwind(AssertUnwindSafe(|| match &ruling.by {
        Evaluator::Managed { rule, parameters } => Ok((rule.evaluate)(item, parameters, inventory)),
        Evaluator::Policy { text } => custom::policy::evaluate(text, item),
        Evaluator::Function | Evaluator::Others | Evaluator::Nobody(_) => {
            Ok(Verdict::insufficient_data("This rule is not evaluated here."))
        }
    }));
    judged.unwrap_or_else(|panic| {
        let message = panic_message(&*panic);
        tracing::error!(
            rule = ruling.rule().name,
            resource = item.resource_id,
            message,
            "a rule's evaluation panicked"
        );
        Err(RuleError::new("InternalError", format!("The evaluation of {} failed.", item.resource_id)))
    })
}

fn panic_message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use serde_json::json;
    use store::catalog::Versioned;

    use super::*;
    use crate::rule::shelf::{self, Shelf};
    use crate::rule::{Compliance, ManagedRule, Parameters, Subject, Trigger};
    use crate::rule_book::examples::managed;

    /// Whether the test is over: the runtime waits for its threads.
    static RELEASED: AtomicBool = AtomicBool::new(false);

    /// Says of `bad` what is wrong, panics at `panic`, and does not end at `slow` before nobody waits any more.
    static EXAMPLE: ManagedRule = ManagedRule {
        identifier: "EXAMPLE",
        trigger: Trigger::Change,
        subject: Subject::AnyResource,
        parameters: &[],
        facts: &[],
        evaluate: |item, _, _| match &*item.resource_id {
            "bad" => Verdict::non_compliant("bad"),
            "panic" => panic!("{}", item.resource_id),
            "slow" => {
                while !RELEASED.load(Ordering::Relaxed) {
                    std::thread::park_timeout(Duration::from_millis(5));
                }
                Verdict::compliant()
            }
            _ => Verdict::compliant(),
        },
    };

    fn tasks(ids: &[&str]) -> Arc<[Task]> {
        let found = Versioned { value: Arc::new(managed("EXAMPLE")), version: 1 };
        let by = || Evaluator::Managed { rule: &EXAMPLE, parameters: Parameters::default() };
        let task = |id: &&str| Task {
            ruling: Arc::new(Ruling { found: found.clone(), by: by() }),
            item: Arc::new(shelf::item("AWS::EC2::Volume", id, json!({}))),
        };
        ids.iter().map(task).collect()
    }

    fn words(results: &[Result<Verdict, RuleError>]) -> Vec<&str> {
        let word = |result: &Result<Verdict, RuleError>| match result {
            Ok(verdict) if verdict.compliance == Compliance::Compliant => "good",
            Ok(_) => "bad",
            Err(error) if error.code == "EvaluationTimeout" => "late",
            Err(_) => "failed",
        };
        results.iter().map(word).collect()
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_panic_is_an_error_of_its_resource_alone() {
        let ids: Vec<_> = (0..40)
            .map(|at| {
                if at == 20 {
                    "panic"
                } else if at % 2 == 0 {
                    "good"
                } else {
                    "bad"
                }
            })
            .collect();
        let results = evaluate(tasks(&ids), Arc::new(Shelf::default())).await;
        let expected: Vec<_> = ids.iter().map(|id| if *id == "panic" { "failed" } else { *id }).collect();
        assert_eq!(words(&results), expected);
    }

    #[tokio::test]
    async fn what_does_not_end_is_passed_over() {
        let inventory: Arc<dyn Inventory> = Arc::new(Shelf::default());
        let results = lane(&tasks(&["good", "slow", "bad"]), 0..3, &inventory, Duration::from_millis(200)).await;
        RELEASED.store(true, Ordering::Relaxed);
        assert_eq!(words(&results), ["good", "late", "bad"]);
    }
}
