//! Checks the layers: which folder of `src/` may use which, where `unsafe` and `napi` may stand, what
//! every module file begins with, and that the JavaScript needs nothing but Node and the addon.
//!
//! The checkers take sources as text and give sentences, so that they are themselves tested below, on
//! small samples that break each rule.

use std::fs;
use std::path::Path;

/// What each folder of `src/` may use, besides itself and [`SHARED`].
const LAYERS: &[(&str, &[&str])] = &[
    (
        "binding",
        &[
            "analysis", "capture", "gc", "leak", "monitor", "report", "snapshot", "v8",
        ],
    ),
    (
        "monitor",
        &["analysis", "capture", "gc", "leak", "snapshot", "v8"],
    ),
    ("capture", &["analysis", "reader", "snapshot", "v8"]),
    ("reader", &["snapshot", "v8"]),
    ("report", &["analysis", "gc", "leak", "snapshot"]),
    ("analysis", &["snapshot"]),
    ("snapshot", &[]),
    ("leak", &["gc"]),
    ("v8", &["gc", "snapshot"]),
    ("gc", &[]),
    ("error", &[]),
    ("allocator", &[]),
];
/// Single files that every folder may use; `units` uses nothing, `error` only that.
const SHARED: &[&str] = &["error", "units"];
/// Where `unsafe` may stand.
const UNSAFE: &[&str] = &["allocator", "capture", "reader", "v8"];
/// What `#[napi]` generates is unsafe, so `forbid` cannot stand there; `lib.rs` still denies it.
const NODE: &str = "binding";

/// A file of the project, by its path from the root.
struct Source {
    path: String,
    text: String,
}

#[test]
fn the_rust_sources_keep_to_the_layers() {
    let mut sources = sources(&["src"], &["rs"]);
    sources.push(read("build.rs"));
    assert!(sources.len() > 20, "the sources were not found");
    assert_none(rust_violations(&sources));
}

#[test]
fn the_javascript_needs_only_node_and_the_addon() {
    let mut sources = sources(&["lib", "bin"], &["js", "mjs", "cjs", "ts", "mts"]);
    sources.push(read("index.js"));
    sources.push(read("index.d.ts"));
    assert!(sources.len() > 5, "the sources were not found");
    assert_none(javascript_violations(&sources));
}

fn assert_none(violations: Vec<String>) {
    assert!(violations.is_empty(), "\n{}\n", violations.join("\n"));
}

// ---------------------------------------------------------------------------------------- Rust rules

fn rust_violations(sources: &[Source]) -> Vec<String> {
    sources
        .iter()
        .flat_map(|source| {
            let tokens = rust_tokens(&source.text);
            let mut found = layer_violations(source, &tokens);
            found.extend(unsafe_violations(source, &tokens));
            found.extend(napi_violations(source, &tokens));
            found.extend(module_violations(source, &tokens, sources));
            found
        })
        .collect()
}

/// Folder of `src/`, or the file's own name when it lies there directly; `None` for `lib.rs` and
/// for what is not in `src/`.
fn folder(path: &str) -> Option<&str> {
    let inside = path.strip_prefix("src/")?;
    let first = inside.split('/').next()?;
    (first != "lib.rs").then(|| first.trim_end_matches(".rs"))
}

fn layer_violations(source: &Source, tokens: &[Token]) -> Vec<String> {
    let Some(own) = folder(&source.path) else {
        return Vec::new();
    };
    let allowed = LAYERS.iter().find(|(folder, _)| *folder == own);
    if allowed.is_none() && !SHARED.contains(&own) {
        return vec![format!(
            "{}: `{own}` is not in the table of layers",
            source.path
        )];
    }
    let may_use = |used: &str| match allowed {
        Some((_, below)) => used == own || below.contains(&used) || SHARED.contains(&used),
        None => used == own,
    };
    used_from_root(source, tokens)
        .into_iter()
        .filter(|used| !may_use(used))
        .map(|used| format!("{}: `{own}` must not use `{used}`", source.path))
        .collect()
}

/// First names after the crate's root in all paths that lead through it: `crate::a`, `crate::{a, b}`
/// and as many `super` as it takes.
fn used_from_root(source: &Source, tokens: &[Token]) -> Vec<String> {
    let file_depth = module_depth(&source.path);
    // Of each open brace: does it enclose an inline module?
    let mut braces: Vec<bool> = Vec::new();
    let mut used = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        match &tokens[at] {
            Token::Mark('{') => {
                let is_module = at >= 2 && tokens[at - 2].is("mod");
                braces.push(is_module);
            }
            Token::Mark('}') => {
                braces.pop();
            }
            token if token.is("crate") || token.is("memwatch_rs") => {
                at = first_names(tokens, at + 1, &mut used);
                continue;
            }
            token if token.is("super") => {
                let depth = file_depth + braces.iter().filter(|module| **module).count();
                let mut supers = 1;
                let mut next = at + 1;
                while is_path(tokens, next) && tokens.get(next + 2).is_some_and(|t| t.is("super")) {
                    supers += 1;
                    next += 3;
                }
                // The root, or further out than it: `super` cannot be misread as harmless.
                if supers >= depth {
                    at = first_names(tokens, next, &mut used);
                } else {
                    at = next;
                }
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    used
}

/// Modules around the code of a file: 1 in `src/gc/mod.rs` and `src/error.rs`, 2 in `src/gc/ring.rs`.
fn module_depth(path: &str) -> usize {
    let inside = path.strip_prefix("src/").unwrap_or(path);
    let parts = inside.split('/').count();
    if inside.ends_with("mod.rs") || inside == "lib.rs" {
        parts - 1
    } else {
        parts
    }
}

/// Reads what follows the root in a path, from its `::` on; gives where to go on.
fn first_names(tokens: &[Token], at: usize, used: &mut Vec<String>) -> usize {
    if !is_path(tokens, at) {
        return at;
    }
    match tokens.get(at + 2) {
        Some(Token::Word(name)) => {
            used.push(name.clone());
            at + 3
        }
        Some(Token::Mark('{')) => {
            let mut depth = 0;
            let mut next = at + 2;
            let mut at_start = true;
            while let Some(token) = tokens.get(next) {
                match token {
                    Token::Mark('{') => {
                        depth += 1;
                        at_start = depth == 1;
                    }
                    Token::Mark('}') => depth -= 1,
                    Token::Mark(',') => at_start = depth == 1,
                    Token::Word(name) if at_start && depth == 1 => {
                        used.push(name.clone());
                        at_start = false;
                    }
                    Token::Mark('*') if at_start => used.push("*".into()),
                    _ => {}
                }
                next += 1;
                if depth == 0 {
                    break;
                }
            }
            next
        }
        Some(Token::Mark('*')) => {
            used.push("*".into());
            at + 3
        }
        _ => at + 2,
    }
}

fn is_path(tokens: &[Token], at: usize) -> bool {
    tokens.get(at) == Some(&Token::Mark(':')) && tokens.get(at + 1) == Some(&Token::Mark(':'))
}

fn unsafe_violations(source: &Source, tokens: &[Token]) -> Vec<String> {
    let mut found = Vec::new();
    if !folder(&source.path).is_some_and(|own| UNSAFE.contains(&own))
        && tokens.iter().any(|token| token.is("unsafe"))
    {
        found.push(format!("{}: `unsafe` has no place here", source.path));
    }
    for at in 0..tokens.len() {
        let lifts = ["allow", "expect", "warn"]
            .iter()
            .any(|level| tokens[at].is(level))
            && tokens.get(at + 1) == Some(&Token::Mark('('))
            && tokens[at + 2..]
                .iter()
                .take_while(|token| **token != Token::Mark(')'))
                .any(|token| token.is("unsafe_code"));
        if !lifts {
            continue;
        }
        let module = tokens[at..]
            .windows(2)
            .find(|pair| pair[0].is("mod"))
            .and_then(|pair| pair[1].word());
        if source.path != "src/lib.rs" || !module.is_some_and(|name| UNSAFE.contains(&name)) {
            found.push(format!(
                "{}: `unsafe_code` is allowed for {}",
                source.path,
                module.unwrap_or("everything")
            ));
        }
    }
    found
}

fn napi_violations(source: &Source, tokens: &[Token]) -> Option<String> {
    let may = source.path == "build.rs" || folder(&source.path) == Some(NODE);
    let named = tokens
        .iter()
        .filter_map(Token::word)
        .find(|word| word.starts_with("napi"))?;
    (!may).then(|| format!("{}: only `{NODE}` names `{named}`", source.path))
}

fn module_violations(source: &Source, tokens: &[Token], all: &[Source]) -> Vec<String> {
    let mut found = Vec::new();
    if !source.text.starts_with("//! ") {
        found.push(format!(
            "{}: does not begin with `//!` docs that say what it is for",
            source.path
        ));
    }
    if source.path == "src/lib.rs" {
        if !has_lint(tokens, "deny") {
            found.push("src/lib.rs: lacks `#![deny(unsafe_code)]`".into());
        }
        return found;
    }
    let Some(own) = folder(&source.path) else {
        return found;
    };
    if own == NODE || UNSAFE.contains(&own) {
        return found;
    }
    let root = format!("src/{own}/mod.rs");
    let root_forbids = all
        .iter()
        .find(|other| other.path == root)
        .is_some_and(|root| has_lint(&rust_tokens(&root.text), "forbid"));
    if !root_forbids && !has_lint(tokens, "forbid") {
        found.push(format!(
            "{}: neither it nor its folder's root has `#![forbid(unsafe_code)]`",
            source.path
        ));
    }
    found
}

/// Whether `#![level(unsafe_code)]` stands in the file.
fn has_lint(tokens: &[Token], level: &str) -> bool {
    use Token::Mark;
    tokens.windows(7).any(|seven| {
        matches!(
            seven,
            [Mark('#'), Mark('!'), Mark('['), lint, Mark('('), code, Mark(')')]
                if lint.is(level) && code.is("unsafe_code")
        )
    })
}

/// Rust code without comments and literals.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Token {
    Word(String),
    Mark(char),
}

impl Token {
    fn word(&self) -> Option<&str> {
        match self {
            Self::Word(word) => Some(word),
            Self::Mark(_) => None,
        }
    }

    fn is(&self, word: &str) -> bool {
        self.word() == Some(word)
    }
}

fn rust_tokens(text: &str) -> Vec<Token> {
    let chars: Vec<char> = text.chars().collect();
    let peek = |at: usize| chars.get(at).copied().unwrap_or('\0');
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        let one = chars[at];
        if one == '/' && peek(at + 1) == '/' {
            at = end_of_line(&chars, at);
        } else if one == '/' && peek(at + 1) == '*' {
            let mut depth = 1;
            at += 2;
            while at < chars.len() && depth > 0 {
                match (chars[at], peek(at + 1)) {
                    ('/', '*') => (depth, at) = (depth + 1, at + 2),
                    ('*', '/') => (depth, at) = (depth - 1, at + 2),
                    _ => at += 1,
                }
            }
        } else if one == '"' {
            at = end_of_quoted(&chars, at);
        } else if one == '\'' {
            // A character, or a lifetime, whose name is then read as a word and harms nobody.
            at = match (peek(at + 1), peek(at + 2)) {
                ('\\', _) => end_of_quoted(&chars, at),
                (_, '\'') => at + 3,
                _ => at + 1,
            };
        } else if one == '_' || one.is_alphabetic() {
            let start = at;
            while peek(at) == '_' || peek(at).is_alphanumeric() {
                at += 1;
            }
            let word: String = chars[start..at].iter().collect();
            let raw = word.ends_with('r') && word.len() <= 2 && matches!(peek(at), '"' | '#');
            match raw.then(|| end_of_raw(&chars, at)).flatten() {
                Some(end) => at = end,
                None => tokens.push(Token::Word(word)),
            }
        } else {
            if !one.is_whitespace() {
                tokens.push(Token::Mark(one));
            }
            at += 1;
        }
    }
    tokens
}

fn end_of_line(chars: &[char], from: usize) -> usize {
    (from..chars.len())
        .find(|at| chars[*at] == '\n')
        .unwrap_or(chars.len())
}

/// Behind the closing quote, which is the same as the one at `from`.
fn end_of_quoted(chars: &[char], from: usize) -> usize {
    let mut at = from + 1;
    while at < chars.len() {
        match chars[at] {
            '\\' => at += 2,
            one if one == chars[from] => return at + 1,
            _ => at += 1,
        }
    }
    chars.len()
}

/// Behind a raw string whose hashes or quote begin at `from`; `None` when it is a raw identifier.
fn end_of_raw(chars: &[char], from: usize) -> Option<usize> {
    let hashes = chars[from..].iter().take_while(|one| **one == '#').count();
    if chars.get(from + hashes) != Some(&'"') {
        return None;
    }
    let end = |at: usize| {
        chars[at] == '"'
            && chars[at + 1..]
                .iter()
                .take(hashes)
                .filter(|one| **one == '#')
                .count()
                == hashes
    };
    let close = (from + hashes + 1..chars.len()).find(|at| end(*at));
    Some(close.map_or(chars.len(), |at| at + 1 + hashes))
}

// ---------------------------------------------------------------------------------- JavaScript rules

fn javascript_violations(sources: &[Source]) -> Vec<String> {
    sources
        .iter()
        .flat_map(|source| {
            required(&source.text)
                .into_iter()
                .filter_map(|what| match what {
                    Some(name) if is_ours(&source.path, &name) => None,
                    Some(name) => Some(format!("{}: must not require '{name}'", source.path)),
                    None => Some(format!("{}: requires what it computes", source.path)),
                })
        })
        .collect()
}

/// A module of Node, or a file of ours that is shipped with the package.
fn is_ours(path: &str, name: &str) -> bool {
    if name.starts_with("node:") {
        return true;
    }
    if !name.starts_with("./") && !name.starts_with("../") {
        return false;
    }
    let mut parts: Vec<&str> = path.split('/').collect();
    parts.pop();
    for part in name.split('/') {
        match part {
            "." | "" => {}
            ".." if parts.pop().is_none() => return false,
            ".." => {}
            part => parts.push(part),
        }
    }
    match parts.as_slice() {
        ["lib" | "bin", _, ..] => true,
        [file] => matches!(
            *file,
            "binding" | "binding.js" | "index" | "index.js" | "package.json"
        ),
        _ => false,
    }
}

/// What a file requires or imports; `None` for a name that is not a plain string.
fn required(text: &str) -> Vec<Option<String>> {
    let tokens = javascript_tokens(text);
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let Js::Word(word) = token else { continue };
        let is_property = at > 0 && tokens[at - 1] == Js::Mark('.');
        if is_property {
            continue;
        }
        match (word.as_str(), tokens.get(at + 1)) {
            ("require" | "import", Some(Js::Mark('('))) => {
                let literal = match (tokens.get(at + 2), tokens.get(at + 3)) {
                    (Some(Js::Text(name)), Some(Js::Mark(')' | ','))) => Some(name.clone()),
                    _ => None,
                };
                found.push(literal);
            }
            ("from" | "import", Some(Js::Text(name))) => found.push(Some(name.clone())),
            _ => {}
        }
    }
    found
}

/// JavaScript without comments and regular expressions.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Js {
    Word(String),
    Text(String),
    Mark(char),
}

fn javascript_tokens(text: &str) -> Vec<Js> {
    let chars: Vec<char> = text.chars().collect();
    let peek = |at: usize| chars.get(at).copied().unwrap_or('\0');
    let is_word = |one: char| one == '_' || one == '$' || one.is_alphanumeric();
    let mut tokens: Vec<Js> = Vec::new();
    // Of each open brace: does it belong to a `${` in a template?
    let mut braces: Vec<bool> = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        let one = chars[at];
        let in_template = one == '}' && braces.last() == Some(&true);
        if one == '/' && peek(at + 1) == '/' || one == '#' && at == 0 && peek(1) == '!' {
            at = end_of_line(&chars, at);
        } else if one == '/' && peek(at + 1) == '*' {
            at += 2;
            while at < chars.len() && (chars[at], peek(at + 1)) != ('*', '/') {
                at += 1;
            }
            at += 2;
        } else if one == '\'' || one == '"' {
            let end = end_of_quoted(&chars, at);
            let inside = chars[at + 1..end.saturating_sub(1).max(at + 1)].iter();
            tokens.push(Js::Text(inside.collect()));
            at = end;
        } else if one == '`' || in_template {
            if in_template {
                braces.pop();
            }
            let start = at + 1;
            at = start;
            while at < chars.len() && chars[at] != '`' && (chars[at], peek(at + 1)) != ('$', '{') {
                at += if chars[at] == '\\' { 2 } else { 1 };
            }
            let whole = one == '`' && peek(at) == '`';
            tokens.push(match whole {
                true => Js::Text(chars[start..at].iter().collect()),
                false => Js::Mark('`'),
            });
            if peek(at) == '$' {
                braces.push(true);
                at += 1;
            }
            at += 1;
        } else if one == '/' && begins_regular_expression(tokens.last()) {
            let mut in_class = false;
            at += 1;
            while at < chars.len() && chars[at] != '\n' && (chars[at] != '/' || in_class) {
                match chars[at] {
                    '\\' => at += 1,
                    '[' => in_class = true,
                    ']' => in_class = false,
                    _ => {}
                }
                at += 1;
            }
            tokens.push(Js::Mark('/'));
            at += 1;
        } else if is_word(one) {
            let start = at;
            while is_word(peek(at)) {
                at += 1;
            }
            tokens.push(Js::Word(chars[start..at].iter().collect()));
        } else {
            match one {
                '{' => braces.push(false),
                '}' => drop(braces.pop()),
                _ => {}
            }
            if !one.is_whitespace() {
                tokens.push(Js::Mark(one));
            }
            at += 1;
        }
    }
    tokens
}

/// After a value a slash divides; elsewhere it begins a pattern.
fn begins_regular_expression(before: Option<&Js>) -> bool {
    match before {
        None => true,
        Some(Js::Mark(mark)) => !matches!(mark, ')' | ']' | '}' | '/' | '`'),
        Some(Js::Word(word)) => matches!(word.as_str(), "return" | "typeof" | "case" | "in" | "of"),
        Some(Js::Text(_)) => false,
    }
}

// --------------------------------------------------------------------------------- Reading the files

fn read(path: &str) -> Source {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path))
        .unwrap_or_else(|error| panic!("{path}: {error}"));
    Source {
        path: path.into(),
        text,
    }
}

fn sources(folders: &[&str], extensions: &[&str]) -> Vec<Source> {
    let mut found = Vec::new();
    let mut open: Vec<String> = folders.iter().map(|folder| folder.to_string()).collect();
    while let Some(folder) = open.pop() {
        let full = Path::new(env!("CARGO_MANIFEST_DIR")).join(&folder);
        for entry in fs::read_dir(&full).unwrap_or_else(|error| panic!("{folder}: {error}")) {
            let entry = entry.expect("a readable folder");
            let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
            let is_source = Path::new(&path)
                .extension()
                .is_some_and(|extension| extensions.iter().any(|one| extension == *one));
            if entry.file_type().expect("a known type").is_dir() {
                open.push(path);
            } else if is_source {
                found.push(read(&path));
            }
        }
    }
    found
}

// -------------------------------------------------------------------------- The checkers, on samples

mod checkers {
    use super::*;

    fn file(path: &str, text: &str) -> Source {
        Source {
            path: path.into(),
            text: text.into(),
        }
    }

    /// Violations of one file that has its docs and its lint.
    fn violations(path: &str, code: &str) -> Vec<String> {
        let text = format!("//! Docs.\n#![forbid(unsafe_code)]\n#![deny(unsafe_code)]\n{code}");
        rust_violations(&[file(path, &text)])
    }

    fn javascript(path: &str, text: &str) -> Vec<String> {
        javascript_violations(&[file(path, text)])
    }

    #[test]
    fn a_lower_layer_that_uses_a_higher_one_is_found_however_it_names_it() {
        for code in [
            "use crate::monitor::Monitor;",
            "use crate::{error::Error, monitor};",
            "use crate::{error::{Error, Other}, monitor::Monitor};",
            "fn f() { crate::monitor::run() }",
            "use super::super::monitor::Monitor;",
            "use super::super::{error, monitor};",
            "mod tests { use super::super::super::monitor; }",
            "use memwatch_rs::monitor;",
            "use crate :: /* far away */ monitor;",
            "const A: char = '\"'; use crate::monitor; const B: char = '\"';",
        ] {
            assert_eq!(
                violations("src/gc/ring.rs", code),
                ["src/gc/ring.rs: `gc` must not use `monitor`"],
                "{code}"
            );
        }
        assert_eq!(violations("src/gc/mod.rs", "use super::monitor;").len(), 1);
        assert_eq!(violations("src/gc/ring.rs", "use crate::*;").len(), 1);
    }

    #[test]
    fn what_the_table_allows_passes() {
        for (path, code) in [
            (
                "src/gc/ring.rs",
                "use super::event::GcEvent; use crate::error::Error;",
            ),
            (
                "src/gc/ring.rs",
                "mod tests { use super::super::event::samples; }",
            ),
            ("src/gc/mod.rs", "mod tests { use super::ring; }"),
            (
                "src/v8/hook.rs",
                "use crate::gc::{Ring, monitor}; fn f() { unsafe { g() } }",
            ),
            ("src/leak/mod.rs", "use crate::units::format_bytes;"),
            (
                "src/binding/mod.rs",
                "use crate::{leak, monitor, report, units, v8};",
            ),
            (
                "src/monitor/mod.rs",
                "/// See [`crate::binding`].\nfn f() {}",
            ),
            (
                "src/gc/ring.rs",
                "/* use crate::monitor; /* deep */ unsafe */ fn f() {}",
            ),
            (
                "src/gc/ring.rs",
                r####"const A: &str = r#"use crate::v8; "unsafe" napi"#;"####,
            ),
            (
                "src/gc/ring.rs",
                "const A: &str = \"\\\"crate::v8 unsafe napi\";",
            ),
        ] {
            assert_eq!(violations(path, code), [""; 0], "{path}: {code}");
        }
    }

    #[test]
    fn each_row_of_the_table_is_enforced() {
        for (path, used) in [
            ("src/monitor/a.rs", "report"),
            ("src/monitor/a.rs", "binding"),
            ("src/report/a.rs", "v8"),
            ("src/report/a.rs", "monitor"),
            ("src/leak/a.rs", "v8"),
            ("src/v8/a.rs", "leak"),
            ("src/gc/a.rs", "leak"),
            ("src/v8/a.rs", "analysis"),
            ("src/analysis/a.rs", "gc"),
            ("src/snapshot/a.rs", "analysis"),
            ("src/error.rs", "gc"),
            ("src/units.rs", "gc"),
            ("src/units.rs", "error"),
        ] {
            let code = format!("use crate::{used}::Thing;");
            assert_eq!(violations(path, &code).len(), 1, "{path} {used}");
        }
    }

    #[test]
    fn a_folder_that_nobody_thought_about_is_found() {
        assert_eq!(
            violations("src/helpers/mod.rs", ""),
            ["src/helpers/mod.rs: `helpers` is not in the table of layers"]
        );
    }

    #[test]
    fn unsafe_outside_its_folders_is_found() {
        for code in [
            "fn f() { unsafe { g() } }",
            "unsafe fn f() {}",
            "#[unsafe(no_mangle)] fn f() {}",
        ] {
            assert_eq!(violations("src/gc/a.rs", code).len(), 1, "{code}");
            assert_eq!(violations("src/binding/a.rs", code).len(), 1, "{code}");
            assert_eq!(violations("src/v8/a.rs", code), [""; 0], "{code}");
        }
    }

    #[test]
    fn only_the_root_lifts_the_ban_and_only_for_the_unsafe_folders() {
        let lift = |module| format!("#[allow(unsafe_code)]\npub mod {module};");
        assert_eq!(violations("src/lib.rs", &lift("v8")), [""; 0]);
        assert_eq!(violations("src/lib.rs", &lift("gc")).len(), 1);
        assert_eq!(violations("src/monitor/mod.rs", &lift("v8")).len(), 1);
        assert_eq!(
            violations("src/lib.rs", "#![allow(dead_code, unsafe_code)]").len(),
            1
        );
    }

    #[test]
    fn node_api_outside_the_binding_is_found() {
        for code in ["use napi::Env;", "#[napi_derive::napi] fn f() {}"] {
            assert_eq!(violations("src/gc/a.rs", code).len(), 1, "{code}");
            assert_eq!(violations("src/lib.rs", code).len(), 1, "{code}");
            assert_eq!(violations("src/binding/a.rs", code), [""; 0], "{code}");
        }
        assert_eq!(
            violations("build.rs", "fn main() { napi_build::setup() }"),
            [""; 0]
        );
    }

    #[test]
    fn a_module_without_docs_or_without_the_lint_is_found() {
        let only = |path: &str, text: &str| rust_violations(&[file(path, text)]).len();
        assert_eq!(only("src/gc/a.rs", "#![forbid(unsafe_code)]"), 1);
        assert_eq!(only("src/gc/a.rs", "//! Docs."), 1);
        assert_eq!(only("src/gc/a.rs", "//! #![forbid(unsafe_code)]"), 1);
        assert_eq!(only("src/v8/a.rs", "//! Docs."), 0);
        assert_eq!(only("src/v8/a.rs", ""), 1);
        assert_eq!(only("src/lib.rs", "//! Docs."), 1);
        let root = file("src/gc/mod.rs", "//! Docs.\n#![forbid(unsafe_code)]");
        let child = file("src/gc/a.rs", "//! Docs.");
        assert_eq!(rust_violations(&[root, child]), [""; 0]);
    }

    #[test]
    fn a_package_in_the_javascript_is_found_however_it_is_loaded() {
        for text in [
            "const jest = require('jest')",
            "const { Suite } = require(\"mocha\")",
            "import koa from 'koa'",
            "import 'koa'",
            "export { a } from 'koa'",
            "const koa = await import('koa')",
            "const fs = require('fs')",
            "const a = require(`koa`)",
            "const name = 'koa'; require(name)",
            "const a = 4 / 2; require('koa') // /",
            "const a = /['\"`]/; require('koa')",
            "const a = `${require('koa')}`",
            "const test = require('../__test__/behaviour.js')",
            "const secret = require('../../outside.js')",
        ] {
            assert_eq!(javascript("lib/a.js", text).len(), 1, "{text}");
        }
    }

    #[test]
    fn javascript_that_keeps_to_node_and_our_own_files_passes() {
        for text in [
            "const fs = require('node:fs')",
            "const binding = require('../binding.js')",
            "const { a } = require('./host')",
            "import memwatch from '../index.js'",
            "// require('jest')\n/* require('mocha') */",
            "/** @param {import('koa').Context} ctx */",
            "const said = 'require(\"koa\")'",
            "const said = `require('koa') ${1}`",
            "const said = /require('koa')/",
            "wrapper.require('koa')",
        ] {
            assert_eq!(javascript("lib/a.js", text), [""; 0], "{text}");
        }
        let version = "#!/usr/bin/env node\nrequire('../package.json')";
        assert_eq!(javascript("bin/a.js", version), [""; 0]);
    }
}
