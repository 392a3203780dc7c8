//! Calendar months (UTC) as one number, which makes a year a range: `year * 12 + month - 1`.

use domain::{HourStamp, Window};
use jiff::Timestamp;

/// Months since the year 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Month(pub i32);

impl Month {
    pub fn of_hour(hour: HourStamp) -> Self {
        match Window::month_of(hour) {
            Window::Month { year, month } => Self::new(year, month),
            // `month_of` gives a month.
            Window::Campaign(_) | Window::Year(_) => Self(0),
        }
    }

    pub fn of(at: Timestamp) -> Self {
        Self::of_hour(HourStamp::containing(at))
    }

    pub const fn year(self) -> i16 {
        (self.0 / 12) as i16
    }

    const fn new(year: i16, month: i8) -> Self {
        Self(year as i32 * 12 + month as i32 - 1)
    }
}

/// First and last month of a window; `None` for a campaign, which evidence names itself.
pub(crate) fn months(window: &Window) -> Option<(i32, i32)> {
    match *window {
        Window::Campaign(_) => None,
        Window::Month { year, month } => Some((Month::new(year, month).0, Month::new(year, month).0)),
        Window::Year(year) => Some((Month::new(year, 1).0, Month::new(year, 12).0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_year_is_the_range_of_its_twelve_months() {
        let at = |text: &str| Month::of(text.parse().unwrap());
        assert_eq!(months(&Window::Year(2026)), Some((at("2026-01-01T00:00:00Z").0, at("2026-12-31T23:59:59Z").0)));
        assert_eq!(at("2027-01-01T00:00:00Z").0, at("2026-12-31T23:59:59Z").0 + 1);
        assert_eq!(at("2026-12-31T23:59:59Z").year(), 2026);
    }
}
