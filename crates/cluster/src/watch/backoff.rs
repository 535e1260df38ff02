//! Pauses that grow after each failure.

use std::time::Duration;

/// The pauses after failures in a row: each twice the last, up to the longest, all with jitter, so
/// that replicas do not come back to an API server at the same moment.
#[derive(Debug, Clone)]
pub(super) struct Backoff {
    first: Duration,
    longest: Duration,
    next: Duration,
}

impl Backoff {
    pub(super) fn new((first, longest): (Duration, Duration)) -> Self {
        Self { first, longest, next: first }
    }

    /// The pause to make now.
    pub(super) fn next(&mut self) -> Duration {
        let pause = self.next;
        self.next = pause.saturating_mul(2).min(self.longest);
        jitter(pause)
    }

    /// All is well again.
    pub(super) fn reset(&mut self) {
        self.next = self.first;
    }
}

/// Between three quarters of `pause` and the whole.
pub(super) fn jitter(pause: Duration) -> Duration {
    pause.mul_f64(1.0 - fastrand::f64() / 4.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_the_longest_and_start_again() {
        let (first, longest) = (Duration::from_secs(1), Duration::from_secs(5));
        let mut backoff = Backoff::new((first, longest));
        for expected in [1, 2, 4, 5, 5] {
            let pause = backoff.next();
            let most = Duration::from_secs(expected);
            assert!(pause <= most && pause >= most.mul_f64(0.75), "{pause:?} of {most:?}");
        }
        backoff.reset();
        assert!(backoff.next() <= first);
    }
}
