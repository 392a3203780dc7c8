//! Totals of municipalities, districts and states beside the pieces (METHODS 6): published only if no
//! difference of what is published leaves 1 to k-1 devices.

use std::collections::{BTreeMap, HashMap, HashSet};

use domain::{AreaKey, AreaLevel};

use super::{
    partition::Mark,
    private::{Channel, DeviceHash, PublishedArea},
};

/// A mark with where it is counted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Placed {
    pub(super) mark: Mark,
    pub(super) municipality: AreaKey,
    /// The published part that holds it; `None` where its votes are in no part.
    pub(super) part: Option<u32>,
}

/// What is decided for an area.
#[derive(Clone, Debug)]
pub(super) enum Verdict {
    /// Its total of today, with what the next release must compare.
    Publish(Vec<Channel>),
    /// Today's total would give something away: the one published before stays.
    Keep(Box<PublishedArea>),
    /// Nothing.
    Withhold,
}

/// What the judgement of areas looks at.
#[derive(Debug)]
pub(super) struct Areas<'a> {
    pub(super) k: u32,
    pub(super) placed: &'a [Placed],
    /// Parts whose published numbers are older than today's votes.
    pub(super) stale: &'a [bool],
    pub(super) devices: &'a [DeviceHash],
    pub(super) previous: &'a HashMap<AreaKey, PublishedArea>,
}

/// Devices and their digests, summed.
type Contributions = BTreeMap<u32, u32>;

impl Areas<'_> {
    /// Decides level by level, from municipalities up: what is published below limits what may be above.
    pub(super) fn judge(&self, levels: &[AreaLevel]) -> BTreeMap<AreaKey, Verdict> {
        let mut verdicts = BTreeMap::new();
        let mut by_part: HashMap<u32, Vec<usize>> = HashMap::new();
        for (number, placed) in self.placed.iter().enumerate() {
            if let Some(part) = placed.part {
                by_part.entry(part).or_default().push(number);
            }
        }
        let mut published: Vec<(AreaLevel, HashMap<AreaKey, Said>)> = Vec::new();
        for &level in levels {
            let mut members: BTreeMap<AreaKey, Vec<usize>> = BTreeMap::new();
            for (number, placed) in self.placed.iter().enumerate() {
                members.entry(at_level(placed.municipality, level)).or_default().push(number);
            }
            let mut said = HashMap::new();
            for (key, members) in members {
                let verdict = self.judge_one(key, level, &members, &by_part, &published);
                match &verdict {
                    Verdict::Publish(_) => drop(said.insert(key, Said::Today)),
                    Verdict::Keep(old) => drop(said.insert(key, Said::Before(self.changed_since(old, &members)))),
                    Verdict::Withhold => {}
                }
                verdicts.insert(key, verdict);
            }
            published.push((level, said));
        }
        verdicts
    }

    fn judge_one(
        &self,
        key: AreaKey,
        level: AreaLevel,
        members: &[usize],
        by_part: &HashMap<u32, Vec<usize>>,
        published: &[(AreaLevel, HashMap<AreaKey, Said>)],
    ) -> Verdict {
        let in_area = |placed: &Placed| at_level(placed.municipality, level) == key;
        let parts: HashSet<u32> = members.iter().filter_map(|&number| self.placed[number].part).collect();
        let (inside, across): (HashSet<u32>, HashSet<u32>) =
            parts.into_iter().partition(|part| by_part[part].iter().all(|&n| in_area(&self.placed[n])));
        let mut channels = vec![
            self.contributions(members, today),
            self.contributions(members, |placed| self.beside_parts(placed, &inside)),
        ];
        for (below, said) in published {
            let total = |placed: &Placed| said.get(&at_level(placed.municipality, *below));
            // Minus the totals below …
            channels.push(self.contributions(members, |placed| beside_total(placed, total(placed))));
            // … and minus the pieces that lie wholly in what is left.
            let left: HashSet<u32> = inside
                .iter()
                .copied()
                .filter(|part| by_part[part].iter().all(|&n| total(&self.placed[n]).is_none()))
                .collect();
            channels.push(self.contributions(members, |placed| match total(placed) {
                None => self.beside_parts(placed, &left),
                said => beside_total(placed, said),
            }));
        }
        // The other way round: the pieces that reach across the border, minus the area.
        let across: Vec<usize> = across.iter().flat_map(|part| &by_part[part]).copied().collect();
        let outside = self.contributions(&across, |placed| if in_area(placed) { None } else { today(placed) });

        let k = self.k as usize;
        let safe = |count: usize| count == 0 || count >= k;
        let enough = channels[0].len() >= k;
        let no_remainder = channels.iter().all(|channel| safe(channel.len())) && safe(outside.len());
        let channels: Vec<Channel> = channels.iter().map(|channel| self.hashed(channel)).collect();
        match self.previous.get(&key) {
            None if enough && no_remainder => Verdict::Publish(channels),
            None => Verdict::Withhold,
            Some(old) => {
                let steady = old.channels.len() == channels.len()
                    && old.channels.iter().zip(&channels).all(|(old, new)| safe(differing(old, new).len()));
                // To say again what is out already gives nothing away.
                if enough && no_remainder && steady {
                    Verdict::Publish(channels)
                } else {
                    Verdict::Keep(Box::new(old.clone()))
                }
            }
        }
    }

    /// What the published parts inside an area do not already say of a mark: all of it outside of them,
    /// and in a part whose numbers stayed behind, what changed since.
    fn beside_parts(&self, placed: &Placed, inside: &HashSet<u32>) -> Option<u32> {
        match placed.part {
            Some(part) if inside.contains(&part) => (self.stale[part as usize] && placed.mark.changed())
                .then(|| placed.mark.new ^ placed.mark.old.rotate_left(7)),
            _ => today(placed),
        }
    }

    /// Devices whose part in an area's total is not what it was when that was published.
    fn changed_since(&self, old: &PublishedArea, members: &[usize]) -> HashSet<u32> {
        let now = self.contributions(members, today);
        let changed = old.channels.first().map(|old| differing(old, &self.hashed(&now))).unwrap_or_default();
        now.keys().copied().filter(|&device| changed.contains(&self.devices[device as usize])).collect()
    }

    fn contributions(&self, numbers: &[usize], digest: impl Fn(&Placed) -> Option<u32>) -> Contributions {
        let mut sums = Contributions::new();
        for placed in numbers.iter().map(|&number| &self.placed[number]) {
            let Some(digest) = digest(placed) else { continue };
            // Place and content together, so that a move is a change.
            let place = (placed.mark.at ^ placed.mark.at >> 32) as u32;
            let sum = sums.entry(placed.mark.device).or_default();
            *sum = sum.wrapping_add(place.wrapping_mul(0x9e37_79b1) ^ digest);
        }
        sums
    }

    fn hashed(&self, contributions: &Contributions) -> Channel {
        let mut channel: Channel =
            contributions.iter().map(|(&device, &digest)| (self.devices[device as usize], digest)).collect();
        channel.sort_unstable();
        channel
    }
}

/// What is out about an area below the one in question.
#[derive(Debug)]
enum Said {
    /// Its total of today.
    Today,
    /// An older total; these devices have changed since.
    Before(HashSet<u32>),
}

fn today(placed: &Placed) -> Option<u32> {
    (placed.mark.new != 0).then_some(placed.mark.new)
}

/// What a published total below does not already say of a mark.
fn beside_total(placed: &Placed, said: Option<&Said>) -> Option<u32> {
    match said {
        None => today(placed),
        Some(Said::Today) => None,
        Some(Said::Before(changed)) => today(placed).filter(|_| changed.contains(&placed.mark.device)),
    }
}

/// Devices whose contribution is not the same in both.
fn differing(old: &Channel, new: &Channel) -> HashSet<DeviceHash> {
    let old: HashMap<DeviceHash, u32> = old.iter().copied().collect();
    let new: HashMap<DeviceHash, u32> = new.iter().copied().collect();
    old.keys().chain(new.keys()).copied().filter(|device| old.get(device) != new.get(device)).collect()
}

/// The area of a municipality at a level.
pub(super) fn at_level(municipality: AreaKey, level: AreaLevel) -> AreaKey {
    match level {
        AreaLevel::Municipality => municipality,
        AreaLevel::District => municipality.district().unwrap_or(municipality),
        AreaLevel::State => municipality.state(),
    }
}
