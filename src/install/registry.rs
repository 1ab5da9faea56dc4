//! `public/apps/registry.json` as it is changed: what an app adds, and nothing else.

use std::collections::BTreeSet;

use super::json::Json;
use crate::publish::manifest::RegistryEntry;

/// The registry of a workspace.
#[derive(Clone, Debug)]
pub struct Registry {
    json: Json,
    before: Option<String>,
}

impl Registry {
    /// Of its text, if there is one. An error says why it cannot be changed.
    pub fn parse(text: Option<&str>) -> Result<Self, String> {
        let json = text.map_or(Ok(Json::List(Vec::new())), Json::parse)?;
        let registry = Self { json, before: text.map(str::to_owned) };
        if registry.list().is_some() {
            Ok(registry)
        } else {
            Err("it is neither a list nor {\"apps\": […]}".to_owned())
        }
    }

    fn list(&self) -> Option<&Vec<Json>> {
        let list = if let Json::Object(_) = self.json { self.json.get("apps") } else { Some(&self.json) };
        if let Some(Json::List(lines)) = list { Some(lines) } else { None }
    }

    fn list_mut(&mut self) -> Option<&mut Vec<Json>> {
        let list = if let Json::Object(_) = self.json { self.json.get_mut("apps") } else { Some(&mut self.json) };
        if let Some(Json::List(lines)) = list { Some(lines) } else { None }
    }

    fn texts(&self, member: &str) -> BTreeSet<String> {
        let lines = self.list().into_iter().flatten();
        lines.filter_map(|line| line.text(member)).map(str::to_owned).collect()
    }

    /// The ids that are taken.
    pub fn ids(&self) -> BTreeSet<String> {
        self.texts("id")
    }

    /// The names that are taken.
    pub fn names(&self) -> BTreeSet<String> {
        self.texts("name")
    }

    /// Whether a line leads to a file.
    pub fn has_path(&self, path: &str) -> bool {
        self.list().into_iter().flatten().any(|line| line.text("path") == Some(path))
    }

    /// Whether it has an app: by its id, or by a path in its folder.
    pub fn has(&self, id: &str) -> bool {
        self.list().into_iter().flatten().any(|line| is_of(line, id))
    }

    /// What it calls an app.
    pub fn name_of(&self, id: &str) -> Option<&str> {
        self.list()?.iter().find(|line| is_of(line, id))?.text("name")
    }

    /// Has an app's line, found by the path that it had, be that of the app where it is now; takes it out if there is one already.
    pub fn rename(&mut self, path: &str, id: &str) {
        if self.has(id) {
            return self.remove_path(path);
        }
        let lines = self.list_mut().into_iter().flatten();
        if let Some(line) = lines.into_iter().find(|line| line.text("path") == Some(path)) {
            line.put("id", Json::Text(id.to_owned()));
        }
    }

    /// Adds an app. Of one that is there only the path changes: name and icon are its user's.
    pub fn put(&mut self, entry: &RegistryEntry) {
        let Some(lines) = self.list_mut() else { return };
        let text = |text: &str| Json::Text(text.to_owned());
        if let Some(line) = lines.iter_mut().find(|line| is_of(line, &entry.id)) {
            line.put("path", text(&entry.path));
            return;
        }
        let icon = entry.icon.as_ref().map(|icon| ("icon".to_owned(), text(icon)));
        let before = [("id".to_owned(), text(&entry.id)), ("name".to_owned(), text(&entry.name))];
        let path = [("path".to_owned(), text(&entry.path))];
        lines.push(Json::Object(before.into_iter().chain(icon).chain(path).collect()));
    }

    /// Takes an app out.
    pub fn remove(&mut self, id: &str) {
        if let Some(lines) = self.list_mut() {
            lines.retain(|line| !is_of(line, id));
        }
    }

    /// Takes out what leads to a file.
    pub fn remove_path(&mut self, path: &str) {
        if let Some(lines) = self.list_mut() {
            lines.retain(|line| line.text("path") != Some(path));
        }
    }

    /// Whether it is an empty list and nothing else.
    pub fn is_bare(&self) -> bool {
        self.json == Json::List(Vec::new())
    }

    /// The file's new text, indented by two spaces.
    pub fn to_text(&self) -> String {
        self.json.write_like(self.before.as_deref(), "  ")
    }
}

/// Whether a line is that of the app in a folder.
fn is_of(line: &Json, id: &str) -> bool {
    let is_within = |path: &str| {
        let rest = path.strip_prefix("/src/apps/").and_then(|rest| rest.strip_prefix(id));
        rest.is_some_and(|rest| rest.starts_with('/'))
    };
    line.text("id") == Some(id) || line.text("path").is_some_and(is_within)
}

/// The first of `one`, and what `next` makes of 1, 2, …, that is not taken.
pub fn first_free(one: &str, next: impl Fn(&str, usize) -> String, is_taken: impl Fn(&str) -> bool) -> String {
    if !is_taken(one) {
        return one.to_owned();
    }
    // As many as there are names there can be clashes; the range has no end that matters.
    (1..usize::MAX).map(|number| next(one, number)).find(|candidate| !is_taken(candidate)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(id: &str, name: &str, icon: Option<&str>) -> RegistryEntry {
        let path = format!("/src/apps/{id}/index.tsx");
        RegistryEntry { id: id.to_owned(), name: name.to_owned(), icon: icon.map(str::to_owned), path }
    }

    #[test]
    fn an_app_is_added_and_taken_out_and_the_rest_stays() {
        let mut registry = Registry::parse(Some(
            r#"{"version":3,"apps":[{"path":"/src/apps/a/i.tsx","name":"A","id":"a","mine":{"z":1,"y":2}}, 7]}"#,
        ))
        .unwrap();
        registry.put(&entry("notes", "Notes", Some("📝")));
        insta::assert_snapshot!(registry.to_text(), @r#"
        {
          "version": 3,
          "apps": [
            {
              "path": "/src/apps/a/i.tsx",
              "name": "A",
              "id": "a",
              "mine": {
                "z": 1,
                "y": 2
              }
            },
            7,
            {
              "id": "notes",
              "name": "Notes",
              "icon": "📝",
              "path": "/src/apps/notes/index.tsx"
            }
          ]
        }
        "#);
        registry.put(&entry("a", "Other", None));
        assert_eq!((registry.name_of("a"), registry.is_bare()), (Some("A"), false));
        assert!(registry.to_text().contains("/src/apps/a/index.tsx"));
        registry.remove("a");
        assert_eq!(registry.ids().into_iter().collect::<Vec<_>>(), ["notes"]);
    }

    #[test]
    fn a_line_is_found_by_its_folder_and_goes_where_that_has_gone() {
        let line = |id: &str, folder: &str| format!(r#"{{"id":"{id}","name":"N","path":"/src/apps/{folder}/i.tsx"}}"#);
        let registry = |lines: &[String]| Registry::parse(Some(&format!("[{}]", lines.join(",")))).unwrap();
        let ids = |registry: &Registry| registry.ids().into_iter().collect::<Vec<_>>();
        let mut moved = registry(&[line("notes", "notes"), line("other", "notes2")]);
        assert_eq!((moved.has("note"), moved.has("notes"), moved.has("notes2")), (false, true, true));
        moved.rename("/src/apps/notes/i.tsx", "mine");
        moved.put(&entry("mine", "Mine", None));
        assert_eq!((ids(&moved), moved.name_of("mine")), (vec!["mine".to_owned(), "other".to_owned()], Some("N")));
        assert!(moved.has_path("/src/apps/mine/index.tsx") && !moved.has_path("/src/apps/notes/i.tsx"));
        let mut twice = registry(&[line("notes", "notes"), line("mine", "mine")]);
        twice.rename("/src/apps/notes/i.tsx", "mine");
        assert_eq!(ids(&twice), ["mine"]);
        let mut own = registry(&[line("my-name", "notes")]);
        own.put(&entry("notes", "Notes", None));
        assert_eq!(ids(&own), ["my-name"]);
        own.remove("notes");
        assert!(own.is_bare());
    }

    #[test]
    fn a_registry_that_is_missing_begins_empty_and_is_bare_again() {
        let mut registry = Registry::parse(None).unwrap();
        registry.put(&entry("notes", "Notes", None));
        assert_eq!(
            registry.to_text(),
            "[\n  {\n    \"id\": \"notes\",\n    \"name\": \"Notes\",\n    \"path\": \"/src/apps/notes/index.tsx\"\n  }\n]\n"
        );
        registry.remove("notes");
        assert!(registry.is_bare());
    }

    #[test]
    fn what_is_no_registry_is_left_alone() {
        for text in ["", "{", "null", "{}", r#"{"apps":{}}"#, "\"apps\"", "[1,]"] {
            assert!(Registry::parse(Some(text)).is_err(), "{text}");
        }
    }

    #[test]
    fn the_first_name_that_is_free_is_taken() {
        let taken = ["Notes", "Notes (1)", "notes-1"];
        let is_taken = |name: &str| taken.contains(&name);
        let name = |one: &str, number| format!("{one} ({number})");
        let id = |one: &str, number| format!("{one}-{number}");
        assert_eq!(first_free("Notes", name, is_taken), "Notes (2)");
        assert_eq!(first_free("notes", id, is_taken), "notes");
        assert_eq!(first_free("Other", name, is_taken), "Other");
    }
}
