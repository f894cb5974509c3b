//! Functions of values as Trino has them (cloudtrail.md §7.2). Each takes values of its own types alone: what Trino
//! would not take is refused when a statement is planned.

pub mod cast;
pub mod clock;
pub mod instant;
pub mod json;
pub mod lists;
pub mod number;
pub mod row;
pub mod text;

use std::sync::Arc;

use datafusion::logical_expr::ScalarUDF;

/// What of a function's name, and how few and how many arguments it takes, is known before types are.
struct Known {
    /// What statements call it.
    name: &'static str,
    /// What the session calls it.
    own: &'static str,
    least: usize,
    most: usize,
}

const fn known(name: &'static str, own: &'static str, least: usize, most: usize) -> Known {
    Known { name, own, least, most }
}

/// The functions that statements may call by these names.
const KNOWN: [Known; 72] = [
    known("abs", "trino_abs", 1, 1),
    known("array_join", "trino_array_join", 2, 3),
    known("cardinality", "trino_cardinality", 1, 1),
    known("ceil", "trino_ceiling", 1, 1),
    known("ceiling", "trino_ceiling", 1, 1),
    known("char_length", "trino_length", 1, 1),
    known("chr", "trino_chr", 1, 1),
    known("contains", "trino_contains", 2, 2),
    known("date", "trino_cast_date", 1, 1),
    known("date_add", "trino_date_add", 3, 3),
    known("date_diff", "trino_date_diff", 3, 3),
    known("date_format", "trino_date_format", 2, 2),
    known("date_parse", "trino_date_parse", 2, 2),
    known("date_trunc", "trino_date_trunc", 2, 2),
    known("day", "trino_day", 1, 1),
    known("day_of_month", "trino_day", 1, 1),
    known("day_of_week", "trino_day_of_week", 1, 1),
    known("day_of_year", "trino_day_of_year", 1, 1),
    known("dow", "trino_day_of_week", 1, 1),
    known("doy", "trino_day_of_year", 1, 1),
    known("element_at", "trino_element_at", 2, 2),
    known("floor", "trino_floor", 1, 1),
    known("from_iso8601_timestamp", "trino_from_iso8601_timestamp", 1, 1),
    known("from_unixtime", "trino_from_unixtime", 1, 1),
    known("hour", "trino_hour", 1, 1),
    known("json_array_get", "trino_json_array_get", 2, 2),
    known("json_array_length", "trino_json_array_length", 1, 1),
    known("json_extract", "trino_json_extract", 2, 2),
    known("json_extract_scalar", "trino_json_extract_scalar", 2, 2),
    known("json_format", "trino_json_format", 1, 1),
    known("json_parse", "trino_json_parse", 1, 1),
    known("json_size", "trino_json_size", 2, 2),
    known("length", "trino_length", 1, 1),
    known("lower", "trino_lower", 1, 1),
    known("lpad", "trino_lpad", 3, 3),
    known("ltrim", "trino_ltrim", 1, 1),
    known("map_keys", "trino_map_keys", 1, 1),
    known("map_values", "trino_map_values", 1, 1),
    known("minute", "trino_minute", 1, 1),
    known("mod", "trino_mod", 2, 2),
    known("month", "trino_month", 1, 1),
    known("pow", "trino_power", 2, 2),
    known("power", "trino_power", 2, 2),
    known("quarter", "trino_quarter", 1, 1),
    known("regexp_count", "trino_regexp_count", 2, 2),
    known("regexp_extract", "trino_regexp_extract", 2, 3),
    known("regexp_like", "trino_regexp_like", 2, 2),
    known("regexp_replace", "trino_regexp_replace", 2, 3),
    known("replace", "trino_replace", 2, 3),
    known("reverse", "trino_reverse", 1, 1),
    known("round", "trino_round", 1, 2),
    known("rpad", "trino_rpad", 3, 3),
    known("rtrim", "trino_rtrim", 1, 1),
    known("second", "trino_second", 1, 1),
    known("sign", "trino_sign", 1, 1),
    known("split", "trino_split", 2, 2),
    known("split_part", "trino_split_part", 3, 3),
    known("sqrt", "trino_sqrt", 1, 1),
    known("starts_with", "trino_starts_with", 2, 2),
    known("strpos", "trino_strpos", 2, 2),
    known("substr", "trino_substr", 2, 3),
    known("substring", "trino_substr", 2, 3),
    known("to_iso8601", "trino_to_iso8601", 1, 1),
    known("to_unixtime", "trino_to_unixtime", 1, 1),
    known("trim", "trino_trim", 1, 1),
    known("truncate", "trino_truncate", 1, 1),
    known("upper", "trino_upper", 1, 1),
    known("url_decode", "trino_url_decode", 1, 1),
    known("week", "trino_week", 1, 1),
    known("week_of_year", "trino_week", 1, 1),
    known("year", "trino_year", 1, 1),
    known("year_of_week", "trino_year_of_week", 1, 1),
];

/// What the session calls a function of this name, and how few and how many arguments it takes.
pub fn scalar(name: &str) -> Option<(&'static str, usize, usize)> {
    let found = KNOWN.iter().find(|known| known.name == name)?;
    Some((found.own, found.least, found.most))
}

/// Whether the texts in a call are such as the function takes: units, paths, patterns and formats are mostly given as
/// they are, and then a statement that has a wrong one need not begin.
///
/// # Errors
/// Why one is not.
pub fn check(name: &str, texts: &[Option<&str>]) -> Result<(), String> {
    let given = |at: usize| texts.get(at).copied().flatten();
    match name {
        "json_extract" | "json_extract_scalar" | "json_size" => {
            given(1).map_or(Ok(()), |path| json::parse_path(path).map(drop))
        }
        "date_add" | "date_diff" | "date_trunc" => given(0).map_or(Ok(()), clock::check_unit),
        "date_format" => given(1).map_or(Ok(()), clock::check_format),
        "regexp_like" | "regexp_count" | "regexp_extract" | "regexp_replace" => {
            given(1).map_or(Ok(()), text::check_pattern)
        }
        _ => Ok(()),
    }
}

/// All functions of a session.
pub fn all() -> Vec<Arc<ScalarUDF>> {
    let by_row = [text::functions(), number::functions(), clock::functions(), json::functions(), cast::functions()];
    by_row.into_iter().flatten().chain(lists::functions()).map(Arc::new).collect()
}

#[cfg(test)]
mod tests {
    use super::{KNOWN, all};

    #[test]
    fn every_name_stands_for_a_function_and_stands_once() {
        let functions = all();
        for known in &KNOWN {
            assert!(functions.iter().any(|function| function.name() == known.own), "{}", known.own);
        }
        let mut names: Vec<_> = KNOWN.iter().map(|known| known.name).collect();
        names.dedup();
        assert_eq!(names.len(), KNOWN.len());
    }
}
