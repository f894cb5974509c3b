//! From lines to events: an event of several lines begins where the start pattern is found. Pure.

use regex::Regex;

use super::batch::MESSAGE_BYTES_MAX;
use super::framing::Line;
use super::timestamp::TimestampFormat;

/// How events are told apart.
#[derive(Clone, Debug)]
pub enum Start {
    /// Every line is one.
    EveryLine,
    /// One begins with a line that this is found in.
    Pattern(Regex),
    /// One begins with a line that has a time.
    Timestamp(TimestampFormat),
}

/// The text of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grouped {
    /// Its lines.
    pub text: String,
    /// Where in the file what follows begins.
    pub end: u64,
}

/// Puts lines together.
#[derive(Debug, Default)]
pub struct Grouping {
    open: Option<Grouped>,
}

impl Grouping {
    /// Whether an event has begun that may still get lines.
    pub fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Takes a line in; gives the event that it completes.
    pub fn add(&mut self, line: Line, start: &Start) -> Option<Grouped> {
        let Line { text, end } = line;
        let begins = match start {
            Start::EveryLine => return Some(Grouped { text, end }),
            Start::Pattern(pattern) => pattern.is_match(&text),
            Start::Timestamp(format) => format.is_in(&text),
        };
        match &mut self.open {
            Some(open) if !begins && open.text.len() + 1 + text.len() <= MESSAGE_BYTES_MAX => {
                open.text.push('\n');
                open.text.push_str(&text);
                open.end = end;
                None
            }
            open => open.replace(Grouped { text, end }),
        }
    }

    /// The event that was begun, as it is.
    pub fn flush(&mut self) -> Option<Grouped> {
        self.open.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grouped(lines: &[&str], start: &Start) -> Vec<String> {
        let mut grouping = Grouping::default();
        let line = |(at, text): (usize, &&str)| Line { text: (*text).to_owned(), end: at as u64 + 1 };
        let mut events: Vec<Grouped> =
            lines.iter().enumerate().map(line).filter_map(|line| grouping.add(line, start)).collect();
        events.extend(grouping.flush());
        assert_eq!(events.last().map(|event| event.end), Some(lines.len() as u64));
        events.into_iter().map(|event| event.text).collect()
    }

    #[test]
    fn events_begin_where_the_pattern_is_found() {
        let start = Start::Pattern(Regex::new(r"^\d").unwrap());
        let lines = ["  torn", "1 a", "  at b", "", "2 c"];
        assert_eq!(grouped(&lines, &start), ["  torn", "1 a\n  at b\n", "2 c"]);
        let time = TimestampFormat::new("%H:%M:%S", jiff::tz::TimeZone::UTC).unwrap();
        assert_eq!(grouped(&["10:00:00 a", "b"], &Start::Timestamp(time)), ["10:00:00 a\nb"]);
        assert_eq!(grouped(&["a", "b"], &Start::EveryLine), ["a", "b"]);
    }

    #[test]
    fn an_event_that_would_be_too_long_is_ended() {
        let start = Start::Pattern(Regex::new("^begin").unwrap());
        let long = "x".repeat(MESSAGE_BYTES_MAX - 3);
        assert_eq!(grouped(&[&long, "yy", "z"], &start), [format!("{long}\nyy"), "z".to_owned()]);
    }
}
