//! The packages that source files name: what an app needs beside its own files.
//!
//! A real parser reads them: static, side-effect and dynamic imports, `require`, re-exports; subpaths and scopes are cut down to
//! the package. Not among them are relative and absolute paths, aliases, addresses and what the runtime brings itself. What is
//! only imported as a type is gone when the program runs, and is told apart.

mod nesting;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use oxc_allocator::Allocator;
use oxc_ast::ast::{
    CallExpression, ExportAllDeclaration, ExportFromDeclaration, Expression, ImportDeclaration,
    ImportDeclarationSpecifier, ImportExpression, TSExternalModuleReference, TSImportEqualsDeclaration, TSImportType,
};
use oxc_ast_visit::{Visit, walk};
use oxc_parser::Parser;
use oxc_span::SourceType;

use super::aliases::Aliases;

/// The longest source that is parsed: its tree takes some twenty times as much memory. Longer ones are made by tools, with what they need
/// inside.
pub const SOURCE_MAX_BYTES: usize = 1024 * 1024;

/// What some files need.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imports {
    /// Packages that are there when they run.
    pub packages: BTreeSet<String>,
    /// Packages whose types alone they use.
    pub types: BTreeSet<String>,
    /// Modules that the runtime has, which some package may stand in for.
    pub builtins: BTreeSet<String>,
}

/// Whether a file is source that can be parsed.
pub fn is_source(path: &str) -> bool {
    SourceType::from_path(path).is_ok()
}

impl Imports {
    /// Adds what a file names, and says whether it could be looked through: not one that nests too deep to be parsed. A file with
    /// errors in it says what can be made out.
    pub fn scan(&mut self, path: &str, source: &str, aliases: &Aliases) -> bool {
        let Ok(kind) = SourceType::from_path(path) else { return false };
        // Scripts may be either; what only a module may have makes them one.
        let kind = if kind.is_module() { kind } else { kind.with_unambiguous(true) };
        // JSX is legal in every `.js` that a bundler takes.
        let kind = if kind.is_javascript() { kind.with_jsx(true) } else { kind };
        if source.len() > SOURCE_MAX_BYTES || !nesting::is_parsable(source, kind.is_jsx()) {
            return false;
        }
        let allocator = Allocator::default();
        let parsed = Parser::new(&allocator, source, kind).parse();
        Visitor { imports: self, aliases }.visit_program(&parsed.program);
        true
    }

    fn add(&mut self, specifier: &str, is_type: bool, aliases: &Aliases) {
        match classify(specifier, aliases) {
            Specifier::Package(name) if is_type => drop(self.types.insert(name.to_owned())),
            Specifier::Package(name) => drop(self.packages.insert(name.to_owned())),
            Specifier::Builtin(name) => drop(self.builtins.insert(name.to_owned())),
            Specifier::Own => {}
        }
    }
}

/// What a specifier leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Specifier<'a> {
    Package(&'a str),
    /// Without `node:`, so that it may as well be a package of the name.
    Builtin(&'a str),
    /// A file of the workspace, an address, or what nothing else can be.
    Own,
}

fn classify<'a>(specifier: &'a str, aliases: &Aliases) -> Specifier<'a> {
    // What bundlers take behind a name (`?raw`) or before one (`!`) is not part of it.
    let specifier = specifier.split('?').next().unwrap_or_default();
    if specifier.contains(':') || aliases.covers(specifier) {
        return Specifier::Own;
    }
    let name_end =
        |from: usize| specifier.get(from..).and_then(|rest| rest.find('/')).map_or(specifier.len(), |at| from + at);
    let end = match specifier.strip_prefix('@') {
        // A scope, and what is in it.
        Some(_) if specifier.contains('/') => name_end(name_end(0) + 1),
        Some(_) => return Specifier::Own,
        None => name_end(0),
    };
    let name = specifier.get(..end).unwrap_or_default();
    if BUILTINS.contains(&name) {
        Specifier::Builtin(name)
    } else if is_package_name(name) {
        Specifier::Package(name)
    } else {
        Specifier::Own
    }
}

/// Whether npm takes it as a name: it goes into a command's arguments later on.
pub fn is_package_name(name: &str) -> bool {
    let is_part = |part: &str| {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        !part.is_empty() && part.bytes().all(is_plain) && !part.starts_with(['.', '_', '-'])
    };
    let parts_fit = match name.strip_prefix('@') {
        Some(scoped) => scoped.split_once('/').is_some_and(|(scope, rest)| is_part(scope) && is_part(rest)),
        None => is_part(name),
    };
    parts_fit && name.len() <= 214 && name != "node_modules"
}

/// What Node brings, which a bundler for pages stands in for or leaves alone.
const BUILTINS: [&str; 43] = [
    "assert",
    "async_hooks",
    "buffer",
    "child_process",
    "cluster",
    "console",
    "constants",
    "crypto",
    "dgram",
    "diagnostics_channel",
    "dns",
    "domain",
    "events",
    "fs",
    "http",
    "http2",
    "https",
    "inspector",
    "module",
    "net",
    "os",
    "path",
    "perf_hooks",
    "process",
    "punycode",
    "querystring",
    "readline",
    "repl",
    "stream",
    "string_decoder",
    "sys",
    "timers",
    "tls",
    "trace_events",
    "tty",
    "url",
    "util",
    "v8",
    "vm",
    "wasi",
    "worker_threads",
    "zlib",
    "bun",
];

struct Visitor<'i> {
    imports: &'i mut Imports,
    aliases: &'i Aliases,
}

impl Visitor<'_> {
    fn add(&mut self, specifier: &str, is_type: bool) {
        self.imports.add(specifier, is_type, self.aliases);
    }

    /// A specifier that is no literal is decided when the program runs; a template without substitutions is one.
    fn add_expression(&mut self, expression: &Expression<'_>) {
        if let Expression::StringLiteral(literal) = expression {
            self.add(literal.value.as_str(), false);
        } else if let Expression::TemplateLiteral(template) = expression
            && let Some(text) = template.single_quasi()
        {
            self.add(text.as_str(), false);
        }
    }
}

/// Whether a call asks for a module: `require`, `require.resolve`, `import.meta.resolve`.
fn is_require(callee: &Expression<'_>) -> bool {
    let is_require =
        |expression: &Expression<'_>| matches!(expression, Expression::Identifier(name) if name.name == "require");
    if let Expression::StaticMemberExpression(member) = callee {
        let resolves = is_require(&member.object) || matches!(member.object, Expression::ImportMeta(_));
        return resolves && member.property.name == "resolve";
    }
    is_require(callee)
}

impl<'a> Visit<'a> for Visitor<'_> {
    fn visit_import_declaration(&mut self, import: &ImportDeclaration<'a>) {
        let is_type_alone = |specifier: &ImportDeclarationSpecifier<'_>| match specifier {
            ImportDeclarationSpecifier::ImportSpecifier(specifier) => specifier.import_kind.is_type(),
            ImportDeclarationSpecifier::ImportDefaultSpecifier(_)
            | ImportDeclarationSpecifier::ImportNamespaceSpecifier(_) => false,
        };
        // `import {} from "x"` and `import "x"` run it.
        let types_alone =
            import.specifiers.as_ref().is_some_and(|all| !all.is_empty() && all.iter().all(is_type_alone));
        self.add(import.source.value.as_str(), import.import_kind.is_type() || types_alone);
    }

    fn visit_export_from_declaration(&mut self, export: &ExportFromDeclaration<'a>) {
        self.add(export.source.value.as_str(), export.export_kind.is_type());
    }

    fn visit_export_all_declaration(&mut self, export: &ExportAllDeclaration<'a>) {
        self.add(export.source.value.as_str(), export.export_kind.is_type());
    }

    fn visit_import_expression(&mut self, import: &ImportExpression<'a>) {
        self.add_expression(&import.source);
        walk::walk_import_expression(self, import);
    }

    fn visit_call_expression(&mut self, call: &CallExpression<'a>) {
        if let (true, [argument]) = (is_require(&call.callee), call.arguments.as_slice())
            && let Some(expression) = argument.as_expression()
        {
            self.add_expression(expression);
        }
        walk::walk_call_expression(self, call);
    }

    fn visit_ts_import_equals_declaration(&mut self, import: &TSImportEqualsDeclaration<'a>) {
        if import.import_kind.is_type() {
            return;
        }
        walk::walk_ts_import_equals_declaration(self, import);
    }

    fn visit_ts_external_module_reference(&mut self, reference: &TSExternalModuleReference<'a>) {
        self.add(reference.expression.value.as_str(), false);
    }

    fn visit_ts_import_type(&mut self, import: &TSImportType<'a>) {
        self.add(import.source.value.as_str(), true);
        walk::walk_ts_import_type(self, import);
    }
}
