//! What scans give of each row.

use arrow_array::{Array, RecordBatch};

use super::*;

async fn batches(fixture: &Fixture, scan: LakeScan) -> Vec<RecordBatch> {
    let scanned = fixture.table.scan(scan).await.unwrap();
    scanned.parts.into_iter().flatten().map(Result::unwrap).collect()
}

/// A store with events in a file and in memory.
async fn filled() -> (Fixture, Vec<Made>) {
    let fixture = Fixture::new().await;
    let mut made = Events::new(3).take(300, 1);
    made.iter_mut().for_each(|made| made.number = 1);
    store(&fixture, &made[..200]).await;
    fixture.table.flush(NOW).await.unwrap();
    store(&fixture, &made[200..]).await;
    (fixture, made)
}

#[tokio::test]
async fn what_comes_back_is_what_was_stored_in_the_order_of_columns_asked_for() {
    let (fixture, all) = filled().await;
    let columns = vec![
        LakeColumn::EventJson,
        LakeColumn::ReadOnly,
        LakeColumn::EventTime,
        LakeColumn::EventId,
        LakeColumn::UserName,
        LakeColumn::ReadOnly,
        LakeColumn::ErrorCode,
    ];
    let scan = LakeScan { columns: columns.clone(), ..whole_store(1) };
    let mut seen = 0;
    for batch in batches(&fixture, scan).await {
        assert_eq!(batch.schema(), LakeColumn::schema(&columns));
        for row in 0..batch.num_rows() {
            let id = batch.column(3).as_string::<i32>().value(row);
            let made = all.iter().find(|made| made.id == id).unwrap();
            assert_eq!(batch.column(0).as_string::<i32>().value(row), made.event.record);
            for place in [1, 5] {
                let flags = batch.column(place).as_boolean();
                assert_eq!(flags.is_valid(row).then(|| flags.value(row)), made.read_only);
            }
            let times = batch.column(2).as_primitive::<arrow_array::types::TimestampMillisecondType>();
            assert_eq!(times.value(row), made.event.time.millis());
            let users = batch.column(4).as_string::<i32>();
            assert_eq!(users.is_valid(row).then(|| users.value(row)), made.user.as_deref());
            assert!(batch.column(6).is_null(row));
            seen += 1;
        }
    }
    assert_eq!(seen, all.len());
}

#[tokio::test]
async fn rows_are_counted_without_columns() {
    let (fixture, all) = filled().await;
    let one = all[10].clone();
    for (equals, expected) in [(vec![], 300), (vec![(LakeColumn::EventId, one.id)], 1)] {
        let counted = batches(&fixture, LakeScan { equals, ..whole_store(1) }).await;
        assert_eq!(counted.iter().map(RecordBatch::num_rows).sum::<usize>(), expected);
    }
}

#[tokio::test]
async fn what_is_scanned_is_counted_before_anything_is_passed_over() {
    let (fixture, all) = filled().await;
    let columns = vec![LakeColumn::EventJson];
    let of_one = vec![(LakeColumn::EventId, all[10].id.clone())];
    let found = fixture.table.scan(LakeScan { equals: of_one, columns, ..whole_store(1) }).await.unwrap();
    assert_eq!(found.rows, 300);
    let in_memory: u64 = all[200..].iter().map(|made| made.event.record.len() as u64).sum();
    assert!(found.bytes > in_memory);
    let narrow = fixture.table.scan(LakeScan { columns: vec![LakeColumn::ReadOnly], ..whole_store(1) }).await.unwrap();
    assert!(narrow.bytes < found.bytes);
    let before = LakeScan { to: NOW.plus_millis(-2 * DAY), ..whole_store(1) };
    let nothing = fixture.table.scan(before).await.unwrap();
    assert_eq!((nothing.rows, nothing.bytes, nothing.parts.len()), (0, 0, 0));
}

#[tokio::test]
async fn a_scan_goes_on_over_the_files_that_it_began_with() {
    let (fixture, all) = filled().await;
    let scanned =
        fixture.table.scan(LakeScan { columns: vec![LakeColumn::EventJson], ..whole_store(1) }).await.unwrap();
    fixture.table.drop_store(1).await.unwrap();
    let rows: usize = scanned.parts.into_iter().flatten().map(|batch| batch.unwrap().num_rows()).sum();
    assert_eq!(rows, all.len());
    assert!(fixture.ids(whole_store(1)).await.is_empty());
}
