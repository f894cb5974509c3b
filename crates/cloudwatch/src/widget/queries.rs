//! What is to be read for a widget.

use api::cloudwatch::types::{Dimension, Metric, MetricDataQuery, MetricStat};
use base::Timestamp;

use super::{MetricRow, RowSource, Widget};
use crate::time_window::{Rounding, TimeWindow};

impl Widget {
    /// The widget's entries as queries, in their order; those that are not visible return nothing.
    pub fn queries(&self) -> Vec<MetricDataQuery> {
        self.metrics.iter().map(query).collect()
    }

    /// The time that is read. Unless live data are asked for it ends with the last whole minute:
    /// what is not all there yet would look like a fall.
    pub fn window(&self, now: Timestamp) -> TimeWindow {
        let whole_minutes = Timestamp::from_secs(now.secs().div_euclid(60) * 60);
        let end = if self.live_data { self.end } else { self.end.min(whole_minutes) };
        TimeWindow { start: self.start, end: end.max(self.start), now, rounding: Rounding::ByAge }
    }
}

fn query(row: &MetricRow) -> MetricDataQuery {
    let period = |secs: i64| i32::try_from(secs).unwrap_or(i32::MAX / 60 * 60);
    let mut query = MetricDataQuery {
        id: row.id.clone(),
        metric_stat: None,
        expression: None,
        label: row.label.clone(),
        return_data: Some(row.visible),
        period: None,
        account_id: None,
    };
    match &row.source {
        RowSource::Metric { namespace, name, dimensions, stat, period_secs, account } => {
            let dimension = |(name, value): &(String, String)| Dimension { name: name.clone(), value: value.clone() };
            let metric = Metric {
                namespace: Some(namespace.clone()),
                metric_name: Some(name.clone()),
                dimensions: Some(dimensions.iter().map(dimension).collect()),
            };
            query.account_id.clone_from(account);
            query.metric_stat =
                Some(MetricStat { metric, period: period(*period_secs), stat: stat.clone(), unit: None });
        }
        RowSource::Expression { text, period_secs } => {
            query.expression = Some(text.clone());
            query.period = Some(period(*period_secs));
        }
    }
    query
}
