//! Reading by arrival, whatever has become of the rows meanwhile.

use super::*;

/// Ids of all events after a position, read in steps of about so many bytes.
async fn followed(table: &TrailEvents, mut after: u64, bytes_max: usize) -> Vec<String> {
    let until = table.settled_position().await.unwrap();
    let mut ids = Vec::new();
    loop {
        let (events, looked) = table.arrivals(after, until, bytes_max).await.unwrap();
        assert!(events.iter().all(|(lsn, _)| *lsn > after && *lsn <= looked));
        assert!(events.is_sorted_by_key(|(lsn, _)| *lsn));
        ids.extend(events.into_iter().map(|(_, event)| event.event_id.clone()));
        if looked == until {
            return ids;
        }
        assert!(looked > after, "a step goes on");
        after = looked;
    }
}

fn ids(events: &[TrailEvent]) -> Vec<String> {
    events.iter().map(|event| event.event_id.clone()).collect()
}

#[tokio::test]
async fn events_are_read_in_the_order_they_came_from_files_and_memory() {
    let fixture = Fixture::new().await;
    let table = &fixture.table;
    let mut events = Events::new(11);
    let mut all = events.take(400, 3);
    table.append_many(all.clone()).await.unwrap();
    table.flush(NOW).await.unwrap();
    let more = events.take(300, 3);
    let place = table.settled_position().await.unwrap();
    table.append_many(more.clone()).await.unwrap();
    all.extend(more.clone());
    assert_eq!(followed(table, 0, 2_000).await, ids(&all), "some in files");
    assert_eq!(followed(table, place, usize::MAX).await, ids(&more));
    table.flush(NOW).await.unwrap();
    let last = events.take(50, 3);
    table.append_many(last.clone()).await.unwrap();
    all.extend(last);
    table.compact(NOW.plus_millis(3 * DAY)).await.unwrap();
    assert_eq!(followed(table, 0, 3_000).await, ids(&all), "files were merged");
    table.import(events.take(20, 3), NOW).await.unwrap();
    assert_eq!(followed(table, 0, 3_000).await, ids(&all), "imported events did not arrive");
    let crashed = fixture.crashed().await.unwrap();
    assert_eq!(followed(&crashed.table, 0, 5_000).await, ids(&all), "after a crash");
}

#[tokio::test]
async fn who_is_up_to_date_sees_it_without_reading() {
    let fixture = Fixture::new().await;
    let table = &fixture.table;
    let event = Events::new(3).next(1);
    let lsn = table.append(event.clone()).await.unwrap();
    assert_eq!(table.last_position(), lsn);
    table.append_batched(event).unwrap();
    let settled = table.settled_position().await.unwrap();
    assert_eq!(table.last_position(), settled, "what was queued has arrived");
    let (events, looked) = table.arrivals(settled, settled, 1).await.unwrap();
    assert!(events.is_empty() && looked == settled);
}

#[tokio::test]
async fn one_event_is_given_however_large_it_is() {
    let fixture = Fixture::new().await;
    let mut events = Events::new(5);
    let all = events.take(3, 1);
    fixture.table.append_many(all.clone()).await.unwrap();
    assert_eq!(followed(&fixture.table, 0, 1).await, ids(&all));
    fixture.table.flush(NOW).await.unwrap();
    assert_eq!(followed(&fixture.table, 0, 1).await, ids(&all));
}

#[tokio::test]
async fn the_tables_share_positions_and_nothing_else() {
    let clock = Arc::new(SimulatedClock::new(NOW));
    let folder = tempfile::TempDir::new().unwrap();
    let open = || crate::Store::open(StoreOptions::new(folder.path(), clock.clone()));
    let store = open().await.unwrap();
    let mut events = Events::new(9);
    let (history, data, insight) = (events.next(1), events.next(1), events.next(1));
    let first = store.trail_events().append(history.clone()).await.unwrap();
    let second = store.data_events().append(data.clone()).await.unwrap();
    let third = store.insight_events().append(insight.clone()).await.unwrap();
    assert!(second > first && third > second);
    store.close().await.unwrap();
    drop(store);
    let store = open().await.unwrap();
    for flushed in [false, true] {
        assert_eq!(followed(store.trail_events(), 0, 1).await, std::slice::from_ref(&history.event_id), "{flushed}");
        assert_eq!(followed(store.data_events(), 0, 1).await, std::slice::from_ref(&data.event_id), "{flushed}");
        assert_eq!(followed(store.data_events(), second, 1).await, Vec::<String>::new());
        assert_eq!(followed(store.insight_events(), 0, 1).await, std::slice::from_ref(&insight.event_id), "{flushed}");
        store.data_events().flush(NOW).await.unwrap();
        store.insight_events().flush(NOW).await.unwrap();
    }
}
