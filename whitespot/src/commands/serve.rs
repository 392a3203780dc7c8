use crate::{
    Failure,
    cli::{Global, Serve},
    database::Database,
    server::Server,
    stop::Stop,
};

/// Runs the server until it is told to stop, and leaves nothing unanswered.
pub async fn run(global: &Global, args: Serve, stop: &Stop) -> Result<(), Failure> {
    let database = Database::open(global).await?;
    let result = serve(&database, args, stop).await;
    database.close().await?;
    result
}

async fn serve(database: &Database, args: Serve, stop: &Stop) -> Result<(), Failure> {
    let mut server = Server::start(database, &args.listen).await?;
    server.aggregate()?;
    eprintln!("whitespot serves on http://{}", server.address());
    stop.told().await;
    server.stop().await
}
