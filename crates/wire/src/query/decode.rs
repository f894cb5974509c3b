//! Query parameters into values.
//!
//! Every structure, list and map is a run of parameters that share the start of their names.
//! Those with the same next segment are neighbours nearly always, and make a run of their
//! own; the runs are taken in the order of these segments, numbers by value.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::name_of;
use crate::error::InputError;
use crate::json::last_wins;
use crate::scalar;
use crate::schema::{Kind, List, Map, Member, Shape, Structure, TimestampFormat};
use crate::value::{Struct, Value};

/// A decoded parameter.
pub(crate) type Pair<'a> = (Cow<'a, str>, Cow<'a, str>);

/// A parameter's name and value.
type Named<'a> = (&'a str, &'a str);

/// The deepest nesting that is read.
const DEPTH_MAX: u32 = 64;

/// Decodes all parameters by the input's shape. Unknown ones (`Action`, `Version`, a
/// signature) are passed over; of duplicates the last one wins; the elements of a list come
/// in the order of their numbers, gaps or not.
pub(crate) fn decode(shape: &'static Shape, pairs: &[Pair<'_>]) -> Result<Value, InputError> {
    let Kind::Structure(structure) = &shape.kind else { return Err(InputError::MALFORMED) };
    let pairs: Vec<Named<'_>> = pairs.iter().map(|(key, value)| (key.as_ref(), value.as_ref())).collect();
    decode_structure(shape, structure, Run { pairs: &pairs, start: 0, depth: 0 })
}

/// Numbers before names; numbers by value, then by their writing.
fn compare_segments(a: &str, b: &str) -> Ordering {
    if a == b {
        return Ordering::Equal;
    }
    match (is_number(a), is_number(b)) {
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
        (false, false) => a.cmp(b),
        (true, true) => {
            let (a_digits, b_digits) = (a.trim_start_matches('0'), b.trim_start_matches('0'));
            let by_value = a_digits.len().cmp(&b_digits.len()).then_with(|| a_digits.cmp(b_digits));
            by_value.then_with(|| a.cmp(b))
        }
    }
}

fn is_number(segment: &str) -> bool {
    !segment.is_empty() && segment.bytes().all(|byte| byte.is_ascii_digit())
}

/// Pairs that share the first `start` bytes of their names; those whose name ends before
/// that do not count.
#[derive(Clone, Copy)]
struct Run<'r, 'a> {
    pairs: &'r [Named<'a>],
    start: usize,
    depth: u32,
}

impl<'r, 'a> Run<'r, 'a> {
    /// Hands over the runs of pairs that have the same next segment, with that segment, in the
    /// order of the segments. A run's `start` is then the end of the segment.
    fn segments(self, mut each: impl FnMut(&'a str, Run<'_, 'a>) -> Result<(), InputError>) -> Result<(), InputError> {
        let Run { start, depth, .. } = self;
        let mut runs = self.neighbours();
        let sorted;
        if !is_rising(&runs) {
            runs.sort_by(|(a, _), (b, _)| compare_segments(a, b));
            if !is_rising(&runs) {
                // Some with the same segment are apart. Stable, so that of equal names the last
                // one stays last.
                let mut pairs: Vec<Named<'a>> = self.pairs.to_vec();
                pairs.retain(|(key, _)| key.len() >= start);
                pairs.sort_by(|(a, _), (b, _)| compare_segments(segment_at(a, start), segment_at(b, start)));
                sorted = pairs;
                runs = Run { pairs: &sorted, ..self }.neighbours();
            }
        }
        runs.into_iter().try_for_each(|(segment, pairs)| {
            each(segment, Run { pairs, start: start + segment.len(), depth: depth + 1 })
        })
    }

    /// The runs of neighbours with the same next segment, as they come.
    fn neighbours(self) -> Vec<(&'a str, &'r [Named<'a>])> {
        let Run { pairs: mut rest, start, .. } = self;
        let mut runs = Vec::new();
        while let Some((first, _)) = rest.first() {
            if first.len() < start {
                rest = &rest[1..];
                continue;
            }
            let segment = segment_at(first, start);
            let same = rest.iter().take_while(|(key, _)| key.len() >= start && has_segment_at(key, start, segment));
            let (run, others) = rest.split_at(same.count());
            runs.push((segment, run));
            rest = others;
        }
        runs
    }

    /// Parts the pairs whose name ends here, with the value of the last of them, from those
    /// that go on behind a dot.
    fn split(self) -> Result<(Option<&'a str>, Run<'r, 'a>), InputError> {
        let Run { pairs, start, depth } = self;
        if depth > DEPTH_MAX {
            return Err(InputError::new("The request is nested too deeply"));
        }
        let here = pairs.iter().rfind(|(key, _)| key.len() == start).map(|(_, value)| *value);
        Ok((here, Run { pairs, start: start + 1, depth }))
    }

    fn is_empty(self) -> bool {
        self.pairs.iter().all(|(key, _)| key.len() < self.start)
    }
}

fn is_rising(runs: &[(&str, &[Named<'_>])]) -> bool {
    runs.is_sorted_by(|(a, _), (b, _)| compare_segments(a, b).is_lt())
}

fn segment_at(key: &str, start: usize) -> &str {
    let rest = &key[start..];
    memchr::memchr(b'.', rest.as_bytes()).map_or(rest, |dot| &rest[..dot])
}

fn has_segment_at(key: &str, start: usize, segment: &str) -> bool {
    let rest = key.as_bytes()[start..].strip_prefix(segment.as_bytes());
    rest.is_some_and(|rest| matches!(rest.first(), None | Some(b'.')))
}

fn decode_structure(
    shape: &'static Shape,
    structure: &'static Structure,
    run: Run<'_, '_>,
) -> Result<Value, InputError> {
    let mut found = Struct::new(shape);
    run.segments(|segment, run| {
        let Some(at) = structure.members.iter().position(|member| name_of(member) == segment) else { return Ok(()) };
        let member = &structure.members[at];
        if let Ok(index) = u16::try_from(at) {
            found.set(index, decode_node(member.shape, Some(member), run)?);
        }
        Ok(())
    })?;
    Ok(Value::Struct(found))
}

fn decode_node(shape: &'static Shape, member: Option<&Member>, run: Run<'_, '_>) -> Result<Value, InputError> {
    let (here, nested) = run.split()?;
    match &shape.kind {
        Kind::Structure(structure) => match here {
            Some(text) if !text.is_empty() && nested.is_empty() => {
                Err(InputError::new("Unexpected complex element termination"))
            }
            _ => decode_structure(shape, structure, nested),
        },
        Kind::List(list) => decode_list(list, here, nested),
        Kind::Map(map) => decode_map(map, here, nested),
        _ => {
            let Some(text) = here else {
                return Err(InputError::new("Start of structure or map found where not expected."));
            };
            let format = scalar::timestamp_format(member, shape, TimestampFormat::Iso8601);
            scalar::parse(shape, format, text).map_err(|bad| InputError::new(bad.0))
        }
    }
}

/// Hands over the numbered runs of a list or map: behind `wrapper` unless it is flattened. A
/// parameter that ends at the collection itself is an empty collection when its value is empty.
fn numbered<'a>(
    wrapper: Option<&str>,
    here: Option<&str>,
    nested: Run<'_, 'a>,
    termination: &str,
    mut each: impl FnMut(Run<'_, 'a>) -> Result<(), InputError>,
) -> Result<(), InputError> {
    let unexpected = || InputError::new("Start of structure or map found where not expected.");
    let terminated = |here: Option<&str>, nested: Run<'_, '_>| match here {
        Some(text) if !text.is_empty() && nested.is_empty() => Err(InputError::new(termination)),
        _ => Ok(()),
    };
    let mut elements = |nested: Run<'_, 'a>| {
        nested.segments(|segment, run| if is_number(segment) { each(run) } else { Err(unexpected()) })
    };
    terminated(here, nested)?;
    let Some(wrapper) = wrapper else { return elements(nested) };
    nested.segments(|segment, run| {
        if segment != wrapper {
            return Err(unexpected());
        }
        let (here, nested) = run.split()?;
        terminated(here, nested)?;
        elements(nested)
    })
}

fn decode_list(list: &'static List, here: Option<&str>, nested: Run<'_, '_>) -> Result<Value, InputError> {
    let wrapper = (!list.flattened).then_some(list.member_name);
    let mut elements = Vec::new();
    numbered(wrapper, here, nested, "Unexpected list element termination", |run| {
        elements.push(decode_node(list.member, None, run)?);
        Ok(())
    })?;
    Ok(Value::List(elements))
}

fn decode_map(map: &'static Map, here: Option<&str>, nested: Run<'_, '_>) -> Result<Value, InputError> {
    let wrapper = (!map.flattened).then_some("entry");
    let mut entries = Vec::new();
    let termination = "Unexpected map element termination";
    numbered(wrapper, here, nested, termination, |run| {
        let (_, nested) = run.split()?;
        let (mut key, mut value) = (None, None);
        nested.segments(|segment, run| {
            if segment == map.key_name {
                key = run.split()?.0.map(str::to_owned);
            } else if segment == map.value_name {
                value = Some(decode_node(map.value, None, run)?);
            }
            Ok(())
        })?;
        match (key, value) {
            (Some(key), Some(value)) => entries.push((key, value)),
            // An entry without a value counts for nothing, as a member without one.
            (Some(_), None) => {}
            (None, _) => return Err(InputError::new(termination)),
        }
        Ok(())
    })?;
    Ok(Value::Map(last_wins(entries)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The order of two names, segment by segment from the first.
    fn compare(a: &str, b: &str) -> Ordering {
        let (a, b): (Vec<_>, Vec<_>) = (a.split('.').collect(), b.split('.').collect());
        let first = a.iter().zip(&b).map(|(a, b)| compare_segments(a, b)).find(|order| order.is_ne());
        first.unwrap_or_else(|| a.len().cmp(&b.len()))
    }

    /// The names of a run in the order in which runs hand them out, with their values.
    fn flattened(run: Run<'_, '_>, out: &mut Vec<(String, String)>) {
        let each = |_: &str, run: Run<'_, '_>| {
            let here: Vec<_> = run.pairs.iter().filter(|(key, _)| key.len() == run.start).collect();
            assert_eq!(run.split()?.0, here.last().map(|(_, value)| *value));
            out.extend(here.into_iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())));
            flattened(run.split()?.1, out);
            Ok(())
        };
        run.segments(each).unwrap();
    }

    proptest! {
        #[test]
        fn runs_come_in_the_order_of_whole_names(names in prop::collection::vec("([a01é]{0,2}\\.){0,3}[a01é]{0,2}", 0..30)) {
            let mut pairs: Vec<(String, String)> = names.into_iter().enumerate().map(|(at, name)| (name, at.to_string())).collect();
            let named: Vec<Named<'_>> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let mut found = Vec::new();
            flattened(Run { pairs: &named, start: 0, depth: 0 }, &mut found);
            pairs.sort_by(|(a, _), (b, _)| compare(a, b));
            prop_assert_eq!(found, pairs);
        }

        #[test]
        fn a_segment_is_known_without_looking_for_its_end(a in "([a01é]{0,3}\\.){0,3}[a01é]{0,3}", b in "([a01é]{0,3}\\.){0,3}[a01é]{0,3}") {
            for start in 0..a.len() {
                if a.is_char_boundary(start) && b.is_char_boundary(start) && start < b.len() {
                    let segment = segment_at(&a, start);
                    prop_assert_eq!(has_segment_at(&b, start, segment), segment_at(&b, start) == segment);
                }
            }
        }
    }
}
