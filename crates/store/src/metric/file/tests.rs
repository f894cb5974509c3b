//! Tests of files: every bit comes back, reads find their rows alone, and damage is found.

mod measure;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int8Type, Int64Type, TimestampMillisecondType, UInt64Type};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use proptest::prelude::*;

use super::super::arbitrary::{numbers, same_bits, samples};
use super::writer::Layout;
use super::*;
use crate::StoreError;
use crate::blobs::{Blob, Blobs, LocalBlobs};
use crate::catalog::files::FileEntry;
use crate::disk::Disk;
use crate::disk::failing::FailingDisk;
use crate::metric::row::Row;
use crate::metric::{SeriesId, StatSample};

const NAME: &str = "1.parquet";
/// Many pages, batches and row groups in few rows.
const LAYOUT: Layout = Layout { page_rows: 64, batch_rows: 128, row_group_rows: 256 };

/// A file on a disk in memory.
struct Fixture {
    disk: FailingDisk,
    blobs: LocalBlobs,
    entry: FileEntry,
}

impl Fixture {
    fn new(rows: &[Row]) -> Self {
        Self::with_layout(rows, LAYOUT)
    }

    fn with_layout(rows: &[Row], layout: Layout) -> Self {
        let disk = FailingDisk::new();
        let blobs = LocalBlobs::open(Arc::new(disk.clone()), "/metric".into()).unwrap();
        let mut writer = FileWriter::with_layout(blobs.create(NAME).unwrap(), layout);
        rows.iter().for_each(|row| writer.push(row).unwrap());
        let entry = entry(writer.finish().unwrap());
        Self { disk, blobs, entry }
    }

    fn open(&self) -> Result<Arc<OpenFile>, StoreError> {
        OpenFile::load(self.blob(), self.blobs.locate(NAME), &self.entry).map(Arc::new)
    }

    fn blob(&self) -> Arc<dyn Blob> {
        self.blobs.open(NAME).unwrap()
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = vec![0; self.entry.bytes as usize];
        self.blob().read_exact_at(0, &mut bytes).unwrap();
        bytes
    }

    /// Changes bits of the byte at `at`.
    fn damage(&self, at: usize, bits: u8) {
        let byte = self.bytes()[at] ^ bits;
        self.disk.open(&Path::new("/metric").join(NAME)).unwrap().write_all_at(at as u64, &[byte]).unwrap();
    }
}

fn entry(written: Written) -> FileEntry {
    let Written { bytes, crc, rows, time_min, time_max } = written;
    let (table, name) = ("metric_1m".to_owned(), NAME.to_owned());
    FileEntry { id: 1, table, day: 0, name, level: 0, rows, bytes, crc, time_min, time_max, created: 0 }
}

fn row(series: u64, time_secs: i64, sample: StatSample) -> Row {
    Row { series: SeriesId(series), time_secs, sample }
}

fn scanned(file: Arc<OpenFile>) -> Result<Vec<Row>, StoreError> {
    file.scan().collect()
}

fn same_rows(a: &[Row], b: &[Row]) -> bool {
    let same =
        |(a, b): (&Row, &Row)| (a.series, a.time_secs) == (b.series, b.time_secs) && same_bits(&a.sample, &b.sample);
    a.len() == b.len() && a.iter().zip(b).all(same)
}

/// Rows of `series` series, `minutes` of each, with values that differ.
fn rows(series: u64, minutes: i64) -> Vec<Row> {
    let value = |series, minute| StatSample::single((series * 1000 + minute) as f64 / 8.0);
    let of = |series: u64| (0..minutes).map(move |minute| row(series * 3, minute * 60, value(series as i64, minute)));
    (0..series).flat_map(of).collect()
}

#[test]
fn a_file_tells_its_rows_and_times() {
    let fixture = Fixture::new(&rows(3, 500));
    assert_eq!((fixture.entry.rows, fixture.entry.time_min, fixture.entry.time_max), (1500, 0, 499 * 60_000));
    let file = fixture.open().unwrap();
    assert!(file.memory_bytes() > 1000);
    assert!(same_rows(&scanned(file).unwrap(), &rows(3, 500)));
}

#[test]
fn an_empty_file_has_no_rows() {
    let file = Fixture::new(&[]).open().unwrap();
    assert_eq!(file.read(&[SeriesId(0)], i64::MIN, i64::MAX).unwrap(), []);
    assert_eq!(scanned(file).unwrap(), []);
}

#[test]
fn a_single_value_fills_no_column_but_the_sum() {
    let file = Fixture::new(&rows(1, 10)).open().unwrap();
    let reader = parquet_columns(&file);
    assert_eq!(reader, ["series_id", "ts", "exponent", "sum"]);
}

#[test]
fn sums_of_decimals_are_whole_numbers_and_corrections() {
    let sums = (1..100).map(|n| row(1, n * 60, StatSample::of_values(&[(0.1, n as f64), (0.7, 1.0)]).unwrap()));
    let file = Fixture::new(&sums.collect::<Vec<_>>()).open().unwrap();
    assert!(!parquet_columns(&file).contains(&"sum_f64"));
    assert!(parquet_columns(&file).contains(&"sum_ulps"));
}

#[test]
fn another_reader_finds_the_documented_columns() {
    let merged = StatSample::of_values(&[(0.25, 1.0), (0.5, 2.0), (-1.5, 1.0)]).unwrap();
    let rows = [row(7, 60, StatSample::single(12.5)), row(7, 120, merged), row(8, 60, StatSample::single(1e300))];
    let bytes = bytes::Bytes::from(Fixture::new(&rows).bytes());
    let builder = ParquetRecordBatchReaderBuilder::try_new(bytes).unwrap();
    assert_eq!(builder.schema().fields(), schema::SCHEMA.fields());
    let batch = builder.build().unwrap().next().unwrap().unwrap();
    let whole = |name: &str| Vec::from_iter(batch[name].as_primitive::<Int64Type>());
    let small = |name: &str| Vec::from_iter(batch[name].as_primitive::<Int8Type>());
    let doubles = |name: &str| Vec::from_iter(batch[name].as_primitive::<Float64Type>());
    assert_eq!(batch["series_id"].as_primitive::<UInt64Type>().values()[..], [7, 7, 8]);
    assert_eq!(batch["ts"].as_primitive::<TimestampMillisecondType>().values()[..], [60_000, 120_000, 60_000]);
    assert_eq!(small("exponent"), [Some(2), Some(2), None]);
    assert_eq!(small("sum_ulps"), [None; 3]);
    assert_eq!(whole("sum"), [Some(1250), Some(-25), None]);
    assert_eq!(whole("min"), [None, Some(-150), None]);
    assert_eq!(whole("max"), [None, Some(50), None]);
    assert_eq!(whole("count"), [None, Some(4), None]);
    assert_eq!(doubles("sum_f64"), [None, None, Some(1e300)]);
    for name in ["min_f64", "max_f64", "count_f64"] {
        assert_eq!(doubles(name), [None; 3], "{name}");
    }
    assert_eq!(batch["dist"].null_count(), 2);
}

/// The columns that a scan decodes.
fn parquet_columns(file: &OpenFile) -> Vec<&'static str> {
    let places: BTreeSet<_> = file.columns_with_values().collect();
    let columns = schema::Column::ALL.into_iter().filter(|column| places.contains(&(*column as usize)));
    columns.map(schema::Column::name).collect()
}

#[test]
fn rows_out_of_order_are_refused_and_no_file_is_made() {
    let fixture = Fixture::new(&[]);
    let mut writer = FileWriter::new(fixture.blobs.create("2.parquet").unwrap());
    writer.push(&row(2, 0, StatSample::single(1.0))).unwrap();
    assert!(matches!(writer.push(&row(1, 0, StatSample::single(1.0))), Err(StoreError::Failed { .. })));
    assert!(writer.finish().is_err());
    assert!(fixture.blobs.open("2.parquet").is_err());
}

#[test]
fn a_full_disk_is_told_and_leaves_no_file() {
    let fixture = Fixture::new(&[]);
    let mut writer = FileWriter::new(fixture.blobs.create("2.parquet").unwrap());
    writer.push(&row(2, 0, StatSample::single(1.0))).unwrap();
    fixture.disk.set_full(true);
    assert!(matches!(writer.finish(), Err(StoreError::Full)));
    assert_eq!(fixture.blobs.list("").unwrap(), [NAME]);
}

#[test]
fn times_past_what_milliseconds_tell_are_refused() {
    let fixture = Fixture::new(&[]);
    let mut writer = FileWriter::new(fixture.blobs.create("2.parquet").unwrap());
    assert!(writer.push(&row(1, i64::MAX / 1000 + 1, StatSample::single(1.0))).is_err());
}

#[test]
fn another_entry_is_not_the_files() {
    let mut fixture = Fixture::new(&rows(2, 100));
    fixture.entry.rows += 1;
    assert!(matches!(fixture.open(), Err(StoreError::Damaged { .. })));
    fixture.entry.rows -= 1;
    fixture.entry.crc ^= 1;
    assert!(matches!(fixture.open(), Err(StoreError::Damaged { .. })));
    fixture.entry.crc ^= 1;
    fixture.entry.bytes -= 1;
    assert!(matches!(fixture.open(), Err(StoreError::Damaged { .. })));
}

#[test]
fn every_damaged_byte_is_found() {
    let rows = rows(3, 150);
    let fixture = Fixture::new(&rows);
    for at in 0..fixture.entry.bytes as usize {
        fixture.damage(at, 0x10);
        let read = fixture.open().and_then(scanned);
        match read {
            Err(StoreError::Damaged { .. }) => {}
            // The magic at the front is nobody's to read here; the table's start looks at it.
            Ok(read) => assert!(at < 4 && same_rows(&read, &rows), "byte {at}"),
            Err(other) => panic!("byte {at}: {other:?}"),
        }
        fixture.damage(at, 0x10);
    }
    assert!(fixture.open().and_then(scanned).is_ok());
}

#[test]
fn a_read_of_one_series_reads_few_pages() {
    let minutes = LAYOUT.page_rows as i64;
    let file = Fixture::new(&rows(100, minutes)).open().unwrap();
    let of = |series, start, end| file.selected_rows(&[SeriesId(series)], start, end);
    assert_eq!(of(30, 0, 60 * minutes), LAYOUT.page_rows);
    assert_eq!(of(31, 0, 60 * minutes), 0, "there is no such series");
    assert_eq!(of(30, 60 * minutes, 61 * minutes), 0, "there is no such time");
}

/// Ids from one end of their range to the other.
fn spread(series: u64) -> u64 {
    series * (u64::MAX / 5)
}

/// Rows in order of few series, so that pages and runs end anywhere.
fn sorted_rows(samples: impl Strategy<Value = StatSample>) -> impl Strategy<Value = Vec<Row>> {
    let keyed = (0_u64..5, 0_i64..2000, samples);
    prop::collection::vec(keyed, 0..400).prop_map(|mut keyed| {
        keyed.sort_by_key(|(series, time, _)| (*series, *time));
        keyed.dedup_by_key(|(series, time, _)| (*series, *time));
        let rows = keyed.into_iter().map(|(series, time, sample)| row(spread(series), time - 1000, sample));
        rows.collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn rows_come_back_bit_by_bit(rows in sorted_rows(samples())) {
        let read = scanned(Fixture::new(&rows).open().unwrap()).unwrap();
        prop_assert!(same_rows(&read, &rows));
    }

    #[test]
    fn single_numbers_come_back_bit_by_bit(rows in sorted_rows(numbers().prop_map(StatSample::single))) {
        let read = scanned(Fixture::new(&rows).open().unwrap()).unwrap();
        prop_assert!(same_rows(&read, &rows));
    }

    #[test]
    fn a_read_gives_the_rows_asked_for_and_no_others(
        rows in sorted_rows((0_i32..99).prop_map(|value| StatSample::single(value.into()))),
        series in prop::collection::btree_set(0_u64..=5, 0..6),
        start in -1100_i64..1100,
        length in -10_i64..2000,
    ) {
        let series: Vec<_> = series.into_iter().map(|series| SeriesId(spread(series))).collect();
        let end = start + length;
        let read = Fixture::new(&rows).open().unwrap().read(&series, start, end).unwrap();
        let wanted = |row: &&Row| series.contains(&row.series) && (start..end).contains(&row.time_secs);
        let expected: Vec<_> = rows.iter().filter(wanted).cloned().collect();
        prop_assert!(same_rows(&read, &expected));
    }
}
