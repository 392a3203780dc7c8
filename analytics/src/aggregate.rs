//! One accumulator for every judged unit: each device has one voice in it (METHODS 2.4).

use domain::{DayPart, Generation, Hex, Layer, SourceClass, TechnologyView, Window};

use crate::{
    stats::{self, GradeFacts},
    summary::{Below, Posterior, Served, Share, State, UnitSummary},
    votes::{Entry, Figures, Values},
};

/// One vote in full: millionths, so that sums are exact and independent of order.
const WHOLE: u64 = 1_000_000;

/// What the judgement of a unit depends on besides its votes.
#[derive(Clone, Debug)]
pub struct Judging {
    /// Drive tests have their own grade.
    pub source: SourceClass,
    /// A campaign is shorter and reaches grade B at best.
    pub campaign: bool,
    /// Of a mobile layer: what it asks.
    pub view: Option<TechnologyView>,
}

impl Judging {
    /// For a layer, source class and window.
    pub fn new(layer: Layer, source: SourceClass, window: &Window) -> Self {
        Self { source, campaign: matches!(window, Window::Campaign(_)), view: layer.view() }
    }
}

/// Gathers the votes of one unit. Adding and merging in any order give the same summary, because all
/// work is done on the sorted whole in [`Self::finish`].
#[derive(Clone, Debug, Default)]
pub struct HexAccumulator<'v> {
    entries: Vec<&'v Entry>,
}

/// What one device says about the unit.
#[derive(Debug, Default)]
struct Voice {
    /// Millionths below, for any threshold and for download, upload, latency apart; of the view `any` without service,
    /// and served by 2G, 3G, 4G, 5G.
    votes: [Option<u64>; 5],
    /// Signal (mobile), or download, upload, idle and loaded latency (fixed).
    values: [Option<f64>; 4],
}

impl<'v> HexAccumulator<'v> {
    /// A unit without votes.
    pub const fn new() -> Self {
        Self { entries: Vec::new() }
    }

    /// One device at one place of the unit in one part of the day.
    pub fn add(&mut self, entry: &'v Entry) {
        self.entries.push(entry);
    }

    /// The votes of another part of the same unit.
    pub fn merge(&mut self, other: Self) {
        self.entries.extend(other.entries);
    }

    /// Whether nobody has said anything.
    pub const fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Number of distinct devices so far.
    pub fn devices(&self) -> usize {
        let mut devices: Vec<_> = self.entries.iter().map(|entry| entry.key.device).collect();
        devices.sort_unstable();
        devices.dedup();
        devices.len()
    }

    /// The summary.
    pub fn finish(self, judging: &Judging) -> UnitSummary {
        let mut summary = self.finish_all(std::slice::from_ref(judging));
        summary.pop().unwrap_or_else(UnitSummary::not_measured)
    }

    /// The summary of each of several layers of the same network.
    pub fn finish_all(mut self, judgings: &[Judging]) -> Vec<UnitSummary> {
        self.entries.sort_unstable_by_key(|entry| (entry.key.device, entry.key.part, entry.key.hex));
        let mut voices: Vec<Voices> = judgings.iter().map(|judging| Voices::of(judging.view)).collect();
        for mine in self.entries.chunk_by(|a, b| a.key.device == b.key.device) {
            for voices in &mut voices {
                voices.add(mine);
            }
        }
        voices.into_iter().zip(judgings).map(|(voices, judging)| voices.finish(judging)).collect()
    }
}

/// The voices of some devices in one unit, in the order of the devices.
#[derive(Debug, Default)]
pub(crate) struct Voices {
    view: Option<TechnologyView>,
    /// Sum of votes and number of voters, as in [`Voice::votes`].
    totals: [(u64, u32); 5],
    values: [Vec<f64>; 4],
    made_by_device: Vec<u64>,
    /// Sorted, each once: they are few.
    days: Vec<i32>,
    parts: [bool; DayPart::ALL.len()],
}

impl Voices {
    /// Nobody yet, through this view of a mobile network; `None` for lines.
    pub(crate) fn of(view: Option<TechnologyView>) -> Self {
        Self { view, ..Self::default() }
    }

    /// The next device, by all that it says of the unit, sorted by part of the day and hexagon.
    pub(crate) fn add(&mut self, mine: &[&Entry]) {
        let says = |entry: &&Entry| entry.below(self.view).is_some();
        let some: Vec<&Entry>;
        let mine = if mine.iter().all(says) {
            mine
        } else {
            some = mine.iter().copied().filter(says).collect();
            &some
        };
        if mine.is_empty() {
            return;
        }
        let voice = voice(mine, self.view);
        for (total, vote) in self.totals.iter_mut().zip(voice.votes) {
            if let Some(vote) = vote {
                *total = (total.0 + vote, total.1 + 1);
            }
        }
        for (all, value) in self.values.iter_mut().zip(voice.values) {
            all.extend(value);
        }
        self.made_by_device.push(mine.iter().map(|entry| u64::from(entry.attempts)).sum());
        for entry in mine {
            self.parts[entry.key.part as usize] = true;
            for &day in &entry.days {
                if let Err(at) = self.days.binary_search(&day) {
                    self.days.insert(at, day);
                }
            }
        }
    }

    /// The devices that come after these.
    pub(crate) fn append(&mut self, mut later: Self) {
        for (total, more) in self.totals.iter_mut().zip(later.totals) {
            *total = (total.0 + more.0, total.1 + more.1);
        }
        for (all, more) in self.values.iter_mut().zip(&mut later.values) {
            all.append(more);
        }
        self.made_by_device.append(&mut later.made_by_device);
        self.days.append(&mut later.days);
        self.days.sort_unstable();
        self.days.dedup();
        for (mine, later) in self.parts.iter_mut().zip(later.parts) {
            *mine |= later;
        }
    }

    /// The summary.
    pub(crate) fn finish(self, judging: &Judging) -> UnitSummary {
        let Self { view, totals, mut values, made_by_device, days, parts } = self;
        let devices = made_by_device.len() as u32;
        let attempts = match judging.source {
            SourceClass::Survey => made_by_device.iter().sum(),
            SourceClass::Crowd | SourceClass::Reported | SourceClass::Simulated => told_attempts(&made_by_device),
        };
        let n_eff = stats::n_eff(&made_by_device);
        let share_of = |total: (u64, u32)| -> Option<Share> {
            let exact = total.0 as f64 / (u64::from(total.1.max(1)) * WHOLE) as f64;
            let value = mean_vote(total)? as f64 / WHOLE as f64;
            stats::wilson(exact, n_eff.min(f64::from(total.1))).map(|share| published(Share { value, ..share }))
        };
        let Some(share) = share_of(totals[0]) else { return UnitSummary::not_measured() };
        let dead = mean_vote(totals[0]).is_some_and(|mean| mean * 2 > WHOLE);
        let state = if dead { State::Dead } else { State::Covered };

        let span_days = days.first().zip(days.last()).map_or(0, |(a, b)| b.abs_diff(*a) + 1);
        let day_parts: Vec<DayPart> = DayPart::ALL.iter().copied().filter(|&part| parts[part as usize]).collect();
        let grade = stats::grade(GradeFacts {
            survey: judging.source == SourceClass::Survey,
            campaign: judging.campaign,
            half_width: (share.high - share.low) / 2.0,
            span_days,
            day_parts: day_parts.len() as u32,
            heaviest: 1.0 / f64::from(devices),
        });

        let [first_values, up, idle, loaded] = &mut values;
        let posterior = stats::posterior(totals[0].0 as f64 / (u64::from(totals[0].1) * WHOLE) as f64, n_eff);
        let mut summary = UnitSummary {
            state,
            devices,
            attempts,
            days: days.len() as u32,
            span_days,
            day_parts,
            share: Some(share),
            n_eff: rounded(n_eff),
            grade,
            posterior: Some(Posterior { a: rounded(posterior.a), b: rounded(posterior.b) }),
            ..UnitSummary::not_measured()
        };
        if view.is_none() {
            summary.download_mbps = stats::quantiles(first_values, 1e-6);
            summary.upload_mbps = stats::quantiles(up, 1e-6);
            summary.idle_latency_ms = stats::quantiles(idle, 1e-3);
            summary.loaded_latency_ms = stats::quantiles(loaded, 1e-3);
            summary.below = Some(Below {
                download: share_of(totals[1]),
                upload: share_of(totals[2]),
                latency: share_of(totals[3]),
            });
        } else {
            let served = |at: usize| mean_vote(totals[at]).map(|mean| mean as f64 / WHOLE as f64);
            if let (Some(second), Some(third), Some(fourth), Some(fifth)) = (served(1), served(2), served(3), served(4))
            {
                summary.served = Some(Served { second, third, fourth, fifth });
            }
            summary.signal_dbm = stats::quantiles(first_values, 1.0);
        }
        summary
    }
}

/// Attempts of all devices, where none counts for more than all others together: of 1,004 attempts by five devices
/// the sum would tell that one of them made a thousand.
fn told_attempts(made: &[u64]) -> u64 {
    let (all, most) = (made.iter().sum::<u64>(), made.iter().copied().max().unwrap_or_default());
    let others = all - most;
    if made.len() > 1 { others + most.min(others) } else { all }
}

/// Mean of votes in millionths, a half rounded down: thirds and sixths that add up to exactly one half stay
/// there, and "more than half" means the same in the state and in the published share.
fn mean_vote((sum, voters): (u64, u32)) -> Option<u64> {
    let voters = u64::from(voters);
    (voters > 0).then(|| (2 * sum + voters - 1) / (2 * voters))
}

/// Six decimals: so much is in a vote, and JSON carries it without loss.
fn published(share: Share) -> Share {
    Share { low: rounded(share.low), value: share.value, high: rounded(share.high) }
}

fn rounded(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}

/// One device's votes and values in the unit. `mine` is sorted by part of the day, then hexagon.
fn voice(mine: &[&Entry], view: Option<TechnologyView>) -> Voice {
    let mut voice = Voice::default();
    let Some(view) = view else {
        // Load follows the hour, so each part of the day has its policy weight (METHODS 3.4).
        let counter = |pick: fn(&Entry) -> (u32, u32)| stratified(mine, pick);
        voice.votes = [
            counter(|entry| (entry.below, entry.attempts)),
            counter(|entry| threshold(entry, 0)),
            counter(|entry| threshold(entry, 1)),
            counter(|entry| threshold(entry, 2)),
            None,
        ];
        for (metric, value) in voice.values.iter_mut().enumerate() {
            *value = device_value(mine, |entry| match &entry.figures {
                Figures::Fixed(figures) => &figures.values[metric],
                Figures::Mobile(none) => none,
            });
        }
        return voice;
    };
    // Whether a network is there does not follow the hour: plain k/n.
    let (below, attempts) = mine.iter().fold((0u64, 0u64), |(k, n), entry| {
        (k + u64::from(entry.below(Some(view)).unwrap_or_default()), n + u64::from(entry.attempts))
    });
    voice.votes[0] = millionths(u128::from(below), u128::from(attempts));
    if view == TechnologyView::Any {
        let mut served = [0_u64; Generation::ALL.len()];
        for entry in mine {
            if let Some(generation) = entry.generation() {
                served[generation as usize] += u64::from(entry.attempts);
            }
        }
        for (vote, served) in voice.votes[1..].iter_mut().zip(served) {
            *vote = millionths(u128::from(served), u128::from(attempts));
        }
    }
    voice.values[0] = device_value(mine, |entry| entry.signal(view.signal()));
    voice
}

fn threshold(entry: &Entry, at: usize) -> (u32, u32) {
    match &entry.figures {
        Figures::Fixed(figures) => (figures.counts[at].below, figures.counts[at].judged),
        Figures::Mobile(_) => (0, 0),
    }
}

/// k/n of each part of the day, weighted by policy over the parts that the device has.
fn stratified(mine: &[&Entry], pick: fn(&Entry) -> (u32, u32)) -> Option<u64> {
    let (mut votes, mut weights) = (0u128, 0u128);
    for part in mine.chunk_by(|a, b| a.key.part == b.key.part) {
        let (below, judged) = part.iter().fold((0u128, 0u128), |(k, n), entry| {
            let (below, judged) = pick(entry);
            (k + u128::from(below), n + u128::from(judged))
        });
        let Some(vote) = millionths(below, judged) else { continue };
        let weight = (part[0].key.part.weight() * 100.0).round() as u128;
        votes += weight * u128::from(vote);
        weights += weight;
    }
    (weights > 0).then(|| ((votes + weights / 2) / weights) as u64)
}

/// k/n in millionths, rounded half up; `None` for n = 0.
fn millionths(k: u128, n: u128) -> Option<u64> {
    // Division of 128 bits is slow, and nobody measures so often.
    if let (Ok(k @ ..1_000_000_000), Ok(n @ 1..)) = (u64::try_from(k), u64::try_from(n)) {
        return Some((k * WHOLE + n / 2) / n);
    }
    (n > 0).then(|| ((k * u128::from(WHOLE) + n / 2) / n) as u64)
}

/// The device's value: the median of its medians per resolution-9 hexagon and part of the day. Inside a
/// unit finer than 9 that is the median over its parts of the day.
fn device_value<'e>(mine: &[&'e Entry], pick: impl Fn(&'e Entry) -> &'e Values) -> Option<f64> {
    let group = |entry: &Entry| (entry.key.part, entry.key.hex.at_most(Hex::FIXED));
    let mut measured = mine.iter().filter(|entry| !pick(entry).is_empty());
    let first = measured.next()?;
    if measured.next().is_none() {
        return Some(median_of_counted(pick(first)));
    }
    // Descendants of one hexagon are neighbours in the order of indexes only at one resolution, so sort.
    let mut mine: Vec<_> =
        mine.iter().map(|entry| (group(entry), pick(entry))).filter(|(_, v)| !v.is_empty()).collect();
    mine.sort_by_key(|&(group, _)| group);
    let mut medians: Vec<f64> = mine
        .chunk_by(|a, b| a.0 == b.0)
        .map(|group| {
            let mut values: Vec<(i64, u32)> = group.iter().flat_map(|(_, values)| values.iter().copied()).collect();
            values.sort_unstable();
            median_of_counted(&values)
        })
        .collect();
    medians.sort_unstable_by(f64::total_cmp);
    (!medians.is_empty()).then(|| stats::quantile(&medians, 0.5))
}

/// Median of sorted values with their numbers.
fn median_of_counted(values: &[(i64, u32)]) -> f64 {
    let total: u64 = values.iter().map(|&(_, times)| u64::from(times)).sum();
    let at = |rank: u64| {
        let mut seen = 0;
        values.iter().find(|&&(_, times)| {
            seen += u64::from(times);
            seen > rank
        })
    };
    let (low, high) = (at((total.max(1) - 1) / 2), at(total / 2));
    low.zip(high).map_or(0.0, |(low, high)| f64::midpoint(low.0 as f64, high.0 as f64))
}
