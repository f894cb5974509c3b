//! The page about the language says the truth.

use crate::filter_pattern::FilterPattern;

const PAGE: &str = include_str!("../../../../../docs/filter-patterns.md");

/// The rows of tables whose first line names these columns. A cell is between backticks, and a bar within it is
/// written `\|`, as Markdown has it.
fn rows(header: &str) -> Vec<Vec<String>> {
    let mut lines = PAGE.lines();
    let mut rows = Vec::new();
    while lines.any(|line| line == header) {
        let table = lines.by_ref().skip(1).take_while(|line| line.starts_with('|'));
        rows.extend(table.map(|line| {
            let line = line.replace("\\|", "\u{1}");
            let cells = line.trim_matches('|').split('|');
            cells.map(|cell| cell.trim().trim_matches('`').replace('\u{1}', "|")).collect()
        }));
    }
    rows
}

#[test]
fn every_example_of_the_page_holds() {
    let rows = rows("| pattern | message | matches |");
    assert!(rows.len() > 40, "{}", rows.len());
    for row in rows {
        let [pattern, message, wanted] = row.as_slice() else { panic!("{row:?}") };
        let compiled = FilterPattern::parse(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}"));
        assert!(wanted == "yes" || wanted == "no", "{row:?}");
        assert_eq!(compiled.matches(message), wanted == "yes", "{pattern} on {message}");
    }
}

#[test]
fn every_mistake_of_the_page_is_refused() {
    let rows = rows("| pattern | refused as |");
    assert!(rows.len() > 8, "{}", rows.len());
    for row in rows {
        let [pattern, message] = row.as_slice() else { panic!("{row:?}") };
        assert_eq!(FilterPattern::parse(pattern).expect_err(pattern).message, *message, "{pattern}");
    }
}

#[test]
fn what_the_page_extracts_is_extracted() {
    let rows = rows("| pattern | message | extracted |");
    assert!(rows.len() > 3, "{}", rows.len());
    for row in rows {
        let [pattern, message, wanted] = row.as_slice() else { panic!("{row:?}") };
        let pairs = FilterPattern::parse(pattern).unwrap().extract(message).unwrap();
        let said: Vec<String> = pairs.iter().map(|(name, value)| format!("{name} = {value}")).collect();
        assert_eq!(said.join("; "), *wanted, "{pattern}");
    }
}
