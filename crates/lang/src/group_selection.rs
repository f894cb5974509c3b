//! Which log groups an account policy is for (logs.md AP-3): `LogGroupName NOT IN ["a", "b"]`,
//! `LogGroupNamePrefix IN ["/aws/lambda"]`, `LogGroupNamePrefix = "test-"`, and for field indexes
//! `DataSourceName = "x" AND DataSourceType = "y"`.

#[cfg(test)]
mod tests;

use crate::criteria::{Cursor, Misplaced};

/// A parsed criterion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupSelection {
    /// Groups with one of these names, or all others.
    Names(Among),
    /// Groups whose names start with one of these, or all others.
    Prefixes(Among),
    /// Events of a data source, whatever their group.
    DataSource {
        /// The source's name.
        name: String,
        /// The source's type.
        kind: String,
    },
}

/// Values, and which side of them is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Among {
    /// At least one.
    pub values: Vec<String>,
    /// Whether these are meant or all others.
    pub side: Side,
}

/// Which side of a list of values is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// `=` and `IN`: these.
    These,
    /// `NOT IN`: all others.
    Others,
}

/// Why a text is no criterion.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Invalid selection criteria at char {at}, must be: {expected}")]
pub struct GroupSelectionError {
    /// How many characters stand before the place that is wrong.
    pub at: usize,
    /// What may stand there.
    pub expected: &'static str,
}

impl From<Misplaced> for GroupSelectionError {
    fn from(Misplaced { at, expected }: Misplaced) -> Self {
        Self { at, expected }
    }
}

impl GroupSelection {
    /// Parses a criterion. Keywords may be in either case.
    ///
    /// # Errors
    /// Where it is wrong and what may stand there.
    pub fn parse(text: &str) -> Result<Self, GroupSelectionError> {
        let mut cursor = Cursor::new(text);
        let selection = match () {
            () if cursor.keyword("LogGroupNamePrefix") => Self::Prefixes(among(&mut cursor)?),
            () if cursor.keyword("LogGroupName") => Self::Names(among(&mut cursor)?),
            () if cursor.keyword("DataSourceName") => data_source(&mut cursor)?,
            () => return Err(cursor.expected("LogGroupName, LogGroupNamePrefix or DataSourceName").into()),
        };
        match cursor.rest().is_empty() {
            true => Ok(selection),
            false => Err(cursor.expected("the end").into()),
        }
    }

    /// Whether it is for a group of this name. One for a data source is for none by its name.
    pub fn holds(&self, group: &str) -> bool {
        match self {
            Self::Names(among) => among.values.iter().any(|name| name == group) == (among.side == Side::These),
            Self::Prefixes(among) => {
                let starts = |prefix: &String| group.starts_with(prefix.as_str());
                among.values.iter().any(starts) == (among.side == Side::These)
            }
            Self::DataSource { .. } => false,
        }
    }

    /// Whether some log group, were it made, would be of both; for two data sources, whether they are the same
    /// (logs.md AP-3). Two that exclude always overlap.
    pub fn overlaps(&self, other: &Self) -> bool {
        match (self.side(), other.side()) {
            (Some(Side::Others), Some(Side::Others)) => true,
            (Some(Side::These), Some(Side::These)) => {
                let meet = |(a, b): (Set<'_>, Set<'_>)| a.contains(b) || b.contains(a);
                self.sets().any(|a| other.sets().any(|b| meet((a, b))))
            }
            (Some(Side::These), Some(Side::Others)) => reaches_out(self, other),
            (Some(Side::Others), Some(Side::These)) => reaches_out(other, self),
            (None, None) => self == other,
            _ => false,
        }
    }

    /// How many values it lists.
    pub fn values(&self) -> usize {
        self.among().map_or(1, |among| among.values.len())
    }

    fn among(&self) -> Option<&Among> {
        match self {
            Self::Names(among) | Self::Prefixes(among) => Some(among),
            Self::DataSource { .. } => None,
        }
    }

    /// Which side of its values is meant; `None` for a data source.
    pub fn side(&self) -> Option<Side> {
        self.among().map(|among| among.side)
    }

    fn sets(&self) -> impl Iterator<Item = Set<'_>> {
        let prefixes = matches!(self, Self::Prefixes(_));
        let values = self.among().map(|among| among.values.as_slice()).unwrap_or_default();
        values.iter().map(move |value| if prefixes { Set::Starting(value) } else { Set::Named(value) })
    }
}

/// Whether anything that is included is not excluded by the other.
fn reaches_out(includes: &GroupSelection, excludes: &GroupSelection) -> bool {
    !includes.sets().all(|set| excludes.sets().any(|excluded| excluded.contains(set)))
}

/// Groups that one value means.
#[derive(Clone, Copy)]
enum Set<'v> {
    Named(&'v str),
    Starting(&'v str),
}

impl Set<'_> {
    fn contains(self, other: Set<'_>) -> bool {
        match (self, other) {
            (Self::Named(name), Set::Named(other)) => name == other,
            (Self::Named(_), Set::Starting(_)) => false,
            (Self::Starting(prefix), Set::Named(other) | Set::Starting(other)) => other.starts_with(prefix),
        }
    }
}

fn among(cursor: &mut Cursor<'_>) -> Result<Among, Misplaced> {
    let (values, side) = match () {
        () if cursor.symbol("=") => (vec![cursor.value()?], Side::These),
        () if cursor.keyword("NOT") && cursor.keyword("IN") => (cursor.values()?, Side::Others),
        () if cursor.keyword("IN") => (cursor.values()?, Side::These),
        () => return Err(cursor.expected("=, IN or NOT IN")),
    };
    Ok(Among { values, side })
}

fn data_source(cursor: &mut Cursor<'_>) -> Result<GroupSelection, Misplaced> {
    let name = equal(cursor)?;
    if !cursor.keyword("AND") {
        return Err(cursor.expected("AND"));
    }
    if !cursor.keyword("DataSourceType") {
        return Err(cursor.expected("DataSourceType"));
    }
    Ok(GroupSelection::DataSource { name, kind: equal(cursor)? })
}

fn equal(cursor: &mut Cursor<'_>) -> Result<String, Misplaced> {
    if cursor.symbol("=") { cursor.value() } else { Err(cursor.expected("=")) }
}
