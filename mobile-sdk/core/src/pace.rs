//! When to try again: an uploading window that ends, waits that grow, and what the server asked for.

use std::{collections::VecDeque, time::Duration};

use rand::{Rng as _, SeedableRng as _, rngs::StdRng};

use crate::Policy;

/// Longer than this no server may hold a client off.
const MAX_RETRY_AFTER: Duration = Duration::from_hours(24);

/// Times are monotonic.
#[derive(Debug)]
pub(crate) struct Pace {
    rng: StdRng,
    failures_in_a_row: u32,
    blocked_until: Duration,
    sent: VecDeque<Duration>,
    window_failures: u8,
    window_waits: u8,
}

impl Pace {
    /// `seed` spreads the retries of many devices; take it from a good random source.
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            rng: StdRng::seed_from_u64(seed),
            failures_in_a_row: 0,
            blocked_until: Duration::ZERO,
            sent: VecDeque::new(),
            window_failures: 0,
            window_waits: 0,
        }
    }

    /// Whether this window is used up. The platform's scheduler opens the next one.
    pub(crate) fn window_is_over(&self, policy: &Policy) -> bool {
        self.window_failures >= policy.window_failures || self.window_waits >= policy.window_waits
    }

    pub(crate) fn end_window(&mut self) {
        self.window_failures = 0;
        self.window_waits = 0;
    }

    /// How long to wait before the next upload, if at all.
    pub(crate) fn wait(&mut self, now: Duration, policy: &Policy) -> Option<Duration> {
        while self.sent.front().is_some_and(|&at| at + policy.rate_period <= now) {
            self.sent.pop_front();
        }
        let rate_free = match self.sent.front() {
            Some(&first) if self.sent.len() >= policy.rate_uploads => first + policy.rate_period,
            _ => Duration::ZERO,
        };
        let wait = self.blocked_until.max(rate_free).checked_sub(now).filter(|wait| !wait.is_zero())?;
        self.window_waits = self.window_waits.saturating_add(1);
        Some(wait)
    }

    pub(crate) fn sending(&mut self, now: Duration) {
        self.sent.push_back(now);
    }

    pub(crate) fn succeeded(&mut self) {
        self.failures_in_a_row = 0;
        self.blocked_until = Duration::ZERO;
    }

    /// Half of the doubled wait is certain, half is chance, so that phones do not return in step. What
    /// the server asks for is a lower bound.
    pub(crate) fn failed(&mut self, now: Duration, retry_after: Option<Duration>, policy: &Policy) {
        self.window_failures = self.window_failures.saturating_add(1);
        let doubled = policy.backoff_base.saturating_mul(1 << self.failures_in_a_row.min(20)).min(policy.backoff_max);
        self.failures_in_a_row = self.failures_in_a_row.saturating_add(1);
        let own = doubled.mul_f64(self.rng.random_range(0.5..1.0));
        let asked = retry_after.map(|asked| asked.min(MAX_RETRY_AFTER).mul_f64(self.rng.random_range(1.0..1.1)));
        self.blocked_until = now + own.max(asked.unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waits_after(failures: u32) -> Vec<u64> {
        let policy = Policy::default();
        let mut pace = Pace::new(7);
        (0..failures)
            .map(|_| {
                pace.failed(Duration::ZERO, None, &policy);
                pace.wait(Duration::ZERO, &policy).unwrap().as_secs()
            })
            .collect()
    }

    #[test]
    fn waits_double_with_each_failure_up_to_an_hour() {
        for (i, wait) in waits_after(12).into_iter().enumerate() {
            let doubled = (15 << i).min(3600);
            assert!((doubled / 2..=doubled).contains(&wait), "wait {i}: {wait} s");
        }
    }

    #[test]
    fn two_devices_do_not_return_in_step() {
        let policy = Policy::default();
        let wait = |seed| {
            let mut pace = Pace::new(seed);
            pace.failed(Duration::ZERO, Some(Duration::from_mins(1)), &policy);
            pace.wait(Duration::ZERO, &policy)
        };
        assert_ne!(wait(1), wait(2));
    }

    #[test]
    fn a_server_cannot_hold_a_client_off_for_ever() {
        let policy = Policy::default();
        let mut pace = Pace::new(7);
        pace.failed(Duration::ZERO, Some(Duration::MAX), &policy);
        assert!(pace.wait(Duration::ZERO, &policy).unwrap() < Duration::from_hours(27));
    }

    #[test]
    fn no_more_than_fifteen_uploads_a_minute() {
        let policy = Policy::default();
        let mut pace = Pace::new(7);
        for second in 0..15 {
            assert_eq!(pace.wait(Duration::from_secs(second), &policy), None);
            pace.sending(Duration::from_secs(second));
        }
        assert_eq!(pace.wait(Duration::from_secs(15), &policy), Some(Duration::from_secs(45)));
        assert_eq!(pace.wait(Duration::from_mins(1), &policy), None);
    }
}
