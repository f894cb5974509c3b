//! What is not kept any more goes.

use super::*;

/// Accounts 1 and 2, each with a resource that was another every thirty days for 300 days.
async fn filled() -> Fixture {
    let fixture = Fixture::new().await;
    for number in 1..=2 {
        let item = |n: i64| {
            let ended = NOW.plus_millis(-n * 30 * DAY);
            past(&resource(number, "a"), ended.plus_millis(-30 * DAY), ended)
        };
        fixture.table.append((0..10).map(item).collect()).await.unwrap();
    }
    fixture.table.flush(NOW).await.unwrap();
    fixture
}

fn keeps(days: i64, longer_days: i64) -> Arc<Keeps> {
    Arc::new(Keeps { days, longer: scope(2), longer_days })
}

async fn kept(fixture: &Fixture, number: u64) -> usize {
    fixture.history(&resource(number, "a"), all()).await.len()
}

#[tokio::test]
async fn nothing_is_dropped_until_it_is_known_how_long_items_are_kept() {
    let fixture = filled().await;
    fixture.table.expire(NOW.plus_millis(10_000 * DAY)).await.unwrap();
    assert_eq!(fixture.table.file_items().1, 20);
}

#[tokio::test]
async fn states_that_ended_too_long_ago_are_gone_at_once_from_every_read() {
    let fixture = filled().await;
    fixture.table.set_keep(keeps(90, 200));
    assert_eq!((kept(&fixture, 1).await, kept(&fixture, 2).await), (4, 7), "what ended 90 days ago is still there");
    assert_eq!(fixture.scanned(whole(scope(1))).await.len(), 4);
    fixture.clock.move_to(NOW.plus_millis(1));
    assert_eq!(kept(&fixture, 1).await, 3);
    let was_so = fixture.table.at(&resource(1, "a"), NOW.plus_millis(-100 * DAY)).await.unwrap();
    assert_eq!(was_so, None, "its state ended 90 days ago");
}

#[tokio::test]
async fn files_go_with_the_last_of_their_month_that_anybody_keeps() {
    let fixture = filled().await;
    fixture.table.set_keep(keeps(90, 200));
    fixture.table.expire(NOW).await.unwrap();
    let (files, rows) = fixture.table.file_items();
    assert!((14..20).contains(&rows), "{rows} rows of both accounts in the months that account 2 keeps");
    let months = crate::disk::Disk::list(&fixture.disk, Path::new("/data/tables/config_item")).unwrap();
    assert_eq!(months.len(), files);
    fixture.table.set_keep(keeps(0, 0));
    let later = NOW.plus_millis(32 * DAY);
    fixture.table.expire(later).await.unwrap();
    assert_eq!(fixture.table.file_items(), (0, 0));
}

#[tokio::test]
async fn a_merge_leaves_out_what_its_account_does_not_keep() {
    let fixture = Fixture::new().await;
    for number in [1, 2] {
        for n in 0..4 {
            let ended = NOW.plus_millis(-100 * DAY + n);
            fixture.table.append(vec![past(&resource(number, "a"), ended.plus_millis(-1), ended)]).await.unwrap();
            fixture.table.flush(NOW).await.unwrap();
        }
    }
    fixture.table.set_keep(keeps(90, 200));
    fixture.table.compact(NOW).await.unwrap();
    assert_eq!(fixture.table.file_items(), (1, 4));
    assert_eq!(kept(&fixture, 2).await, 4);
}
