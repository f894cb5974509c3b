//! Look-ups give what a scan over all events gives.

use std::cmp::Reverse;
use std::collections::HashSet;

use proptest::prelude::*;

use super::*;

/// What a look-up must give: the ids, newest first.
fn expected(stored: &[(u64, TrailEvent)], lookup: &Lookup) -> Vec<String> {
    let oldest = NOW.minus(RETENTION);
    let mut matching: Vec<_> = stored
        .iter()
        .filter(|(_, event)| event.account == lookup.account)
        .filter(|(_, event)| event.region == lookup.region || (event.global && is_global_region(&event.region)))
        .filter(|(_, event)| lookup.range.contains(event.time) && event.time >= oldest)
        .filter(|(_, event)| lookup.attribute.as_ref().is_none_or(|attribute| attribute.matches(event)))
        .collect();
    matching.sort_by_key(|(lsn, event)| Reverse((event.time, *lsn)));
    matching.into_iter().map(|(_, event)| event.event_id.clone()).collect()
}

fn is_global_region(region: &Region) -> bool {
    base::Partition::ALL.iter().any(|partition| partition.global_region() == *region)
}

async fn store(fixture: &Fixture, stored: &mut Vec<(u64, TrailEvent)>, events: Vec<TrailEvent>) {
    let last = fixture.table.append_many(events.clone()).await.unwrap();
    let first = last + 1 - events.len() as u64;
    stored.extend((first..).zip(events));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn lookups_agree_with_a_scan(seed in any::<u64>(), steps in prop::collection::vec((0u8..7, 1usize..120), 1..24)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut fixture = Fixture::new().await;
            let (mut events, mut stored) = (Events::new(seed), Vec::new());
            for (step, size) in steps {
                match step {
                    0..=2 => store(&fixture, &mut stored, events.take(size, 3)).await,
                    3 => fixture.table.flush(NOW).await.unwrap(),
                    4 => fixture.table.compact(NOW.plus_millis(2 * 3_600_000)).await.unwrap(),
                    5 => fixture = fixture.crashed().await.unwrap(),
                    _ => {}
                }
                let lookup = events.lookup(3);
                assert_eq!(fixture.all(lookup.clone(), size).await, expected(&stored, &lookup), "{lookup:?}");
            }
        });
    }
}

#[tokio::test]
async fn many_blocks_in_many_files_agree_with_a_scan() {
    let fixture = Fixture::new().await;
    let (mut events, mut stored) = (Events::new(7), Vec::new());
    for _ in 0..9 {
        store(&fixture, &mut stored, events.take(700, 2)).await;
        fixture.table.flush(NOW).await.unwrap();
    }
    let (files, _) = fixture.table.file_rows();
    fixture.table.compact(NOW).await.unwrap();
    assert!(fixture.table.file_rows().0 < files);
    store(&fixture, &mut stored, events.take(500, 2)).await;
    for _ in 0..60 {
        let lookup = events.lookup(2);
        assert_eq!(fixture.all(lookup.clone(), 37).await, expected(&stored, &lookup), "{lookup:?}");
    }
}

#[tokio::test]
async fn what_comes_back_is_what_was_stored() {
    let fixture = Fixture::new().await;
    let mut events = Events::new(1);
    let mut sent = events.take(300, 1);
    for event in &mut sent {
        (event.account, event.region) = (account(0), region(0));
    }
    fixture.table.append_many(sent.clone()).await.unwrap();
    sent.sort_by(|a, b| a.event_id.cmp(&b.event_id));
    for flush in [false, true] {
        if flush {
            fixture.table.flush(NOW).await.unwrap();
            assert_eq!(fixture.table.memory_rows(), 0);
        }
        let page = fixture.table.lookup(Lookup { limit: 1000, ..whole(0, 0) }).await.unwrap();
        let mut back = page.events;
        back.sort_by(|a, b| a.event_id.cmp(&b.event_id));
        assert_eq!(back, sent);
    }
}

#[tokio::test]
async fn pages_neither_skip_nor_repeat_while_events_arrive_and_files_change() {
    let fixture = Fixture::new().await;
    let (mut events, mut stored) = (Events::new(3), Vec::new());
    store(&fixture, &mut stored, events.take(400, 2)).await;
    let before = expected(&stored, &whole(0, 1));
    let mut lookup = Lookup { limit: 7, ..whole(0, 1) };
    let mut seen = Vec::new();
    for step in 0.. {
        let page = fixture.table.lookup(lookup.clone()).await.unwrap();
        seen.extend(page.events.into_iter().map(|event| event.event_id));
        match page.next {
            Some(next) => lookup.after = Some(next),
            None => break,
        }
        fixture.table.append_many(events.take(5, 2)).await.unwrap();
        if step % 3 == 0 {
            fixture.table.flush(NOW).await.unwrap();
        }
        fixture.table.compact(NOW).await.unwrap();
    }
    assert_eq!(seen.len(), seen.iter().collect::<HashSet<_>>().len(), "no event twice");
    let first: HashSet<_> = before.iter().collect();
    let kept: Vec<_> = seen.iter().filter(|id| first.contains(id)).cloned().collect();
    assert_eq!(kept, before, "no event skipped");
}

#[tokio::test]
async fn batched_events_are_seen_at_once_and_survive_a_clean_stop() {
    let fixture = Fixture::new().await;
    let mut events = Events::new(5);
    for n in 1..=20 {
        let mut event = events.next(1);
        (event.account, event.region) = (account(0), region(0));
        fixture.table.append_batched(event).unwrap();
        assert_eq!(fixture.all(whole(0, 0), 100).await.len(), n);
    }
    let mut event = events.next(1);
    (event.account, event.region) = (account(0), region(0));
    fixture.table.append_batched(event).unwrap();
    fixture.wal.close().unwrap();
    assert_eq!(fixture.crashed().await.unwrap().all(whole(0, 0), 100).await.len(), 21);
}

#[tokio::test]
async fn events_past_the_retention_are_gone_at_once_and_their_files_with_the_day() {
    let fixture = Fixture::new().await;
    let mut event = Events::new(5).next(1);
    event.time = NOW;
    fixture.table.append(event.clone()).await.unwrap();
    fixture.table.flush(NOW).await.unwrap();
    let all = Lookup { account: event.account.clone(), region: event.region.clone(), ..whole(0, 0) };
    let ninety = NOW.plus_millis(90 * DAY);
    fixture.clock.move_to(ninety);
    assert_eq!(fixture.all(all.clone(), 10).await.len(), 1);
    fixture.table.expire(ninety).await.unwrap();
    fixture.clock.move_to(ninety.plus_millis(1));
    assert_eq!(fixture.all(all, 10).await.len(), 0);
    fixture.table.expire(ninety.plus_millis(1)).await.unwrap();
    assert_eq!(fixture.table.file_rows(), (1, 1), "the day is not over");
    fixture.table.expire(ninety.plus_millis(DAY)).await.unwrap();
    assert_eq!(fixture.table.file_rows(), (0, 0));
    assert_eq!(crate::disk::Disk::list(&fixture.disk, Path::new("/data/tables/trail_event")).unwrap().len(), 0);
}

#[tokio::test]
async fn past_days_end_as_one_file_each() {
    let fixture = Fixture::new().await;
    let mut events = Events::new(9);
    for _ in 0..3 {
        fixture.table.append_many(events.take(200, 3)).await.unwrap();
        fixture.table.flush(NOW).await.unwrap();
    }
    fixture.table.compact(NOW).await.unwrap();
    let (files, rows) = fixture.table.file_rows();
    assert!(files > 4, "nothing has settled yet");
    fixture.table.compact(NOW.plus_millis(DAY)).await.unwrap();
    assert_eq!(fixture.table.file_rows(), (4, rows));
    let folder = crate::disk::Disk::list(&fixture.disk, Path::new("/data/tables/trail_event")).unwrap();
    assert_eq!(folder.len(), 4);
}

#[tokio::test]
async fn imported_events_are_found_and_stay_apart_from_the_logs() {
    let fixture = Fixture::new().await;
    let mut events = Events::new(9);
    let imported = events.take(600, 2);
    fixture.table.import(imported[..300].to_vec(), NOW).await.unwrap();
    fixture.table.import(imported[300..].to_vec(), NOW).await.unwrap();
    fixture.table.append_many(events.take(100, 2)).await.unwrap();
    assert_eq!(fixture.table.file_rows().1, 600);
    let one = &imported[450];
    let lookup = Lookup {
        account: one.account.clone(),
        region: one.region.clone(),
        attribute: Some(Attribute::EventId(one.event_id.clone())),
        ..whole(0, 0)
    };
    assert_eq!(fixture.all(lookup, 10).await, std::slice::from_ref(&one.event_id));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn writers_readers_and_flushes_at_the_same_time_agree() {
    let fixture = Arc::new(Fixture::new().await);
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..4u64 {
        let fixture = fixture.clone();
        writers.spawn(async move {
            let mut events = Events::new(writer);
            for n in 0..60 {
                let mut event = events.next(2);
                (event.account, event.region) = (account(writer), region(0));
                event.event_id = format!("{writer}-{n}");
                fixture.table.append(event).await.unwrap();
                let lookup = Lookup { limit: 1000, ..whole(writer, 0) };
                let seen = fixture.table.lookup(lookup).await.unwrap().events;
                assert_eq!(seen.len(), n + 1, "every acknowledged event is seen once");
            }
        });
    }
    while !writers.is_empty() {
        fixture.table.flush(NOW).await.unwrap();
        fixture.table.compact(NOW).await.unwrap();
        while let Some(done) = writers.try_join_next() {
            done.unwrap();
        }
        tokio::task::yield_now().await;
    }
}
