//! Calls that run to their end, even when nobody waits for them any more.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::runtime::Handle;
use tokio_util::task::TaskTracker;

/// A call that is run by whoever waits for it, which saves a task; when that one goes, the rest
/// of it becomes a task of its own. A panic is the outcome, and goes no further.
///
/// # Panics
/// When it is polled after its end.
pub struct WholeCall<T: Send + 'static> {
    // Until it has ended.
    call: Option<Pin<Box<dyn Future<Output = T> + Send>>>,
}

impl<T: Send + 'static> WholeCall<T> {
    /// The call, tracked from here to its end.
    pub fn new(tracker: &TaskTracker, call: impl Future<Output = T> + Send + 'static) -> Self {
        Self { call: Some(Box::pin(tracker.track_future(call))) }
    }
}

impl<T: Send + 'static> Future for WholeCall<T> {
    type Output = Result<T, Box<dyn Any + Send>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let call = self.call.as_mut().expect("a future is not polled after its end");
        let outcome = match catch_unwind(AssertUnwindSafe(|| call.as_mut().poll(cx))) {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(answer)) => Ok(answer),
            Err(panic) => Err(panic),
        };
        self.call = None;
        Poll::Ready(outcome)
    }
}

impl<T: Send + 'static> Drop for WholeCall<T> {
    fn drop(&mut self) {
        // Without a runtime the process is at its end, and nothing can run any more.
        if let Some(call) = self.call.take()
            && let Ok(runtime) = Handle::try_current()
        {
            runtime.spawn(call);
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::{mpsc, oneshot};

    use super::*;

    #[tokio::test]
    async fn a_call_ends_where_it_began_while_someone_waits() {
        let tracker = TaskTracker::new();
        let outer = tokio::spawn(async move {
            let inner = WholeCall::new(&tracker, async { tokio::task::id() }).await.unwrap();
            (inner, tokio::task::id())
        });
        let (inner, outer) = outer.await.unwrap();
        assert_eq!(inner, outer);
    }

    #[tokio::test]
    async fn a_call_that_nobody_waits_for_still_ends_and_is_tracked() {
        let tracker = TaskTracker::new();
        let (go, gone) = oneshot::channel::<()>();
        let (sender, mut receiver) = mpsc::channel(1);
        let call = WholeCall::new(&tracker, async move {
            sender.send("begun").await.unwrap();
            gone.await.unwrap();
            sender.send("ended").await.unwrap();
        });
        let waiting = tokio::spawn(call);
        assert_eq!(receiver.recv().await, Some("begun"));
        waiting.abort();
        assert!(waiting.await.unwrap_err().is_cancelled());
        tracker.close();
        assert_eq!(tracker.len(), 1);
        go.send(()).unwrap();
        assert_eq!(receiver.recv().await, Some("ended"));
        tracker.wait().await;
    }

    #[tokio::test]
    async fn a_panic_is_the_outcome() {
        let tracker = TaskTracker::new();
        let panic = WholeCall::new(&tracker, async { panic!("no") }).await.map(|(): ()| ()).unwrap_err();
        assert_eq!(panic.downcast_ref::<&str>(), Some(&"no"));
        assert!(tracker.is_empty());
    }
}
