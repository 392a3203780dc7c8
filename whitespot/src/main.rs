//! The one binary: it only wires the crates together.

mod cli;
mod commands;
mod database;
mod http;
mod output;
mod progress;
mod server;
mod stop;

use std::process::ExitCode;

use clap::Parser;
use cli::{Cli, Command, Global};
use stop::Stop;
use tracing_subscriber::EnvFilter;

/// More requests a second than with the system's: docs/adr/0008-writing-evidence.md has the figures.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What a command fails with: a sentence that says what to do.
type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let filter = EnvFilter::try_from_env("WHITESPOT_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    // The transport needs one process-wide choice of cryptography; a second call changes nothing.
    let _ = rustls::crypto::ring::default_provider().install_default();

    let global = cli.global;
    match start(&global, cli.command).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("whitespot: {}", output::with_causes(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}

async fn start(global: &Global, command: Command) -> Result<(), Failure> {
    let stop = Stop::listen()?;
    let stops_itself = command.stops_itself();
    let work = Box::pin(run(global, command, &stop));
    if stops_itself {
        return work.await;
    }
    // Dropping a command closes what it holds: a private database is stopped, a transaction is rolled back.
    stop.unless_told("interrupted: nothing is half-done, run it again", work).await
}

async fn run(global: &Global, command: Command, stop: &Stop) -> Result<(), Failure> {
    match command {
        Command::Demo(args) => commands::demo::run(global, args, stop).await,
        Command::Serve(args) => commands::serve::run(global, args, stop).await,
        Command::Measure(args) => commands::measure::run(global, args).await,
        Command::Import(args) => commands::import::run(global, args).await,
        Command::Region(args) => commands::region::run(global, args.command).await,
        Command::Release(args) => commands::release::run(global, args).await,
        Command::Rank(args) => commands::rank::run(global, args).await,
        Command::Aggregate(args) => commands::aggregate::run(global, args).await,
        Command::Export(args) => commands::export::run(global, args).await,
        Command::Campaign(args) => commands::campaign::run(global, args.command).await,
        Command::Quarantine(args) => commands::quarantine::run(global, args).await,
        Command::Retention(args) => commands::retention::run(global, args).await,
        Command::Openapi => output::print(&api::document()).map_err(Into::into),
    }
}
