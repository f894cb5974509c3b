//! `EBS_SNAPSHOT_PUBLIC_RESTORABLE_CHECK`: none of the account's snapshots can be restored by everybody.

use crate::rule::{Asked, Fact, ManagedRule, Subject, Trigger, Verdict};

/// How many snapshots an annotation names.
const NAMED_MAX: usize = 5;

/// `EBS_SNAPSHOT_PUBLIC_RESTORABLE_CHECK`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "EBS_SNAPSHOT_PUBLIC_RESTORABLE_CHECK",
    trigger: Trigger::Periodic,
    subject: Subject::Account,
    parameters: &[],
    facts: &[Fact::PublicSnapshots],
    evaluate: |_, _, inventory| match inventory.public_snapshots() {
        Asked::Known(public) => Verdict::of((!public.is_empty()).then(|| named(&public))),
        Asked::Nothing => Verdict::compliant(),
        Asked::Unknown => Verdict::insufficient_data("Who can restore the account's snapshots is not known."),
    },
};

fn named(public: &[String]) -> String {
    let first = public.iter().take(NAMED_MAX).map(String::as_str).collect::<Vec<_>>().join(", ");
    match public.len().saturating_sub(NAMED_MAX) {
        0 => format!("Everybody can restore {first}."),
        more => format!("Everybody can restore {first} and {more} more."),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::item::Item;
    use crate::rule::Compliance;
    use crate::rule::shelf::{self, Shelf};

    #[test]
    fn no_snapshot_is_for_everybody() {
        for (public_snapshots, expected) in [
            (Asked::Known(vec![]), Compliance::Compliant),
            (Asked::Nothing, Compliance::Compliant),
            (Asked::Known(vec!["snap-1".to_owned()]), Compliance::NonCompliant),
            (Asked::Unknown, Compliance::InsufficientData),
        ] {
            let shelf = Shelf { public_snapshots, ..Shelf::default() };
            let account = Item::of_account(&shelf.scope, shelf.now);
            assert_eq!(shelf::judged_among(&RULE, &account, json!({}), &shelf), expected);
        }
    }

    #[test]
    fn some_of_many_are_named() {
        let all: Vec<String> = (1..=7).map(|at| format!("snap-{at}")).collect();
        assert_eq!(named(&all[..1]), "Everybody can restore snap-1.");
        assert_eq!(named(&all), "Everybody can restore snap-1, snap-2, snap-3, snap-4, snap-5 and 2 more.");
    }
}
