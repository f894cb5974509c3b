//! A limit on calls a second for each account and region.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Instant;

use base::Scope;

/// A token bucket a scope, holding at most one second's worth of calls.
///
/// It protects the machine, so it runs on the machine's monotonic clock even where
/// data time is simulated.
pub struct Throttle {
    per_second: f64,
    buckets: Mutex<HashMap<Scope, Bucket>>,
}

struct Bucket {
    tokens: f64,
    filled: Instant,
}

impl Throttle {
    /// Allows `per_second` calls a second; zero allows all.
    pub fn new(per_second: u32) -> Self {
        Self { per_second: f64::from(per_second), buckets: Mutex::default() }
    }

    /// Whether one more call may run now.
    pub fn admit(&self, scope: &Scope, now: Instant) -> bool {
        if self.per_second == 0.0 {
            return true;
        }
        let mut buckets = self.buckets.lock().expect("no holder of this lock can panic");
        let full = Bucket { tokens: self.per_second, filled: now };
        let bucket = buckets.entry(scope.clone()).or_insert(full);
        let elapsed = now.saturating_duration_since(bucket.filled).as_secs_f64();
        bucket.tokens = (bucket.tokens + elapsed * self.per_second).min(self.per_second);
        bucket.filled = now;
        if bucket.tokens < 1.0 {
            return false;
        }
        bucket.tokens -= 1.0;
        true
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn scope(region: &str) -> Scope {
        Scope { account: "000000000000".parse().unwrap(), region: region.parse().unwrap() }
    }

    #[test]
    fn each_scope_has_its_own_budget_that_refills() {
        let throttle = Throttle::new(2);
        let start = Instant::now();
        let (here, there) = (scope("us-east-1"), scope("eu-west-1"));
        assert!(throttle.admit(&here, start) && throttle.admit(&here, start));
        assert!(!throttle.admit(&here, start));
        assert!(throttle.admit(&there, start));
        assert!(throttle.admit(&here, start + Duration::from_millis(501)));
        assert!(!throttle.admit(&here, start + Duration::from_millis(501)));
    }

    #[test]
    fn zero_means_no_limit() {
        let throttle = Throttle::new(0);
        assert!((0..100).all(|_| throttle.admit(&scope("us-east-1"), Instant::now())));
    }
}
