//! Takes out what nobody asks for, and lets records that are not wanted go as early as can be.

use std::collections::HashSet;

use super::Compiled;
use crate::insights::commands::Step;
use crate::insights::evaluate::Condition;
use crate::insights::record::{Place, System};

/// Drops steps whose results nobody reads, and values that would be carried in vain; then moves
/// filters up. Gives the places that the first stage reads.
pub(in crate::insights) fn prune(compiled: &mut Compiled) -> HashSet<Place> {
    let mut read: HashSet<Place> = HashSet::new();
    let last = compiled.stages.len() - 1;
    for (index, stage) in compiled.stages.iter_mut().enumerate().rev() {
        if index != last {
            let inputs = stage.carried.iter_mut().enumerate();
            inputs.for_each(|(input, place)| *place = place.filter(|_| read.contains(&Place::Input(input))));
        }
        read = stage.carried.iter().flatten().copied().collect();
        stage.barrier.reads(&mut |place| {
            read.insert(place);
        });
        let mut kept = Vec::with_capacity(stage.steps.len());
        for step in std::mem::take(&mut stage.steps).into_iter().rev() {
            let wanted = step.makes().iter().any(|slot| read.contains(&Place::Slot(*slot)));
            if wanted || step.decides() {
                step.reads(&mut |place| {
                    read.insert(place);
                });
                kept.push(step);
            }
        }
        kept.reverse();
        stage.steps = hoisted(kept);
    }
    read
}

/// Filters as early as what they read has been made, and of neighbours the cheaper first: steps
/// have no effects but the slots they fill.
fn hoisted(steps: Vec<Box<dyn Step>>) -> Vec<Box<dyn Step>> {
    let mut ordered: Vec<Box<dyn Step>> = Vec::with_capacity(steps.len());
    for step in steps {
        let Some(condition) = step.condition() else {
            ordered.push(step);
            continue;
        };
        let mut reads = HashSet::new();
        condition.places(&mut |place| {
            reads.insert(place);
        });
        let cost = cost(condition);
        let passes = |before: &dyn Step| match before.condition() {
            Some(other) => self::cost(other) > cost,
            None => !before.makes().iter().any(|slot| reads.contains(&Place::Slot(*slot))),
        };
        let at = ordered.iter().rposition(|before| !passes(before.as_ref())).map_or(0, |blocks| blocks + 1);
        ordered.insert(at, step);
    }
    ordered
}

/// How much it takes to know whether a condition holds: by what it reads.
fn cost(condition: &Condition) -> u8 {
    let mut cost = 0;
    condition.places(&mut |place| {
        cost = cost.max(match place {
            Place::System(System::Message) => 1,
            Place::System(_) => 0,
            Place::Slot(_) => 2,
            Place::Input(_) => 3,
        });
    });
    cost
}
