//! Versions of Debian's packages: `epoch:upstream-revision` (Debian Policy, 5.6.12).

use std::cmp::Ordering;

use super::{Digits, split_epoch};

/// The order that `dpkg --compare-versions` has. What has no epoch has the epoch 0; a revision that is not there is 0.
pub(super) fn compare(a: &str, b: &str) -> Ordering {
    let ((a_epoch, a), (b_epoch, b)) = (split_epoch(a.trim()), split_epoch(b.trim()));
    let ((a_upstream, a_revision), (b_upstream, b_revision)) = (split_revision(a), split_revision(b));
    a_epoch
        .unwrap_or(Digits::ZERO)
        .cmp(&b_epoch.unwrap_or(Digits::ZERO))
        .then_with(|| compare_part(a_upstream, b_upstream))
        .then_with(|| compare_part(a_revision, b_revision))
}

fn split_revision(text: &str) -> (&str, &str) {
    text.rsplit_once('-').unwrap_or((text, ""))
}

/// By turns what is not digits, and numbers; a number that is not there is zero.
fn compare_part(mut a: &str, mut b: &str) -> Ordering {
    while !(a.is_empty() && b.is_empty()) {
        let (a_text, b_text) = (split_off(&mut a, |c| !c.is_ascii_digit()), split_off(&mut b, |c| !c.is_ascii_digit()));
        let (a_digits, b_digits) =
            (split_off(&mut a, |c| c.is_ascii_digit()), split_off(&mut b, |c| c.is_ascii_digit()));
        let order = weights(a_text).cmp(weights(b_text));
        let order = order.then_with(|| Digits::new(a_digits).cmp(&Digits::new(b_digits)));
        if order.is_ne() {
            return order;
        }
    }
    Ordering::Equal
}

/// Takes from the start what passes.
fn split_off<'a>(text: &mut &'a str, passes: impl Fn(char) -> bool) -> &'a str {
    let end = text.find(|c| !passes(c)).unwrap_or(text.len());
    let (taken, rest) = text.split_at(end);
    *text = rest;
    taken
}

/// `~` is before the end, the end before letters, letters before all else.
fn weights(text: &str) -> impl Iterator<Item = u32> {
    let weight = |c: char| match c {
        '~' => 0,
        c if c.is_ascii_alphabetic() => u32::from(c),
        c => u32::from(c) + 256,
    };
    text.chars().map(weight).chain([1])
}
