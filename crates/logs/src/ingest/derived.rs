//! The metric data that a put of events brings with it.

use std::sync::Arc;

use base::Timestamp;
use store::catalog::Catalog;
use store::log_event::NewEvent;
use store::metric::Datum;

use super::metric_filter::{CompiledFilter, FilterCache};
use super::samples::Samples;
use super::transformed::Transformed;
use super::{emf, vended};
use crate::account_policies::Effects;
use crate::groups::Group;
use crate::record::LogGroupClass;

/// Data to store, and what to take back if that fails.
#[derive(Debug, Default)]
pub(crate) struct Derived {
    /// The data.
    pub(crate) data: Vec<Datum>,
    reported: Vec<(Arc<CompiledFilter>, Vec<i64>)>,
}

/// Events that were accepted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Taken<'e> {
    /// As they came.
    pub(crate) events: &'e [NewEvent],
    /// As filters see them.
    pub(crate) shown: &'e [NewEvent],
    /// When they were taken.
    pub(crate) taken: Timestamp,
    /// What a transformer made of them, where the group has one.
    pub(crate) transformed: Option<&'e Transformed>,
    /// What policies of the account say of the group.
    pub(crate) account: &'e Effects,
}

impl Derived {
    /// What events of a group bring: values of its metric filters, embedded metrics, and the metrics of Logs itself.
    pub(crate) fn of(
        filters: &FilterCache,
        catalog: &Catalog,
        group: &Group,
        Taken { events, shown, taken, transformed, account }: Taken<'_>,
    ) -> Self {
        let mut samples = Samples::default();
        let mut reported = Vec::new();
        // The other classes have neither filters nor embedded metrics (logs.md LG-7, EM-5).
        if group.record.class == LogGroupClass::Standard {
            for filter in filters.of(catalog, group).iter() {
                let seen = match transformed {
                    Some(transformed) if filter.is_on_transformed() => &transformed.shown,
                    _ => shown,
                };
                reported.push((filter.clone(), filter.apply(seen, &mut samples)));
            }
            if account.extracts(&group.name) {
                let errors = emf::extract(events, taken, &mut samples);
                vended::embedded_errors(&group.name, errors, taken, &mut samples);
            } else {
                vended::embedded_ignored(&group.name, emf::ignored(events), taken, &mut samples);
            }
        }
        if let Some(transformed) = transformed {
            vended::transformed(&group.name, transformed, taken, &mut samples);
        }
        vended::incoming(&group.name, events, taken, &mut samples);
        Self { data: samples.into_data(), reported }
    }

    /// Takes back what filters remember, for the data were not stored.
    pub(crate) fn undo(self) {
        for (filter, minutes) in self.reported {
            filter.forget(&minutes);
        }
    }
}
