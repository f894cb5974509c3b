//! What lies in which pages: the ranges of rows that a read has to decode.

use std::ops::Range;

use parquet::file::metadata::ParquetMetaData;
use parquet::file::page_index::column_index::ColumnIndexMetaData;

use super::schema::Column;
use crate::metric::SeriesId;

/// Columns, one bit each by their place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ColumnSet(u16);

impl ColumnSet {
    fn insert(&mut self, column: Column) {
        self.0 |= 1 << column as usize;
    }

    fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The columns' places.
    pub fn places(self) -> impl Iterator<Item = usize> {
        Column::ALL.into_iter().map(|column| column as usize).filter(move |place| self.0 & (1 << place) != 0)
    }
}

/// A run of rows that is decoded as a whole. All columns have the same.
#[derive(Clone, Debug)]
struct Page {
    group: usize,
    rows: Range<usize>,
    // First and last.
    series: (u64, u64),
    times_millis: (i64, i64),
    // Those that have a value in any row.
    columns: ColumnSet,
}

/// The pages of a file, in order.
#[derive(Clone, Debug)]
pub(super) struct Pages(Vec<Page>);

/// What a read has to decode.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Selection {
    /// Row groups, rising.
    pub groups: Vec<usize>,
    /// Runs of rows, counted within these groups alone, rising.
    pub ranges: Vec<Range<usize>>,
    /// Rows of these groups.
    pub group_rows: usize,
    /// Rows of the runs.
    pub rows: usize,
    /// The columns that have values there.
    pub columns: ColumnSet,
}

impl Pages {
    /// The pages that a file's page index tells of; `None` when it is not a file of the table.
    pub fn of(metadata: &ParquetMetaData) -> Option<Self> {
        if metadata.row_groups().is_empty() {
            return Some(Self(Vec::new()));
        }
        let (columns, offsets) = (metadata.column_index()?, metadata.offset_index()?);
        let mut pages = Vec::new();
        for (group, facts) in metadata.row_groups().iter().enumerate() {
            let (columns, offsets) = (columns.get(group)?, offsets.get(group)?);
            let starts =
                offsets.first()?.page_locations().iter().map(|page| usize::try_from(page.first_row_index).ok());
            let starts = starts.collect::<Option<Vec<usize>>>()?;
            let ends = starts.iter().skip(1).copied().chain([usize::try_from(facts.num_rows()).ok()?]);
            let same_pages = |offsets: &parquet::file::page_index::offset_index::OffsetIndexMetaData| {
                let first_rows = offsets.page_locations().iter().map(|page| page.first_row_index);
                first_rows.eq(starts.iter().map(|start| *start as i64))
            };
            if columns.len() != Column::ALL.len() || !offsets.get(Column::Ts as usize).is_some_and(same_pages) {
                return None;
            }
            let series = int64(&columns[Column::SeriesId as usize])?;
            let times = int64(&columns[Column::Ts as usize])?;
            for (number, (start, end)) in starts.iter().copied().zip(ends).enumerate() {
                pages.push(Page {
                    group,
                    rows: (start < end).then_some(start..end)?,
                    series: (series.min_value(number)?.cast_unsigned(), series.max_value(number)?.cast_unsigned()),
                    times_millis: (*times.min_value(number)?, *times.max_value(number)?),
                    columns: with_values(columns, offsets, number, start),
                });
            }
        }
        Some(Self(pages))
    }

    /// Bytes in memory.
    pub fn memory_bytes(&self) -> usize {
        self.0.len() * size_of::<Page>()
    }

    /// The pages that may hold rows of any of the series, which rise, within the times, the
    /// later exclusive.
    pub fn select(&self, series: &[SeriesId], start_millis: i64, end_millis: i64, group_rows: &[usize]) -> Selection {
        let (Some(first), Some(last)) = (series.first(), series.last()) else { return Selection::default() };
        let from = self.0.partition_point(|page| page.series.1 < first.0);
        let to = self.0.partition_point(|page| page.series.0 <= last.0).max(from);
        let wanted = self.0[from..to].iter().filter(|page| {
            let next = series.partition_point(|series| series.0 < page.series.0);
            series.get(next).is_some_and(|series| series.0 <= page.series.1)
                && page.times_millis.0 < end_millis
                && page.times_millis.1 >= start_millis
        });
        Selection::of(wanted, group_rows)
    }

    /// All pages.
    pub fn all(&self, group_rows: &[usize]) -> Selection {
        Selection::of(self.0.iter(), group_rows)
    }
}

impl Selection {
    fn of<'a>(pages: impl Iterator<Item = &'a Page>, group_rows: &[usize]) -> Self {
        let mut selection = Self::default();
        let mut before = 0;
        for page in pages {
            if selection.groups.last() != Some(&page.group) {
                before = selection.group_rows;
                selection.groups.push(page.group);
                selection.group_rows += group_rows[page.group];
            }
            let rows = before + page.rows.start..before + page.rows.end;
            selection.rows += rows.len();
            selection.columns = selection.columns.with(page.columns);
            match selection.ranges.last_mut() {
                Some(last) if last.end == rows.start => last.end = rows.end,
                _ => selection.ranges.push(rows),
            }
        }
        selection
    }
}

fn int64(index: &ColumnIndexMetaData) -> Option<&parquet::file::page_index::column_index::PrimitiveColumnIndex<i64>> {
    match index {
        ColumnIndexMetaData::INT64(index) => Some(index),
        _ => None,
    }
}

/// The columns that have a value in a page, as far as is known: a column whose pages differ
/// from those of the first, or that tells nothing of them, may have.
fn with_values(
    columns: &[ColumnIndexMetaData],
    offsets: &[parquet::file::page_index::offset_index::OffsetIndexMetaData],
    page: usize,
    start: usize,
) -> ColumnSet {
    let mut set = ColumnSet::default();
    for column in Column::ALL {
        let index = &columns[column as usize];
        let place = offsets.get(column as usize).and_then(|offsets| offsets.page_locations().get(page));
        let same_page = place.is_some_and(|place| place.first_row_index == start as i64);
        let told = !matches!(index, ColumnIndexMetaData::NONE) && (page as u64) < index.num_pages();
        if !(same_page && told && index.is_null_page(page)) {
            set.insert(column);
        }
    }
    set
}
