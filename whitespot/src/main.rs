//! The one binary: it only wires the crates together.

mod cli;
mod commands;
mod database;
mod output;
mod progress;
mod server;

use std::process::ExitCode;

use clap::Parser;
use cli::{Cli, Command};
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
    let result = match cli.command {
        Command::Demo(args) => commands::demo::run(&global, args).await,
        Command::Serve(args) => commands::serve::run(&global, args).await,
        Command::Measure(args) => commands::measure::run(&global, args).await,
        Command::Import(args) => commands::import::run(&global, args).await,
        Command::Region(args) => commands::region::run(&global, args.command).await,
        Command::Release(args) => commands::release::run(&global, args).await,
        Command::Rank(args) => commands::rank::run(&global, args).await,
        Command::Export(args) => commands::export::run(&global, args).await,
        Command::Openapi => output::print(&api::document()).map_err(Into::into),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("whitespot: {}", output::with_causes(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}
