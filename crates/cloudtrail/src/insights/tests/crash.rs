//! The job ends at every point where it can, and goes on after a restart.

use serde_json::json;
use store::job::Job as _;

use super::{burst, delivered, found, watched_for_a_day};
use crate::insights::DetectInsights;
use crate::test_world::run_until;

#[tokio::test]
async fn wherever_the_job_ends_there_is_one_start_and_one_end() {
    let mut ended_early = 0;
    for waits in 0..14 {
        let world = watched_for_a_day().await;
        burst(&world, 4, "CreateQueue", 12, json!({})).await;
        world.calls("CreateQueue", 12, json!({})).await;
        world.sleep(60);
        let job = DetectInsights::new(world.parts().clone());
        let now = world.now();
        let whole = run_until(waits, async { drop(job.run(now).await) }).await;
        ended_early += usize::from(!whole);
        drop(job);
        // What was given to the disk before the end gets there.
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        let world = world.restarted().await;
        world.run_woken().await;
        world.advance(7_200).await;
        let records = found(&world).await;
        let states: Vec<_> = records.iter().map(|record| record["insightDetails"]["state"].as_str().unwrap()).collect();
        assert_eq!(states, ["Start", "End"], "after {waits} waits");
        assert_eq!(records[0]["sharedEventID"], records[1]["sharedEventID"]);
        let statistics = &records[1]["insightDetails"]["insightContext"]["statistics"];
        let (average, duration) = (&statistics["insight"]["average"], &statistics["insightDuration"]);
        assert_eq!((average, duration), (&json!(12), &json!(5)), "every call is counted once after {waits} waits");
        assert_eq!(delivered(&world), records, "after {waits} waits");
    }
    assert!(ended_early > 2, "the job was cut off only {ended_early} times");
}

#[tokio::test]
async fn an_end_is_found_after_a_restart_in_the_middle() {
    let world = watched_for_a_day().await;
    burst(&world, 6, "CreateQueue", 12, json!({})).await;
    let world = world.restarted().await;
    world.run_woken().await;
    assert_eq!(found(&world).await.len(), 1);
    burst(&world, 1, "CreateQueue", 12, json!({})).await;
    let world = world.restarted().await;
    world.run_woken().await;
    world.advance(3_600).await;
    let records = found(&world).await;
    assert_eq!(records.len(), 2);
    let statistics = &records[1]["insightDetails"]["insightContext"]["statistics"];
    assert_eq!((&statistics["insight"]["average"], &statistics["insightDuration"]), (&json!(12), &json!(7)));
}
