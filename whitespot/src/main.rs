//! The one binary: it only wires the crates together.

mod cli;
mod commands;
mod database;
mod output;
mod progress;
mod server;

use std::process::ExitCode;

use clap::Parser;
use cli::{Cli, Command, Global};
use tracing_subscriber::EnvFilter;

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
    let result = tokio::select! {
        // Dropping a command closes what it holds: a private database is stopped, a transaction is rolled back.
        stopped = server::stop_signal(), if !cli.command.stops_itself() => {
            Err(stopped.map_or_else(Into::into, |()| "interrupted: nothing is half-done, run it again".into()))
        }
        result = run(&global, cli.command) => result,
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("whitespot: {}", output::with_causes(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}

async fn run(global: &Global, command: Command) -> Result<(), Failure> {
    match command {
        Command::Demo(args) => commands::demo::run(global, args).await,
        Command::Serve(args) => commands::serve::run(global, args).await,
        Command::Measure(args) => commands::measure::run(global, args).await,
        Command::Import(args) => commands::import::run(global, args).await,
        Command::Region(args) => commands::region::run(global, args.command).await,
        Command::Release(args) => commands::release::run(global, args).await,
        Command::Rank(args) => commands::rank::run(global, args).await,
        Command::Export(args) => commands::export::run(global, args).await,
        Command::Openapi => output::print(&api::document()).map_err(Into::into),
    }
}
