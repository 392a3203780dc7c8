//! The built web pages, inside the binary.

use axum::{
    http::{StatusCode, Uri, header},
    response::{Html, IntoResponse, Response},
};
use rust_embed::Embed;

use crate::ApiError;

#[derive(Embed)]
#[folder = "../web/dist"]
#[allow_missing = true]
struct Pages;

/// Everything the pages load comes from this server; nothing else may.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; img-src 'self' data: blob:; worker-src 'self' blob:; \
     style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'";

/// A file of the web pages; any other path without a file ending shows the start page.
pub async fn page(uri: Uri) -> Response {
    let path = uri.path().trim_start_matches('/');
    if let Some(file) = Pages::get(path) {
        return serve(path, file);
    }
    let api = ["v1/", "tiles/", "ndt/", "ogc/"].iter().any(|prefix| path.starts_with(prefix));
    let names_a_file = path.rsplit('/').next().is_some_and(|name| name.contains('.'));
    if api || names_a_file {
        let id = uri.path().to_owned();
        return ApiError::NotFound { what: "page", id, hint: "GET /openapi.json lists what there is".into() }
            .into_response();
    }
    if let Some(file) = Pages::get("index.html") {
        return serve("index.html", file);
    }
    let page = "<!doctype html><title>whitespot</title><p>The web pages are not in this build: \
                run <code>make web</code> and build again. The API is at <a href=/openapi.json>/openapi.json</a>.";
    (StatusCode::NOT_FOUND, Html(page)).into_response()
}

fn serve(path: &str, file: rust_embed::EmbeddedFile) -> Response {
    // Vite puts a hash of the content into names under assets/.
    let cache = if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    let headers = [
        (header::CONTENT_TYPE, file.metadata.mimetype().to_owned()),
        (header::CACHE_CONTROL, cache.to_owned()),
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY.to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (header::REFERRER_POLICY, "no-referrer".to_owned()),
    ];
    (headers, file.data).into_response()
}
