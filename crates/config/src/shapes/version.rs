//! Which of two versions of a software is the later one, as package managers of Linux tell.

use std::cmp::Ordering;

/// Compares versions: runs of digits by number, what is between them by letters; `~` comes before everything, also
/// before the end, and an epoch (`1:2.0`) decides first.
pub(crate) fn compare(a: &str, b: &str) -> Ordering {
    let ((epoch_a, rest_a), (epoch_b, rest_b)) = (split_epoch(a), split_epoch(b));
    epoch_a.cmp(&epoch_b).then_with(|| compare_rest(rest_a, rest_b))
}

fn split_epoch(version: &str) -> (u64, &str) {
    match version.split_once(':') {
        Some((epoch, rest)) => epoch.parse().map_or((0, version), |epoch| (epoch, rest)),
        None => (0, version),
    }
}

fn compare_rest(mut a: &str, mut b: &str) -> Ordering {
    while !a.is_empty() || !b.is_empty() {
        let (words_a, words_b) = (run(&mut a, |c| !c.is_ascii_digit()), run(&mut b, |c| !c.is_ascii_digit()));
        let (digits_a, digits_b) = (run(&mut a, |c| c.is_ascii_digit()), run(&mut b, |c| c.is_ascii_digit()));
        let order = compare_words(words_a, words_b).then_with(|| compare_digits(digits_a, digits_b));
        if order.is_ne() {
            return order;
        }
    }
    Ordering::Equal
}

/// Takes the run at the start of what is left.
fn run<'a>(rest: &mut &'a str, is_in: impl Fn(char) -> bool) -> &'a str {
    let (taken, left) = rest.split_at(rest.find(|c| !is_in(c)).unwrap_or(rest.len()));
    *rest = left;
    taken
}

fn compare_words(a: &str, b: &str) -> Ordering {
    let rank = |c: char| match c {
        '~' => (0, c),
        c if c.is_alphabetic() => (2, c),
        c => (3, c),
    };
    // The end comes after `~` and before all else.
    let ended = |text: &str| text.chars().map(rank).chain([(1, ' ')]).collect::<Vec<_>>();
    ended(a).cmp(&ended(b))
}

/// By number, of any length.
fn compare_digits(a: &str, b: &str) -> Ordering {
    let (a, b) = (a.trim_start_matches('0'), b.trim_start_matches('0'));
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn versions_are_in_the_order_of_package_managers() {
        for (earlier, later) in [
            ("1.9", "1.10"),
            ("1.0", "1.0.1"),
            ("1.0~rc1", "1.0"),
            ("3.0.9-1", "3.0.15-1~deb12u1"),
            ("2.0", "1:1.0"),
            ("0.5.3", "0.5.3a"),
            ("9999999999999999999998", "9999999999999999999999"),
            ("2016.09", "2017.03"),
        ] {
            assert_eq!(compare(earlier, later), Ordering::Less, "{earlier} {later}");
            assert_eq!(compare(later, earlier), Ordering::Greater, "{earlier} {later}");
        }
        for (a, b) in [("1.0", "1.0"), ("1.02", "1.2"), ("0:1.0", "1.0")] {
            assert_eq!(compare(a, b), Ordering::Equal, "{a} {b}");
        }
    }

    proptest! {
        #[test]
        fn the_order_is_the_same_from_both_sides(a in "[0-9a-z.~:+-]{0,9}", b in "[0-9a-z.~:+-]{0,9}") {
            prop_assert_eq!(compare(&a, &b), compare(&b, &a).reverse());
            prop_assert_eq!(compare(&a, &a), Ordering::Equal);
        }
    }
}
