//! Functions of texts and of patterns. Positions count characters, from 1.

use std::cell::RefCell;
use std::collections::HashMap;

use datafusion::logical_expr::ScalarUDF;
use regex::{Regex, RegexBuilder};

use super::row::Kind::{Bigint, Boolean, Text, TextList};
use super::row::{Cell, by_row, int, text};

/// The longest text that padding makes, in characters.
const PADDED_MAX: i64 = 1 << 20;
/// The longest text that replacing makes, in bytes: memory is counted by the batch, after it is made.
const REPLACED_BYTES_MAX: usize = 16 << 20;
/// What a compiled pattern may take.
const PATTERN_BYTES: usize = 1 << 20;
/// Patterns that a thread keeps compiled.
const PATTERNS_KEPT: usize = 16;

type Made<'b> = Result<Option<Cell<'b>>, String>;

/// All of them.
pub fn functions() -> Vec<ScalarUDF> {
    vec![
        by_row("trino_lower", &[Text], 0, Text, |of| made(text(&of[0]).to_lowercase())),
        by_row("trino_upper", &[Text], 0, Text, |of| made(text(&of[0]).to_uppercase())),
        by_row("trino_reverse", &[Text], 0, Text, |of| made(text(&of[0]).chars().rev().collect::<String>())),
        by_row("trino_length", &[Text], 0, Bigint, |of| count(text(&of[0]).chars().count())),
        by_row("trino_trim", &[Text], 0, Text, |of| part(text(&of[0]).trim())),
        by_row("trino_ltrim", &[Text], 0, Text, |of| part(text(&of[0]).trim_start())),
        by_row("trino_rtrim", &[Text], 0, Text, |of| part(text(&of[0]).trim_end())),
        by_row("trino_replace", &[Text, Text, Text], 1, Text, replace),
        by_row("trino_substr", &[Text, Bigint, Bigint], 1, Text, substr),
        by_row("trino_strpos", &[Text, Text], 0, Bigint, strpos),
        by_row("trino_split", &[Text, Text], 0, TextList, split),
        by_row("trino_split_part", &[Text, Text, Bigint], 0, Text, split_part),
        by_row("trino_starts_with", &[Text, Text], 0, Boolean, |of| {
            Ok(Some(Cell::Bool(text(&of[0]).starts_with(text(&of[1])))))
        }),
        by_row("trino_lpad", &[Text, Bigint, Text], 0, Text, |of| padded(of, Side::Left)),
        by_row("trino_rpad", &[Text, Bigint, Text], 0, Text, |of| padded(of, Side::Right)),
        by_row("trino_chr", &[Bigint], 0, Text, chr),
        by_row("trino_url_decode", &[Text], 0, Text, url_decode),
        by_row("trino_regexp_like", &[Text, Text], 0, Boolean, |of| {
            pattern(text(&of[1]), |pattern| Ok(Some(Cell::Bool(pattern.is_match(text(&of[0]))))))
        }),
        by_row("trino_regexp_count", &[Text, Text], 0, Bigint, |of| {
            pattern(text(&of[1]), |pattern| count(pattern.find_iter(text(&of[0])).count()))
        }),
        by_row("trino_regexp_extract", &[Text, Text, Bigint], 1, Text, regexp_extract),
        by_row("trino_regexp_replace", &[Text, Text, Text], 1, Text, regexp_replace),
    ]
}

fn made<'b>(text: String) -> Made<'b> {
    Ok(Some(Cell::Text(text.into())))
}

fn part(text: &str) -> Made<'_> {
    Ok(Some(Cell::Text(text.into())))
}

fn count<'b>(count: usize) -> Made<'b> {
    Ok(Some(Cell::Int(i64::try_from(count).unwrap_or(i64::MAX))))
}

/// Nothing to look for is found before every character and at the end.
fn replace<'b>(of: &'b [Cell<'_>]) -> Made<'b> {
    let (whole, wanted, with) = (text(&of[0]), text(&of[1]), of.get(2).map_or("", text));
    if with.len() > wanted.len() {
        bounded(whole.len(), whole.matches(wanted).count(), with.len())?;
    }
    made(whole.replace(wanted, with))
}

/// From a place on, which counts from the end when it is negative; empty when there is no such place.
fn substr<'b>(of: &'b [Cell<'_>]) -> Made<'b> {
    let (whole, start) = (text(&of[0]), int(&of[1]));
    let length = i64::try_from(whole.chars().count()).unwrap_or(i64::MAX);
    let from = match start {
        0 => return part(""),
        start if start > 0 => start - 1,
        start => length + start,
    };
    let taken = of.get(2).map_or(i64::MAX, int);
    if !(0..length).contains(&from) || taken <= 0 {
        return part("");
    }
    let at = |place: i64| {
        let place = usize::try_from(place).unwrap_or(usize::MAX);
        whole.char_indices().nth(place).map_or(whole.len(), |(at, _)| at)
    };
    part(&whole[at(from)..at(from.saturating_add(taken))])
}

fn strpos<'b>(of: &'b [Cell<'_>]) -> Made<'b> {
    let (whole, wanted) = (text(&of[0]), text(&of[1]));
    count(whole.find(wanted).map_or(0, |at| whole[..at].chars().count() + 1))
}

fn split<'b>(of: &'b [Cell<'_>]) -> Made<'b> {
    match text(&of[1]) {
        "" => Err("The delimiter may not be the empty string".to_owned()),
        delimiter => Ok(Some(Cell::List(text(&of[0]).split(delimiter).map(str::to_owned).collect()))),
    }
}

fn split_part<'b>(of: &'b [Cell<'_>]) -> Made<'b> {
    let index = usize::try_from(int(&of[2])).ok().filter(|index| *index > 0);
    let index = index.ok_or("Index must be greater than zero")?;
    let mut parts = match text(&of[1]) {
        // Every character is a part of its own.
        "" => {
            let found = text(&of[0]).char_indices().nth(index - 1);
            return Ok(found.map(|(at, c)| Cell::Text(text(&of[0])[at..at + c.len_utf8()].into())));
        }
        delimiter => text(&of[0]).split(delimiter),
    };
    Ok(parts.nth(index - 1).map(|part| Cell::Text(part.into())))
}

enum Side {
    Left,
    Right,
}

fn padded<'b>(of: &'b [Cell<'_>], side: Side) -> Made<'b> {
    let (whole, size, filling) = (text(&of[0]), int(&of[1]), text(&of[2]));
    if !(0..=PADDED_MAX).contains(&size) {
        return Err(format!("Target length must be in the range [0..{PADDED_MAX}]"));
    }
    if filling.is_empty() {
        return Err("Padding string must not be empty".to_owned());
    }
    let size = usize::try_from(size).unwrap_or_default();
    let length = whole.chars().count();
    if length >= size {
        return made(whole.chars().take(size).collect());
    }
    let filling: String = filling.chars().cycle().take(size - length).collect();
    made(match side {
        Side::Left => filling + whole,
        Side::Right => whole.to_owned() + &filling,
    })
}

fn chr<'b>(of: &'b [Cell<'_>]) -> Made<'b> {
    let found = u32::try_from(int(&of[0])).ok().and_then(char::from_u32);
    made(found.ok_or_else(|| format!("Not a valid Unicode code point: {}", int(&of[0])))?.to_string())
}

fn url_decode<'b>(of: &'b [Cell<'_>]) -> Made<'b> {
    let given = text(&of[0]).as_bytes();
    let mut bytes = Vec::with_capacity(given.len());
    let mut at = 0;
    while let Some(byte) = given.get(at) {
        let digits = given.get(at + 1..at + 3).filter(|_| *byte == b'%');
        match (byte, digits) {
            (b'+', _) => bytes.push(b' '),
            (b'%', Some(digits)) => {
                let digits = std::str::from_utf8(digits).map_err(|_| "Invalid escape in a URL")?;
                bytes.push(u8::from_str_radix(digits, 16).map_err(|_| "Invalid escape in a URL")?);
                at += 2;
            }
            (b'%', None) => return Err("Invalid escape in a URL".to_owned()),
            (byte, _) => bytes.push(*byte),
        }
        at += 1;
    }
    made(String::from_utf8_lossy(&bytes).into_owned())
}

fn regexp_extract<'b>(of: &'b [Cell<'_>]) -> Made<'b> {
    let group = usize::try_from(of.get(2).map_or(0, int)).map_err(|_| "Group cannot be negative")?;
    pattern(text(&of[1]), |pattern| {
        if group >= pattern.captures_len() {
            return Err(format!("Pattern has {} groups. Cannot access group {group}", pattern.captures_len() - 1));
        }
        let found = pattern.captures(text(&of[0])).and_then(|found| found.get(group));
        Ok(found.map(|found| Cell::Text(found.as_str().into())))
    })
}

/// Whether a text of so many bytes stays short enough with so many pieces of others in it.
fn bounded(bytes: usize, pieces: usize, each: usize) -> Result<(), String> {
    match bytes.saturating_add(pieces.saturating_mul(each)) <= REPLACED_BYTES_MAX {
        true => Ok(()),
        false => Err(format!("The result would be longer than {REPLACED_BYTES_MAX} bytes")),
    }
}

/// `$1` and `${name}` stand for groups, and a backslash before a character for the character.
fn regexp_replace<'b>(of: &'b [Cell<'_>]) -> Made<'b> {
    let replacement = replacement(of.get(2).map_or("", text))?;
    let whole = text(&of[0]);
    pattern(text(&of[1]), |pattern| {
        // Each group that is named may be all that was found.
        let groups = replacement.matches('$').count();
        let grown = whole.len().saturating_mul(groups + 1);
        bounded(grown, pattern.find_iter(whole).count(), replacement.len())?;
        made(pattern.replace_all(whole, replacement.as_str()).into_owned())
    })
}

/// What is put in the place of a match, as the library here writes it.
fn replacement(given: &str) -> Result<String, String> {
    let mut written = String::with_capacity(given.len());
    let mut chars = given.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('$') => written.push_str("$$"),
                Some(c) => written.push(c),
                None => return Err("Illegal replacement sequence: \\".to_owned()),
            },
            '$' if chars.peek() == Some(&'{') => written.push('$'),
            '$' => {
                let mut group = String::new();
                while let Some(digit) = chars.next_if(char::is_ascii_digit) {
                    group.push(digit);
                }
                if group.is_empty() {
                    return Err(format!("Illegal replacement sequence: {given}"));
                }
                written.extend(["${", &group, "}"]);
            }
            c => written.push(c),
        }
    }
    Ok(written)
}

/// Whether a text is a pattern.
///
/// # Errors
/// Why it is not.
pub fn check_pattern(text: &str) -> Result<(), String> {
    pattern(text, |_| Ok(()))
}

/// A pattern, compiled once for many rows.
fn pattern<T>(text: &str, with: impl FnOnce(&Regex) -> Result<T, String>) -> Result<T, String> {
    thread_local! {
        static COMPILED: RefCell<HashMap<String, Regex>> = RefCell::default();
    }
    let known = COMPILED.with_borrow(|compiled| compiled.get(text).cloned());
    let pattern = match known {
        Some(pattern) => pattern,
        None => {
            let built = RegexBuilder::new(text).size_limit(PATTERN_BYTES).build();
            let pattern = built.map_err(|error| format!("The pattern is invalid: {error}"))?;
            COMPILED.with_borrow_mut(|compiled| {
                if compiled.len() >= PATTERNS_KEPT {
                    compiled.clear();
                }
                compiled.insert(text.to_owned(), pattern.clone());
            });
            pattern
        }
    };
    with(&pattern)
}
