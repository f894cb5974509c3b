//! `docs/insights.md` is true: every query in its tables gives the rows that stand beside it.

use super::notation::run;
use crate::insights::commands::REFUSED;

const PAGE: &str = include_str!("../../../../../docs/insights.md");

/// The cells of the tables of examples: query, events, rows.
fn examples() -> Vec<[Vec<String>; 3]> {
    let tables = PAGE.split("\n| Query | Events | Rows |\n|---|---|---|\n").skip(1);
    let rows = tables.flat_map(|table| table.lines().take_while(|line| line.starts_with('|')));
    let rows = rows.map(|line| line.replace("\\|", "\u{0}"));
    let rows = rows.map(|line| {
        let cells: Vec<Vec<String>> = line.trim_matches('|').split('|').map(cell).collect();
        <[Vec<String>; 3]>::try_from(cells).unwrap_or_else(|cells| panic!("three cells: {cells:?}"))
    });
    rows.collect()
}

/// The lines of a cell, each in backticks.
fn cell(text: &str) -> Vec<String> {
    let lines = text.split("<br>").map(str::trim).filter(|line| !line.is_empty());
    let plain = |line: &str| {
        let ticks = line.len() - line.trim_start_matches('`').len();
        let line = &line[ticks..line.len() - ticks];
        // A row that shows nothing is a blank.
        let line = if ticks > 1 || line == " " { line.trim() } else { line };
        line.replace('\u{0}', "|")
    };
    lines.map(plain).collect()
}

#[test]
fn every_example_gives_the_rows_beside_it() {
    let mut wrong = String::new();
    for [query, events, rows] in examples() {
        let query = query.join("\n");
        let events: Vec<&str> = events.iter().map(String::as_str).collect();
        let found = run(&query, &events);
        if found != rows {
            wrong.push_str(&format!("\n{query}\n  page: {rows:?}\n  runs: {found:?}\n"));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn every_command_has_a_section_with_an_example() {
    let commands = [
        "dedup",
        "display",
        "fields",
        "filter",
        "filterIndex",
        "limit",
        "lookup",
        "parse",
        "pattern",
        "sort",
        "SOURCE",
        "stats",
        "unmask",
        "unnest",
    ];
    for command in commands {
        let (_, section) = PAGE.split_once(&format!("\n## {command}\n")).unwrap_or_else(|| panic!("{command}"));
        let section = section.split("\n## ").next().unwrap();
        assert!(section.lines().any(|line| line.starts_with("| `") && line.contains(command)), "{command}");
    }
}

#[test]
fn every_refused_command_is_named() {
    for command in REFUSED {
        let name = format!("`{command}`");
        assert!(PAGE.to_lowercase().contains(&name), "{command}");
        let refusal = vec![format!("refused: The command {command} is not supported")];
        assert_eq!(run(&format!("fields @message | {command} x"), &[]), refusal);
    }
}
