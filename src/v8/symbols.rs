//! The functions of V8 and libuv that we call, found by mangled name in the running executable.
//!
//! The names are those of the Itanium C++ ABI; they are the same in Node 18 to 26 (V8 10.2 to 14.6).

use std::ffi::{CStr, c_char, c_int, c_void};

use once_cell::sync::Lazy;

use crate::error::Error;

/// `v8::Isolate::GCCallbackWithData`.
pub type GcCallback = unsafe extern "C" fn(*mut c_void, c_int, c_int, *mut c_void);
type AddGcCallback = unsafe extern "C" fn(*mut c_void, GcCallback, *mut c_void, c_int);
type RemoveGcCallback = unsafe extern "C" fn(*mut c_void, GcCallback, *mut c_void);

/// What the running executable offers.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Capabilities {
    /// GC prologue and epilogue callbacks, and the wake-up of the event loop.
    pub hooks: bool,
    /// `Isolate::GetHeapStatistics`.
    pub statistics: bool,
    /// `Isolate::GetHeapSpaceStatistics`.
    pub spaces: bool,
    /// A full collection on request without `--expose-gc`.
    pub full_gc: bool,
    /// A callback before the heap limit kills the process.
    pub near_heap_limit: bool,
    /// V8's own heap snapshot, walked without JSON.
    pub snapshot: bool,
    /// V8's sampling heap profiler, read without a collection.
    pub allocation_sampling: bool,
}

/// Every symbol, looked up once. A field is `None` when any of its functions is missing.
pub struct Symbols {
    pub current_isolate: Option<unsafe extern "C" fn() -> *mut c_void>,
    pub hooks: Option<HookSymbols>,
    pub wake: Option<WakeSymbols>,
    pub heap_statistics: Option<unsafe extern "C" fn(*mut c_void, *mut u64)>,
    pub spaces: Option<SpaceSymbols>,
    pub low_memory: Option<unsafe extern "C" fn(*mut c_void)>,
    pub snapshot: Option<SnapshotSymbols>,
    pub roots: Option<RootSymbols>,
    pub near_heap_limit: Option<HeapLimitSymbols>,
    pub sampler: Option<SamplerSymbols>,
}

/// Adding and removing GC callbacks.
#[derive(Clone, Copy)]
pub struct HookSymbols {
    pub add_prologue: AddGcCallback,
    pub add_epilogue: AddGcCallback,
    pub remove_prologue: RemoveGcCallback,
    pub remove_epilogue: RemoveGcCallback,
}

/// `v8::NearHeapLimitCallback`: our data, the limit now and at first; gives the new limit.
pub type HeapLimitCallback = unsafe extern "C" fn(*mut c_void, usize, usize) -> usize;

/// Being asked when the heap is nearly full. V8 asks only who was added last.
#[derive(Clone, Copy)]
pub struct HeapLimitSymbols {
    pub add: unsafe extern "C" fn(*mut c_void, HeapLimitCallback, *mut c_void),
    /// The callback must be there. A limit of zero leaves the limit as it is.
    pub remove: unsafe extern "C" fn(*mut c_void, HeapLimitCallback, usize),
}

/// Statistics of one space, by number.
#[derive(Clone, Copy)]
pub struct SpaceSymbols {
    pub count: unsafe extern "C" fn(*mut c_void) -> usize,
    pub statistics: unsafe extern "C" fn(*mut c_void, *mut SpaceStatistics, usize) -> bool,
}

/// `v8::HeapSpaceStatistics`, with room for fields that later versions may add.
#[repr(C)]
pub struct SpaceStatistics {
    pub name: *const c_char,
    pub size: usize,
    pub used_size: usize,
    pub available_size: usize,
    pub physical_size: usize,
    pub reserved: [usize; 8],
}

/// Taking, reading and deleting V8's heap snapshots.
#[derive(Clone, Copy)]
pub struct SnapshotSymbols {
    pub profiler: unsafe extern "C" fn(*mut c_void) -> *mut c_void,
    pub take: TakeSnapshot,
    pub clear_object_ids: unsafe extern "C" fn(*mut c_void),
    /// `v8::Local` is one pointer, passed and returned in a register.
    pub object_id: unsafe extern "C" fn(*mut c_void, *mut c_void) -> u32,
    pub current_context: unsafe extern "C" fn(*mut c_void) -> *mut c_void,
    pub delete: unsafe extern "C" fn(*const c_void),
    pub node_count: unsafe extern "C" fn(*const c_void) -> c_int,
    pub node_at: unsafe extern "C" fn(*const c_void, c_int) -> *const c_void,
    pub root: unsafe extern "C" fn(*const c_void) -> *const c_void,
    pub node_id: unsafe extern "C" fn(*const c_void) -> u32,
    pub node_type: unsafe extern "C" fn(*const c_void) -> c_int,
    pub node_shallow_size: unsafe extern "C" fn(*const c_void) -> usize,
    pub child_count: unsafe extern "C" fn(*const c_void) -> c_int,
    pub child: unsafe extern "C" fn(*const c_void, c_int) -> *const c_void,
    pub edge_target: unsafe extern "C" fn(*const c_void) -> *const c_void,
    pub edge_type: unsafe extern "C" fn(*const c_void) -> c_int,
}

/// V8's sampling heap profiler.
#[derive(Clone, Copy)]
pub struct SamplerSymbols {
    pub profiler: unsafe extern "C" fn(*mut c_void) -> *mut c_void,
    /// The profiler, bytes between two samples, depth of the stacks, flags.
    pub start: unsafe extern "C" fn(*mut c_void, u64, c_int, c_int) -> bool,
    pub stop: unsafe extern "C" fn(*mut c_void),
    /// Null when nothing is sampled.
    pub profile: unsafe extern "C" fn(*mut c_void) -> *mut c_void,
    pub utf8: Utf8Symbols,
}

/// `v8::String::Utf8Value`: the text of a string.
#[derive(Clone, Copy)]
pub struct Utf8Symbols {
    pub make: MakeUtf8,
    pub destroy: unsafe extern "C" fn(*mut c_void),
}

/// Its constructor in its two shapes; both take the place, the isolate and the handle.
#[derive(Clone, Copy)]
pub enum MakeUtf8 {
    Plain(unsafe extern "C" fn(*mut c_void, *mut c_void, *mut c_void)),
    /// Node 24: with `v8::String::WriteOptions`.
    WithOptions(unsafe extern "C" fn(*mut c_void, *mut c_void, *mut c_void, c_int)),
}

/// What tells where V8 keeps its handles.
#[derive(Clone, Copy)]
pub struct RootSymbols {
    pub globalize: Globalize,
    pub handle_count: unsafe extern "C" fn(*mut c_void) -> c_int,
}

/// `v8::api_internal::GlobalizeReference` in its two shapes.
#[derive(Clone, Copy)]
pub enum Globalize {
    /// Node 22 and later.
    Object(unsafe extern "C" fn(*mut c_void, usize) -> *mut c_void),
    /// Node 18 and 20.
    Handle(unsafe extern "C" fn(*mut c_void, *mut c_void) -> *mut c_void),
}

/// `HeapProfiler::TakeHeapSnapshot` in its two shapes.
#[derive(Clone, Copy)]
pub enum TakeSnapshot {
    /// Node 20 and later: `(const HeapSnapshotOptions&)`.
    WithOptions(unsafe extern "C" fn(*mut c_void, *const c_void) -> *const c_void),
    /// Node 18: `(ActivityControl*, ObjectNameResolver*, bool hide_internals, bool numeric_values)`.
    WithControl(
        unsafe extern "C" fn(
            *mut c_void,
            *const c_void,
            *const c_void,
            bool,
            bool,
        ) -> *const c_void,
    ),
}

/// A libuv handle that the event loop runs in each turn.
#[derive(Clone, Copy)]
pub struct WakeSymbols {
    pub current_loop: unsafe extern "C" fn(*mut c_void) -> *mut c_void,
    pub handle_size: unsafe extern "C" fn(c_int) -> usize,
    pub prepare_init: unsafe extern "C" fn(*mut c_void, *mut c_void) -> c_int,
    pub prepare_start:
        unsafe extern "C" fn(*mut c_void, unsafe extern "C" fn(*mut c_void)) -> c_int,
    pub unref: unsafe extern "C" fn(*mut c_void),
    pub close: unsafe extern "C" fn(*mut c_void, unsafe extern "C" fn(*mut c_void)),
    pub set_data: unsafe extern "C" fn(*mut c_void, *mut c_void),
    pub get_data: unsafe extern "C" fn(*mut c_void) -> *mut c_void,
}

static SYMBOLS: Lazy<Symbols> = Lazy::new(Symbols::look_up);

impl Symbols {
    /// The table of this process.
    pub fn get() -> &'static Self {
        &SYMBOLS
    }

    /// An address in the code of V8's heap snapshots.
    pub fn snapshot_code(&self) -> Option<*const c_void> {
        let snapshot = self.snapshot.as_ref()?;
        Some(snapshot.profiler as *const c_void)
    }

    pub fn capabilities(&self) -> Capabilities {
        Capabilities {
            hooks: self.current_isolate.is_some() && self.hooks.is_some() && self.wake.is_some(),
            statistics: self.current_isolate.is_some() && self.heap_statistics.is_some(),
            spaces: self.spaces.is_some(),
            full_gc: self.current_isolate.is_some() && self.low_memory.is_some(),
            near_heap_limit: self.near_heap_limit.is_some(),
            snapshot: self.current_isolate.is_some() && self.snapshot.is_some(),
            allocation_sampling: self.current_isolate.is_some() && self.sampler.is_some(),
        }
    }

    fn look_up() -> Self {
        Self {
            // SAFETY: `v8::Isolate::TryGetCurrent()` has this type since V8 9.1.
            current_isolate: unsafe { function(c"_ZN2v87Isolate13TryGetCurrentEv") },
            hooks: HookSymbols::look_up(),
            wake: WakeSymbols::look_up(),
            // SAFETY: `Isolate::GetHeapStatistics(HeapStatistics*)`; the caller passes a large buffer.
            heap_statistics: unsafe {
                function(c"_ZN2v87Isolate17GetHeapStatisticsEPNS_14HeapStatisticsE")
            },
            spaces: SpaceSymbols::look_up(),
            // SAFETY: `Isolate::LowMemoryNotification()` takes the isolate alone.
            low_memory: unsafe { function(c"_ZN2v87Isolate21LowMemoryNotificationEv") },
            snapshot: SnapshotSymbols::look_up(),
            roots: RootSymbols::look_up(),
            near_heap_limit: HeapLimitSymbols::look_up(),
            sampler: SamplerSymbols::look_up(),
        }
    }
}

impl HookSymbols {
    fn look_up() -> Option<Self> {
        // SAFETY: `Isolate::AddGC…Callback(GCCallbackWithData, void*, GCType)` and their
        // counterparts `Remove…(GCCallbackWithData, void*)`: the mangled names spell the types.
        unsafe {
            Some(Self {
                add_prologue: function(
                    c"_ZN2v87Isolate21AddGCPrologueCallbackEPFvPS0_NS_6GCTypeENS_15GCCallbackFlagsEPvES4_S2_",
                )?,
                add_epilogue: function(
                    c"_ZN2v87Isolate21AddGCEpilogueCallbackEPFvPS0_NS_6GCTypeENS_15GCCallbackFlagsEPvES4_S2_",
                )?,
                remove_prologue: function(
                    c"_ZN2v87Isolate24RemoveGCPrologueCallbackEPFvPS0_NS_6GCTypeENS_15GCCallbackFlagsEPvES4_",
                )?,
                remove_epilogue: function(
                    c"_ZN2v87Isolate24RemoveGCEpilogueCallbackEPFvPS0_NS_6GCTypeENS_15GCCallbackFlagsEPvES4_",
                )?,
            })
        }
    }
}

impl HeapLimitSymbols {
    fn look_up() -> Option<Self> {
        // SAFETY: `Isolate::AddNearHeapLimitCallback(NearHeapLimitCallback, void*)` and
        // `RemoveNearHeapLimitCallback(NearHeapLimitCallback, size_t)`.
        unsafe {
            Some(Self {
                add: function(c"_ZN2v87Isolate24AddNearHeapLimitCallbackEPFmPvmmES1_")?,
                remove: function(c"_ZN2v87Isolate27RemoveNearHeapLimitCallbackEPFmPvmmEm")?,
            })
        }
    }
}

impl SpaceSymbols {
    fn look_up() -> Option<Self> {
        // SAFETY: `Isolate::NumberOfHeapSpaces()` and
        // `Isolate::GetHeapSpaceStatistics(HeapSpaceStatistics*, size_t)`.
        unsafe {
            Some(Self {
                count: function(c"_ZN2v87Isolate18NumberOfHeapSpacesEv")?,
                statistics: function(
                    c"_ZN2v87Isolate22GetHeapSpaceStatisticsEPNS_19HeapSpaceStatisticsEm",
                )?,
            })
        }
    }
}

impl SnapshotSymbols {
    fn look_up() -> Option<Self> {
        // SAFETY: the accessors of `HeapProfiler`, `HeapSnapshot`, `HeapGraphNode` and
        // `HeapGraphEdge`; enums are `int`, `SnapshotObjectId` is `uint32_t`.
        unsafe {
            Some(Self {
                profiler: function(c"_ZN2v87Isolate15GetHeapProfilerEv")?,
                take: TakeSnapshot::look_up()?,
                clear_object_ids: function(c"_ZN2v812HeapProfiler14ClearObjectIdsEv")?,
                object_id: function(c"_ZN2v812HeapProfiler11GetObjectIdENS_5LocalINS_5ValueEEE")?,
                current_context: function(c"_ZN2v87Isolate17GetCurrentContextEv")?,
                delete: function(c"_ZN2v812HeapSnapshot6DeleteEv")?,
                node_count: function(c"_ZNK2v812HeapSnapshot13GetNodesCountEv")?,
                node_at: function(c"_ZNK2v812HeapSnapshot7GetNodeEi")?,
                root: function(c"_ZNK2v812HeapSnapshot7GetRootEv")?,
                node_id: function(c"_ZNK2v813HeapGraphNode5GetIdEv")?,
                node_type: function(c"_ZNK2v813HeapGraphNode7GetTypeEv")?,
                node_shallow_size: function(c"_ZNK2v813HeapGraphNode14GetShallowSizeEv")?,
                child_count: function(c"_ZNK2v813HeapGraphNode16GetChildrenCountEv")?,
                child: function(c"_ZNK2v813HeapGraphNode8GetChildEi")?,
                edge_target: function(c"_ZNK2v813HeapGraphEdge9GetToNodeEv")?,
                edge_type: function(c"_ZNK2v813HeapGraphEdge7GetTypeEv")?,
            })
        }
    }
}

impl SamplerSymbols {
    fn look_up() -> Option<Self> {
        // SAFETY: `HeapProfiler::StartSamplingHeapProfiler(uint64_t, int, SamplingFlags)`, whose flags are an `int`,
        // and its counterparts, which take the profiler alone.
        unsafe {
            Some(Self {
                profiler: function(c"_ZN2v87Isolate15GetHeapProfilerEv")?,
                start: function(
                    c"_ZN2v812HeapProfiler25StartSamplingHeapProfilerEmiNS0_13SamplingFlagsE",
                )?,
                stop: function(c"_ZN2v812HeapProfiler24StopSamplingHeapProfilerEv")?,
                profile: function(c"_ZN2v812HeapProfiler20GetAllocationProfileEv")?,
                utf8: Utf8Symbols::look_up()?,
            })
        }
    }
}

impl Utf8Symbols {
    fn look_up() -> Option<Self> {
        // SAFETY: `Utf8Value(Isolate*, Local<Value>)`, with options in Node 24, and the destructor. A `Local` is one
        // pointer.
        unsafe {
            let make = function(
                c"_ZN2v86String9Utf8ValueC1EPNS_7IsolateENS_5LocalINS_5ValueEEE",
            )
            .map(MakeUtf8::Plain)
            .or_else(|| {
                function(c"_ZN2v86String9Utf8ValueC1EPNS_7IsolateENS_5LocalINS_5ValueEEENS0_12WriteOptionsE")
                    .map(MakeUtf8::WithOptions)
            });
            Some(Self {
                make: make?,
                destroy: function(c"_ZN2v86String9Utf8ValueD1Ev")?,
            })
        }
    }
}

impl RootSymbols {
    fn look_up() -> Option<Self> {
        // SAFETY: both overloads take the isolate, and give the address of a handle.
        unsafe {
            let globalize =
                function(c"_ZN2v812api_internal18GlobalizeReferenceEPNS_8internal7IsolateEm")
                    .map(Globalize::Object)
                    .or_else(|| {
                        function(
                            c"_ZN2v812api_internal18GlobalizeReferenceEPNS_8internal7IsolateEPm",
                        )
                        .map(Globalize::Handle)
                    });
            Some(Self {
                globalize: globalize?,
                handle_count: function(c"_ZN2v811HandleScope15NumberOfHandlesEPNS_7IsolateE")?,
            })
        }
    }
}

impl TakeSnapshot {
    fn look_up() -> Option<Self> {
        // SAFETY: the overload with options, and the older one that Node 18 has alone.
        unsafe {
            function(c"_ZN2v812HeapProfiler16TakeHeapSnapshotERKNS0_19HeapSnapshotOptionsE")
                .map(Self::WithOptions)
                .or_else(|| {
                    function(
                        c"_ZN2v812HeapProfiler16TakeHeapSnapshotEPNS_15ActivityControlEPNS0_18ObjectNameResolverEbb",
                    )
                    .map(Self::WithControl)
                })
        }
    }
}

impl WakeSymbols {
    fn look_up() -> Option<Self> {
        // SAFETY: libuv's C API, stable since 1.19, and `node::GetCurrentEventLoop(Isolate*)`.
        unsafe {
            Some(Self {
                current_loop: function(c"_ZN4node19GetCurrentEventLoopEPN2v87IsolateE")?,
                handle_size: function(c"uv_handle_size")?,
                prepare_init: function(c"uv_prepare_init")?,
                prepare_start: function(c"uv_prepare_start")?,
                unref: function(c"uv_unref")?,
                close: function(c"uv_close")?,
                set_data: function(c"uv_handle_set_data")?,
                get_data: function(c"uv_handle_get_data")?,
            })
        }
    }
}

/// The isolate of this thread.
///
/// # Errors
///
/// [`Error::Unsupported`] when there is none or V8 does not say.
pub fn current_isolate() -> Result<*mut c_void, Error> {
    let missing = |why: &str| Error::Unsupported {
        what: "the V8 isolate",
        why: why.into(),
    };
    let current = Symbols::get()
        .current_isolate
        .ok_or_else(|| missing("the executable does not export v8::Isolate::TryGetCurrent"))?;
    // SAFETY: takes no argument and reads a thread-local; null when the thread has no isolate.
    let isolate = unsafe { current() };
    match isolate.is_null() {
        true => Err(missing("this thread runs no JavaScript")),
        false => Ok(isolate),
    }
}

/// The function of that name, as the type the caller gives.
///
/// # Safety
///
/// `F` must be the function pointer type of the symbol.
unsafe fn function<F: Copy>(name: &CStr) -> Option<F> {
    const { assert!(size_of::<F>() == size_of::<*mut c_void>()) };
    let address = address(name)?;
    // SAFETY: same size, and the caller vouches for the type.
    Some(unsafe { std::mem::transmute_copy(&address) })
}

#[cfg(unix)]
fn address(name: &CStr) -> Option<*mut c_void> {
    // SAFETY: `name` is a C string; the search order is the executable first, then its libraries.
    let address = unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) };
    (!address.is_null()).then_some(address)
}

/// Elsewhere the names are mangled another way: nothing is found, and the fallback takes over.
#[cfg(not(unix))]
fn address(_: &CStr) -> Option<*mut c_void> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outside_node_nothing_is_found_and_nothing_crashes() {
        assert_eq!(Symbols::get().capabilities(), Capabilities::default());
        assert_eq!(
            current_isolate().expect_err("no V8 here").code(),
            "ERR_MEMWATCH_UNSUPPORTED"
        );
    }
}
