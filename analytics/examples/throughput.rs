//! How long it takes to build leaves and publish one layer: `cargo run --release -p analytics --example throughput`.

use std::{collections::BTreeSet, error::Error, time::Duration};

use analytics::{GateInput, Ground, LeafBuilder, LeafVotes, RuleBook, build_layers, reach};
use domain::{
    Access, AreaKey, Clock, Cover, CoverageEvidence, CoveragePoint, CoverageTrack, DevicePseudonym, Hex, HourStamp,
    ItemId, Operator, Resolution, SignalDbm, SourceClass, SystemClock, Technology, Window,
};
use jiff::tz::TimeZone;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

const POINTS: usize = 1_000_000;
const DEVICES: u32 = 36_000;
const PER_TRACK: usize = 100;

fn main() -> Result<(), Box<dyn Error>> {
    let mut phase = Phase::new();
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    // About the size of NRW: 140 hexagons of 252 km².
    let centre = Hex::from_degrees(51.45, 7.5, Resolution::Five)?;
    let roots: Vec<Hex> = centre.as_h3().grid_disk::<Vec<_>>(6).into_iter().map(Hex::from_h3).collect();
    let area = |number: usize| -> Result<AreaKey, domain::Invalid> { format!("05{number:06}").parse() };
    let sixes = roots.iter().flat_map(|root| root.children(Resolution::Six));
    let cover =
        sixes.enumerate().map(|(n, hex)| Ok((hex, area(n / 2)?))).collect::<Result<Vec<_>, domain::Invalid>>()?;
    let cover = Cover::new(cover);
    let operators: Vec<Operator> =
        ["26201", "26202", "26203"].iter().map(|code| code.parse()).collect::<Result<_, _>>()?;

    // Synthetic walks: a device stays near its home, homes are denser in some places.
    let tracks: Vec<CoverageEvidence> = (0..POINTS / PER_TRACK)
        .map(|_| -> Result<_, domain::Invalid> {
            let number = rng.random_range(0..DEVICES);
            let mut bytes = [0; 16];
            bytes[..4].copy_from_slice(&number.wrapping_mul(0x9e37_79b1).to_be_bytes());
            let root = roots[(number as usize * 7919) % roots.len()];
            let home =
                root.as_h3().center_child(Resolution::Eight).ok_or_else(|| domain::Invalid::new("hex", root, ""))?;
            let nearby: Vec<_> = home.grid_disk(rng.random_range(1..6));
            let hour = HourStamp::from_hours(494_000 + rng.random_range(0..7 * 24))?;
            let points = (0..PER_TRACK).map(|_| {
                let eight = nearby[rng.random_range(0..nearby.len())];
                let ten = eight.children(Resolution::Ten).nth(rng.random_range(0..49)).unwrap_or(eight);
                let technology = (!rng.random_bool(0.05)).then_some(Technology::FourG);
                Ok(CoveragePoint {
                    hex: Hex::from_h3(ten),
                    hour,
                    operator: operators[number as usize % operators.len()],
                    technology,
                    signal: technology.map(|_| SignalDbm::from_dbm(rng.random_range(-120..-70))).transpose()?,
                    quality: None,
                    sinr: None,
                })
            });
            let track =
                CoverageTrack { id: ItemId::random(), locked_to: None, points: points.collect::<Result<_, _>>()? };
            Ok(CoverageEvidence { device: DevicePseudonym::from_bytes(bytes), source: SourceClass::Simulated, track })
        })
        .collect::<Result<_, _>>()?;

    phase.next();
    let rules = RuleBook::builtin();
    let mut builder = LeafBuilder::new(TimeZone::get("Europe/Berlin")?, &rules);
    for track in &tracks {
        builder.add_coverage(track);
    }
    let leaves: Vec<_> = builder.finish().collect();
    let built = phase.next();
    let entries: usize = leaves.iter().map(|leaf| leaf.votes.entries().len()).sum();
    println!("leaves   {POINTS} points -> {entries} entries of {} networks: {built}", leaves.len());

    let blobs: Vec<Vec<u8>> = leaves.iter().map(|leaf| leaf.votes.encode()).collect();
    let bytes: usize = blobs.iter().map(Vec::len).sum();
    let encoded = phase.next();
    let decoded = blobs.iter().map(|blob| LeafVotes::decode(blob)).collect::<Result<Vec<_>, _>>()?;
    let read = phase.next();
    println!("encode   {bytes} bytes: {encoded}; decode: {read}");

    let access = Access::Mobile(operators[0]);
    let votes = leaves.iter().zip(decoded).find(|(leaf, _)| leaf.access == access).map(|(_, votes)| votes);
    let window = Window::Campaign("throughput".parse()?);
    let ground = Ground::new(cover.clone());
    let input = |leaves, previous| GateInput {
        access,
        source: SourceClass::Simulated,
        min_devices: SourceClass::Simulated.min_devices(),
        window: &window,
        leaves,
        ground: &ground,
        district_level: true,
        previous,
    };
    let votes: Vec<LeafVotes> = votes.into_iter().collect();
    phase.next();
    let first = build_layers(input(votes.clone(), None))?;
    let published = phase.next();
    let layer = first.layers.first().ok_or("nothing may be published")?;
    println!(
        "publish  {} entries -> {} layers of {} pieces, {} areas; {} private bytes: {published}",
        votes.iter().map(|votes| votes.entries().len()).sum::<usize>(),
        first.layers.len(),
        layer.pieces.len(),
        layer.areas.len(),
        first.private.len(),
    );
    let again = build_layers(input(votes, Some(&first.private)))?;
    println!("publish  again, unchanged: {}, same: {}", phase.next(), again == first);
    phase.next();
    let areas = reach(&cover, &layer.pieces, &BTreeSet::new()).len();
    println!("reach    of {areas} areas: {}", phase.next());
    Ok(())
}

/// Wall and processor time since the last call. On a busy machine only the latter says something.
struct Phase {
    clock: SystemClock,
    wall: Duration,
    cpu: f64,
}

impl Phase {
    fn new() -> Self {
        Self { clock: SystemClock::default(), wall: Duration::ZERO, cpu: 0.0 }
    }

    fn next(&mut self) -> String {
        let (wall, cpu) = (self.clock.monotonic(), cpu_seconds());
        let text = format!("{:.2} s, {:.2} s of CPU", wall.saturating_sub(self.wall).as_secs_f64(), cpu - self.cpu);
        (self.wall, self.cpu) = (wall, cpu);
        text
    }
}

/// User and system time of all threads (Linux; 0 elsewhere).
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // Fields 14 and 15, counted behind the name in brackets, which may hold spaces; in hundredths.
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields).split_whitespace();
    fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}
