//! The single figures of a unit. Each rests on its own devices: of twelve in a unit, perhaps one has an upload.

use domain::{Access, Generation, Layer, SourceClass};

use super::private::mix;
use crate::{
    summary::UnitSummary,
    votes::{Entry, Figures},
};

/// The figure that every unit has: devices, attempts, share.
pub(super) const MAIN: usize = 0;

/// Which figures of a unit are published, a bit for each.
pub(super) type Shown = u8;

/// Only the main figure.
pub(super) const MAIN_ONLY: Shown = 1;

/// Signals, each of one generation: no look is in two of them. Those of contributors' layers come first.
const SIGNALS: [Generation; 4] = [Generation::Fourth, Generation::Fifth, Generation::Second, Generation::Third];

/// Number of figures: the main one, and signals (mobile) or four values and three shares below a threshold (fixed).
pub(super) const fn count(access: Access, source: SourceClass) -> usize {
    match (access, source) {
        (Access::Fixed, _) => 8,
        (Access::Mobile(_), SourceClass::Survey) => 1 + SIGNALS.len(),
        (Access::Mobile(_), SourceClass::Crowd | SourceClass::Reported | SourceClass::Simulated) => 3,
    }
}

/// A digest of what an entry gives to a figure; 0 for nothing.
pub(super) fn digest(entry: &Entry, figure: usize) -> u32 {
    let values = |values: &[(i64, u32)]| match values {
        [] => 0,
        values => mix(entry.key.part as i64, values.iter().flat_map(|&(value, times)| [value, i64::from(times)])),
    };
    match (&entry.figures, figure) {
        (_, MAIN) => {
            let (seen, days) = (i64::from(entry.key.seen.code()), entry.days.len() as i64);
            let counters = [i64::from(entry.attempts), i64::from(entry.below), seen, days];
            let days = entry.days.iter().map(|&day| i64::from(day));
            let others = (1..count_of(entry)).map(|figure| i64::from(digest(entry, figure)));
            mix(entry.key.part as i64, counters.into_iter().chain(days).chain(others))
        }
        (Figures::Mobile(_), _) => values(entry.signal(Some(SIGNALS[figure - 1]))),
        (Figures::Fixed(fixed), 1..=4) => values(&fixed.values[figure - 1]),
        (Figures::Fixed(fixed), _) => match fixed.counts[figure - 5] {
            count if count.judged == 0 => 0,
            count => mix(entry.key.part as i64, [i64::from(count.below), i64::from(count.judged)].into_iter()),
        },
    }
}

const fn count_of(entry: &Entry) -> usize {
    match entry.figures {
        Figures::Mobile(_) => 1 + SIGNALS.len(),
        Figures::Fixed(_) => 8,
    }
}

/// Takes out of a layer's summary what may not be said.
pub(super) fn withhold(layer: Layer, summary: &mut UnitSummary, shown: Shown) {
    let hidden = |figure: usize| shown >> figure & 1 == 0;
    if let Some(view) = layer.view() {
        let signal = SIGNALS.iter().position(|&generation| Some(generation) == view.signal());
        if signal.is_none_or(|at| hidden(1 + at)) {
            summary.signal_dbm = None;
        }
        return;
    }
    if hidden(1) {
        summary.download_mbps = None;
    }
    if hidden(2) {
        summary.upload_mbps = None;
    }
    if hidden(3) {
        summary.idle_latency_ms = None;
    }
    if hidden(4) {
        summary.loaded_latency_ms = None;
    }
    if let Some(below) = &mut summary.below {
        for (figure, share) in (5..).zip([&mut below.download, &mut below.upload, &mut below.latency]) {
            if hidden(figure) {
                *share = None;
            }
        }
    }
}
