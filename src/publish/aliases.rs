//! Names that a workspace has given to its own folders: what looks like a package and is none.
//!
//! They come from `compilerOptions.paths` of `tsconfig.json`, which is JSON with comments and trailing commas: an expression of
//! JavaScript, and read as one.

use oxc_allocator::Allocator;
use oxc_ast::ast::{Expression, ObjectPropertyKind};
use oxc_parser::Parser;
use oxc_span::SourceType;

/// The longest configuration that is read.
pub const CONFIG_MAX_BYTES: usize = 256 * 1024;
/// The most aliases that are kept.
const ALIASES_MAX: usize = 1_000;

/// The aliases of a workspace.
#[derive(Clone, Debug, Default)]
pub struct Aliases {
    /// What comes before the `*`, and whether there is one.
    patterns: Vec<(String, bool)>,
}

impl Aliases {
    /// Adds those of a `tsconfig.json`. One that cannot be read has none.
    pub fn add_config(&mut self, json: &str) {
        if json.len() > CONFIG_MAX_BYTES {
            return;
        }
        let allocator = Allocator::default();
        let Ok(expression) = Parser::new(&allocator, json, SourceType::mjs()).parse_expression() else { return };
        let Some(paths) = member(&expression, "compilerOptions").and_then(|options| member(options, "paths")) else {
            return;
        };
        for (name, _) in members(paths) {
            // `*` alone would make everything an alias: it says where to look first, and packages are found all the same.
            if name != "*" && self.patterns.len() < ALIASES_MAX {
                let pattern = name.strip_suffix('*').map_or((name.clone(), false), |start| (start.to_owned(), true));
                self.patterns.push(pattern);
            }
        }
    }

    /// Whether a specifier is the workspace's own.
    pub fn covers(&self, specifier: &str) -> bool {
        self.patterns.iter().any(
            |(start, is_open)| {
                if *is_open { specifier.starts_with(start.as_str()) } else { specifier == start }
            },
        )
    }
}

fn members<'e, 'a>(expression: &'e Expression<'a>) -> impl Iterator<Item = (String, &'e Expression<'a>)> {
    let object = if let Expression::ObjectExpression(object) = expression { Some(object) } else { None };
    let properties = object.into_iter().flat_map(|object| &object.properties);
    properties.filter_map(|property| match property {
        ObjectPropertyKind::ObjectProperty(property) => {
            Some((property.key.static_name()?.into_owned(), &property.value))
        }
        ObjectPropertyKind::SpreadProperty(_) => None,
    })
}

fn member<'e, 'a>(expression: &'e Expression<'a>, name: &str) -> Option<&'e Expression<'a>> {
    members(expression).find(|(found, _)| found == name).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_are_read_from_a_configuration_with_comments() {
        let mut aliases = Aliases::default();
        aliases.add_config(
            r#"{
                // where things are
                "extends": "./base.json",
                "compilerOptions": {
                    "strict": true,
                    "paths": { "components/*": ["./src/components/*"], "@ui/*": ["./ui/*"], "config": ["./c.ts"], "*": ["./*"], },
                },
            }"#,
        );
        for own in ["components/button", "@ui/menu", "config"] {
            assert!(aliases.covers(own), "{own}");
        }
        for package in ["component", "@ux/menu", "config/x", "react"] {
            assert!(!aliases.covers(package), "{package}");
        }
    }

    #[test]
    fn a_configuration_that_cannot_be_read_has_none() {
        for json in
            ["", "{", "[]", "null", r#"{"compilerOptions":{"paths":[1]}}"#, r#"{"compilerOptions":7}"#, "}{", "\u{0}"]
        {
            let mut aliases = Aliases::default();
            aliases.add_config(json);
            assert!(aliases.patterns.is_empty(), "{json}");
        }
    }
}
