//! Which packages a workspace has, and in which versions: `package.json` says what it wants, `pnpm-lock.yaml` what it got.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use saphyr_parser::{Event, Parser};
use serde::Deserialize;

use super::imports::is_package_name;

/// The longest lock file that is read: those of large projects are a tenth of it.
pub const LOCKFILE_MAX_BYTES: usize = 8 * 1024 * 1024;
/// The longest `package.json` that is read.
pub const PACKAGE_JSON_MAX_BYTES: usize = 1024 * 1024;
/// The longest version or range.
const RANGE_MAX_BYTES: usize = 128;
/// What any version satisfies: for a package that is imported and named nowhere.
pub const ANY: &str = "*";

/// Packages with what is said of their versions.
pub type Packages = BTreeMap<String, String>;

/// What a `package.json` wants.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Wanted {
    /// To run.
    pub dependencies: Packages,
    /// To build.
    pub dev_dependencies: Packages,
    /// From whoever uses it.
    pub peer_dependencies: Packages,
    /// To run, if it can be had.
    pub optional_dependencies: Packages,
}

impl Wanted {
    /// Of the text of a `package.json`; none if it is none.
    pub fn parse(json: &str) -> Option<Self> {
        if json.len() > PACKAGE_JSON_MAX_BYTES {
            return None;
        }
        serde_json::from_str(json.trim_start_matches('\u{feff}')).ok()
    }

    /// What is said of a package.
    pub fn range(&self, name: &str) -> Option<&str> {
        let all = [&self.dependencies, &self.optional_dependencies, &self.peer_dependencies, &self.dev_dependencies];
        all.into_iter().find_map(|packages| packages.get(name)).map(String::as_str)
    }
}

/// What a workspace has.
#[derive(Clone, Debug, Default)]
pub struct Versions {
    wanted: Wanted,
    locked: Packages,
}

impl Versions {
    /// Of its two files, as far as it has them and they can be read.
    pub fn of(package_json: Option<&str>, lockfile: Option<&str>) -> Self {
        let wanted = package_json.and_then(Wanted::parse).unwrap_or_default();
        Self { wanted, locked: lockfile.map(locked).unwrap_or_default() }
    }

    /// What to ask for to get a package as it is here: the very version where the lock file knows it, else the range, else any.
    pub fn of_package(&self, name: &str) -> String {
        let locked = self.locked.get(name).map(String::as_str);
        let wanted = self.wanted.range(name).filter(|range| is_range(range));
        locked.or(wanted).unwrap_or(ANY).to_owned()
    }

    /// What the workspace itself needs to run.
    pub fn dependencies(&self) -> Packages {
        let all = self.wanted.dependencies.keys().chain(self.wanted.optional_dependencies.keys());
        let names = all.filter(|name| is_package_name(name));
        names.map(|name| (name.clone(), self.of_package(name))).collect()
    }

    /// What is said of a package in `package.json`.
    pub fn range(&self, name: &str) -> Option<&str> {
        self.wanted.range(name)
    }

    /// The version that the lock file has of a package.
    pub fn locked(&self, name: &str) -> Option<&str> {
        self.locked.get(name).map(String::as_str)
    }

    /// A lock file of nothing but the versions that are known of some packages; none if there are none. Whoever installs an app needs
    /// no more of its publisher's: the rest says what else is on the desktop, and from where it comes.
    pub fn cut_down<'p>(&self, packages: impl Iterator<Item = (&'p String, &'p String)>) -> Option<String> {
        let mut lines = BTreeMap::new();
        for (name, range) in packages {
            // What stands behind an alias, as lock files write it.
            let version = self.locked(name).map(|version| version.trim_start_matches("npm:"));
            if let (Some(version), true, true) = (version, is_package_name(name), is_range(range)) {
                let line = format!("      '{name}':\n        specifier: '{range}'\n        version: '{version}'\n");
                lines.entry(name).or_insert(line);
            }
        }
        let lines: String = lines.into_values().collect();
        let head = "lockfileVersion: '9.0'\n\nimporters:\n\n  .:\n    dependencies:\n";
        (!lines.is_empty()).then(|| format!("{head}{lines}"))
    }

    /// Whether a package is named: what else is a part of the runtime may be a package of the same name.
    pub fn has(&self, name: &str) -> bool {
        self.wanted.range(name).is_some()
    }
}

/// Whether something is a range that a registry can answer, or a tag. What leads to a folder or an address does not lead there
/// from elsewhere. It goes into a command's arguments later on.
pub fn is_range(text: &str) -> bool {
    let is_plain = |text: &str| {
        let fits = |byte: u8| {
            byte.is_ascii_alphanumeric()
                || matches!(byte, b'.' | b'^' | b'~' | b'<' | b'>' | b'=' | b'|' | b'*' | b'+' | b'-' | b' ')
        };
        (1..=RANGE_MAX_BYTES).contains(&text.len()) && text.bytes().all(fits) && !text.starts_with('-')
    };
    match text.strip_prefix("npm:") {
        Some(alias) => alias.rsplit_once('@').is_some_and(|(name, range)| is_package_name(name) && is_plain(range)),
        None => is_plain(text),
    }
}

/// The versions that a lock file has for the packages that the root itself names. Of a text that cannot be read to its end, what comes
/// before: it decides nothing but how exact a version is.
pub fn locked(yaml: &str) -> Packages {
    let mut reader = Reader::default();
    if yaml.len() > LOCKFILE_MAX_BYTES {
        return Packages::new();
    }
    // Events, not a tree: what is not looked for is passed by, and an alias is never followed.
    for event in Parser::new_from_str(yaml) {
        let Ok((event, _)) = event else { break };
        match event {
            Event::MappingStart(..) => reader.open(true),
            Event::SequenceStart(..) => reader.open(false),
            Event::MappingEnd | Event::SequenceEnd => reader.close(),
            Event::Scalar(text, ..) => reader.scalar(&text),
            Event::Alias(_) => reader.scalar(""),
            Event::DocumentStart(_) => reader = Reader { found: reader.found, ..Reader::default() },
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
        }
    }
    reader.found
}

/// The deepest that is kept of where it is.
const PATH_MAX: usize = 8;

/// Goes through a lock file, and knows where it is.
#[derive(Default)]
struct Reader {
    /// The keys that lead here; none for one that is still to come, or in a list.
    path: Vec<Option<String>>,
    /// Which of what is open is a mapping.
    open: Vec<bool>,
    found: Packages,
}

impl Reader {
    fn open(&mut self, is_mapping: bool) {
        self.open.push(is_mapping);
        self.path.push(None);
    }

    fn close(&mut self) {
        self.open.pop();
        self.path.pop();
        self.value_ended();
    }

    /// What a key led to is over.
    fn value_ended(&mut self) {
        if let Some(key) = self.path.last_mut() {
            *key = None;
        }
    }

    fn scalar(&mut self, text: &str) {
        let Some(is_mapping) = self.open.last() else { return };
        if *is_mapping && self.path.last().is_some_and(Option::is_none) {
            if let Some(key) = self.path.last_mut() {
                *key = Some(text.to_owned());
            }
            return;
        }
        self.value(text);
        self.value_ended();
    }

    /// The places where a package stands, by how old the lock file is.
    fn value(&mut self, text: &str) {
        if self.path.len() > PATH_MAX {
            return;
        }
        let path: Vec<&str> = self.path.iter().map(|key| key.as_deref().unwrap_or_default()).collect();
        let name = match path.as_slice() {
            ["importers", ".", kind, name, "version"]
            | ["importers", ".", kind, name]
            | [kind, name, "version"]
            | [kind, name]
                if is_kind(kind) =>
            {
                *name
            }
            _ => return,
        };
        if let (true, Some(version)) = (is_package_name(name), exact(text)) {
            self.found.insert(name.to_owned(), version);
        }
    }
}

fn is_kind(key: &str) -> bool {
    matches!(key, "dependencies" | "devDependencies" | "optionalDependencies")
}

/// The version itself, without the peers it was put together with: `18.3.1(react@18.3.1)`, `18.2.0_react@18.2.0`. None for what
/// comes from a folder or an address.
fn exact(text: &str) -> Option<String> {
    let text = text.trim_start_matches('/');
    let end = text.find('(').unwrap_or(text.len());
    let text = text.get(..end)?;
    // An alias: the name of the package behind it, and its version.
    let (alias, version) = match text.get(1..).and_then(|rest| rest.find('@')) {
        Some(at) if !text.starts_with(|first: char| first.is_ascii_digit()) => {
            (text.get(..at + 1), text.get(at + 2..)?)
        }
        _ => (None, text),
    };
    let version = version.split('_').next()?;
    let parts = version.split(['-', '+']).next()?.split('.');
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let is_version = parts.clone().count() == 3 && parts.clone().all(is_number) && is_range(version);
    match alias {
        _ if !is_version => None,
        Some(name) => is_package_name(name).then(|| format!("npm:{name}@{version}")),
        None => Some(version.to_owned()),
    }
}
