//! What is not kept any more goes, what it was copied from stays known.

use super::*;

/// Stores 1 and 2, each with events of ten days, the newest today.
async fn filled() -> Fixture {
    let fixture = Fixture::new().await;
    for number in 1..=2 {
        let event = |ago: i64| LakeEvent {
            time: NOW.plus_millis(-ago * DAY),
            source: 100 + ago.cast_unsigned(),
            record: format!("{{\"eventID\":\"{ago}\"}}"),
        };
        fixture.table.append(number, (0..10).map(event).collect()).await.unwrap();
    }
    fixture.table.flush(NOW).await.unwrap();
    fixture
}

#[tokio::test]
async fn nothing_is_dropped_until_it_is_known_how_long_events_are_kept() {
    let fixture = filled().await;
    fixture.table.expire(NOW.plus_millis(10_000 * DAY)).await.unwrap();
    assert_eq!(fixture.table.file_events(), (20, 20));
}

#[tokio::test]
async fn events_past_the_retention_are_gone_at_once_and_their_files_with_the_day() {
    let fixture = filled().await;
    fixture.table.set_keep(Arc::new(Keeps { stores: 2, days: 7 }));
    assert_eq!(fixture.ids(whole_store(1)).await.len(), 8, "of today and seven days before");
    fixture.table.expire(NOW).await.unwrap();
    assert_eq!(fixture.table.file_events(), (16, 16));
    fixture.clock.move_to(NOW.plus_millis(1));
    assert_eq!(fixture.ids(whole_store(1)).await.len(), 7);
    fixture.table.expire(NOW.plus_millis(1)).await.unwrap();
    assert_eq!(fixture.table.file_events(), (16, 16), "the day is not over");
    let later = NOW.plus_millis(DAY);
    fixture.clock.move_to(later);
    fixture.table.expire(later).await.unwrap();
    assert_eq!(fixture.table.file_events(), (14, 14));
}

#[tokio::test]
async fn a_store_that_is_gone_has_nothing_and_leaves_no_folder() {
    let fixture = filled().await;
    fixture.table.set_keep(Arc::new(Keeps { stores: 1, days: 3650 }));
    assert!(fixture.ids(whole_store(2)).await.is_empty());
    fixture.table.expire(NOW).await.unwrap();
    assert_eq!(fixture.table.file_events(), (10, 10));
    assert_eq!(crate::disk::Disk::list(&fixture.disk, Path::new("/data/tables/lake_event")).unwrap(), ["store=1"]);
}

#[tokio::test]
async fn a_dropped_store_takes_nothing_of_others_with_it() {
    let fixture = filled().await;
    let more = LakeEvent { time: NOW, source: 200, record: "{\"eventID\":\"more\"}".to_owned() };
    fixture.table.append(1, vec![more.clone()]).await.unwrap();
    fixture.table.append(2, vec![more]).await.unwrap();
    fixture.table.drop_store(1).await.unwrap();
    for fixture in [&fixture, &fixture.crashed().await.unwrap()] {
        assert!(fixture.ids(whole_store(1)).await.is_empty());
        assert_eq!(fixture.ids(whole_store(2)).await.len(), 11);
    }
}

#[tokio::test]
async fn the_last_source_never_goes_back() {
    let fixture = filled().await;
    let imported = LakeEvent { time: NOW, source: IMPORT_FIRST + 3, record: String::new() };
    fixture.table.append(1, vec![imported]).await.unwrap();
    let known = |fixture: &Fixture| (fixture.table.last_source(1), fixture.table.last_import(1));
    let expected = (109, IMPORT_FIRST + 3);
    assert_eq!(known(&fixture), expected);
    let reopened = fixture.crashed().await.unwrap();
    assert_eq!(known(&reopened), expected, "from files and from the log");
    reopened.table.flush(NOW).await.unwrap();
    reopened.table.drop_store(1).await.unwrap();
    assert_eq!(known(&reopened), expected, "without any row");
    let reopened = reopened.crashed().await.unwrap();
    assert_eq!(known(&reopened), expected, "without any row, after a start");
    assert_eq!((reopened.table.last_source(3), reopened.table.last_import(3)), (0, 0));
}

#[tokio::test]
async fn events_of_no_source_do_not_move_it() {
    let fixture = Fixture::new().await;
    for (source, last) in [(0, 0), (7, 7), (0, 7), (5, 7)] {
        let event = LakeEvent { time: NOW, source, record: "{}".to_owned() };
        fixture.table.append(1, vec![event]).await.unwrap();
        assert_eq!(fixture.table.last_source(1), last);
    }
}
