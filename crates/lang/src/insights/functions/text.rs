//! Texts.

use super::{ANY, Function, Value, function, one_or_zero, regex, text};

pub(super) static FUNCTIONS: [Function; 16] = [
    function("isempty", 1..=1, |_, a| one_or_zero(is_made_of(&a[0], |_| false))),
    function("isblank", 1..=1, |_, a| one_or_zero(is_made_of(&a[0], char::is_whitespace))),
    function("concat", 1..=ANY, |_, a| a.iter().map(Value::text).collect::<Option<String>>().into()),
    function("ltrim", 1..=2, |_, a| trim(a, |text, is| text.trim_start_matches(is)).into()),
    function("rtrim", 1..=2, |_, a| trim(a, |text, is| text.trim_end_matches(is)).into()),
    function("trim", 1..=2, |_, a| trim(a, |text, is| text.trim_matches(is)).into()),
    function("strlen", 1..=1, |_, a| text(a, 0).map(|text| text.chars().count() as i64).into()),
    function("toupper", 1..=1, |_, a| text(a, 0).map(|text| text.to_uppercase()).into()),
    function("tolower", 1..=1, |_, a| text(a, 0).map(|text| text.to_lowercase()).into()),
    function("substr", 2..=3, |_, a| substr(a).into()),
    function("replace", 3..=3, |_, a| replace(a).into()),
    function("regexReplace", 3..=3, |_, a| regex_replace(a).into()),
    function("strcontains", 2..=3, |_, a| contains(a).into()),
    function("startsWith", 2..=2, |_, a| both(a, |text, start| one_or_zero(text.starts_with(start))).into()),
    function("endsWith", 2..=2, |_, a| both(a, |text, end| one_or_zero(text.ends_with(end))).into()),
    function("split", 2..=2, |_, a| both(a, split).into()),
];

/// Whether a value is missing, or a text of some characters alone. Maps and lists are neither.
fn is_made_of(value: &Value, some: fn(char) -> bool) -> bool {
    !value.is_nested() && value.text().is_none_or(|text| text.chars().all(some))
}

/// Trims what is in a set of characters; blanks, if none is given.
fn trim(arguments: &[Value], trim: for<'t> fn(&'t str, &dyn Fn(char) -> bool) -> &'t str) -> Option<String> {
    let trimmed = text(arguments, 0)?;
    Some(match arguments.get(1) {
        None => trim(&trimmed, &char::is_whitespace).to_owned(),
        Some(set) => {
            let set = set.text()?;
            trim(&trimmed, &|c| set.contains(c)).to_owned()
        }
    })
}

/// Characters from a place on, counted from 0; what is beyond the end is not there.
fn substr(arguments: &[Value]) -> Option<String> {
    let whole = text(arguments, 0)?;
    let start = usize::try_from(arguments[1].whole()?).ok()?;
    let length = match arguments.get(2) {
        Some(length) => usize::try_from(length.whole()?).ok()?,
        None => usize::MAX,
    };
    Some(whole.chars().skip(start).take(length).collect())
}

fn replace(arguments: &[Value]) -> Option<String> {
    let (whole, find, by) = (text(arguments, 0)?, text(arguments, 1)?, text(arguments, 2)?);
    Some(if find.is_empty() { whole.into_owned() } else { whole.replace(&*find, &by) })
}

fn regex_replace(arguments: &[Value]) -> Option<String> {
    let (whole, pattern, by) = (text(arguments, 0)?, text(arguments, 1)?, text(arguments, 2)?);
    regex::with(&pattern, |compiled| compiled.replace_all(&whole, regex::replacement(&by)).into_owned())
}

/// Whether one text is in another; in any case, if the third argument is true.
fn contains(arguments: &[Value]) -> Option<Value> {
    let any_case = match arguments.get(2) {
        Some(any_case) => (!any_case.is_null()).then(|| any_case.is_true())?,
        None => false,
    };
    both(arguments, |text, part| {
        one_or_zero(match any_case {
            true => text.to_lowercase().contains(&part.to_lowercase()),
            false => text.contains(part),
        })
    })
}

fn split(text: &str, delimiter: &str) -> Value {
    match delimiter {
        "" => vec![Value::from(text)].into(),
        delimiter => text.split(delimiter).map(Value::from).collect::<Vec<_>>().into(),
    }
}

/// What two texts give.
fn both(arguments: &[Value], give: impl FnOnce(&str, &str) -> Value) -> Option<Value> {
    Some(give(&text(arguments, 0)?, &text(arguments, 1)?))
}
