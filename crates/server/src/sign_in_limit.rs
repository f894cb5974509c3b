//! A bound on guessing passwords: by who guesses, by whom it is about, and altogether.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use identity::guesses::Guesses;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// From one source about one user: at once, and a minute.
const PAIR: (u32, u32) = (10, 10);
/// From one source, whomever about.
const SOURCE: (u32, u32) = (30, 30);
/// About one user, from wherever: many, because whoever uses them up keeps the user out.
const USER: (u32, u32) = (100, 100);
/// Attempts under way: each costs time on purpose.
const UNDER_WAY: usize = 16;

/// The bounds on sign-ins.
pub struct SignInLimit {
    pairs: Guesses,
    sources: Guesses,
    users: Guesses,
    under_way: Arc<Semaphore>,
}

/// Whether an attempt may be made.
pub enum Admission {
    /// It may, while this is held.
    Admitted(OwnedSemaphorePermit),
    /// There were too many.
    Refused,
}

/// Who guesses, and about whom.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Guesser {
    source: String,
    user: (String, String),
}

impl Guesser {
    /// From an address, about a user of an account; none is root. Who has one address of version 6 has a network of
    /// them, and names differ by more than case.
    pub fn new(address: &str, account: &str, user: Option<&str>) -> Self {
        let source = match address.parse() {
            Ok(IpAddr::V6(v6)) if v6.to_ipv4_mapped().is_none() => format!("{:x?}", &v6.segments()[..4]),
            _ => address.to_owned(),
        };
        Self { source, user: (account.to_owned(), user.unwrap_or("root").to_lowercase()) }
    }
}

impl SignInLimit {
    /// Nothing guessed yet.
    pub fn new(now: Instant) -> Self {
        let guesses = |(burst, per_minute)| Guesses::new(burst, per_minute, now);
        Self {
            pairs: guesses(PAIR),
            sources: guesses(SOURCE),
            users: guesses(USER),
            under_way: Arc::new(Semaphore::new(UNDER_WAY)),
        }
    }

    /// Whether one more attempt may be made; it is counted as a guess until it is given back.
    pub fn admit(&self, guesser: &Guesser, now: Instant) -> Admission {
        let Ok(turn) = self.under_way.clone().try_acquire_owned() else { return Admission::Refused };
        // What a source may no longer do takes nothing from the user.
        let may = self.sources.admit(&guesser.source, now)
            && self.pairs.admit(guesser, now)
            && self.users.admit(&guesser.user, now);
        if may { Admission::Admitted(turn) } else { Admission::Refused }
    }

    /// The attempt was no guess: it was right.
    pub fn give_back(&self, guesser: &Guesser) {
        self.sources.give_back(&guesser.source);
        self.pairs.give_back(guesser);
        self.users.give_back(&guesser.user);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guesses(limit: &SignInLimit, from: &str, user: &str, now: Instant, count: usize) -> usize {
        let guesser = Guesser::new(from, "111122223333", Some(user));
        (0..count).filter(|_| matches!(limit.admit(&guesser, now), Admission::Admitted(_))).count()
    }

    #[test]
    fn a_source_has_so_many_guesses_at_a_user() {
        let now = Instant::now();
        let limit = SignInLimit::new(now);
        assert_eq!(guesses(&limit, "192.0.2.1", "dave", now, 50), 10);
        assert_eq!(guesses(&limit, "192.0.2.2", "dave", now, 50), 10, "from elsewhere dave can still sign in");
        assert_eq!(guesses(&limit, "192.0.2.1", "DAVE", now, 50), 0);
    }

    #[test]
    fn a_source_has_so_many_guesses_at_all() {
        let now = Instant::now();
        let limit = SignInLimit::new(now);
        let admitted: usize = (0..50).map(|n| guesses(&limit, "192.0.2.1", &format!("u{n}"), now, 1)).sum();
        assert_eq!(admitted, 30);
    }

    #[test]
    fn a_network_of_addresses_is_one_source() {
        let now = Instant::now();
        let limit = SignInLimit::new(now);
        let admitted: usize = (0..50).map(|n| guesses(&limit, &format!("2001:db8::{n:x}"), "dave", now, 1)).sum();
        assert_eq!(admitted, 10);
        assert_eq!(guesses(&limit, "2001:db8:0:1::1", "dave", now, 1), 1);
    }

    #[test]
    fn those_who_sign_in_are_not_counted() {
        let now = Instant::now();
        let limit = SignInLimit::new(now);
        let guesser = Guesser::new("192.0.2.1", "111122223333", None);
        for _ in 0..500 {
            assert!(matches!(limit.admit(&guesser, now), Admission::Admitted(_)));
            limit.give_back(&guesser);
        }
    }

    #[test]
    fn so_many_are_under_way_at_once() {
        let now = Instant::now();
        let limit = SignInLimit::new(now);
        let turn = |n: usize| {
            let guesser = Guesser::new(&format!("192.0.2.{n}"), "111122223333", Some(&format!("u{n}")));
            limit.admit(&guesser, now)
        };
        let held: Vec<Admission> = (0..UNDER_WAY).map(turn).collect();
        assert!(held.iter().all(|admission| matches!(admission, Admission::Admitted(_))));
        assert!(matches!(turn(99), Admission::Refused));
        drop(held);
        assert!(matches!(turn(98), Admission::Admitted(_)));
    }
}
