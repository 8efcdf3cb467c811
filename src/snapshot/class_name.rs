//! What DevTools groups nodes by.
#![forbid(unsafe_code)]

use std::borrow::Cow;

use super::kind::NodeKind;

/// The class of a node by its kind and its name, attached as it is.
pub fn class_name_of(kind: NodeKind, name: &str) -> String {
    match kind {
        NodeKind::Object | NodeKind::Native => without_attributes(name).into_owned(),
        kind => class_of_kind(kind),
    }
}

/// The one class of all nodes of a kind that has no constructors.
pub fn class_of_kind(kind: NodeKind) -> String {
    match kind {
        NodeKind::Hidden => "(system)".to_owned(),
        NodeKind::Code => "(compiled code)".to_owned(),
        NodeKind::Closure => "Function".to_owned(),
        NodeKind::RegExp => "RegExp".to_owned(),
        _ => format!("({})", kind.name()),
    }
}

/// `<div id="a">` is a `<div>`, attached or not.
pub fn without_attributes(name: &str) -> Cow<'_, str> {
    let tag_at = match name {
        _ if name.starts_with('<') => 0,
        _ if name.starts_with("Detached <") => "Detached ".len(),
        _ => return name.into(),
    };
    match name[tag_at..].find(' ') {
        Some(space) => format!("{}>", &name[..tag_at + space]).into(),
        None => name.into(),
    }
}
