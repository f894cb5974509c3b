//! Which messages are one pattern.

use proptest::prelude::*;

use super::{CLUSTERS_PER_SHAPE_MAX, Clusters, SHAPES_MAX};

fn of(messages: &[&str]) -> Clusters {
    let mut clusters = Clusters::default();
    messages.iter().for_each(|message| clusters.push(message));
    clusters
}

fn patterns(clusters: &Clusters) -> Vec<(String, u64)> {
    clusters.rows().into_iter().map(|row| (row.pattern, row.sample_count)).collect()
}

#[test]
fn variable_parts_are_known_by_their_form() {
    let table = [
        ("took 12 ms, 3.5 MB", "took <Number-1> ms, <Number-2> MB"),
        ("2024-05-19T06:10:16.682Z start", "<Date-1>T<Time-2> start"),
        ("2024-05-19 06:10:16,682 start", "<Date-1> <Time-2> start"),
        ("[19/May/2024:06:10:16 +0000] GET", "[<Date-1>:<Time-2> +<Number-3>] GET"),
        ("at 06:10:16+02:00 from 10.0.0.1:8080.", "at <Time-1> from <IP-2>:<Number-3>."),
        ("from 2001:db8::1 to fe80::1%eth0", "from <IP-1> to <IP-2>%eth0"),
        ("id 8f507cfc-0000-4697-b07a-ac58fc914c95 done", "id <ID-1> done"),
        ("i-0abc1234def in us-east-1", "i-<ID-1> in us-east-<Number-2>"),
        ("HTTP/1.1 v2 utf8", "HTTP/<Number-1> v2 utf8"),
        ("deadbeef and face", "deadbeef and face"),
        ("1a is short", "1a is short"),
        ("naïve Größe 7", "naïve Größe <Number-1>"),
        ("", ""),
        ("?!", "?!"),
    ];
    for (message, expected) in table {
        assert_eq!(patterns(&of(&[message])), [(expected.to_owned(), 1)], "{message}");
    }
}

#[test]
fn words_that_differ_become_tokens() {
    let clusters = of(&[
        "user mary logged in from 10.0.0.1",
        "user bob logged in from 10.0.0.2",
        "user eve logged in from 10.0.0.3",
        "connection closed by peer",
    ]);
    assert_eq!(
        patterns(&clusters),
        [("user <Token-1> logged in from <IP-2>".to_owned(), 3), ("connection closed by peer".to_owned(), 1)]
    );
    let rows = clusters.rows();
    assert_eq!((rows[0].ratio, rows[1].ratio), (0.75, 0.25));
}

#[test]
fn a_pattern_has_the_label_of_its_worst_word() {
    let table = [
        ("[ERROR] out of disk", "Error"),
        ("WARN slow", "Warning"),
        ("level=info ok", "Info"),
        ("{\"level\":\"debug\"}", "Debug"),
        ("info: request failed", "Error"),
        ("hello", "None"),
    ];
    for (message, label) in table {
        assert_eq!(of(&[message]).rows()[0].severity, label, "{message}");
    }
}

#[test]
fn lines_of_different_levels_are_apart() {
    let clusters = of(&["INFO the job is over", "ERROR the job is over", "INFO the job is over"]);
    assert_eq!(patterns(&clusters), [("INFO the job is over".to_owned(), 2), ("ERROR the job is over".to_owned(), 1)]);
}

#[test]
fn only_the_first_1500_characters_count() {
    let long = |end: &str| format!("{}{end}", "é ".repeat(750));
    let clusters = of(&[&long("one thing"), &long("another")]);
    assert_eq!(clusters.rows().len(), 1);
}

#[test]
fn clusters_are_bounded() {
    let mut clusters = Clusters::default();
    for number in 0..3 * CLUSTERS_PER_SHAPE_MAX {
        clusters.push(&"x".repeat(number + 1));
    }
    assert_eq!(clusters.rows().len(), CLUSTERS_PER_SHAPE_MAX);
    for number in 0..SHAPES_MAX + 50 {
        clusters.push(&format!("{number:b}").replace('1', "-").replace('0', "+"));
    }
    assert!(clusters.rows().len() <= SHAPES_MAX + CLUSTERS_PER_SHAPE_MAX);
    let counted: u64 = clusters.rows().iter().map(|row| row.sample_count).sum();
    assert_eq!(counted as usize, 3 * CLUSTERS_PER_SHAPE_MAX + SHAPES_MAX + 50);
    assert!(clusters.memory_bytes() > 100_000);
}

proptest! {
    #[test]
    fn no_message_is_lost_by_merging(messages in prop::collection::vec("(GET|PUT|é|1a) [a-c]{1,2} [0-9]{0,3}[-:.]?", 0..40), cut in 0usize..40) {
        let borrowed: Vec<&str> = messages.iter().map(String::as_str).collect();
        let (first, second) = borrowed.split_at(cut.min(borrowed.len()));
        let mut merged = of(first);
        merged.merge(of(second));
        let counted: u64 = merged.rows().iter().map(|row| row.sample_count).sum();
        prop_assert_eq!(counted as usize, messages.len());
        let ratios: f64 = merged.rows().iter().map(|row| row.ratio).sum();
        prop_assert!(messages.is_empty() || (ratios - 1.0).abs() < 1e-9);
        let mut again = of(first);
        again.merge(of(second));
        prop_assert_eq!(again.rows(), merged.rows());
    }

    #[test]
    fn any_text_is_cut_without_loss(message: String) {
        let (separators, words) = super::cut(&message);
        prop_assert_eq!(separators.len(), words.len() + 1);
        of(&[&message]);
    }

    #[test]
    fn any_signs_are_cut_without_loss(message in "[0-9a-fT:.Z+/é -]{0,40}") {
        let (separators, words) = super::cut(&message);
        prop_assert_eq!(separators.len(), words.len() + 1);
    }
}
