//! URI templates of REST operations: `/a/{Name}/b/{Rest+}?literal=x`.

use crate::percent;
use crate::schema::Operation;

/// How precisely a template matched; the greater, the better: literals before labels before
/// greedy labels, decided at the first segment that differs, then by query literals.
pub(crate) type Precision = (Vec<u8>, usize);

/// A label's name and its decoded text.
pub(crate) type Label = (&'static str, String);

/// Matches a request's path and query against the operation's template.
pub(crate) fn matches(operation: &'static Operation, path: &str, query: &str) -> Option<(Precision, Vec<Label>)> {
    let (template, literals) = operation.uri.split_once('?').unwrap_or((operation.uri, ""));
    let literals: Vec<_> = percent::pairs(literals.as_bytes()).collect();
    let present = |wanted: &(_, _)| percent::pairs(query.as_bytes()).any(|pair| pair == *wanted);
    if !literals.iter().all(present) {
        return None;
    }
    let mut precision = Vec::new();
    let mut labels = Vec::new();
    let mut parts = path.strip_prefix('/')?.split('/');
    let mut template = template.strip_prefix('/')?.split('/');
    while let Some(wanted) = template.next() {
        let label = wanted.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        match label {
            Some(label) if label.ends_with('+') => {
                // The rest of the template matches from the end; the greedy label has what is left.
                let tail: Vec<&str> = template.collect();
                let rest: Vec<&str> = parts.collect();
                let greedy = rest.len().checked_sub(tail.len()).filter(|count| *count > 0)?;
                if rest[greedy..] != tail[..] {
                    return None;
                }
                labels.push((label.trim_end_matches('+'), decoded(&rest[..greedy].join("/"))));
                precision.push(0);
                precision.extend(tail.iter().map(|_| 2));
                return Some(((precision, literals.len()), labels));
            }
            Some(label) => {
                let part = parts.next().filter(|part| !part.is_empty())?;
                labels.push((label, decoded(part)));
                precision.push(1);
            }
            None => {
                if parts.next()? != wanted {
                    return None;
                }
                precision.push(2);
            }
        }
    }
    // A slash too many at the end means the same resource.
    match (parts.next(), parts.next()) {
        (None, _) | (Some(""), None) => Some(((precision, literals.len()), labels)),
        _ => None,
    }
}

fn decoded(text: &str) -> String {
    String::from_utf8_lossy(&percent::decode(text.as_bytes())).into_owned()
}
