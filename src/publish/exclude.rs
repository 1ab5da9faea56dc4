//! What is not published: by its name, before any of it is read.
//!
//! Some is never published, whatever is asked for. The rest has a default, which a request can turn either way by patterns. A
//! pattern is a path below the workspace's root, or a name wherever it stands; both may have `*`, `**`, `?` and `{a,b}`. What it
//! says of a directory it says of everything below. What is between a user and their agent only goes by its own name, and so does
//! what `git` keeps: a pattern that could mean anything is no word for that.

use std::fmt;

use fast_glob::glob_match;

/// Directories that are made from others, or again by whoever mounts the tree; wherever they stand.
const MADE: [&str; 14] = [
    "node_modules",
    GIT,
    ".pnpm",
    ".vite",
    ".next",
    "dist",
    "build",
    "out",
    "coverage",
    ".turbo",
    ".cache",
    "pnpm-store",
    "tmp",
    ".pnpm-store",
];
/// One of them that is never meant by a pattern that could mean anything.
const GIT: &str = ".git";
/// What is between a user and their agent, in the root.
const AGENT: [&str; 9] =
    ["SOUL.md", "USER.md", "IDENTITY.md", "MEMORY.md", "AGENTS.md", "TOOLS.md", "HEARTBEAT.md", "memory", "uploads"];
/// The most patterns of a request, and the longest.
pub const PATTERNS_MAX: usize = 100;
/// See [`PATTERNS_MAX`].
pub const PATTERN_MAX_BYTES: usize = 512;

/// Why something is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// It has been deleted.
    Trash,
    /// Such files hold credentials.
    Environment,
    /// The request says so.
    Asked,
    /// It is made from the rest.
    Made,
    /// It is between a user and their agent.
    Agent,
    /// No reader takes its name or depth.
    Unreadable,
    /// It is a link.
    Link,
}

impl fmt::Display for Reason {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Trash => "deleted",
            Self::Environment => "may hold credentials; never published",
            Self::Asked => "excluded by the request",
            Self::Made => "made by tools from the rest",
            Self::Agent => "a file of the agent; include it by name to publish it",
            Self::Unreadable => "has a name or depth that a mounted tree cannot have",
            Self::Link => "a link",
        })
    }
}

/// What a request says of it.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    exclude: Vec<String>,
    include: Vec<String>,
}

impl Rules {
    /// Of the patterns of a request; an error names the one that cannot be taken.
    pub fn new(exclude: Vec<String>, include: Vec<String>) -> Result<Self, String> {
        if exclude.len() + include.len() > PATTERNS_MAX {
            return Err(format!("At most {PATTERNS_MAX} patterns can be given"));
        }
        let tidy = |pattern: String| {
            let tidied = pattern.trim_start_matches("./").trim_matches('/');
            let fits = !tidied.is_empty() && tidied.len() <= PATTERN_MAX_BYTES;
            if fits { Ok(tidied.to_owned()) } else { Err(format!("{pattern:?} is not a pattern of paths")) }
        };
        let tidy_all = |patterns: Vec<String>| patterns.into_iter().map(tidy).collect::<Result<_, _>>();
        Ok(Self { exclude: tidy_all(exclude)?, include: tidy_all(include)? })
    }

    /// Whether a path below the workspace's root is left out: then the part of it that says so, and why.
    pub fn left_out<'p>(&self, path: &'p str) -> Option<(&'p str, Reason)> {
        let ancestors = || {
            let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
            ends.filter_map(|end| path.get(..end))
        };
        let find = |is_out: &dyn Fn(&str) -> Option<Reason>| {
            ancestors().find_map(|ancestor| is_out(ancestor).map(|reason| (ancestor, reason)))
        };
        let asked = |ancestor: &str| any(&self.exclude, ancestor).then_some(Reason::Asked);
        find(&always).or_else(|| find(&asked)).or_else(|| {
            // From a pattern down, all is in: what is made within it, too.
            let first = path.split('/').next().unwrap_or_default();
            let is_agent = AGENT.contains(&first);
            // What was ever committed lies there, credentials that were taken out again too.
            let is_history = path.split('/').any(|name| name == GIT);
            let counts = |pattern: &&String| {
                let mut names = pattern.split('/');
                if is_agent { names.next() == Some(first) } else { !is_history || names.any(|name| name == GIT) }
            };
            let include: Vec<&String> = self.include.iter().filter(counts).collect();
            let is_included = ancestors().any(|ancestor| include.iter().any(|pattern| matches(pattern, ancestor)));
            if is_included { None } else { find(&by_default) }
        })
    }

    /// The names of directories that need not be looked into, wherever they stand: nothing below them could be asked for.
    pub fn never_entered(&self) -> Vec<&'static str> {
        // A pattern of a path may lead into any of them.
        let made = MADE.iter().filter(|_| self.include.is_empty());
        made.copied().chain([durable_objects::path::TRASH]).collect()
    }
}

fn any(patterns: &[String], path: &str) -> bool {
    patterns.iter().any(|pattern| matches(pattern, path))
}

fn matches(pattern: &str, path: &str) -> bool {
    glob_match(pattern, if pattern.contains('/') { path } else { name(path) })
}

fn name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

fn always(path: &str) -> Option<Reason> {
    if name(path) == durable_objects::path::TRASH {
        return Some(Reason::Trash);
    }
    let lower = name(path).to_ascii_lowercase();
    if lower == ".env" || lower.starts_with(".env.") {
        return Some(Reason::Environment);
    }
    // An archive could hold such a name, and whoever unpacks it would refuse it all.
    if super::is_name(name(path)) { None } else { Some(Reason::Unreadable) }
}

fn by_default(path: &str) -> Option<Reason> {
    if AGENT.contains(&path) {
        return Some(Reason::Agent);
    }
    MADE.contains(&name(path)).then_some(Reason::Made)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(exclude: &[&str], include: &[&str]) -> Rules {
        let owned = |patterns: &[&str]| patterns.iter().map(|pattern| (*pattern).to_owned()).collect();
        Rules::new(owned(exclude), owned(include)).unwrap()
    }

    #[test]
    fn by_default_what_is_made_or_private_stays_and_the_rest_goes() {
        let rules = rules(&[], &[]);
        for (path, out, reason) in [
            (".trash/a.md.1763720000000", ".trash", Reason::Trash),
            ("src/.trash/a.md", "src/.trash", Reason::Trash),
            ("node_modules/react/index.js", "node_modules", Reason::Made),
            ("src/apps/notes/dist/a.js", "src/apps/notes/dist", Reason::Made),
            (".env", ".env", Reason::Environment),
            ("src/.env.local", "src/.env.local", Reason::Environment),
            ("node_modules/x/.env.production", "node_modules/x/.env.production", Reason::Environment),
            (".ENV.Local", ".ENV.Local", Reason::Environment),
            ("src/__proto__/a.ts", "src/__proto__", Reason::Unreadable),
            ("SOUL.md", "SOUL.md", Reason::Agent),
            ("memory/2026-11-21.md", "memory", Reason::Agent),
            ("uploads/a.png", "uploads", Reason::Agent),
        ] {
            assert_eq!(rules.left_out(path), Some((out, reason)), "{path}");
        }
        for path in [
            "package.json",
            "src/tokenizer.ts",
            "src/secrets.ts",
            "docs/SOUL.md",
            "src/memory/a.ts",
            "src/environment.ts",
            ".envrc",
            "src/env.ts",
            "builder/a.ts",
            "x.env",
        ] {
            assert_eq!(rules.left_out(path), None, "{path}");
        }
    }

    #[test]
    fn a_request_turns_the_defaults_but_not_what_never_goes() {
        let rules = rules(
            &["*.log", "src/apps/draft/", "docs/**/*.pdf"],
            &["SOUL.md", "./memory/", "src/apps/site/dist", ".env", ".trash"],
        );
        assert_eq!(rules.left_out("SOUL.md"), None);
        assert_eq!(rules.left_out("memory/a.md"), None);
        assert_eq!(rules.left_out("src/apps/site/dist/assets/build/a.js"), None);
        assert_eq!(rules.left_out("src/apps/other/dist/a.js"), Some(("src/apps/other/dist", Reason::Made)));
        assert_eq!(rules.left_out("USER.md"), Some(("USER.md", Reason::Agent)));
        assert_eq!(rules.left_out(".env"), Some((".env", Reason::Environment)));
        assert_eq!(rules.left_out("memory/.env.x"), Some(("memory/.env.x", Reason::Environment)));
        assert_eq!(rules.left_out(".trash/x"), Some((".trash", Reason::Trash)));
        assert_eq!(rules.left_out("a/b.log"), Some(("a/b.log", Reason::Asked)));
        assert_eq!(rules.left_out("memory/b.log"), Some(("memory/b.log", Reason::Asked)));
        assert_eq!(rules.left_out("src/apps/draft/x/y.ts"), Some(("src/apps/draft", Reason::Asked)));
        assert_eq!(rules.left_out("docs/a/b/c.pdf"), Some(("docs/a/b/c.pdf", Reason::Asked)));
    }

    #[test]
    fn what_is_between_a_user_and_their_agent_goes_by_its_own_name_alone() {
        for pattern in [
            "*",
            "**",
            "*.md",
            "**/*",
            "SOUL.*",
            "{SOUL,USER}.md",
            "S?UL.md",
            "**/SOUL.md",
            "m*",
            "*/a.md",
            "[S]OUL.md",
        ] {
            let rules = rules(&[], &[pattern]);
            for (path, out) in [("SOUL.md", "SOUL.md"), ("memory/a.md", "memory"), ("uploads/b/c.png", "uploads")] {
                assert_eq!(rules.left_out(path), Some((out, Reason::Agent)), "{pattern}: {path}");
            }
        }
        // A file of the name within one is none of its own: `a.md` asks for others.
        assert_eq!(rules(&[], &["a.md"]).left_out("memory/a.md"), Some(("memory", Reason::Agent)));
        for pattern in ["memory", "memory/", "memory/*", "memory/**", "memory/a.md", "./memory/{a,b}.md"] {
            assert_eq!(rules(&[], &[pattern]).left_out("memory/a.md"), None, "{pattern}");
        }
        assert_eq!(rules(&[], &["memory/*.txt"]).left_out("memory/a.md"), Some(("memory", Reason::Agent)));
        // Whatever else such a pattern asks for goes.
        assert_eq!(rules(&[], &["**"]).left_out("dist/a.js"), None);
        assert_eq!(rules(&[], &["**"]).left_out("docs/SOUL.md"), None);
    }

    #[test]
    fn what_was_ever_committed_goes_by_its_own_name_alone() {
        for pattern in ["*", "**", "**/*", "config", "src", ".g*", "src/*"] {
            assert_eq!(
                rules(&[], &[pattern]).left_out("src/.git/config"),
                Some(("src/.git", Reason::Made)),
                "{pattern}"
            );
        }
        for pattern in [".git", "src/.git", "src/.git/config", "**/.git/**"] {
            assert_eq!(rules(&[], &[pattern]).left_out("src/.git/config"), None, "{pattern}");
        }
    }

    #[test]
    fn what_could_be_asked_for_is_looked_into() {
        assert!(rules(&[], &[]).never_entered().contains(&"node_modules"));
        assert_eq!(rules(&[], &["a/dist/b"]).never_entered(), [".trash"]);
    }

    #[test]
    fn a_pattern_that_is_none_is_named() {
        for pattern in ["", "/", &"x".repeat(513)] {
            assert!(Rules::new(vec![pattern.to_owned()], vec![]).is_err());
        }
        assert!(Rules::new(vec!["a".to_owned(); 60], vec!["a".to_owned(); 41]).is_err());
    }
}
