//! Where something is in an answer: names with points between them, `[]` after those of lists, such as
//! `Reservations[].Instances[]`.
//!
//! At the end of a path `,` splits a text at commas; `/` and `:` keep what is after the last one.

use super::datum::Datum;

/// The data at a path; those that are null are not there.
pub(crate) fn at<'d>(datum: &'d Datum, path: &str) -> Vec<&'d Datum> {
    let mut found = vec![datum];
    for part in path.trim_end_matches([',', '/', ':']).split('.').filter(|part| !part.is_empty()) {
        let (name, is_list) = match part.strip_suffix("[]") {
            Some(name) => (name, true),
            None => (part, false),
        };
        let members = found.into_iter().filter_map(|datum| datum.get(name));
        found = match is_list {
            true => members.flat_map(Datum::elements).collect(),
            false => members.collect(),
        };
    }
    found
}

/// The texts at a path; what is empty is not there.
pub(crate) fn texts(datum: &Datum, path: &str) -> Vec<String> {
    let texts = at(datum, path).into_iter().filter_map(Datum::as_text);
    let texts: Vec<String> = match path.chars().next_back() {
        Some(',') => {
            texts.flat_map(|text| text.split(',').map(|part| part.trim().to_owned()).collect::<Vec<_>>()).collect()
        }
        Some(mark @ ('/' | ':')) => texts.map(|text| text.rsplit(mark).next().unwrap_or_default().to_owned()).collect(),
        _ => texts.collect(),
    };
    texts.into_iter().filter(|text| !text.is_empty()).collect()
}

/// The first text at one of several paths with `|` between them.
pub(crate) fn text(datum: &Datum, paths: &str) -> Option<String> {
    paths.split('|').find_map(|path| texts(datum, path).into_iter().next())
}

/// What names a resource in an ARN: the name after its kind, without a path or a version.
pub(crate) fn cut_arn(text: &str) -> &str {
    let mut fields = text.splitn(6, ':');
    let Some(resource) = fields.nth(5).filter(|_| text.starts_with("arn:")) else { return text };
    match resource.split_once(':') {
        Some((_, name)) => name.split(':').next().unwrap_or(name),
        None => resource.rsplit('/').next().unwrap_or(resource),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn datum(value: &Value) -> Datum {
        match value {
            Value::Object(members) => {
                Datum::Structure(members.iter().map(|(name, value)| (name.clone(), datum(value))).collect())
            }
            Value::Array(elements) => Datum::List(elements.iter().map(datum).collect()),
            plain => Datum::Plain(plain.clone()),
        }
    }

    #[test]
    fn paths_lead_through_members_and_lists() {
        let datum = datum(&json!({
            "A": [{"B": [{"C": "x"}, {"C": "y"}]}, {"B": []}, {"B": [{"C": null}, {"C": 7}]}],
            "S": "a,b, c", "Url": "http://host/1/name", "Empty": "", "Flag": true,
        }));
        for (path, expected) in [
            ("A[].B[].C", vec!["x", "y", "7"]),
            ("S,", vec!["a", "b", "c"]),
            ("S", vec!["a,b, c"]),
            ("Url/", vec!["name"]),
            ("Url:", vec!["//host/1/name"]),
            ("Empty", vec![]),
            ("Flag", vec!["true"]),
            ("None.Such", vec![]),
            ("A.B", vec![]),
        ] {
            assert_eq!(texts(&datum, path), expected, "{path}");
        }
        assert_eq!(text(&datum, "None|Empty|Url/"), Some("name".to_owned()));
    }

    #[test]
    fn arns_are_cut_to_names() {
        for (arn, expected) in [
            ("arn:aws:iam::1:role/path/ops", "ops"),
            ("arn:aws:lambda:r:1:function:f:live", "f"),
            ("arn:aws:kms:r:1:key/k-1", "k-1"),
            ("arn:aws:rds:r:1:db:d", "d"),
            ("arn:aws:sns:r:1:t", "t"),
            ("plain/text", "plain/text"),
        ] {
            assert_eq!(cut_arn(arn), expected);
        }
    }
}
