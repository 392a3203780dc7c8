//! The command line: outside tools rely on it, so names and defaults only grow.

use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
};

use clap::{Args, Parser, Subcommand, ValueEnum};
use domain::{Hex, RegionId, Window};

/// Open measurement platform for broadband and mobile coverage.
///
/// `whitespot demo` shows all of it with a simulated campaign on http://localhost:8080.
#[derive(Debug, Parser)]
#[command(name = "whitespot", version, propagate_version = true)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Clone, Args)]
pub struct Global {
    /// Folder of the private PostgreSQL cluster; made when first used. A second process joins it.
    #[arg(long, global = true, default_value = ".whitespot", value_name = "FOLDER")]
    pub data_dir: PathBuf,
    /// Use this PostgreSQL server (with PostGIS) instead of a private cluster.
    #[arg(long, global = true, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    pub database_url: Option<String>,
    /// Folder with one folder of tables for each region.
    #[arg(long, global = true, default_value = "data/regions", value_name = "FOLDER")]
    pub regions_dir: PathBuf,
    /// Print machine-readable JSON where there is a human table.
    #[arg(long, global = true)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show everything: load a region, ingest a simulated campaign over HTTP, and serve map and lists.
    Demo(Demo),
    /// Run the server: ingest, measurement server, aggregation, map and lists.
    Serve(Serve),
    /// Measure this connection against a whitespot server and submit the result.
    Measure(Measure),
    /// Read a foreign file as evidence: drive-test, funkloch-app, rtr-opendata, geosubmit, librespeed-telemetry,
    /// ndt7-json, csv; or as context: ookla-tiles.
    Import(Import),
    /// Build, load and list regions from official files.
    Region(Region),
    /// Publish an immutable release of a window: the map and the lists read releases only.
    Release(Release),
    /// List municipalities by need, with intervals and reasons.
    Rank(Rank),
    /// Write the published hexagons of a layer; or, apart from them, estimates made from these.
    Export(Export),
    /// Summarise whole files of tests by hexagon: CSV or Parquet in, GeoParquet, GeoJSON or CSV out. Every test counts
    /// the same, as in open data of other platforms; releases give each device one voice instead.
    Aggregate(Aggregate),
    /// Plan a campaign: where to measure next.
    Campaign(Campaign),
    /// List what is kept outside of the statistics until a person has looked, or let it count.
    Quarantine(Quarantine),
    /// Destroy the evidence of past years together with the keys of its pseudonyms. Releases stay.
    Retention(Retention),
    /// Print the OpenAPI document of the HTTP interface.
    Openapi,
}

impl Command {
    /// Whether the command has more to do when it is told to stop than to let go.
    pub const fn stops_itself(&self) -> bool {
        matches!(self, Self::Demo(_) | Self::Serve(_))
    }
}

#[derive(Debug, Args)]
pub struct Listen {
    /// Address and port; port 0 takes a free one.
    #[arg(long = "listen", default_value = "127.0.0.1:8080", value_name = "ADDR:PORT")]
    pub address: SocketAddr,
    /// Write the bound address to this file once connections are taken.
    #[arg(long, value_name = "FILE")]
    pub port_file: Option<PathBuf>,
    /// Address of a reverse proxy whose `X-Forwarded-For` is believed; may be given several times. Without it
    /// all requests through a proxy share the limit of one sender (none, if the proxy is on this machine).
    #[arg(long = "trusted-proxy", value_name = "ADDR")]
    pub trusted_proxies: Vec<IpAddr>,
}

#[derive(Debug, Args)]
pub struct Demo {
    #[command(flatten)]
    pub listen: Listen,
    /// Simulated contributors.
    #[arg(long, default_value_t = 36_000)]
    pub devices: u32,
    /// Simulated coverage points, at least.
    #[arg(long, default_value_t = 1_000_000)]
    pub points: u32,
    /// Seed of the simulation.
    #[arg(long, default_value_t = 2026)]
    pub seed: u64,
    /// Stop after the map is served once (for scripts).
    #[arg(long)]
    pub exit_when_ready: bool,
}

#[derive(Debug, Args)]
pub struct Serve {
    #[command(flatten)]
    pub listen: Listen,
}

#[derive(Debug, Args)]
pub struct Measure {
    /// Server to measure against, for example http://localhost:8080.
    #[arg(long, value_name = "URL")]
    pub server: String,
    /// Where the line is, as an H3 hexagon of resolution 8 or 9. Without a place nothing is submitted.
    #[arg(long, conflicts_with = "position")]
    pub hex: Option<Hex>,
    /// Where the line is, in degrees. It is reduced to a hexagon here; the position is not sent.
    #[arg(long, value_name = "LAT,LNG")]
    pub position: Option<String>,
    /// Take part in this campaign.
    #[arg(long)]
    pub campaign: Option<domain::CampaignId>,
    /// Seconds for each direction, 1 to 10.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u8).range(1..=10))]
    pub seconds: u8,
    /// Radius of the position's circle in metres: a coarse position becomes a coarse hexagon.
    #[arg(long, default_value_t = 50.0, value_name = "METRES")]
    pub accuracy: f64,
    /// At most 10 MB each way, for a data plan.
    #[arg(long)]
    pub light: bool,
    /// Measure only.
    #[arg(long)]
    pub no_submit: bool,
    /// Folder of the queue: what could not be sent waits there for the next time.
    #[arg(long, value_name = "FOLDER")]
    pub queue_dir: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Import {
    /// Format of the file; recognised by its content if not given.
    #[arg(long)]
    pub format: Option<String>,
    /// Region that the evidence belongs to; loaded from --regions-dir if the database does not have it.
    #[arg(long)]
    pub region: RegionId,
    /// Read all of it, say what would be taken, and write nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Which column means what, for tables that no other format knows (format csv).
    #[arg(long, value_name = "FILE.toml")]
    pub mapping: Option<PathBuf>,
    /// Hexagon of all results, for formats without a place (librespeed-telemetry, ndt7-json).
    #[arg(long)]
    pub hex: Option<Hex>,
    /// When tiles of supply were measured, for example 2023-Q4 (ookla-tiles).
    #[arg(long)]
    pub period: Option<ingest::import::Period>,
    /// Which layer tiles of supply are (ookla-tiles).
    #[arg(long)]
    pub kind: Option<TileLayer>,
    /// A file, a folder, or a .tar.gz; files may be gzipped.
    pub input: PathBuf,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum TileLayer {
    /// Phones on Wi-Fi or cable.
    Fixed,
    /// Phones on a mobile network.
    Mobile,
}

impl From<TileLayer> for ingest::import::TileKind {
    fn from(layer: TileLayer) -> Self {
        match layer {
            TileLayer::Fixed => Self::Fixed,
            TileLayer::Mobile => Self::Mobile,
        }
    }
}

#[derive(Debug, Args)]
pub struct Region {
    #[command(subcommand)]
    pub command: RegionCommand,
}

#[derive(Debug, Subcommand)]
pub enum RegionCommand {
    /// Read official files and write the tables of a region.
    Build(RegionBuild),
    /// Load the tables of a region into the database.
    Load {
        /// Region id.
        id: RegionId,
    },
    /// List the regions in the database.
    List,
}

#[derive(Debug, Args)]
pub struct RegionBuild {
    /// Recipe: which official files make the region, with licence and credit.
    #[arg(value_name = "RECIPE.toml")]
    pub recipe: PathBuf,
    /// Folder that holds the official files.
    #[arg(long, value_name = "FOLDER")]
    pub data: PathBuf,
    /// Folder to write to; the region's own folder in --regions-dir otherwise.
    #[arg(long, value_name = "FOLDER")]
    pub out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Release {
    /// Region to publish.
    #[arg(long)]
    pub region: RegionId,
    /// Only this window, for example campaign:messwoche-nrw-2026 or 2026; all windows otherwise.
    #[arg(long)]
    pub window: Option<Window>,
}

#[derive(Debug, Args)]
pub struct Quarantine {
    /// Only on the ground of this region; everywhere otherwise.
    #[arg(long)]
    pub region: Option<RegionId>,
    /// Only what was given to this campaign.
    #[arg(long)]
    pub campaign: Option<domain::CampaignId>,
    /// Only the item with this id.
    #[arg(long, value_name = "UUID")]
    pub id: Option<domain::ItemId>,
    /// Let the items with this reason count from the next release on: repeated_content or similar_test. The
    /// reason may be left out if --id names the item.
    #[arg(long, value_name = "REASON", num_args = 0..=1)]
    #[expect(clippy::option_option, reason = "clap's form: not given, given alone, given with a reason")]
    pub lift: Option<Option<domain::QuarantineReason>>,
}

#[derive(Debug, Args)]
pub struct Retention {
    /// Calendar years that are kept beside the current one.
    #[arg(long, value_name = "YEARS", value_parser = clap::value_parser!(u8).range(1..=100))]
    pub keep_years: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Track {
    /// Fixed-line access.
    Fixed,
    /// Mobile coverage.
    Mobile,
}

impl From<Track> for analytics::Track {
    fn from(track: Track) -> Self {
        match track {
            Track::Fixed => Self::Fixed,
            Track::Mobile => Self::Mobile,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Table,
    /// UTF-8, comma, dot decimals, keys as quoted text.
    Csv,
    /// As `schemas/rank.json` or `schemas/next.json` has it.
    Json,
    /// RFC 7946, with outlines.
    Geojson,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum HexFormat {
    /// UTF-8, comma, dot decimals.
    Csv,
    /// The pieces of ground as the HTTP interface gives them.
    Json,
    /// RFC 7946, with outlines.
    Geojson,
}

#[derive(Debug, Args)]
pub struct Rank {
    /// Region to rank.
    #[arg(long)]
    pub region: RegionId,
    /// Fixed and mobile are never mixed in one list.
    #[arg(long)]
    pub track: Track,
    /// Form of the list; --json is short for json.
    #[arg(long, default_value = "table")]
    pub format: Format,
    /// Only releases of this window; the newest otherwise.
    #[arg(long)]
    pub window: Option<Window>,
    /// Only this class of evidence: crowd, survey, reported or simulated. Otherwise measured before simulated.
    #[arg(long)]
    pub source: Option<domain::SourceClass>,
    /// Write to this file instead of the terminal.
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Aggregate {
    /// Parquet or CSV files, or folders of them, all with the same columns.
    #[arg(required = true, value_name = "INPUT")]
    pub inputs: Vec<PathBuf>,
    /// H3 resolution of the hexagons.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u8).range(0..=15))]
    pub resolution: u8,
    /// Summarise evidence instead, as releases do: files that `import` reads, judged for --region, and one voice for each
    /// device in each hexagon and year. Not gated: for whoever owns the evidence, not for publication.
    #[arg(long, requires = "region", conflicts_with_all = ["columns", "metrics", "quantiles", "memory", "threads", "scratch_dir"])]
    pub layer: Option<domain::Layer>,
    /// Region whose ground the evidence of --layer must lie in, from --regions-dir.
    #[arg(long, requires = "layer")]
    pub region: Option<RegionId>,
    /// Format of the evidence of --layer; recognised by its content if not given.
    #[arg(long, requires = "layer")]
    pub format: Option<String>,
    /// Columns that have no usual name: lat, lng, hex, point (GeoParquet), device, download, upload, latency or loaded_latency.
    #[arg(long, value_name = "ROLE=COLUMN", value_delimiter = ',')]
    pub columns: Vec<String>,
    /// What is summarised: download, upload, latency, loaded_latency; all that is there otherwise. Throughput in
    /// Mbit/s, latency in ms.
    #[arg(long, value_name = "METRIC", value_delimiter = ',')]
    pub metrics: Vec<String>,
    /// Exact quantiles of each metric.
    #[arg(long, value_name = "Q", value_delimiter = ',', default_values_t = [0.1, 0.5, 0.9])]
    pub quantiles: Vec<f64>,
    /// MB for rows that wait for their turn; beyond it they wait in --scratch-dir. 350 otherwise, or what the threads need.
    #[arg(long, value_name = "MB")]
    pub memory: Option<usize>,
    /// Threads; one for each core otherwise.
    #[arg(long, value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..=1024))]
    pub threads: Option<usize>,
    /// Folder for what does not fit into memory; the system's otherwise.
    #[arg(long, value_name = "FOLDER")]
    pub scratch_dir: Option<PathBuf>,
    /// File to write; its ending says the format: .parquet (GeoParquet 1.1), .geojson or .csv.
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
}

#[derive(Debug, Args)]
pub struct Campaign {
    #[command(subcommand)]
    pub command: CampaignCommand,
}

#[derive(Debug, Subcommand)]
pub enum CampaignCommand {
    /// List the hexagons whose measurement is expected to move the ranking most, with reasons.
    Next(CampaignNext),
}

#[derive(Debug, Args)]
pub struct CampaignNext {
    /// Region to measure in.
    #[arg(long)]
    pub region: RegionId,
    /// AGS of a municipality (8 digits), district (5) or state (2); the whole region otherwise.
    #[arg(long, value_name = "AGS")]
    pub area: Option<domain::AreaKey>,
    /// Hexagons at most, 1 to 1,000.
    #[arg(long, default_value_t = 50)]
    pub top: u32,
    /// Whose ranks are to move: mobile broadband of all networks together, or fixed lines.
    #[arg(long, default_value = "mobile", conflicts_with = "layer")]
    pub track: Track,
    /// Only this layer, for example mobile-26201-any.
    #[arg(long)]
    pub layer: Option<domain::Layer>,
    /// Form of the list; --json is short for json.
    #[arg(long, default_value = "table")]
    pub format: Format,
    /// Only releases of this window; the newest otherwise.
    #[arg(long)]
    pub window: Option<Window>,
    /// Only this class of evidence: crowd, survey, reported or simulated. Otherwise measured before simulated.
    #[arg(long)]
    pub source: Option<domain::SourceClass>,
    /// Write to this file instead of the terminal.
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Export {
    /// Region to export.
    #[arg(long)]
    pub region: RegionId,
    /// Layer, for example fixed or mobile-26201-broadband.
    #[arg(long)]
    pub layer: domain::Layer,
    /// Only releases of this window; the newest otherwise.
    #[arg(long)]
    pub window: Option<Window>,
    /// Only this class of evidence: crowd, survey, reported or simulated. Otherwise measured before simulated.
    #[arg(long)]
    pub source: Option<domain::SourceClass>,
    /// Estimates at resolution 8 for planners instead of what was published: smoothed from measured neighbours, each
    /// with its interval. They are no measurements.
    #[arg(long)]
    pub estimate: bool,
    /// Form of the file; --json is short for json.
    #[arg(long, default_value = "geojson")]
    pub format: HexFormat,
    /// Write to this file instead of the terminal.
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}
