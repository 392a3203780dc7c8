//! A bar for each long step, and how long it took.

use std::{fmt::Display, time::Duration};

use domain::{Clock, SystemClock};
use indicatif::{HumanCount, ProgressBar, ProgressStyle};

/// One step of a command.
#[derive(Debug)]
pub struct Step {
    bar: ProgressBar,
    clock: SystemClock,
    name: String,
}

impl Step {
    /// A step of known length; 0 shows a spinner.
    pub fn start(name: &str, length: u64) -> Self {
        let bar = if length == 0 { ProgressBar::new_spinner() } else { ProgressBar::new(length) };
        let template = if length == 0 {
            "  {spinner} {msg:<34} {elapsed}"
        } else {
            "  {spinner} {msg:<34} [{bar:30}] {percent:>3} %  {human_pos}/{human_len}  {elapsed}"
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.set_message(name.to_owned());
        bar.enable_steady_tick(Duration::from_millis(120));
        Self { bar, clock: SystemClock::default(), name: name.to_owned() }
    }

    /// Where it stands.
    pub fn set(&self, position: u64) {
        self.bar.set_position(position);
    }

    /// One or more further.
    pub fn add(&self, more: u64) {
        self.bar.inc(more);
    }

    /// What is happening now.
    pub fn say(&self, message: &str) {
        self.bar.set_message(message.to_owned());
    }

    /// The length became known.
    pub fn set_length(&self, length: u64) {
        self.bar.set_length(length);
    }

    /// Replaces the bar by one line: what was done and how long it took.
    pub fn done(self, what: impl Display) -> Duration {
        self.bar.finish_and_clear();
        let took = self.clock.monotonic();
        eprintln!("  done {:<34} {:>7.1} s  {what}", self.name, took.as_secs_f64());
        took
    }
}

/// 1234567 as 1,234,567.
pub fn count(n: u64) -> impl Display {
    HumanCount(n)
}
