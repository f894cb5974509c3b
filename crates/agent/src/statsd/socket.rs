//! The UDP port where StatsD lines come in.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use base::Clock;
use tokio::net::UdpSocket;
use tokio_util::sync::CancellationToken;

use super::Aggregate;

/// The largest datagram that UDP carries.
const DATAGRAM_BYTES_MAX: usize = 65_536;

/// A bound port and what it gathers.
pub struct Listener {
    socket: UdpSocket,
    gathered: SharedAggregate,
}

/// What the port gathers, as its two sides share it.
#[derive(Clone)]
pub struct SharedAggregate(Arc<Mutex<Aggregate>>);

impl SharedAggregate {
    /// The aggregate, for work that does not wait.
    pub fn lock(&self) -> MutexGuard<'_, Aggregate> {
        self.0.lock().expect("no holder of this lock can panic")
    }
}

impl Listener {
    /// Binds the port; 0 picks a free one.
    ///
    /// # Errors
    /// When the address is taken or not this machine's.
    pub async fn bind(address: SocketAddr, aggregate: Aggregate) -> std::io::Result<Self> {
        let gathered = SharedAggregate(Arc::new(Mutex::new(aggregate)));
        Ok(Self { socket: UdpSocket::bind(address).await?, gathered })
    }

    /// The address that is bound.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// What is gathered here.
    pub fn gathered(&self) -> SharedAggregate {
        self.gathered.clone()
    }

    /// Takes lines in until told to stop, and then those that have already arrived.
    pub async fn run(self, clock: Arc<dyn Clock>, stop: CancellationToken) {
        let mut buffer = vec![0; DATAGRAM_BYTES_MAX];
        loop {
            let received = tokio::select! {
                biased;
                () = stop.cancelled() => break,
                received = self.socket.recv(&mut buffer) => received,
            };
            match received {
                Ok(len) => self.gathered.lock().take(&buffer[..len], clock.now()),
                // A report about another datagram; the port itself stays good.
                Err(error) => tracing::debug!(%error, "the StatsD port reports an error"),
            }
        }
        // The plain socket is asked, not the runtime's idea of whether something is there.
        let Ok(socket) = self.socket.into_std() else { return };
        while let Ok(len) = socket.recv(&mut buffer) {
            self.gathered.lock().take(&buffer[..len], clock.now());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use base::{SimulatedClock, Timestamp};

    use super::*;
    use crate::datum::DatumValue;

    #[tokio::test]
    async fn lines_that_arrived_before_the_stop_are_counted() {
        let start = Timestamp::from_secs(600);
        let aggregate = Aggregate::new(start, Duration::from_secs(60), 18);
        let listener = Listener::bind(SocketAddr::from(([127, 0, 0, 1], 0)), aggregate).await.unwrap();
        let (address, gathered) = (listener.address().unwrap(), listener.gathered());
        let sender = UdpSocket::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        for _ in 0..3 {
            sender.send_to(b"hits:1|c\nhits:1|c", address).await.unwrap();
        }
        let stop = CancellationToken::new();
        stop.cancel();
        listener.run(Arc::new(SimulatedClock::new(start)), stop).await;
        let data = gathered.lock().close(start);
        assert_eq!(data[0].value, DatumValue::Single(6.0));
    }
}
