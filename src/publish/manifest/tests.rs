//! Manifests, to the byte.

use super::*;
use crate::publish::aliases::Aliases;

fn id(text: &str) -> LocalId {
    LocalId::parse(text).unwrap()
}

fn notes() -> AppManifest {
    let mut imports = Imports::default();
    let source = "import React from 'react'; import { create } from 'zustand'; import { Buffer } from 'buffer'; import fs from 'fs'; import type { A } from 'types';";
    imports.scan("index.tsx", source, &Aliases::default());
    let json = r#"{"dependencies":{"react":"^18.0.0","zustand":"^4.5.0","three":"^0.170.0","buffer":"^6.0.3"},"devDependencies":{"vite":"^5"}}"#;
    let lock =
        "importers:\n  .:\n    dependencies:\n      react:\n        specifier: ^18.0.0\n        version: 18.3.1\n";
    let versions = Versions::of(Some(json), Some(lock));
    let fields = AppFields {
        description: Some("Lightweight \"notes\"".to_owned()),
        tags: Some(vec!["productivity".to_owned()]),
        ..AppFields::default()
    };
    let listed = RegistryEntry {
        id: "notes".to_owned(),
        name: "Notes 📝".to_owned(),
        icon: Some("📝".to_owned()),
        path: String::new(),
    };
    AppManifest::new(id("notes"), fields, Some(&listed), &imports, &versions, &["a.ts", "index.tsx"]).unwrap()
}

#[test]
fn an_app_is_told_with_what_it_imports_and_nothing_else() {
    insta::assert_snapshot!(String::from_utf8(notes().to_bytes()).unwrap(), @r#"
    {
      "schemaVersion": 1,
      "id": "notes",
      "name": "Notes 📝",
      "icon": "📝",
      "entry": "/src/apps/notes/index.tsx",
      "dependencies": {
        "buffer": "^6.0.3",
        "react": "18.3.1",
        "zustand": "^4.5.0"
      },
      "peerDependencies": {},
      "devDependencies": {
        "types": "*"
      },
      "tags": [
        "productivity"
      ],
      "description": "Lightweight \"notes\""
    }
    "#);
    assert_eq!(AppManifest::parse(&notes().to_bytes()), Ok(notes()));
}

#[test]
fn what_it_needs_is_hashed_as_javascript_writes_it() {
    let text = r#"{"dependencies":{"buffer":"^6.0.3","react":"18.3.1","zustand":"^4.5.0"},"peerDependencies":{},"devDependencies":{"types":"*"}}"#;
    assert_eq!(notes().deps_hash(), hash(text.as_bytes()));
    // Computed by Node: createHash("sha256").update(JSON.stringify({dependencies:{},peerDependencies:{},devDependencies:{}})).
    let empty = AppManifest { dependencies: Packages::new(), dev_dependencies: Packages::new(), ..notes() };
    insta::assert_snapshot!(empty.deps_hash().to_string(), @"672b3be87b79c5bc82dc313166ab4afe252f7e8d2a9eb9d1bfe00fde2158d4d5");
}

#[test]
fn what_a_request_says_wins() {
    let fields: AppFields =
        serde_json::from_str(r#"{"name":"Mine","dependencies":{"react":"^19"},"ignored":1}"#).unwrap();
    let others = AppFields { name: Some("Other".to_owned()), icon: Some("x".to_owned()), ..AppFields::default() };
    let (imports, versions) = (Imports::default(), Versions::default());
    let manifest = AppManifest::new(id("a"), fields.or(others), None, &imports, &versions, &["index.jsx"]).unwrap();
    assert_eq!(
        (manifest.name.as_str(), manifest.icon.as_deref(), manifest.entry.as_str()),
        ("Mine", Some("x"), "/src/apps/a/index.jsx")
    );
    assert_eq!(manifest.dependencies, Packages::from([("react".to_owned(), "^19".to_owned())]));
}

#[test]
fn a_manifest_of_others_is_looked_at_before_it_is_believed() {
    let good = String::from_utf8(notes().to_bytes()).unwrap();
    for (from, to) in [
        ("\"schemaVersion\": 1", "\"schemaVersion\": 2"),
        ("\"id\": \"notes\"", "\"id\": \"../notes\""),
        ("/src/apps/notes/index.tsx", "/src/apps/other/index.tsx"),
        ("/src/apps/notes/index.tsx", "/src/apps/notes/../../x.tsx"),
        ("18.3.1", "--global"),
        ("\"zustand\"", "\"; rm\""),
        ("Notes 📝", ""),
        ("Notes 📝", "two\\nlines"),
        ("productivity", "a tag that is far too long to be a word anybody would look for"),
        ("{", "["),
    ] {
        let bad = good.replace(from, to);
        assert_ne!(bad, good);
        assert!(AppManifest::parse(bad.as_bytes()).is_err(), "{to}");
    }
}

#[test]
fn a_desktop_is_told_with_its_files_in_order() {
    let registry =
        r#"{"apps":[{"id":"notes","name":"Notes","icon":"n","path":"/src/apps/notes/index.tsx"},7,{"id":"x"}]}"#;
    let zeros = Sha256::new([0; 32]);
    let file = |path: &str| PublishedFile { path: path.to_owned(), size: 3, sha256: zeros };
    let fields = DesktopFields {
        id: "d1".to_owned(),
        title: "Mine".to_owned(),
        icon: None,
        description: None,
        owner: "ada".to_owned(),
    };
    let versions = Versions::of(Some(r#"{"dependencies":{"react":"^18"}}"#), None);
    let files = vec![file("z.txt"), file("a.txt")];
    let manifest = DesktopManifest::new(fields, read_registry(registry), &versions, files, zeros, None).unwrap();
    let json = serde_json::to_string(&manifest).unwrap().replace(&"0".repeat(64), "0…");
    insta::assert_snapshot!(json, @r#"{"schemaVersion":1,"id":"d1","title":"Mine","owner":"ada","apps":[{"id":"notes","name":"Notes","icon":"n","entry":"/src/apps/notes/index.tsx"}],"dependencies":{"react":"^18"},"files":[{"path":"a.txt","size":3,"sha256":"0…"},{"path":"z.txt","size":3,"sha256":"0…"}],"snapshotHash":"0…"}"#);
}

#[test]
fn a_registry_is_a_list_or_has_one() {
    let list = r#"[{"id":"a","name":"A","path":"/src/apps/a/index.tsx"}]"#;
    assert_eq!(read_registry(list), read_registry(&format!("{{\"apps\":{list}}}")));
    assert_eq!(read_registry(list).len(), 1);
    for bad in ["", "{}", "7", "[[]]", "null"] {
        assert_eq!(read_registry(bad), []);
    }
}

#[test]
fn an_app_begins_with_what_is_stated_or_usual_and_there() {
    let entry = |stated: Option<&str>, registered: Option<&str>, files: &[&str]| {
        let fields = AppFields { entry: stated.map(str::to_owned), ..AppFields::default() };
        let listed = registered.map(|path| RegistryEntry {
            id: "a".to_owned(),
            name: "A".to_owned(),
            icon: None,
            path: path.to_owned(),
        });
        let (imports, versions) = (Imports::default(), Versions::default());
        AppManifest::new(id("a"), fields, listed.as_ref(), &imports, &versions, files).map(|manifest| manifest.entry)
    };
    let [index, main, app] = ["/src/apps/a/index.ts", "/src/apps/a/main.tsx", "/src/apps/a/lib/App.tsx"];
    let all = ["index.ts", "lib/App.tsx", "main.tsx"];
    for (stated, registered, found) in [
        (None, None, index),
        (None, Some(""), index),
        (None, Some(app), app),
        (Some(main), Some(app), main),
        (Some("src/apps/a/main.tsx"), None, main),
    ] {
        assert_eq!(entry(stated, registered, &all).as_deref(), Ok(found));
    }
    for (stated, registered) in [
        (Some("/src/apps/a/gone.tsx"), None),
        (None, Some("/src/apps/a/gone.tsx")),
        (None, Some("/src/apps/ab/main.tsx")),
        (Some("/src/apps/a/../a/main.tsx"), None),
        (Some("/src/apps/a"), None),
        (Some("main.tsx"), None),
    ] {
        assert!(entry(stated, registered, &all).unwrap_err().contains("is not among its files in /src/apps/a;"));
    }
    insta::assert_snapshot!(entry(None, None, &["App.tsx"]).unwrap_err(), @"/src/apps/a has none of index.tsx, index.ts, index.jsx, index.js; say in manifest.entry with which file the app begins");
}
