//! The span of time that one judgement covers.

use std::{fmt, str::FromStr};

use jiff::{civil::Date, tz::TimeZone};

use crate::{CampaignId, HourStamp, Invalid, text::text_form};

/// A campaign, a calendar month or a calendar year. Never more than one year: device pseudonyms change then.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Window {
    /// Evidence given to a campaign.
    Campaign(CampaignId),
    /// All evidence of a month (UTC).
    Month {
        /// Calendar year.
        year: i16,
        /// 1 to 12.
        month: i8,
    },
    /// All evidence of a year (UTC).
    Year(i16),
}

impl Window {
    /// The calendar year that holds an hour.
    pub fn year_of(hour: HourStamp) -> Self {
        Self::Year(date_of(hour).year())
    }

    /// The calendar month that holds an hour.
    pub fn month_of(hour: HourStamp) -> Self {
        let date = date_of(hour);
        Self::Month { year: date.year(), month: date.month() }
    }

    /// First and past-the-last hour; `None` for a campaign, whose dates are kept with it.
    pub fn hours(&self) -> Option<(HourStamp, HourStamp)> {
        let (from, to) = match *self {
            Self::Campaign(_) => return None,
            Self::Month { year, month } => {
                let from = Date::new(year, month, 1).ok()?;
                let next = if month == 12 { Date::new(year + 1, 1, 1) } else { Date::new(year, month + 1, 1) };
                (from, next.ok()?)
            }
            Self::Year(year) => (Date::new(year, 1, 1).ok()?, Date::new(year + 1, 1, 1).ok()?),
        };
        let hour = |date: Date| Some(HourStamp::containing(date.to_zoned(TimeZone::UTC).ok()?.timestamp()));
        Some((hour(from)?, hour(to)?))
    }
}

fn date_of(hour: HourStamp) -> Date {
    TimeZone::UTC.to_datetime(hour.start()).date()
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Campaign(id) => write!(f, "campaign:{id}"),
            Self::Month { year, month } => write!(f, "{year:04}-{month:02}"),
            Self::Year(year) => write!(f, "{year:04}"),
        }
    }
}

impl FromStr for Window {
    type Err = Invalid;

    fn from_str(s: &str) -> Result<Self, Invalid> {
        const HELP: &str = "must be `campaign:ID`, a month like 2026-05 or a year like 2026";
        if let Some(id) = s.strip_prefix("campaign:") {
            return Ok(Self::Campaign(id.parse()?));
        }
        // Years that an `HourStamp` can hold.
        let year_in_range = |year: &i16| (1970..=2400).contains(year);
        let number = |text: &str, digits: usize| {
            (text.len() == digits && text.bytes().all(|b| b.is_ascii_digit()))
                .then(|| text.parse::<i16>().ok())
                .flatten()
        };
        let refuse = || Invalid::new("window", s, HELP);
        match s.split_once('-') {
            None => number(s, 4).filter(year_in_range).map(Self::Year).ok_or_else(refuse),
            Some((year, month)) => {
                let year = number(year, 4).filter(year_in_range).ok_or_else(refuse)?;
                let month = number(month, 2).filter(|m| (1..=12).contains(m)).ok_or_else(refuse)?;
                Ok(Self::Month { year, month: i8::try_from(month).map_err(|_| refuse())? })
            }
        }
    }
}

text_form!(Window, "^(campaign:[a-z0-9][a-z0-9-]{0,63}|[0-9]{4}(-(0[1-9]|1[0-2]))?)$", "campaign:messwoche-nrw-2026");
