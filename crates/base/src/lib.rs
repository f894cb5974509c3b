//! Ids, ARNs, time and randomness: what every crate shares. No I/O, no service.
//!
//! The real clock and the real random source live here behind [`Clock`] and
//! [`Entropy`]; everything else takes them as arguments.

pub mod arn;
pub mod clock;
pub mod entropy;
pub mod id;
pub mod operation_name;
pub mod place;
pub mod time;

pub use arn::Arn;
pub use clock::{Clock, SimulatedClock, SystemClock};
pub use entropy::{Entropy, EntropyRng, OsEntropy, SeededEntropy};
pub use place::{AccountId, Partition, Region, Scope};
pub use time::{TimeRange, Timestamp};
