//! Scans give what a look at all events gives, whatever was flushed or merged.

use proptest::prelude::*;

use super::*;

/// What a scan must give: the ids, sorted.
fn expected(stored: &[Made], scan: &LakeScan) -> Vec<String> {
    let matches = |made: &&Made| {
        made.number == scan.number
            && (scan.from..scan.to).contains(&made.event.time)
            && scan.equals.iter().all(|(column, value)| match column {
                LakeColumn::EventId => made.id == *value,
                LakeColumn::EventName => made.name == *value,
                LakeColumn::UserName => made.user.as_ref() == Some(value),
                LakeColumn::ReadOnly => made.read_only.is_some_and(|read_only| read_only.to_string() == *value),
                LakeColumn::EventTime => made.event.time.millis().to_string() == *value,
                other => panic!("{other:?}"),
            })
    };
    let mut ids: Vec<_> = stored.iter().filter(matches).map(|made| made.id.clone()).collect();
    ids.sort();
    ids
}

fn scan(events: &Events, stored: &[Made], days: i64) -> LakeScan {
    let start = events.pick((days * DAY) as u64) as i64;
    let one = stored.get(events.pick(stored.len().max(1) as u64) as usize);
    let equals = match events.pick(6) {
        0 => one.map(|made| (LakeColumn::EventId, made.id.clone())),
        1 => one.map(|made| (LakeColumn::EventTime, made.event.time.millis().to_string())),
        2 => Some((LakeColumn::EventName, format!("Name{}", events.pick(5)))),
        3 => Some((LakeColumn::UserName, format!("user{}", events.pick(4)))),
        4 => Some((LakeColumn::ReadOnly, ["true", "false", "maybe"][events.pick(3) as usize].to_owned())),
        _ => None,
    };
    let mut equals: Vec<_> = equals.into_iter().collect();
    if events.pick(4) == 0 {
        equals.push((LakeColumn::EventName, "Name1".to_owned()));
    }
    LakeScan {
        from: NOW.plus_millis(-start),
        to: NOW.plus_millis(1 - events.pick(start as u64 + 1) as i64),
        equals,
        ..whole_store(1 + events.pick(4) as u32)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn scans_agree_with_a_look_at_all(seed in any::<u64>(), steps in prop::collection::vec((0u8..7, 1usize..120), 1..24)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut fixture = Fixture::new().await;
            let (mut events, mut stored) = (Events::new(seed), Vec::new());
            for (step, size) in steps {
                match step {
                    0..=2 => {
                        let made = events.take(size, 3);
                        store(&fixture, &made).await;
                        stored.extend(made);
                    }
                    3 => fixture.table.flush(NOW).await.unwrap(),
                    4 => fixture.table.compact(NOW.plus_millis(2 * 3_600_000)).await.unwrap(),
                    5 => fixture = fixture.crashed().await.unwrap(),
                    _ => {}
                }
                let scan = scan(&events, &stored, 3);
                assert_eq!(fixture.ids(scan.clone()).await, expected(&stored, &scan), "{scan:?}");
                for number in 1..=4 {
                    let of_store = stored.iter().filter(|made| made.number == number);
                    let last = of_store.map(|made| made.event.source).max().unwrap_or(0);
                    assert_eq!(fixture.table.last_source(number), last);
                }
            }
        });
    }
}

#[tokio::test]
async fn many_row_groups_in_many_files_agree_with_a_look_at_all() {
    let fixture = Fixture::new().await;
    let (mut events, mut stored) = (Events::new(7), Vec::new());
    for _ in 0..9 {
        let made = events.take(700, 2);
        store(&fixture, &made).await;
        stored.extend(made);
        fixture.table.flush(NOW).await.unwrap();
    }
    let (files, _) = fixture.table.file_events();
    fixture.table.compact(NOW).await.unwrap();
    assert!(fixture.table.file_events().0 < files);
    let made = events.take(500, 2);
    store(&fixture, &made).await;
    stored.extend(made);
    for _ in 0..60 {
        let scan = scan(&events, &stored, 2);
        assert_eq!(fixture.ids(scan.clone()).await, expected(&stored, &scan), "{scan:?}");
    }
}

#[tokio::test]
async fn past_days_end_in_one_file_for_each_store() {
    let fixture = Fixture::new().await;
    let mut events = Events::new(9);
    for _ in 0..3 {
        store(&fixture, &events.take(200, 3)).await;
        fixture.table.flush(NOW).await.unwrap();
    }
    fixture.table.compact(NOW).await.unwrap();
    let (files, rows) = fixture.table.file_events();
    assert!(files > 12, "nothing has settled yet");
    fixture.table.compact(NOW.plus_millis(DAY)).await.unwrap();
    assert_eq!(fixture.table.file_events(), (12, rows));
    let folders = crate::disk::Disk::list(&fixture.disk, Path::new("/data/tables/lake_event/store=2")).unwrap();
    assert_eq!(folders.len(), 4);
}

#[tokio::test]
async fn an_append_is_one_unit_however_large_it_is() {
    let fixture = Fixture::new().await;
    let record = |n: usize| format!("{{\"eventID\":\"{n:04}\",\"pad\":\"{}\"}}", "x".repeat(3000));
    let event = |n| LakeEvent { time: NOW, source: n as u64, record: record(n) };
    fixture.table.append(1, (1..=700).map(event).collect()).await.unwrap();
    assert_eq!(fixture.ids(whole_store(1)).await.len(), 700);
    // What waits in memory is past what one append waits for.
    fixture.table.append(1, vec![event(701)]).await.unwrap();
    assert_eq!(fixture.table.memory_events(), 1);
    assert_eq!(fixture.crashed().await.unwrap().ids(whole_store(1)).await.len(), 701);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn writers_readers_and_flushes_at_the_same_time_agree() {
    let fixture = Arc::new(Fixture::new().await);
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..4u32 {
        let fixture = fixture.clone();
        writers.spawn(async move {
            let mut events = Events::new(writer.into());
            for n in 0..60 {
                fixture.table.append(writer, vec![events.next(2).event]).await.unwrap();
                assert_eq!(fixture.table.last_source(writer), n as u64 + 1);
                let seen = fixture.ids(whole_store(writer)).await;
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
