use store::StoreError;

/// Why background work stopped. What was done before stays done.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// The database did not answer.
    #[error("the database is not available: {0}")]
    Store(#[from] StoreError),
    /// Some blocks keep the summaries that they had; all others are rebuilt.
    #[error(
        "{count} blocks could not be summarised, {} in {} among them: {reason}. They are tried again with every release, \
         and by a running server", key.0, key.1
    )]
    Unsummarised {
        /// How many.
        count: usize,
        /// One of them.
        key: store::DirtyBlock,
        /// What is wrong with it.
        reason: String,
    },
    /// A leaf in the database cannot be read.
    #[error("a summary in the database is damaged ({0}): mark its block dirty, and it is rebuilt from evidence")]
    Leaf(#[from] analytics::DecodeError),
    /// Nothing to publish.
    #[error("there is no region `{0}` in the database: load it with `whitespot region load {0}`")]
    NoRegion(domain::RegionId),
    /// Nothing can belong to it.
    #[error("there is no campaign `{0}` in the database: GET /v1/campaigns lists what there is, or leave it out")]
    NoCampaign(domain::CampaignId),
    /// There is no mark to clear.
    #[error(
        "an outlier cannot be lifted: it is computed from the device's other tests whenever a summary is made, and \
         counts as soon as they agree with it (docs/METHODS.md, Outliers)"
    )]
    OutlierStays,
    /// Nothing to lift.
    #[error(
        "there is no quarantined item `{0}` there: check the id, and leave out --region, --campaign and the reason"
    )]
    NotQuarantined(domain::ItemId),
    /// Another region has published the same ground.
    #[error(
        "region `{region}` shares ground with `{other}`, which has a release of {window}: the difference of two totals over \
         the same ground could reveal what each withholds. Publish `{other}` again, or another window, or begin with an \
         empty database"
    )]
    SharedGround {
        /// That was to be published.
        region: domain::RegionId,
        /// That was published.
        other: domain::RegionId,
        /// Of both.
        window: domain::Window,
    },
    /// The previous release cannot be compared with.
    #[error("no release of {source_class} evidence of {window}: {reason}. What else there is was published")]
    Previous {
        /// Whose.
        source_class: domain::SourceClass,
        /// Of which time.
        window: domain::Window,
        /// What is wrong with it.
        reason: analytics::GateError,
    },
}
