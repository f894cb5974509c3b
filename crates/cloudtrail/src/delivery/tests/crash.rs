//! The job ends at every point where it can, and goes on after a restart.

use std::future::Future as _;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use serde_json::json;
use store::job::Job as _;

use crate::delivery::DeliverTrails;
use crate::digests::DeliverDigests;
use crate::test_world::{World, run_until};
use crate::verify::tests::chain_is_whole;

#[tokio::test]
async fn wherever_the_job_ends_each_event_is_in_exactly_one_file_and_the_chain_is_whole() {
    let mut ended_early = 0;
    for waits in (0..60).step_by(3) {
        let world = World::new().await;
        let arn = world.start("main", json!({"EnableLogFileValidation": true, "IsMultiRegionTrail": true})).await;
        let mut ids = world.happen("eu-west-1", 8).await;
        ids.extend(world.happen("us-east-1", 3).await);
        world.sleep(300);
        let (files, digests) = (DeliverTrails::new(world.parts().clone()), DeliverDigests::new(world.parts().clone()));
        let now = world.now();
        let whole = run_until(waits, async {
            // What the job spawns ends with it.
            drop(files.run(now).await);
            drop(digests.run(now).await);
        })
        .await;
        ended_early += usize::from(!whole);
        drop((files, digests));
        // Tasks that were cut off have gone before the folder is opened again.
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        let world = world.restarted().await;
        ids.extend(world.happen("eu-west-1", 2).await);
        world.advance(7_200).await;
        ids.sort();
        assert_eq!(world.outside.delivered(), ids, "after {waits} waits");
        chain_is_whole(&world, &arn, &["eu-west-1", "us-east-1"]).await;
    }
    assert!(ended_early > 3, "the job was cut off only {ended_early} times");
}

#[tokio::test]
async fn a_put_whose_answer_is_lost_is_put_again_under_the_same_key() {
    // The starting digest, two files, two digests.
    for lost in 1..=5 {
        let world = World::new().await;
        let arn = world.start("main", json!({"EnableLogFileValidation": true})).await;
        world.outside.state().lost_answer = Some(lost);
        let ids = world.happen("eu-west-1", 12).await;
        world.advance(310).await;
        world.advance(7_200).await;
        assert_eq!(world.outside.delivered(), ids, "the answer to put {lost} was lost");
        assert!(world.outside.state().lost_answer.is_none());
        assert_eq!(world.outside.state().puts.values().filter(|puts| **puts == 2).count(), 1);
        chain_is_whole(&world, &arn, &["eu-west-1"]).await;
    }
}

#[test]
fn a_future_is_left_after_as_many_waits() {
    let polls = std::cell::Cell::new(0);
    let endless = std::future::poll_fn(|_| {
        polls.set(polls.get() + 1);
        Poll::<()>::Pending
    });
    let mut left = pin!(run_until(2, endless));
    let mut cx = Context::from_waker(Waker::noop());
    while left.as_mut().poll(&mut cx).is_pending() {}
    assert_eq!(polls.get(), 3);
}
