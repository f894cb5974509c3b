//! The table's background work.

use std::sync::Arc;

use super::TrailEvents;
use crate::job::Job;

/// The jobs of the table.
pub(crate) fn jobs(_table: &Arc<TrailEvents>) -> Vec<Arc<dyn Job>> {
    Vec::new()
}
