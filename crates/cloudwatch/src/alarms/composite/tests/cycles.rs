//! Alarms that refer to each other in a cycle.

use super::*;
use crate::alarms::test_world::after;

use StateValue::{Alarm, InsufficientData, Ok};

/// `a` is below `x` and `y`, which refer to each other; `above` refers to `y`, `apart` to `a`.
async fn cycle() -> Composites {
    let composites = Composites::new().await;
    composites.child("a").await;
    composites.put("x", "ALARM(a) OR ALARM(y)", None, NOW).await;
    composites.put("y", "ALARM(x) AND ALARM(a)", None, NOW).await;
    composites.put("above", "ALARM(y)", None, NOW).await;
    composites.put("apart", "ALARM(a)", None, NOW).await;
    composites.run_at(NOW).await;
    composites
}

#[tokio::test]
async fn alarms_of_a_cycle_are_not_evaluated_and_others_are() {
    let composites = cycle().await;
    composites.set("a", Alarm, after(5)).await;
    composites.run_at(after(5)).await;
    let values = ["x", "y", "above", "apart"].map(|name| composites.value(name));
    assert_eq!(values, [InsufficientData, InsufficientData, Ok, Alarm]);
}

#[tokio::test]
async fn a_rule_of_false_breaks_the_cycle_and_what_was_missed_is_evaluated() {
    let composites = cycle().await;
    composites.set("a", Alarm, after(5)).await;
    composites.run_at(after(5)).await;
    composites.put("y", "FALSE", None, after(6)).await;
    composites.run_at(after(6)).await;
    let values = ["x", "y", "above"].map(|name| composites.value(name));
    assert_eq!(values, [Alarm, Ok, Ok]);
    // From now on it is as if there had been no cycle.
    composites.put("y", "ALARM(a)", None, after(7)).await;
    composites.run_at(after(7)).await;
    assert_eq!(composites.value("above"), Alarm);
}
