//! The description of the API, for people and programs that call it: `openapi.json` at the repository's root.
//!
//! It is made from the types that are answered, by a test and nowhere else, so that nothing of it is in the Worker. What serde
//! writes of a type is what `schemars` says of it: names, what is absent when, what can be null. Two things hold it: every route
//! and method of `routes::listed` is in it and nothing else is (here), and whatever the specs over HTTP are answered fits it
//! (`tests/openapi.mjs`).
//!
//! | module | what it has |
//! |---|---|
//! | [`document`] | the document: paths, schemas, and what is in it once |
//! | [`operation`] | one method of one path |
//! | `files`, `history`, `workspace`, `media`, `catalog`, `publish`, `install` | the routes, and the shapes of their requests |
//!
//! Shapes of requests are written down here alone: bodies are read member by member, so that a file's content in one does not go
//! through wasm (`body.rs`).

#![expect(dead_code, reason = "shapes of requests are described, and never made")]

mod catalog;
mod document;
mod files;
mod history;
mod install;
mod media;
mod operation;
mod publish;
mod workspace;

use document::Document;
pub use publish::VisibilityWord;

/// The description, as it is committed.
fn described() -> String {
    let mut document = Document::default();
    for describe in [
        files::describe,
        history::describe,
        workspace::describe,
        media::describe,
        publish::describe,
        catalog::describe,
        install::describe,
    ] {
        describe(&mut document);
    }
    let mut text = serde_json::to_string_pretty(&document.finish()).unwrap();
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::routes;

    const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");

    #[test]
    fn every_route_is_described_and_nothing_else_is() {
        let described: serde_json::Value = serde_json::from_str(&described()).unwrap();
        let described: BTreeSet<String> = described["paths"]
            .as_object()
            .unwrap()
            .iter()
            .flat_map(|(path, methods)| {
                methods.as_object().unwrap().keys().map(move |method| format!("{method} {path}"))
            })
            .collect();
        let routes: BTreeSet<String> = routes::described()
            .map(|(path, method)| format!("{} {}", method.to_lowercase(), path.replace("{*", "{")))
            .collect();
        let missing: Vec<_> = routes.difference(&described).collect();
        let unknown: Vec<_> = described.difference(&routes).collect();
        assert!(missing.is_empty(), "routes that src/openapi/ does not describe: {missing:#?}");
        assert!(unknown.is_empty(), "described in src/openapi/, and no route: {unknown:#?}");
    }

    #[test]
    fn the_committed_description_is_that_of_the_code() {
        let described = described();
        if std::env::var_os("UPDATE_OPENAPI").is_some() {
            std::fs::write(FILE, &described).unwrap();
        }
        let committed = std::fs::read_to_string(FILE).unwrap_or_default();
        let line = described.lines().zip(committed.lines()).position(|(ours, theirs)| ours != theirs);
        assert!(
            described == committed,
            "openapi.json is not what the code says (from line {} on): `npm run openapi` writes it anew",
            line.map_or(committed.lines().count().min(described.lines().count()), |line| line) + 1
        );
    }
}
