//! Scans against a naive model.

use arrow_array::Array;
use arrow_array::cast::AsArray;

use super::*;

/// The ids that a scan finds, of events that have its attributes.
async fn found(table: &TrailEvents, scan: TrailScan, all: &[TrailEvent]) -> Vec<String> {
    let attributes = scan.attributes.clone();
    let scanned = table.scan(scan).await.unwrap();
    let mut ids = Vec::new();
    for part in scanned.parts {
        for batch in part {
            let batch = batch.unwrap();
            let columns = batch.column_by_name("event_id").unwrap().as_string::<i32>();
            let records = batch.column_by_name("record").unwrap().as_string::<i32>();
            for row in 0..columns.len() {
                let event = all.iter().find(|event| event.event_id == columns.value(row)).unwrap();
                assert_eq!(event.record, records.value(row));
                if attributes.iter().all(|attribute| attribute.matches(event)) {
                    ids.push(event.event_id.clone());
                }
            }
        }
    }
    ids.sort();
    ids
}

fn expected(scan: &TrailScan, all: &[TrailEvent]) -> Vec<String> {
    let matching = all.iter().filter(|event| {
        scan.account.as_ref().is_none_or(|account| event.account == *account)
            && scan.region.as_ref().is_none_or(|region| event.region == *region)
            && (scan.from..scan.to).contains(&event.time)
            && scan.attributes.iter().all(|attribute| attribute.matches(event))
    });
    let mut ids: Vec<_> = matching.map(|event| event.event_id.clone()).collect();
    ids.sort();
    ids
}

fn everything() -> TrailScan {
    TrailScan {
        account: None,
        region: None,
        from: Timestamp::MIN,
        to: Timestamp::MAX,
        attributes: vec![],
        columns: vec![TrailColumn::Record, TrailColumn::EventId],
    }
}

#[tokio::test]
async fn scans_find_what_a_naive_model_finds() {
    let fixture = Fixture::new().await;
    let mut events = Events::new(7);
    let mut all = events.take(3000, 3);
    fixture.table.append_many(all.clone()).await.unwrap();
    fixture.table.flush(NOW).await.unwrap();
    let more = events.take(500, 3);
    all.extend(more.clone());
    fixture.table.append_many(more).await.unwrap();
    fixture.table.flush(NOW).await.unwrap();
    let unflushed = events.take(500, 3);
    all.extend(unflushed.clone());
    fixture.table.append_many(unflushed).await.unwrap();
    for round in 0..200 {
        let (from, to) = (events.pick(3 * DAY as u64) as i64, events.pick(3 * DAY as u64) as i64);
        let maybe = |number: u64| (number > 0).then_some(number.wrapping_sub(1));
        let scan = TrailScan {
            account: maybe(events.pick(3)).map(account),
            region: maybe(events.pick(4)).map(region),
            // Whole minutes, as the events' times are, so that bounds meet them.
            from: NOW.plus_millis(-from / 60_000 * 60_000),
            to: NOW.plus_millis(-to / 60_000 * 60_000),
            attributes: (0..round % 3).filter_map(|_| events.attribute()).collect(),
            ..everything()
        };
        assert_eq!(found(&fixture.table, scan.clone(), &all).await, expected(&scan, &all), "{scan:?}");
    }
}

#[tokio::test]
async fn an_indexed_attribute_leaves_blocks_unread() {
    let fixture = Fixture::new().await;
    let mut all = Events::new(8).take(4000, 1);
    all[1234].username = Some("one-of-a-kind".to_owned());
    fixture.table.append_many(all.clone()).await.unwrap();
    fixture.table.flush(NOW).await.unwrap();
    let attributes = vec![Attribute::Username("one-of-a-kind".to_owned())];
    let scan = TrailScan { attributes, ..everything() };
    let scanned = fixture.table.scan(scan.clone()).await.unwrap();
    assert_eq!(scanned.rows, 4000);
    let read: usize = scanned.parts.into_iter().flatten().map(|batch| batch.unwrap().num_rows()).sum();
    assert!(read <= 256, "{read} rows were read");
    assert_eq!(found(&fixture.table, scan, &all).await, [all[1234].event_id.clone()]);
}

#[tokio::test]
async fn a_scan_sees_waiting_events_and_none_past_the_retention() {
    let fixture = Fixture::new().await;
    let mut events = Events::new(9);
    let (mut old, new) = (events.next(1), events.next(1));
    old.time = NOW.plus_millis(-91 * DAY);
    fixture.table.append(old.clone()).await.unwrap();
    fixture.table.append_batched(new.clone()).unwrap();
    let all = [old, new.clone()];
    assert_eq!(found(&fixture.table, everything(), &all).await, [new.event_id]);
}
