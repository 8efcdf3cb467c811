//! Comparisons of two readings of one heap, as JavaScript gets them.

use napi_derive::napi;

use super::snapshot::converted;
use crate::analysis::{
    ClassComparison, ClassDifference, EdgeComparison, EdgeExample, FailedStep, GraphComparison,
    GraphTotals, Holder, MissingEdges, MissingNodes, NodeComparison, NodeDifference, NodeExample,
    NodeTally, PathComparison,
};
use crate::capture::ComparedReadings;

/// How a field is shown to JavaScript.
trait Shown<T> {
    fn shown(self) -> T;
}

impl Shown<f64> for u64 {
    fn shown(self) -> f64 {
        self as f64
    }
}

impl Shown<u32> for u32 {
    fn shown(self) -> u32 {
        self
    }
}

impl Shown<bool> for bool {
    fn shown(self) -> bool {
        self
    }
}

impl Shown<String> for String {
    fn shown(self) -> String {
        self
    }
}

impl Shown<Vec<u32>> for Vec<u32> {
    fn shown(self) -> Vec<u32> {
        self
    }
}

/// Declares what JavaScript gets for a type of the core, field by field.
macro_rules! payload {
    ($payload:ident of $core:ident { $($(#[$attribute:meta])* $field:ident: $type:ty,)* }) => {
        #[napi(object, object_from_js = false)]
        pub struct $payload { $($(#[$attribute])* pub $field: $type,)* }

        impl From<$core> for $payload {
            fn from(core: $core) -> Self {
                Self { $($field: core.$field.shown(),)* }
            }
        }

        impl Shown<$payload> for $core {
            fn shown(self) -> $payload {
                self.into()
            }
        }

        impl Shown<Vec<$payload>> for Vec<$core> {
            fn shown(self) -> Vec<$payload> {
                converted(self)
            }
        }
    };
}

payload!(ComparedReadingsPayload of ComparedReadings {
    classes: ClassComparisonPayload,
    graph: GraphComparisonPayload,
});

payload!(GraphComparisonPayload of GraphComparison {
    classes: ClassComparisonPayload,
    nodes: NodeComparisonPayload,
    edges: EdgeComparisonPayload,
    paths: PathComparisonPayload,
});

payload!(GraphTotalsPayload of GraphTotals {
    node_count: f64,
    edge_count: f64,
    shallow_bytes: f64,
    object_count: f64,
});

payload!(NodeTallyPayload of NodeTally {
    count: f64,
    shallow_bytes: f64,
});

payload!(ClassComparisonPayload of ClassComparison {
    ours: GraphTotalsPayload,
    #[napi(js_name = "v8s")]
    v8s: GraphTotalsPayload,
    equal_count: f64,
    different_count: f64,
    different_object_count: f64,
    different: Vec<ClassDifferencePayload>,
});

payload!(ClassDifferencePayload of ClassDifference {
    class: String,
    is_object: bool,
    ours: NodeTallyPayload,
    #[napi(js_name = "v8s")]
    v8s: NodeTallyPayload,
});

payload!(NodeComparisonPayload of NodeComparison {
    matched_count: f64,
    without_id_count: f64,
    repeated_id_count: f64,
    different_count: f64,
    different: Vec<NodeDifferencePayload>,
    #[napi(js_name = "onlyInV8s")]
    only_in_v8s: NodeTallyPayload,
    missing: Vec<MissingNodesPayload>,
    only_in_ours: NodeTallyPayload,
    surplus: Vec<MissingNodesPayload>,
});

payload!(NodeDifferencePayload of NodeDifference {
    #[napi(js_name = "v8s")]
    v8s: String,
    ours: String,
    is_object: bool,
    count: f64,
    kind_count: f64,
    name_count: f64,
    size_count: f64,
    examples: Vec<NodeExamplePayload>,
});

payload!(NodeExamplePayload of NodeExample {
    id: u32,
    #[napi(js_name = "v8sBytes")]
    v8s_bytes: f64,
    our_bytes: f64,
    #[napi(js_name = "v8sNameBytes")]
    v8s_name_bytes: f64,
    our_name_bytes: f64,
    same_name_bytes: f64,
});

payload!(MissingNodesPayload of MissingNodes {
    class: String,
    is_object: bool,
    count: f64,
    shallow_bytes: f64,
    entry_count: f64,
    ids: Vec<u32>,
    held_by: Vec<HolderPayload>,
});

payload!(HolderPayload of Holder {
    class: String,
    edge: String,
    is_in_both: bool,
    count: f64,
    id: u32,
});

payload!(EdgeComparisonPayload of EdgeComparison {
    equal_count: f64,
    #[napi(js_name = "onlyInV8sCount")]
    only_in_v8s_count: f64,
    missing: Vec<MissingEdgesPayload>,
    only_in_ours_count: f64,
    surplus: Vec<MissingEdgesPayload>,
});

payload!(MissingEdgesPayload of MissingEdges {
    source: String,
    edge: String,
    target: String,
    is_object: bool,
    is_target_in_both: bool,
    count: f64,
    examples: Vec<EdgeExamplePayload>,
});

payload!(EdgeExamplePayload of EdgeExample {
    source: u32,
    label: String,
    target: u32,
});

payload!(PathComparisonPayload of PathComparison {
    object_count: f64,
    unreached_count: f64,
    followed_count: f64,
    true_count: f64,
    failed: Vec<FailedStepPayload>,
});

payload!(FailedStepPayload of FailedStep {
    reason: &'static str,
    source: String,
    edge: String,
    target: String,
    count: f64,
    example: EdgeExamplePayload,
});

impl Shown<&'static str> for crate::analysis::FailedBecause {
    fn shown(self) -> &'static str {
        self.name()
    }
}
