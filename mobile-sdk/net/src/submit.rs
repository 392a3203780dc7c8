use std::time::Duration;

use domain::Clock;
use reqwest::{
    Client,
    header::{CONTENT_TYPE, RETRY_AFTER},
};
use sdk_core::{Conditions, Engine, Method, Now, QueueStats, Upload, UploadResult, UploadTask};

use crate::{ServerUrl, tls};

/// Largest answer that is read: 1,000 item answers with every detail stay far below.
const MAX_ANSWER: usize = 4 << 20;

/// How far one call goes.
#[derive(Clone, Copy, Debug)]
pub struct SubmitOptions {
    /// What the platform knows.
    pub conditions: Conditions,
    /// Waits that add up to more are left to the next call.
    pub patience: Duration,
    /// For one request.
    pub timeout: Duration,
}

impl Default for SubmitOptions {
    fn default() -> Self {
        Self {
            conditions: Conditions::UNLIMITED,
            // A person waits at a command line.
            patience: Duration::from_secs(20),
            timeout: Duration::from_mins(1),
        }
    }
}

/// What one call did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubmitSummary {
    /// Requests sent.
    pub uploads: u32,
    /// Items the server took, or had already.
    pub delivered: u64,
    /// Items it will never take: see the reasons in `queue.lost`.
    pub lost: u64,
    /// Why the last request went wrong, for a person; `None` if it did not.
    pub trouble: Option<String>,
    /// The queue afterwards.
    pub queue: QueueStats,
}

/// The HTTP client could not be made.
#[derive(Debug, thiserror::Error)]
#[error("cannot prepare HTTPS: {0}. Check that the system's certificates are installed")]
pub struct SubmitError(#[from] reqwest::Error);

/// Sends what the queue has, until it says `Done` or patience ends. Nothing is lost by an error: what was
/// not answered stays in the queue.
pub async fn submit(
    engine: &mut Engine,
    server: &ServerUrl,
    options: &SubmitOptions,
    clock: &dyn Clock,
) -> Result<SubmitSummary, SubmitError> {
    tls::install_provider();
    let client = Client::builder()
        .timeout(options.timeout)
        .user_agent(concat!("whitespot/", env!("CARGO_PKG_VERSION")))
        .build()?;
    let before = engine.stats(Now::of(clock));
    let (mut uploads, mut waited, mut trouble) = (0, Duration::ZERO, None);
    loop {
        match engine.next_upload(Now::of(clock), options.conditions) {
            UploadTask::Done => break,
            UploadTask::Wait { at_most } if waited.saturating_add(at_most) > options.patience => break,
            UploadTask::Wait { at_most } => {
                waited += at_most;
                tokio::time::sleep(at_most).await;
            }
            UploadTask::Upload(upload) => {
                uploads += 1;
                let id = upload.id;
                let result = send(&client, server, upload).await;
                trouble = describe(&result);
                engine.report(id, result, Now::of(clock));
            }
        }
    }
    let queue = engine.stats(Now::of(clock));
    let lost = |stats: &QueueStats| stats.lost.values().sum::<u64>();
    Ok(SubmitSummary {
        uploads,
        delivered: queue.delivered - before.delivered,
        lost: lost(&queue) - lost(&before),
        trouble,
        queue,
    })
}

async fn send(client: &Client, server: &ServerUrl, upload: Upload) -> UploadResult {
    let url = server.http(upload.path);
    let request = match upload.method {
        Method::Post => client.post(url),
        Method::Delete => client.delete(url),
    };
    match exchange(request.header(CONTENT_TYPE, "application/json").body(upload.body)).await {
        Ok(result) => result,
        Err(error) => {
            // reqwest names the URL, which is the user's own server; the body it never prints.
            tracing::debug!(error = %error, "an upload was not answered");
            UploadResult::NetworkFailure
        }
    }
}

async fn exchange(request: reqwest::RequestBuilder) -> Result<UploadResult, reqwest::Error> {
    let mut response = request.send().await?;
    let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        body.extend_from_slice(&chunk);
        if body.len() > MAX_ANSWER {
            // Not an answer of ours: the engine sees an unreadable one and keeps the items.
            body.clear();
            break;
        }
    }
    Ok(UploadResult::Http {
        status: response.status().as_u16(),
        retry_after: retry_after.map(Duration::from_secs),
        body,
    })
}

fn describe(result: &UploadResult) -> Option<String> {
    match result {
        UploadResult::Http { status: 200..=299, .. } | UploadResult::Cancelled => None,
        UploadResult::Http { status, .. } => Some(format!("the server answered {status}")),
        UploadResult::NetworkFailure => Some("the server did not answer".to_owned()),
    }
}
