//! Hand-made evidence around one hexagon.
#![allow(dead_code, reason = "each test binary uses its own part of it")]

use analytics::{AreaUnit, Gated, Leaf, LeafBuilder, LeafVotes, Piece, RuleBook};
use domain::{
    Access, AreaKey, BitRate, ByteCount, Cover, CoverageEvidence, CoveragePoint, CoverageTrack, DevicePseudonym, Hex,
    HourStamp, ItemId, Layer, Resolution, Rtt, SignalDbm, SourceClass, SpeedEvidence, SpeedTest, Technology,
    TechnologyView,
    record::{FailureCause, FixedMedium, Network, Protocol, SpeedResult, TestOutcome},
};
use jiff::tz::TimeZone;

/// 36 km² of ground: 343 hexagons of resolution 9.
pub fn region() -> Hex {
    Hex::from_degrees(51.0, 7.5, Resolution::Six).unwrap()
}

pub fn children(hex: Hex, resolution: Resolution) -> Vec<Hex> {
    hex.children(resolution).collect()
}

/// All of `region()` in the given municipalities, by resolution-7 child.
pub fn cover(areas: &[&str]) -> Cover {
    let blocks = children(region(), Resolution::Seven);
    Cover::new(blocks.into_iter().enumerate().map(|(at, block)| (block, key(areas[at % areas.len()]))))
}

pub fn key(text: &str) -> AreaKey {
    text.parse().unwrap()
}

pub fn device(number: u32) -> DevicePseudonym {
    let mut bytes = [0; 16];
    bytes[..4].copy_from_slice(&number.to_be_bytes());
    DevicePseudonym::from_bytes(bytes)
}

/// An hour of 1 March 2026 and later (UTC).
pub fn hour(hours: u32) -> HourStamp {
    HourStamp::from_hours(492_264 + i32::try_from(hours).unwrap()).unwrap()
}

/// One look of one device at network 26201.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Look {
    pub device: u32,
    pub hex: Hex,
    pub hour: u32,
    pub technology: Option<Technology>,
    pub signal: Option<i16>,
}

impl Look {
    pub fn good(device: u32, hex: Hex) -> Self {
        Self { device, hex, hour: 9, technology: Some(Technology::FourG), signal: Some(-90) }
    }

    pub fn dead(device: u32, hex: Hex) -> Self {
        Self { technology: None, signal: None, ..Self::good(device, hex) }
    }

    pub fn evidence(&self) -> CoverageEvidence {
        let point = CoveragePoint {
            hex: self.hex,
            hour: hour(self.hour),
            operator: "26201".parse().unwrap(),
            technology: self.technology,
            signal: self.signal.map(|dbm| SignalDbm::from_dbm(dbm).unwrap()),
            quality: None,
            sinr: None,
        };
        let track = CoverageTrack { id: ItemId::random(), locked_to: None, points: vec![point] };
        CoverageEvidence { device: device(self.device), source: SourceClass::Crowd, track }
    }
}

/// Votes about 26201.
pub fn votes(looks: &[Look]) -> LeafVotes {
    about(leaves(looks), network())
}

/// All networks.
pub fn leaves(looks: &[Look]) -> Vec<Leaf> {
    let rules = RuleBook::builtin();
    let mut builder = LeafBuilder::new(TimeZone::UTC, &rules);
    for look in looks {
        builder.add_coverage(&look.evidence());
    }
    builder.finish().collect()
}

pub fn about(leaves: impl IntoIterator<Item = Leaf>, access: Access) -> LeafVotes {
    LeafVotes::merge_all(leaves.into_iter().filter(|leaf| leaf.access == access).map(|leaf| leaf.votes))
}

pub fn network() -> Access {
    mobile(TechnologyView::Broadband).access()
}

/// One layer of what may be published, and the private part of all of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Release {
    pub pieces: Vec<Piece>,
    pub areas: Vec<AreaUnit>,
    pub private: Vec<u8>,
}

/// The broadband layer; empty if nothing may be published.
pub fn broadband(gated: Gated) -> Release {
    let layer = gated.layers.into_iter().find(|layer| layer.layer == mobile(TechnologyView::Broadband));
    let (pieces, areas) = layer.map(|layer| (layer.pieces, layer.areas)).unwrap_or_default();
    Release { pieces, areas, private: gated.private }
}

pub fn mobile(view: TechnologyView) -> Layer {
    Layer::Mobile { operator: "26201".parse().unwrap(), view }
}

/// A test of a line: download and upload in Mbit/s, latency in ms; `None`: the network broke it.
#[derive(Clone, Copy, Debug)]
pub struct Line {
    pub device: u32,
    pub hex: Hex,
    pub hour: u32,
    pub result: Option<(u32, u32, u32)>,
}

impl Line {
    pub fn evidence(&self) -> SpeedEvidence {
        let outcome = match self.result {
            None => TestOutcome::Failed(FailureCause::NoConnection),
            Some((down, up, latency)) => TestOutcome::Completed(SpeedResult {
                download: Some(BitRate::from_mbps(down)),
                upload: Some(BitRate::from_mbps(up)),
                idle_latency: Some(Rtt::from_millis(latency)),
                ..SpeedResult::default()
            }),
        };
        let test = SpeedTest {
            id: ItemId::random(),
            at: hour(self.hour).start(),
            hex: self.hex,
            network: Network::Fixed { medium: FixedMedium::Lan, access: None },
            outcome,
            protocol: Protocol::Ndt7,
            bytes: ByteCount::default(),
            plan_download: None,
        };
        SpeedEvidence { device: device(self.device), source: SourceClass::Crowd, test }
    }
}

pub fn line_votes(lines: &[Line]) -> LeafVotes {
    let rules = RuleBook::builtin();
    let mut builder = LeafBuilder::new(TimeZone::UTC, &rules);
    for line in lines {
        builder.add_speed(&line.evidence());
    }
    about(builder.finish(), Access::Fixed)
}
