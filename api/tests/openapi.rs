//! The committed document is what the handlers say.

#[test]
fn the_committed_openapi_document_is_current() {
    let committed = include_str!("../../schemas/openapi.json");
    assert_eq!(committed.trim_end(), api::document().trim_end(), "run `make bless` and commit schemas/openapi.json");
}
