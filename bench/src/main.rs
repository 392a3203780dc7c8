//! Figures, each beside a limit or a peer measured in the same run: `make bench`.
//!
//! ```text
//! benches            single pieces in memory
//! benches kernel     the hexagon kernel beside h3o
//! benches ingest     the way into the database: bare COPY, single inserts, HTTP (or one of: rows, singles, points)
//! benches gate N P [OPERATOR]  what the gate takes away from a week of N devices with P points each, and how long it takes
//! benches week N     N coverage points over HTTP, aggregated until nothing waits (make soak)
//! ```
//! Machines are noisy: the ratios say more than the figures.

mod campaign;
mod client;
mod gate;
mod ingest;
mod kernel;
mod micro;
mod week;

/// A benchmark fails with a sentence.
type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => micro::run(),
        ["kernel"] => kernel::run(),
        ["ingest"] => Box::pin(ingest::run(None)).await?,
        ["ingest", part @ ("rows" | "singles" | "points")] => Box::pin(ingest::run(Some(part))).await?,
        ["gate", devices, points] => gate::run(devices.parse()?, points.parse()?, None)?,
        ["gate", devices, points, operator] => {
            gate::run(devices.parse()?, points.parse()?, Some(operator.parse()?))?;
        }
        ["week", points] => Box::pin(week::run(points.parse()?)).await?,
        _ => {
            return Err(
                "usage: benches [kernel | ingest [rows | singles | points] | gate DEVICES POINTS_EACH [OPERATOR] | week POINTS]"
                    .into(),
            );
        }
    }
    Ok(())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
