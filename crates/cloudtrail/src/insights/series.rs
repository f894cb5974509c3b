//! What is counted together.

use serde::{Deserialize, Serialize};

use crate::trails::{InsightType, SourceCategory};

/// The calls that one rate is of, within an account and a region.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Series {
    /// The ARN of the trail whose data events these are; none for management events.
    pub(crate) trail: Option<String>,
    /// `eventSource`
    pub(crate) source: String,
    /// `eventName`
    pub(crate) name: String,
    /// `errorCode` of the calls, where they are those that failed.
    pub(crate) error: Option<String>,
}

impl Series {
    /// What it is the rate of.
    pub(crate) fn insight_type(&self) -> InsightType {
        match self.error {
            None => InsightType::ApiCallRate,
            Some(_) => InsightType::ApiErrorRate,
        }
    }

    /// Of which events.
    pub(crate) fn category(&self) -> SourceCategory {
        match self.trail {
            None => SourceCategory::Management,
            Some(_) => SourceCategory::Data,
        }
    }

    /// A text that no other series of the account and region has. Of the parts only the last can hold a blank.
    pub(super) fn text(&self) -> String {
        let (trail, error) = (self.trail.as_deref().unwrap_or("-"), self.error.as_deref().unwrap_or_default());
        format!("{trail} {} {} {error}", self.source, self.name)
    }
}

/// A value for each of some series, as records hold it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct BySeries<T>(Vec<(Series, T)>);

impl<T> Default for BySeries<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Default> BySeries<T> {
    /// The value of a series.
    pub(super) fn get(&self, series: &Series) -> Option<&T> {
        let found = self.0.binary_search_by(|(of, _)| of.cmp(series)).ok()?;
        Some(&self.0[found].1)
    }

    /// The value of a series to be changed, made if there is none; `None` for one more series than `most`.
    pub(super) fn at(&mut self, series: &Series, most: usize) -> Option<&mut T> {
        let place = match self.0.binary_search_by(|(of, _)| of.cmp(series)) {
            Ok(found) => found,
            Err(_) if self.0.len() >= most => return None,
            Err(place) => {
                self.0.insert(place, (series.clone(), T::default()));
                place
            }
        };
        Some(&mut self.0[place].1)
    }

    /// All, by series.
    pub(super) fn iter(&self) -> impl Iterator<Item = &(Series, T)> {
        self.0.iter()
    }
}
