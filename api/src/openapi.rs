//! The OpenAPI document, made from the handlers.

use axum::Json;
use serde_json::{Value, json};
use utoipa::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{AppState, contributions, ops, read, submit};

#[derive(OpenApi)]
#[openapi(info(
    title = "whitespot",
    description = "Broadband and mobile coverage measured by citizens. Errors are RFC 9457 problem documents. \
                   Everything under `read` comes from an immutable release, whose id is the ETag.",
    license(name = "EUPL-1.2", identifier = "EUPL-1.2"),
))]
struct Document;

pub(crate) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(submit::submit))
        .routes(routes!(contributions::erase))
        .routes(routes!(contributions::follow_up))
        .routes(routes!(read::regions))
        .routes(routes!(read::campaigns))
        .routes(routes!(read::next))
        .routes(routes!(read::releases))
        .routes(routes!(read::release))
        .routes(routes!(read::legend))
        .routes(routes!(read::hexes))
        .routes(routes!(read::estimates))
        .routes(routes!(read::areas))
        .routes(routes!(read::rankings))
        .routes(routes!(read::tile))
        .routes(routes!(read::area_tile))
        .routes(routes!(ops::healthz))
        .routes(routes!(ops::readyz))
        .routes(routes!(ops::metrics))
        .routes(routes!(openapi))
}

/// This document.
#[utoipa::path(get, path = "/openapi.json", tag = "operations", responses((status = 200, body = Object)))]
async fn openapi() -> Json<Value> {
    Json(whole())
}

/// The document as committed in `schemas/openapi.json`.
pub fn document() -> String {
    serde_json::to_string_pretty(&whole()).unwrap_or_default()
}

/// What the handlers say, with the wire format as its own schema has it.
fn whole() -> Value {
    let (_, document) = router().split_for_parts();
    let mut document = serde_json::to_value(document).unwrap_or_default();
    let mut batch = domain::wire::v1::json_schema();
    to_components(&mut batch);
    let parts = batch.as_object_mut().and_then(|batch| batch.remove("$defs"));
    let submit = &mut document["paths"]["/v1/batches"]["post"];
    submit["requestBody"]["content"]["application/json"]["schema"] = reference("Batch");
    submit["responses"]["200"]["content"]["application/json"]["schema"] = reference("BatchAnswer");
    let schemas = &mut document["components"]["schemas"];
    schemas[format!("{WIRE}Batch")] = batch;
    for (name, part) in parts.as_ref().and_then(Value::as_object).into_iter().flatten() {
        schemas[format!("{WIRE}{name}")] = part.clone();
    }
    document
}

/// Before the names of the wire format among the components.
const WIRE: &str = "Wire";

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{WIRE}{name}") })
}

/// References within a schema become references to components; what stands for a document of its own goes.
fn to_components(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            fields.remove("$schema");
            fields.remove("$id");
            if let Some(name) =
                fields.get("$ref").and_then(Value::as_str).and_then(|name| name.strip_prefix("#/$defs/"))
            {
                let referred = reference(name);
                fields.insert("$ref".to_owned(), referred["$ref"].clone());
            }
            fields.values_mut().for_each(to_components);
        }
        Value::Array(items) => items.iter_mut().for_each(to_components),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
