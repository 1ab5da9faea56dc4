//! `public/apps/registry.json`: which apps a workspace shows.

use serde::{Deserialize, Serialize};

/// Where it is, below the root.
pub const REGISTRY_PATH: &str = "public/apps/registry.json";

/// A line of `public/apps/registry.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegistryEntry {
    /// The app's id.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// An emoji, a name or an address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
    /// The file that runs first.
    pub path: String,
}

/// The apps that a workspace lists, as a list or as `{"apps": […]}`; a line that cannot be read is passed over.
pub fn read_registry(json: &str) -> Vec<RegistryEntry> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Registry {
        List(Vec<serde_json::Value>),
        Wrapped { apps: Vec<serde_json::Value> },
    }
    let lines = match serde_json::from_str(json) {
        Ok(Registry::List(lines) | Registry::Wrapped { apps: lines }) => lines,
        Err(_) => Vec::new(),
    };
    lines.into_iter().filter_map(|line| serde_json::from_value(line).ok()).collect()
}
