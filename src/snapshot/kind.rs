//! What V8 calls the types of nodes and edges. Files number them as their own `meta` says, so only
//! the names are trusted.
#![forbid(unsafe_code)]

use serde::{Deserialize, Serialize};

/// Declares an enum whose variants have the names that V8 writes into `meta`.
macro_rules! kinds {
    ($(#[$doc:meta])* $enum:ident { $($(#[$variant_doc:meta])* $variant:ident = $name:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
        #[repr(u8)]
        pub enum $enum {
            $($(#[$variant_doc])* $variant,)*
        }

        impl $enum {
            /// Every kind, in the order in which a written file numbers them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name in a file's `meta`.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// The kind with this name; a name that no known V8 writes is `Other`.
            pub fn from_name(name: &str) -> Self {
                match name {
                    $($name => Self::$variant,)*
                    _ => Self::Other,
                }
            }
        }
    };
}

kinds! {
    /// What a node stands for.
    NodeKind {
        Hidden = "hidden",
        Array = "array",
        String = "string",
        Object = "object",
        Code = "code",
        Closure = "closure",
        RegExp = "regexp",
        Number = "number",
        Native = "native",
        Synthetic = "synthetic",
        ConcatenatedString = "concatenated string",
        SlicedString = "sliced string",
        Symbol = "symbol",
        BigInt = "bigint",
        ObjectShape = "object shape",
        WasmObject = "wasm object",
        /// A type that is newer than this engine.
        Other = "other",
    }
}

kinds! {
    /// How one node refers to another.
    EdgeKind {
        Context = "context",
        Element = "element",
        Property = "property",
        Internal = "internal",
        Hidden = "hidden",
        Shortcut = "shortcut",
        Weak = "weak",
        Invisible = "invisible",
        /// A type that is newer than this engine.
        Other = "other",
    }
}

impl NodeKind {
    /// Whether the node is one of V8's three representations of a string.
    pub fn is_string(self) -> bool {
        matches!(
            self,
            Self::String | Self::ConcatenatedString | Self::SlicedString
        )
    }
}

impl EdgeKind {
    /// Whether an edge of this kind carries an index instead of a name.
    #[inline(always)]
    pub fn has_index(self) -> bool {
        matches!(self, Self::Element | Self::Hidden)
    }
}
