//! `package.json` as it is changed: packages come and go among its `dependencies`, and nothing else.

use super::json::{Json, indent_of};

/// Where it is, below the root.
pub const PACKAGE_JSON: &str = "package.json";
/// Where its lock file is.
pub const LOCKFILE: &str = "pnpm-lock.yaml";

const DEPENDENCIES: &str = "dependencies";

/// The `package.json` of a workspace.
#[derive(Clone, Debug)]
pub struct Package {
    json: Json,
    before: Option<String>,
}

impl Package {
    /// Of its text, if there is one. An error says why it cannot be changed.
    pub fn parse(text: Option<&str>) -> Result<Self, String> {
        let json = text.map_or(Ok(Json::Object(Vec::new())), Json::parse)?;
        match (&json, json.get(DEPENDENCIES)) {
            (Json::Object(_), None | Some(Json::Object(_))) => Ok(Self { json, before: text.map(str::to_owned) }),
            (Json::Object(_), _) => Err("its dependencies are not an object".to_owned()),
            _ => Err("it is not an object".to_owned()),
        }
    }

    /// Whether it has a list of dependencies, however empty.
    pub fn has_dependencies(&self) -> bool {
        self.json.get(DEPENDENCIES).is_some()
    }

    /// What it says of a package among its dependencies.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.json.get(DEPENDENCIES)?.text(name)
    }

    /// Adds a package, where it belongs in the order of the alphabet.
    pub fn put(&mut self, name: &str, spec: &str) {
        if !self.has_dependencies() {
            self.json.put(DEPENDENCIES, Json::Object(Vec::new()));
        }
        let Some(Json::Object(packages)) = self.json.get_mut(DEPENDENCIES) else { return };
        let spec = Json::Text(spec.to_owned());
        if let Some((_, value)) = packages.iter_mut().find(|(key, _)| key == name) {
            *value = spec;
        } else {
            let at = packages.iter().position(|(key, _)| key.as_str() > name).unwrap_or(packages.len());
            packages.insert(at, (name.to_owned(), spec));
        }
    }

    /// Takes a package out; and the list, if it is empty then and came with what is taken out.
    pub fn remove(&mut self, name: &str, is_list_ours: bool) {
        let Some(Json::Object(packages)) = self.json.get_mut(DEPENDENCIES) else { return };
        packages.retain(|(key, _)| key != name);
        let is_empty = packages.is_empty();
        if let (true, true, Json::Object(members)) = (is_empty, is_list_ours, &mut self.json) {
            members.retain(|(key, _)| key != DEPENDENCIES);
        }
    }

    /// Whether nothing is in it.
    pub fn is_bare(&self) -> bool {
        self.json == Json::Object(Vec::new())
    }

    /// The file's new text, indented as it was.
    pub fn to_text(&self) -> String {
        let indent = self.before.as_deref().map_or("  ", indent_of);
        self.json.write_like(self.before.as_deref(), indent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "{\n\t\"name\": \"desk\",\n\t\"dependencies\": {\n\t\t\"react\": \"^18.0.0\"\n\t},\n\t\"scripts\": {\n\t\t\"z\": \"1\",\n\t\t\"a\": \"2\"\n\t}\n}";

    #[test]
    fn a_package_comes_to_its_place_and_goes_and_the_rest_stays() {
        let mut package = Package::parse(Some(TEXT)).unwrap();
        for (name, spec) in [("zustand", "4.5.7"), ("d3", "7.9.0"), ("react", "^18.0.0")] {
            package.put(name, spec);
        }
        assert_eq!(
            package.to_text(),
            TEXT.replace(
                "\"react\": \"^18.0.0\"",
                "\"d3\": \"7.9.0\",\n\t\t\"react\": \"^18.0.0\",\n\t\t\"zustand\": \"4.5.7\""
            )
        );
        package.remove("d3", true);
        package.remove("zustand", true);
        assert_eq!((package.to_text().as_str(), package.get("react")), (TEXT, Some("^18.0.0")));
    }

    #[test]
    fn a_list_that_came_with_a_package_goes_with_it() {
        let mut package = Package::parse(None).unwrap();
        assert!(!package.has_dependencies());
        package.put("d3", "7.9.0");
        assert_eq!(package.to_text(), "{\n  \"dependencies\": {\n    \"d3\": \"7.9.0\"\n  }\n}\n");
        package.remove("d3", true);
        assert!(package.is_bare());
        let mut kept = Package::parse(Some("{\"dependencies\":{}}")).unwrap();
        kept.remove("d3", false);
        assert!(kept.has_dependencies());
    }

    #[test]
    fn what_is_no_package_json_is_left_alone() {
        for text in ["", "[]", "{", r#"{"dependencies":[]}"#, r#"{"dependencies":null}"#] {
            assert!(Package::parse(Some(text)).is_err(), "{text}");
        }
    }
}
