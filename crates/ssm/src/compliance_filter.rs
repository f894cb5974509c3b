//! Which of what is told of compliance is asked for.

use api::ServiceError;
use api::ssm::errors;
use api::ssm::types::{ComplianceQueryOperatorType, ComplianceStringFilter};

use crate::filter::order;

/// A filter. Its values are alternatives.
pub(crate) struct ComplianceFilter {
    key: String,
    operator: ComplianceQueryOperatorType,
    values: Vec<String>,
}

impl ComplianceFilter {
    /// The filters of a call, of whose keys each is one of these.
    ///
    /// # Errors
    /// `InvalidFilter`
    pub(crate) fn parse(given: Option<Vec<ComplianceStringFilter>>, keys: &[&str]) -> Result<Vec<Self>, ServiceError> {
        let parse = |filter: ComplianceStringFilter| {
            let ComplianceStringFilter { key, values, r#type } = filter;
            let (Some(key), Some(values)) = (key, values) else {
                return Err(errors::invalid_filter("A filter has a key and values."));
            };
            if !keys.contains(&key.as_str()) {
                return Err(errors::invalid_filter(format!(
                    "There is no filter {key}. There are {}.",
                    keys.join(", ")
                )));
            }
            Ok(Self { key, operator: r#type.unwrap_or(ComplianceQueryOperatorType::Equal), values })
        };
        given.unwrap_or_default().into_iter().map(parse).collect()
    }

    /// The attribute that it asks about.
    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    /// Whether a value passes; one that is not there equals nothing.
    pub(crate) fn matches(&self, value: Option<&str>) -> bool {
        use ComplianceQueryOperatorType as Operator;
        let mut wanted = self.values.iter().map(String::as_str);
        match (self.operator, value) {
            (Operator::NotEqual, value) => wanted.all(|wanted| Some(wanted) != value),
            (_, None) => false,
            (Operator::Equal, Some(value)) => wanted.any(|wanted| wanted == value),
            (Operator::BeginWith, Some(value)) => wanted.any(|wanted| value.starts_with(wanted)),
            (Operator::LessThan, Some(value)) => wanted.any(|wanted| order(value, wanted).is_lt()),
            (Operator::GreaterThan, Some(value)) => wanted.any(|wanted| order(value, wanted).is_gt()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_pass_by_each_operator() {
        for (operator, wanted, value, expected) in [
            ("EQUAL", &["A", "B"][..], Some("B"), true),
            ("EQUAL", &["A"], None, false),
            ("NOT_EQUAL", &["A", "B"], Some("B"), false),
            ("NOT_EQUAL", &["A"], None, true),
            ("BEGIN_WITH", &["Custom:"], Some("Custom:x"), true),
            ("LESS_THAN", &["10"], Some("9"), true),
            ("GREATER_THAN", &["10"], Some("9"), false),
        ] {
            let filter = ComplianceStringFilter {
                key: Some("Id".to_owned()),
                values: Some(wanted.iter().map(|value| (*value).to_owned()).collect()),
                r#type: Some(operator.parse().unwrap()),
            };
            let parsed = ComplianceFilter::parse(Some(vec![filter]), &["Id"]).unwrap();
            assert_eq!(parsed[0].matches(value), expected, "{operator} {wanted:?} {value:?}");
        }
    }
}
