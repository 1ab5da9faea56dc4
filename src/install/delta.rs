//! Which packages an app needs that a workspace does not have, by npm's rules of ranges.
//!
//! This Worker knows no registry: of a package it knows the versions in two lock files, the workspace's and the publisher's. One
//! that fits what both ask for is taken; where none does, the app's goes in beside the other under a name of its own.

use nodejs_semver::{Range, Version};
use serde::Serialize;

use super::registry::first_free;
use crate::publish::lockfile::{Packages, Versions, is_range};

/// What there is to be done about an app's packages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Dependencies"))]
pub struct Delta {
    /// What has to be added, in the version to ask for.
    pub missing: Vec<Needed>,
    /// What is there and fits.
    pub present: Vec<Needed>,
    /// What is there and does not fit.
    pub conflicts: Vec<Conflict>,
}

/// A package, and which version of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Needed {
    /// Its name.
    pub name: String,
    /// A version, or a range where no lock file knows one.
    pub version: String,
}

/// A package of which the workspace has a version that does not fit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "DependencyConflict"))]
pub struct Conflict {
    /// Its name.
    pub name: String,
    /// What the app asks for.
    pub wanted: String,
    /// What the workspace has.
    pub present: String,
    /// The name under which the app's goes in.
    pub alias: String,
    /// What stands behind it.
    pub version: String,
}

impl Delta {
    /// Of what an app asks for. `published` are the versions that its publisher had; `has` is what there is: the workspace, and
    /// the baseline that it starts from. What the first says of a package counts. `own` is what is there for this app: of the
    /// names for its own versions those may be used again, and no other that is taken.
    pub fn of(app_id: &str, wanted: &Packages, published: &Packages, has: &[Versions], own: &Packages) -> Self {
        let mut delta = Self::default();
        let is_there = |name: &str| has.iter().any(|versions| versions.has(name) || versions.locked(name).is_some());
        let is_taken = |name: &str| wanted.contains_key(name) || (is_there(name) && !own.contains_key(name));
        for (name, range) in wanted {
            let asked = Spec::of(name, range);
            let known =
                published.get(name).map(|version| Spec::of(name, version)).filter(|version| asked.takes(version));
            let best = known.unwrap_or(asked);
            let found = has.iter().find_map(|versions| Found::of(name, versions));
            let Some(found) = found else {
                delta.missing.push(Needed { name: name.clone(), version: best.to_text(name) });
                continue;
            };
            match found.decide(asked, known) {
                Decision::Fits(version) => delta.present.push(Needed { name: name.clone(), version }),
                Decision::Take(version) => {
                    delta.missing.push(Needed { name: name.clone(), version: version.to_text(name) });
                }
                Decision::Conflict => {
                    let alias = first_free(
                        &format!("{name}-{app_id}"),
                        |alias, number| format!("{alias}-{number}"),
                        |alias| is_taken(alias) || delta.conflicts.iter().any(|other| other.alias == alias),
                    );
                    delta.conflicts.push(Conflict {
                        name: name.clone(),
                        wanted: range.clone(),
                        present: found.to_text(name),
                        alias,
                        version: format!("npm:{}@{}", best.package, best.range),
                    });
                }
            }
        }
        delta
    }

    /// What goes into `package.json`: names with what stands behind them.
    pub fn added(&self) -> impl Iterator<Item = (&str, &str)> {
        let missing = self.missing.iter().map(|needed| (needed.name.as_str(), needed.version.as_str()));
        missing.chain(self.conflicts.iter().map(|conflict| (conflict.alias.as_str(), conflict.version.as_str())))
    }

    /// The arguments of `pnpm` that bring what is not there; none if everything is.
    pub fn pnpm(&self) -> Vec<String> {
        let packages: Vec<String> = self.added().map(|(name, version)| format!("{name}@{version}")).collect();
        if packages.is_empty() {
            return packages;
        }
        ["add", "--reporter=silent"].into_iter().map(str::to_owned).chain(packages).collect()
    }
}

/// A package as it is asked for: the name behind an alias, and the range.
#[derive(Clone, Copy)]
struct Spec<'a> {
    package: &'a str,
    range: &'a str,
}

impl<'a> Spec<'a> {
    fn of(name: &'a str, text: &'a str) -> Self {
        let alias = text.strip_prefix("npm:").and_then(|alias| alias.rsplit_once('@'));
        match alias.filter(|(package, _)| !package.is_empty()) {
            Some((package, range)) => Self { package, range },
            None => Self { package: name, range: text },
        }
    }

    fn to_text(self, name: &str) -> String {
        if self.package == name { self.range.to_owned() } else { format!("npm:{}@{}", self.package, self.range) }
    }

    fn version(self) -> Option<Version> {
        Version::parse(self.range).ok()
    }

    /// The range; none of a tag, which any version may have.
    fn parsed(self) -> Option<Range> {
        Range::parse(self.range).ok()
    }

    /// Whether a version is one that is asked for.
    fn takes(self, version: &Self) -> bool {
        self.package == version.package
            && version.version().is_some_and(|version| self.parsed().is_none_or(|range| range.satisfies(&version)))
    }
}

/// What there is of a package: what is asked for, and what that has come to.
#[derive(Clone, Copy)]
struct Found<'a> {
    asked: Option<Spec<'a>>,
    locked: Option<Spec<'a>>,
}

/// What a package that is there means to an app.
enum Decision<'a> {
    /// It is what the app needs.
    Fits(String),
    /// Another version is what both need.
    Take(Spec<'a>),
    /// No version is known that both could use.
    Conflict,
}

impl<'a> Found<'a> {
    fn of(name: &'a str, versions: &'a Versions) -> Option<Self> {
        let asked = versions.range(name).map(|range| Spec::of(name, range));
        let locked = versions.locked(name).map(|version| Spec::of(name, version));
        (asked.is_some() || locked.is_some()).then_some(Self { asked, locked })
    }

    fn to_text(self, name: &str) -> String {
        self.locked.or(self.asked).map(|spec| spec.to_text(name)).unwrap_or_default()
    }

    fn decide(self, wanted: Spec<'a>, published: Option<Spec<'a>>) -> Decision<'a> {
        if let Some(locked) = self.locked.filter(|locked| wanted.takes(locked)) {
            return Decision::Fits(locked.range.to_owned());
        }
        let asked = self.asked.unwrap_or(Spec { range: "*", ..wanted });
        // A folder or an address: what lies there is its user's own, and nobody here knows what it is.
        if !is_range(asked.range) {
            return Decision::Fits(asked.range.to_owned());
        }
        let is_covered = || match (wanted.parsed(), asked.parsed()) {
            (Some(wanted), Some(asked)) => wanted.allows_all(&asked),
            // A tag is whatever it is.
            (None, _) => true,
            (Some(_), None) => false,
        };
        if self.locked.is_none() && asked.package == wanted.package && is_covered() {
            return Decision::Fits(asked.range.to_owned());
        }
        let both = published.filter(|version| asked.takes(version));
        both.map_or(Decision::Conflict, Decision::Take)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packages(list: &[(&str, &str)]) -> Packages {
        list.iter().map(|(name, version)| ((*name).to_owned(), (*version).to_owned())).collect()
    }

    fn versions(wanted: &[(&str, &str)], locked: &[(&str, &str)]) -> Versions {
        let json = serde_json::json!({ "dependencies": packages(wanted) }).to_string();
        let lines = locked.iter().map(|(name, version)| format!("      '{name}':\n        version: {version}\n"));
        let lock = format!("importers:\n  .:\n    dependencies:\n{}", lines.collect::<String>());
        Versions::of(Some(&json), Some(&lock))
    }

    fn delta(wanted: &[(&str, &str)], published: &[(&str, &str)], has: &[Versions]) -> String {
        let delta = Delta::of("notes", &packages(wanted), &packages(published), has, &Packages::new());
        let mut lines: Vec<String> = Vec::new();
        lines.extend(delta.missing.iter().map(|needed| format!("+ {} {}", needed.name, needed.version)));
        lines.extend(delta.present.iter().map(|needed| format!("= {} {}", needed.name, needed.version)));
        lines.extend(delta.conflicts.iter().map(|conflict| {
            format!(
                "! {} {} {} {} {}",
                conflict.name, conflict.wanted, conflict.present, conflict.alias, conflict.version
            )
        }));
        lines.push(delta.pnpm().join(" "));
        lines.join("\n")
    }

    #[test]
    fn what_is_not_there_is_added_in_the_version_that_its_publisher_had() {
        let has = [versions(&[("react", "^18.0.0")], &[("react", "18.3.1")]), versions(&[("vite", "^5.0.0")], &[])];
        let wanted = [
            ("react", "^18.2.0"),
            ("vite", "^5.0.0"),
            ("zustand", "^4.5.0"),
            ("d3", "^7.0.0"),
            ("three", "*"),
            ("old", "^1.0.0"),
            ("tagged", "next"),
            ("@a/b", "npm:@c/d@^1.0.0"),
        ];
        let published = [
            ("zustand", "4.5.7"),
            ("three", "0.170.0"),
            ("old", "2.0.0"),
            ("@a/b", "npm:@c/d@1.2.3"),
            ("tagged", "3.0.0-rc.1"),
        ];
        insta::assert_snapshot!(delta(&wanted, &published, &has), @"
        + @a/b npm:@c/d@1.2.3
        + d3 ^7.0.0
        + old ^1.0.0
        + tagged 3.0.0-rc.1
        + three 0.170.0
        + zustand 4.5.7
        = react 18.3.1
        = vite ^5.0.0
        add --reporter=silent @a/b@npm:@c/d@1.2.3 d3@^7.0.0 old@^1.0.0 tagged@3.0.0-rc.1 three@0.170.0 zustand@4.5.7
        ");
    }

    #[test]
    fn a_version_that_fits_both_is_taken_and_else_there_are_two() {
        let has = [versions(
            &[("a", "^1.0.0"), ("b", "^1.0.0"), ("c", "~1.0.0"), ("d", "^1.0.0"), ("e", ">=1 <3"), ("@s/f", "^1.0.0")],
            &[("a", "1.2.0"), ("b", "1.2.0"), ("c", "1.0.5"), ("e", "1.0.0"), ("@s/f", "1.0.0")],
        )];
        let wanted =
            [("a", "^1.2.0"), ("b", "^1.5.0"), ("c", "^1.5.0"), ("d", "^1.5.0"), ("e", "^2.0.0"), ("@s/f", "^2.0.0")];
        let published = [("a", "1.9.0"), ("b", "1.9.0"), ("c", "1.9.0"), ("d", "1.9.0")];
        insta::assert_snapshot!(delta(&wanted, &published, &has), @"
        + b 1.9.0
        + d 1.9.0
        = a 1.2.0
        ! @s/f ^2.0.0 1.0.0 @s/f-notes npm:@s/f@^2.0.0
        ! c ^1.5.0 1.0.5 c-notes npm:c@1.9.0
        ! e ^2.0.0 1.0.0 e-notes npm:e@^2.0.0
        add --reporter=silent b@1.9.0 d@1.9.0 @s/f-notes@npm:@s/f@^2.0.0 c-notes@npm:c@1.9.0 e-notes@npm:e@^2.0.0
        ");
    }

    #[test]
    fn what_is_its_users_own_is_present_and_another_package_is_not() {
        let has = [versions(
            &[
                ("a", "workspace:*"),
                ("b", "file:../b"),
                ("c", "npm:other@^1.0.0"),
                ("d", "latest"),
                ("e", "npm:x@^1.0.0"),
            ],
            &[("c", "other@1.2.0"), ("e", "x@1.2.0")],
        )];
        let wanted = [("a", "^9.0.0"), ("b", "^9.0.0"), ("c", "^1.0.0"), ("d", "^9.0.0"), ("e", "npm:x@^1.1.0")];
        insta::assert_snapshot!(delta(&wanted, &[("c", "1.9.0"), ("d", "9.9.9")], &has), @"
        + d 9.9.9
        = a workspace:*
        = b file:../b
        = e 1.2.0
        ! c ^1.0.0 npm:other@1.2.0 c-notes npm:c@1.9.0
        add --reporter=silent d@9.9.9 c-notes@npm:c@1.9.0
        ");
    }

    #[test]
    fn what_is_there_in_full_needs_nothing_to_be_run() {
        let has = [versions(&[("a", "^1.2.3")], &[])];
        assert_eq!(
            Delta::of("notes", &packages(&[("a", "^1.0.0")]), &Packages::new(), &has, &Packages::new()).pnpm(),
            Vec::<String>::new()
        );
    }

    #[test]
    fn a_name_for_a_version_is_nobody_elses() {
        let has = [
            versions(&[("react", "^17.0.0"), ("react-notes", "^1.0.0"), ("react-notes-1", "npm:react@^18.0.0")], &[]),
            versions(&[], &[("react-notes-2", "1.0.0")]),
        ];
        let (wanted, published) = (packages(&[("react", "^18.0.0"), ("react-notes-3", "^1.0.0")]), Packages::new());
        let alias = |own: &[(&str, &str)]| {
            Delta::of("notes", &wanted, &published, &has, &packages(own)).conflicts.remove(0).alias
        };
        assert_eq!(alias(&[]), "react-notes-4");
        assert_eq!(alias(&[("react-notes-1", "npm:react@^18.0.0")]), "react-notes-1", "its own from before");
    }
}
