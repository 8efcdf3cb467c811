//! V8's sampling heap profiler: who allocated what is still there.
//!
//! The inspector's way to the same profile collects all garbage at each reading; this one does not.

use std::ffi::{CStr, c_char, c_int, c_uint, c_void};
use std::hash::Hasher;
use std::ptr;

use rustc_hash::{FxHashMap, FxHasher};

use super::statistics::Isolate;
use super::symbols::{MakeUtf8, SamplerSymbols, Symbols, Utf8Symbols};
use crate::error::Error;
use crate::gc::{AllocationSite, SiteId};

/// Frames of a stack that V8 notes.
const STACK_DEPTH: c_int = 16;
/// Frames of a stack that are told.
const TOLD_FRAMES: usize = 8;
/// Sites that are told, those with the most bytes.
const TOLD_SITES: usize = 128;
/// Modules of Node itself: who called them says more.
const INTERNAL: &str = "node:";

/// `v8::String::WriteOptions::REPLACE_INVALID_UTF8`.
const REPLACE_INVALID: c_int = 8;

/// Samples this thread's allocations until it is dropped.
pub struct AllocationSampler {
    symbols: &'static SamplerSymbols,
    isolate: Isolate,
    interval_bytes: u64,
    /// Somebody else has ended it.
    is_lost: bool,
}

/// `v8::AllocationProfile::Node`, the same from V8 10.2 (Node 18) to 14.6 (Node 26).
#[repr(C)]
struct Node {
    name: *mut c_void,
    script_name: *mut c_void,
    script_id: c_int,
    start_position: c_int,
    line_number: c_int,
    column_number: c_int,
    node_id: u32,
    children: Vector<*const Node>,
    allocations: Vector<Allocation>,
}

/// `v8::AllocationProfile::Allocation`: objects of one size, as many as there are likely to be.
#[repr(C)]
struct Allocation {
    size: usize,
    count: c_uint,
}

/// `std::vector` of the standard libraries in use.
#[repr(C)]
struct Vector<T> {
    begin: *const T,
    end: *const T,
    capacity_end: *const T,
}

/// The first words of every `v8::AllocationProfile`.
#[repr(C)]
struct Profile {
    methods: *const Methods,
}

/// Its virtual methods, in the order of their declaration; a destructor takes two places.
#[repr(C)]
struct Methods {
    root: unsafe extern "C" fn(*mut Profile) -> *const Node,
    samples: unsafe extern "C" fn(*mut Profile) -> *const c_void,
    destroy: unsafe extern "C" fn(*mut Profile),
    delete: unsafe extern "C" fn(*mut Profile),
}

impl AllocationSampler {
    /// # Errors
    ///
    /// [`Error::Unsupported`] when V8's profiler cannot be reached, or samples for somebody else: it can for one at
    /// a time.
    pub fn start(isolate: Isolate, interval_bytes: u64) -> Result<Self, Error> {
        let symbols = Symbols::get()
            .sampler
            .as_ref()
            .ok_or_else(|| unsupported("the executable does not export it"))?;
        // SAFETY: the isolate belongs to this thread and is alive.
        let profiler = unsafe { (symbols.profiler)(isolate.pointer()) };
        // SAFETY: the same; without flags V8 collects nothing by itself, and forgets what has died.
        let has_started = unsafe { (symbols.start)(profiler, interval_bytes, STACK_DEPTH, 0) };
        if !has_started {
            return Err(unsupported("somebody else samples the heap of this thread"));
        }
        Ok(Self {
            symbols,
            isolate,
            interval_bytes,
            is_lost: false,
        })
    }

    /// Where what is there now was allocated since the start, the most bytes first. To be called from JavaScript,
    /// whose handle scope takes V8's strings.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] when somebody else has ended the sampling, or V8 lays the profile out another way.
    ///
    /// # Complexity
    ///
    /// V8 makes a tree of all stacks: about a microsecond a frame.
    pub fn sites(&mut self) -> Result<Vec<AllocationSite>, Error> {
        // SAFETY: the isolate belongs to this thread and is alive.
        let profiler = unsafe { (self.symbols.profiler)(self.isolate.pointer()) };
        // SAFETY: the same; a handle scope is open.
        let profile = unsafe { (self.symbols.profile)(profiler) }.cast::<Profile>();
        if profile.is_null() {
            self.is_lost = true;
            return Err(unsupported("somebody else has ended the sampling"));
        }
        // SAFETY: V8 gave a profile, which lives until it is deleted.
        let methods = unsafe { &*(*profile).methods };
        // SAFETY: the same.
        let root = unsafe { &*(methods.root)(profile) };
        let texts = Texts {
            symbols: &self.symbols.utf8,
            isolate: self.isolate,
        };
        let sites = match texts.read(root.name).as_str() {
            "(root)" => Ok(Tree::new(texts, self.interval_bytes).sites(root)),
            _ => Err(unsupported("its profiles are laid out in an unknown way")),
        };
        // SAFETY: nothing refers to the profile any more.
        unsafe { (methods.delete)(profile) };
        sites
    }
}

impl Drop for AllocationSampler {
    fn drop(&mut self) {
        if self.is_lost {
            return;
        }
        // SAFETY: the sampler does not leave the isolate's thread, nor outlive the environment.
        let profiler = unsafe { (self.symbols.profiler)(self.isolate.pointer()) };
        // SAFETY: the same.
        unsafe { (self.symbols.stop)(profiler) };
    }
}

fn unsupported(why: &str) -> Error {
    Error::Unsupported {
        what: "V8's sampling heap profiler",
        why: why.into(),
    }
}

/// Reads V8's strings, while the handle scope is open that they were made in.
#[derive(Clone, Copy)]
struct Texts {
    symbols: &'static Utf8Symbols,
    isolate: Isolate,
}

/// `v8::String::Utf8Value`, with room for later versions.
#[repr(C)]
struct Utf8Value {
    text: *const c_char,
    rest: [usize; 7],
}

impl Texts {
    /// Empty where there is no string.
    fn read(self, handle: *mut c_void) -> String {
        if handle.is_null() {
            return String::new();
        }
        let mut value = Utf8Value {
            text: ptr::null(),
            rest: [0; 7],
        };
        let place = (&raw mut value).cast();
        // SAFETY: the handle is one of a string in an open scope of this thread's isolate, and the place is large
        // enough.
        unsafe {
            match self.symbols.make {
                MakeUtf8::Plain(make) => make(place, self.isolate.pointer(), handle),
                MakeUtf8::WithOptions(make) => {
                    make(place, self.isolate.pointer(), handle, REPLACE_INVALID);
                }
            }
        }
        let text = match value.text.is_null() {
            true => String::new(),
            // SAFETY: V8 ends the text with a zero; it lives until it is destroyed.
            false => unsafe { CStr::from_ptr(value.text) }
                .to_string_lossy()
                .into_owned(),
        };
        // SAFETY: it was made above, and nothing refers to it.
        unsafe { (self.symbols.destroy)(place) };
        text
    }
}

/// A profile as it is walked.
struct Tree<'a> {
    texts: Texts,
    interval_bytes: f64,
    /// By script: whether it is one of Node's own.
    internal: FxHashMap<c_int, bool>,
    sites: FxHashMap<u64, Site<'a>>,
}

/// Stacks that end in the same functions, up to the first that is not Node's own.
struct Site<'a> {
    bytes: f64,
    samples: f64,
    heaviest_bytes: f64,
    heaviest: Vec<&'a Node>,
}

impl<'a> Tree<'a> {
    fn new(texts: Texts, interval_bytes: u64) -> Self {
        Self {
            texts,
            interval_bytes: interval_bytes as f64,
            internal: FxHashMap::default(),
            sites: FxHashMap::default(),
        }
    }

    fn sites(mut self, root: &'a Node) -> Vec<AllocationSite> {
        self.visit(root, &mut Vec::new());
        let mut sites: Vec<_> = std::mem::take(&mut self.sites).into_iter().collect();
        sites.sort_by(|(_, one), (_, other)| other.bytes.total_cmp(&one.bytes));
        sites.truncate(TOLD_SITES);
        let told = sites.into_iter().map(|(id, site)| AllocationSite {
            id: SiteId(id),
            stack: site
                .heaviest
                .iter()
                .filter_map(|node| self.frame(node))
                .collect(),
            bytes: site.bytes,
            samples: site.samples,
        });
        told.collect()
    }

    /// `path` leads from the root to the node's parent.
    fn visit(&mut self, node: &'a Node, path: &mut Vec<&'a Node>) {
        path.push(node);
        let allocations = node.allocations.as_slice();
        if !allocations.is_empty() {
            self.count(allocations, path);
        }
        for child in node.children.as_slice() {
            // SAFETY: V8's children live as long as the profile.
            self.visit(unsafe { &**child }, path);
        }
        path.pop();
    }

    fn count(&mut self, allocations: &[Allocation], path: &[&'a Node]) {
        // V8's own work, of which nobody can tell where it was done.
        if path[1..].iter().all(|node| node.script_id == 0) {
            return;
        }
        let frames = || path[1..].iter().rev().take(TOLD_FRAMES);
        let mut id = 0;
        for node in frames() {
            id = self.mixed(id, node);
            if !self.is_internal(node) {
                break;
            }
        }
        let (mut bytes, mut samples) = (0.0, 0.0);
        for one in allocations {
            let (size, count) = (one.size as f64, f64::from(one.count));
            bytes += size * count;
            // V8 tells how many objects there are likely to be by how likely one is sampled.
            samples += count * -(-size / self.interval_bytes).exp_m1();
        }
        let site = self.sites.entry(id).or_insert_with(|| Site {
            bytes: 0.0,
            samples: 0.0,
            heaviest_bytes: 0.0,
            heaviest: Vec::new(),
        });
        site.bytes += bytes;
        site.samples += samples;
        if bytes > site.heaviest_bytes {
            site.heaviest_bytes = bytes;
            site.heaviest = frames().copied().collect();
        }
    }

    fn is_internal(&mut self, node: &Node) -> bool {
        let texts = self.texts;
        *self.internal.entry(node.script_id).or_insert_with(|| {
            let script = texts.read(node.script_name);
            script.is_empty() || script.starts_with(INTERNAL)
        })
    }

    /// A function is known by its script and where in it it begins; what is in no script, by its name.
    fn mixed(&self, id: u64, node: &Node) -> u64 {
        let mut hasher = FxHasher::default();
        hasher.write_u64(id);
        match node.script_id {
            0 => hasher.write(self.texts.read(node.name).as_bytes()),
            script_id => hasher.write_i32(script_id),
        }
        hasher.write_i32(node.start_position);
        hasher.finish()
    }

    /// As in JavaScript's stack traces; `None` for what has neither name nor script.
    fn frame(&self, node: &Node) -> Option<String> {
        let name = self.texts.read(node.name);
        let script = self.texts.read(node.script_name);
        let name = match name.as_str() {
            "" if script.is_empty() => return None,
            "" => "(anonymous)",
            name => name,
        };
        let (line, column) = (node.line_number, node.column_number);
        Some(match script.as_str() {
            "" => name.to_owned(),
            script => format!("{name} ({script}:{line}:{column})"),
        })
    }
}

impl<T> Vector<T> {
    fn as_slice(&self) -> &[T] {
        if self.begin.is_null() {
            return &[];
        }
        // SAFETY: both point into the vector's allocation, or one past its end.
        let length = unsafe { self.end.offset_from(self.begin) };
        // SAFETY: so many are initialised, and V8 does not change them.
        unsafe { std::slice::from_raw_parts(self.begin, usize::try_from(length).unwrap_or(0)) }
    }
}
