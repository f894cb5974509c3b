//! Insight selectors: which rates a trail has watched (cloudtrail.md §4.9).

use lang::event_selector::basic::{BasicSelector, ReadWrite};
use lang::event_selector::{Category, Selector};
use serde::{Deserialize, Serialize};

use super::Selectors;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) enum InsightType {
    /// Calls: of management events those that write.
    ApiCallRate,
    /// Calls that failed, by error code.
    ApiErrorRate,
}

impl InsightType {
    /// The name in requests and records.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::ApiCallRate => "ApiCallRateInsight",
            Self::ApiErrorRate => "ApiErrorRateInsight",
        }
    }
}

/// Of which events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) enum SourceCategory {
    /// All of the account in a region.
    Management,
    /// Those that the trail takes.
    Data,
}

impl SourceCategory {
    /// The name in requests and records.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Management => "Management",
            Self::Data => "Data",
        }
    }
}

/// A rate that is watched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct InsightSelector {
    pub(crate) insight_type: InsightType,
    /// At least one, in the order given.
    pub(crate) categories: Vec<SourceCategory>,
}

/// Whether any of the selectors names the rate.
pub(crate) fn names(selectors: &[InsightSelector], insight_type: InsightType, category: SourceCategory) -> bool {
    selectors.iter().any(|selector| selector.insight_type == insight_type && selector.categories.contains(&category))
}

/// Whether event selectors take events from which the rate can be told: calls that write for the rate of calls, any
/// for that of errors.
pub(crate) fn can_tell(selectors: &Selectors, insight_type: InsightType, category: SourceCategory) -> bool {
    match selectors {
        Selectors::Basic(selectors) => selectors.iter().any(|selector| basic_can(selector, insight_type, category)),
        Selectors::Advanced(selectors) => {
            selectors.iter().any(|selector| advanced_can(selector, insight_type, category))
        }
    }
}

/// The selectors without what cannot be told from the events that are taken.
pub(crate) fn told_by(insights: &[InsightSelector], events: &Selectors) -> Vec<InsightSelector> {
    let told = |selector: &InsightSelector| {
        let can = |category: &SourceCategory| can_tell(events, selector.insight_type, *category);
        let categories: Vec<_> = selector.categories.iter().copied().filter(can).collect();
        (!categories.is_empty()).then_some(InsightSelector { insight_type: selector.insight_type, categories })
    };
    insights.iter().filter_map(told).collect()
}

fn basic_can(selector: &BasicSelector, insight_type: InsightType, category: SourceCategory) -> bool {
    match category {
        SourceCategory::Data => !selector.data.is_empty(),
        SourceCategory::Management => {
            selector.management
                && (insight_type == InsightType::ApiErrorRate || selector.read_write != ReadWrite::ReadOnly)
        }
    }
}

fn advanced_can(selector: &Selector, insight_type: InsightType, category: SourceCategory) -> bool {
    match category {
        SourceCategory::Data => selector.category() == Some(Category::Data),
        SourceCategory::Management => {
            let read_only = selector.fields.iter().find(|field| field.field == "readOnly");
            selector.category() == Some(Category::Management)
                && (insight_type == InsightType::ApiErrorRate
                    || read_only.is_none_or(|field| field.admits(Some("false"))))
        }
    }
}

#[cfg(test)]
mod tests {
    use lang::event_selector::FieldSelector;

    use super::*;

    #[test]
    fn a_rate_can_be_told_from_the_events_it_is_counted_by() {
        let basic = |read_write, management| {
            Selectors::Basic(vec![BasicSelector { read_write, management, ..BasicSelector::default() }])
        };
        let advanced = |fields: &[(&str, &str)]| {
            let fields = fields.iter().map(|(name, value)| FieldSelector::equal(name, &[value])).collect();
            Selectors::Advanced(vec![Selector { name: None, fields }])
        };
        let management = ("eventCategory", "Management");
        for (selectors, calls, errors, data) in [
            (Selectors::default(), true, true, false),
            (basic(ReadWrite::WriteOnly, true), true, true, false),
            (basic(ReadWrite::ReadOnly, true), false, true, false),
            (basic(ReadWrite::All, false), false, false, false),
            (advanced(&[management]), true, true, false),
            (advanced(&[management, ("readOnly", "false")]), true, true, false),
            (advanced(&[management, ("readOnly", "true")]), false, true, false),
            (advanced(&[("eventCategory", "Data"), ("resources.type", "AWS::S3::Object")]), false, false, true),
        ] {
            let can = |insight_type, category| can_tell(&selectors, insight_type, category);
            assert_eq!(can(InsightType::ApiCallRate, SourceCategory::Management), calls, "{selectors:?}");
            assert_eq!(can(InsightType::ApiErrorRate, SourceCategory::Management), errors, "{selectors:?}");
            assert_eq!(can(InsightType::ApiCallRate, SourceCategory::Data), data, "{selectors:?}");
            assert_eq!(can(InsightType::ApiErrorRate, SourceCategory::Data), data, "{selectors:?}");
        }
    }
}
