//! Dynamic labels: values of a series and properties of its metric inside its label
//! (cloudwatch.md §3.7).

mod render;

use base::Timestamp;

/// Dynamic values that one label may hold; those after stay as they are written.
const VALUES_MAX: usize = 6;

const WHOLE: &str = "${LABEL}";

/// What a dynamic label may ask of a series.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// (seconds since the epoch, value), oldest first: the range that was asked for.
    pub points: &'a [(i64, f64)],
    /// Where distances in time are counted from.
    pub now: Timestamp,
    /// Where times are shown, east of Greenwich.
    pub utc_offset_secs: i64,
}

/// `PROP('…')`: names with their values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Properties(pub Vec<(String, String)>);

impl Properties {
    fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }
}

/// The template that is the series' own label and nothing else.
pub fn whole() -> String {
    WHOLE.to_owned()
}

/// Whether a template holds any dynamic value.
pub fn is_dynamic(template: &str) -> bool {
    let nothing = Facts { points: &[], now: Timestamp::from_secs(0), utc_offset_secs: 0 };
    expand(template, "", &Properties::default(), &nothing) != template
}

/// Fills in a template. `${LABEL}` stands for `label`, once; a property that is not known gives
/// nothing; what is no dynamic value stays as it is written.
pub fn expand(template: &str, label: &str, properties: &Properties, facts: &Facts<'_>) -> String {
    let mut text = String::new();
    let mut rest = template;
    let (mut values, mut labels) = (0, 0);
    while let Some(at) = rest.find("${") {
        text.push_str(&rest[..at]);
        rest = &rest[at..];
        let Some(end) = rest.find('}') else { break };
        let (written, inner) = (&rest[..=end], &rest[2..end]);
        let value = match inner {
            _ if values == VALUES_MAX => None,
            "LABEL" if labels > 0 => None,
            "LABEL" => Some(label.to_owned()),
            _ => {
                property(inner).map(|name| properties.get(name).to_owned()).or_else(|| render::live_value(inner, facts))
            }
        };
        match value {
            Some(value) => {
                text.push_str(&value);
                values += 1;
                labels += usize::from(inner == "LABEL");
                rest = &rest[end + 1..];
            }
            None => {
                // What follows may still hold a value: `${ ${AVG}`.
                text.push_str(&written[..2]);
                rest = &rest[2..];
            }
        }
    }
    text.push_str(rest);
    text
}

/// The name in `PROP('name')`.
fn property(inner: &str) -> Option<&str> {
    let quoted = inner.strip_prefix("PROP(")?.strip_suffix(')')?;
    ['\'', '"'].into_iter().find_map(|quote| quoted.strip_prefix(quote)?.strip_suffix(quote))
}

/// `±HHMM` as seconds east of Greenwich; `None` when it is not of that form.
pub fn parse_timezone(text: &str) -> Option<i64> {
    let (sign, digits) = match text.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    if digits.len() != 4 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (hours, minutes) = (digits[..2].parse::<i64>().ok()?, digits[2..].parse::<i64>().ok()?);
    (hours < 24 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_767_229_200); // 2026-01-01T01:00:00Z
    const START: i64 = 1_767_225_600;
    const POINTS: [(i64, f64); 4] = [(START, 2.0), (START + 60, 5.5), (START + 120, -1.25), (START + 300, 3.0)];

    fn expanded(template: &str, utc_offset_secs: i64) -> String {
        let properties = Properties(vec![
            ("MetricName".to_owned(), "CPU".to_owned()),
            ("Dim.Host Name".to_owned(), "web".to_owned()),
        ]);
        let facts = Facts { points: &POINTS, now: NOW, utc_offset_secs };
        expand(template, "own", &properties, &facts)
    }

    #[test]
    fn every_form() {
        for (template, expected) in [
            ("plain", "plain"),
            ("${LABEL}", "own"),
            ("[${LABEL}] ${AVG}", "[own] 2.3125"),
            ("${SUM} ${MIN} ${MAX}", "9.25 -1.25 5.5"),
            ("${FIRST} ${LAST} ${DATAPOINT_COUNT}", "2 3 4"),
            ("${MIN_MAX_RANGE} ${FIRST_LAST_RANGE}", "6.75 1"),
            ("${FIRST_TIME}", "2026-01-01 00:00:00"),
            ("${LAST_TIME}", "2026-01-01 00:05:00"),
            ("${MAX_TIME} ${MIN_TIME}", "2026-01-01 00:01:00 2026-01-01 00:02:00"),
            ("${FIRST_TIME_RELATIVE} ${LAST_TIME_RELATIVE}", "1h 55m"),
            ("${MAX_TIME_RELATIVE} ${MIN_TIME_RELATIVE}", "59m 58m"),
            ("${MIN_MAX_TIME_RANGE} ${FIRST_LAST_TIME_RANGE}", "1m 5m"),
            ("${PROP('MetricName')}/${PROP('Dim.Host Name')}", "CPU/web"),
            ("a${PROP('Nothing')}b", "ab"),
        ] {
            assert_eq!(expanded(template, 0), expected, "{template}");
        }
    }

    #[test]
    fn what_is_no_value_stays_as_written() {
        for template in ["${avg}", "${}", "${LABEL", "$LABEL", "${PROP(MetricName)}", "${PROP('x)}", "${NEW}", "{AVG}"]
        {
            assert_eq!(expanded(template, 0), template);
            assert!(!is_dynamic(template), "{template}");
        }
        assert!(is_dynamic("${x ${LAST}"));
        assert_eq!(expanded("${x ${LAST}", 0), "${x 3");
    }

    #[test]
    fn at_most_six_values_and_one_label() {
        assert_eq!(expanded("${LABEL} ${LABEL}", 0), "own ${LABEL}");
        let seven = "${LAST}".repeat(7);
        assert_eq!(expanded(&seven, 0), "333333${LAST}");
    }

    #[test]
    fn times_are_shown_at_the_offset() {
        assert_eq!(expanded("${FIRST_TIME}", -3600), "2025-12-31 23:00:00");
    }

    #[test]
    fn a_series_without_points_has_no_values() {
        let facts = Facts { points: &[], now: NOW, utc_offset_secs: 0 };
        let text = expand("${AVG} ${LAST_TIME} ${DATAPOINT_COUNT}", "own", &Properties::default(), &facts);
        assert_eq!(text, "-- -- 0");
    }

    #[test]
    fn timezones() {
        for (text, expected) in [
            ("+0000", Some(0)),
            ("+0130", Some(5400)),
            ("-0800", Some(-28_800)),
            ("0000", None),
            ("+00:00", None),
            ("+2400", None),
            ("+0060", None),
            ("+", None),
            ("", None),
            ("é000", None),
        ] {
            assert_eq!(parse_timezone(text), expected, "{text}");
        }
    }
}
