//! The inspectors on heaps as Node.js makes them, reduced to what a path passes.

use super::*;
use crate::analysis::{Distances, shortest_path};
use crate::snapshot::{Builder, EdgeKind, NodeId, NodeKind, Unwatched};

/// A heap under construction. Ids count up, so that a test can make the same heap with other ids.
struct Heap {
    builder: Builder,
    next_id: u32,
}

impl Heap {
    fn new(first_id: u32) -> Self {
        Self {
            builder: Builder::new(),
            next_id: first_id,
        }
    }

    fn node(&mut self, kind: NodeKind, name: &str, size: u64) -> NodeIndex {
        self.next_id += 2;
        self.builder.add_node(kind, name, self.next_id, size)
    }

    fn object(&mut self, class: &str) -> NodeIndex {
        self.node(NodeKind::Object, class, 32)
    }

    fn property(&mut self, from: NodeIndex, name: &str, to: NodeIndex) {
        self.builder.add_edge(from, EdgeKind::Property, name, to);
    }

    fn internal(&mut self, from: NodeIndex, name: &str, to: NodeIndex) {
        self.builder.add_edge(from, EdgeKind::Internal, name, to);
    }

    fn element(&mut self, from: NodeIndex, index: u32, to: NodeIndex) {
        self.builder
            .add_indexed_edge(from, EdgeKind::Element, index, to);
    }

    /// An object that a property of another holds.
    fn owned(&mut self, from: NodeIndex, name: &str, class: &str) -> NodeIndex {
        let object = self.object(class);
        self.property(from, name, object);
        object
    }

    fn text(&mut self, from: NodeIndex, name: &str, text: &str) -> NodeIndex {
        let string = self.node(NodeKind::String, text, 16);
        self.property(from, name, string);
        string
    }

    /// `true`, `false` or `null` as newer V8 writes them.
    fn primitive(&mut self, from: NodeIndex, name: &str, value: &str) {
        let value = self.node(NodeKind::Hidden, value, 0);
        self.property(from, name, value);
    }

    /// The global object, which a shortcut of the root leads to.
    fn global(&mut self) -> NodeIndex {
        let global = self.object("global");
        let root = self.builder.root();
        self.builder.add_edge(root, EdgeKind::Shortcut, "1", global);
        global
    }

    /// A function with the scope that it was made in.
    fn function(&mut self, name: &str, scope: NodeIndex) -> NodeIndex {
        let function = self.node(NodeKind::Closure, name, 64);
        self.internal(function, "context", scope);
        function
    }

    /// The variables of one call of `function`.
    fn scope(&mut self, function: &str, outer: NodeIndex) -> NodeIndex {
        let scope = self.object("system / Context");
        let info = self.node(NodeKind::Code, "system / ScopeInfo", 0);
        let name = self.node(NodeKind::String, function, 16);
        self.builder
            .add_indexed_edge(info, EdgeKind::Hidden, 0, name);
        self.internal(scope, "scope_info", info);
        self.internal(scope, "previous", outer);
        scope
    }

    fn variable(&mut self, scope: NodeIndex, name: &str, value: NodeIndex) {
        self.builder.add_edge(scope, EdgeKind::Context, name, value);
    }

    /// Module `file`, which `global.handler` leads to: its scope.
    fn module(&mut self, file: &str) -> NodeIndex {
        let global = self.global();
        let native = self.node(NodeKind::Hidden, "system / NativeContext", 0);
        let scope = self.scope("", native);
        let handler = self.function("handler", scope);
        let shared = self.node(NodeKind::Code, "handler", 0);
        let script = self.node(NodeKind::Code, file, 0);
        self.internal(handler, "shared", shared);
        self.internal(shared, "script", script);
        self.property(global, "handler", handler);
        scope
    }

    /// A Map or Set with one entry, whose value stands at `index` of a table with one bucket.
    fn collection(&mut self, class: &str, size: u64, index: &str, value: NodeIndex) -> NodeIndex {
        let collection = self.object(class);
        let table = self.node(NodeKind::Array, "", size);
        self.internal(collection, "table", table);
        self.internal(table, index, value);
        collection
    }
}

struct Described {
    graph: HeapGraph,
    path: DescribedPath,
}

impl Described {
    fn of(heap: Heap, node: NodeIndex) -> Self {
        let graph = heap.builder.build();
        let distances = Distances::of(&graph, &Unwatched).unwrap();
        let path = shortest_path(&graph, &distances, node).unwrap();
        let path = describe_path(&graph, &path);
        Self { graph, path }
    }

    fn references(&self, show_strings: bool) -> Vec<String> {
        let steps = self.path.steps.iter();
        steps
            .map(|step| step.reference.text(&self.graph, show_strings))
            .collect()
    }

    fn leaking(&self) -> Vec<Leaking> {
        let steps = self.path.steps.iter();
        steps.map(|step| step.verdict.leaking).collect()
    }

    fn suspects(&self) -> Vec<String> {
        let texts = self.references(false).into_iter();
        let steps = texts.zip(&self.path.steps);
        steps
            .filter(|(_, step)| step.is_suspect)
            .map(|(text, _)| text)
            .collect()
    }
}

#[test]
fn a_variable_of_a_module_is_suspect_and_the_module_is_not() {
    // global ─handler─▶ handler() ─context─▶ scope of /app/routes.js ─seen─▶ Array ─[1]─▶ Session
    let mut heap = Heap::new(100);
    let scope = heap.module("/app/routes.js");
    let seen = heap.object("Array");
    heap.variable(scope, "seen", seen);
    let session = heap.object("Session");
    heap.element(seen, 1, session);
    let described = Described::of(heap, session);
    let references = [
        "global object",
        ".handler",
        "scope",
        "variable `seen`",
        "[1]",
    ];
    assert_eq!(described.references(false), references);
    assert_eq!(described.suspects(), ["variable `seen`", "[1]"]);
    let scope = &described.path.steps[2];
    assert_eq!(
        scope.known_as.as_deref(),
        Some("scope of module /app/routes.js")
    );
    use Leaking::{No, Unknown};
    assert_eq!(described.leaking(), [No, No, No, Unknown, Unknown]);
}

#[test]
fn modules_are_known_by_their_files_and_never_suspect() {
    // global ─▶ process ─mainModule─▶ Module /app/a.js ─children[0]─▶ Module /app/b.js ─exports─▶ Cache
    let mut heap = Heap::new(100);
    let global = heap.global();
    let process = heap.owned(global, "process", "process");
    let main = heap.owned(process, "mainModule", "Module");
    let children = heap.owned(main, "children", "Array");
    let module = heap.object("Module");
    heap.element(children, 0, module);
    heap.text(module, "id", "/app/b.js");
    heap.text(module, "filename", "/app/b.js");
    let cache = heap.owned(module, "exports", "Cache");
    let described = Described::of(heap, cache);
    let references = ["Node.js", ".mainModule", "required module", ".exports"];
    assert_eq!(described.references(false), references);
    assert_eq!(described.suspects(), [".exports"]);
    let known_as = described.path.steps[2].known_as.as_deref();
    assert_eq!(known_as, Some("module /app/b.js"));
}

#[test]
fn an_es_module_holds_its_scope_through_its_body() {
    // global ─loader─▶ ModuleWrap ─▶ (module) ─▶ Generator ─context─▶ scope ─held─▶ Session
    let mut heap = Heap::new(100);
    let global = heap.global();
    let wrap = heap.owned(global, "loader", "ModuleWrap");
    let module = heap.node(NodeKind::Hidden, "system / SourceTextModule", 0);
    heap.internal(wrap, "1", module);
    let body = heap.object("Generator");
    heap.internal(module, "2", body);
    let native = heap.node(NodeKind::Hidden, "system / NativeContext", 0);
    let scope = heap.scope("", native);
    heap.internal(body, "context", scope);
    let session = heap.object("Session");
    heap.variable(scope, "held", session);
    let described = Described::of(heap, session);
    let references = ["global object", ".loader", "scope", "variable `held`"];
    assert_eq!(described.references(false), references);
    assert_eq!(described.suspects(), ["variable `held`"]);
}

#[test]
fn nodes_own_modules_are_one_step() {
    // global ─handler─▶ handler() ─context─▶ scope of node:internal/loader ─cache─▶ Map
    let mut heap = Heap::new(100);
    let scope = heap.module("node:internal/loader");
    let cache = heap.object("Cache");
    heap.variable(scope, "cache", cache);
    let described = Described::of(heap, cache);
    assert_eq!(described.references(false), ["Node.js", "variable `cache`"]);
}

#[test]
fn the_cache_of_modules_is_known_by_what_it_holds() {
    // global ─cache─▶ { "/app/b.js" ─▶ Module /app/b.js ─exports─▶ Cache }
    let mut heap = Heap::new(100);
    let global = heap.global();
    let modules = heap.owned(global, "cache", "Object");
    let module = heap.owned(modules, "/app/b.js", "Module");
    heap.text(module, "id", "/app/b.js");
    heap.text(module, "filename", "/app/b.js");
    let cache = heap.owned(module, "exports", "Cache");
    let described = Described::of(heap, cache);
    let known_as = described.path.steps[1].known_as.as_deref();
    assert_eq!(known_as, Some("module cache"));
    assert_eq!(described.suspects(), [".exports"]);
}

#[test]
fn a_listener_hangs_at_its_emitter_by_the_name_of_the_event() {
    // global ─bus─▶ EventEmitter ─_events─▶ { data ─▶ Array ─[7]─▶ onData() ─context─▶ { held } }
    let mut heap = Heap::new(100);
    let global = heap.global();
    let bus = heap.owned(global, "bus", "EventEmitter");
    let events = heap.owned(bus, "_events", "Object");
    let list = heap.owned(events, "data", "Array");
    let scope = heap.scope("subscribe", global);
    let listener = heap.function("onData", scope);
    heap.element(list, 7, listener);
    let held = heap.object("Session");
    heap.variable(scope, "held", held);
    let described = Described::of(heap, held);
    let references = [
        "global object",
        ".bus",
        "listener of 'data'",
        "variable `held` in the scope of `subscribe`",
    ];
    assert_eq!(described.references(false), references);
}

#[test]
fn a_listener_of_an_event_target_is_found_through_its_map() {
    // global ─signal─▶ AbortSignal ─kEvents─▶ SafeMap ─table─▶ abort ▶ {} ─next─▶ Listener ─▶ onAbort()
    let mut heap = Heap::new(100);
    let global = heap.global();
    let signal = heap.owned(global, "signal", "AbortSignal");
    let root = heap.object("Object");
    let map = heap.collection("SafeMap", 96, "5", root);
    heap.property(signal, "<symbol kEvents>", map);
    let listener = heap.owned(root, "next", "Listener");
    let scope = heap.scope("", global);
    let function = heap.function("onAbort", scope);
    heap.property(listener, "callback", function);
    let described = Described::of(heap, function);
    let references = ["global object", ".signal", "listener of …"];
    assert_eq!(described.references(false), references);
}

#[test]
fn timers_begin_where_nodes_own_list_does() {
    // global ─▶ { timerListMap } ─[1000]─▶ TimersList ─▶ Timeout ─▶ Timeout ─_onTimeout─▶ poll()
    let mut heap = Heap::new(100);
    let global = heap.global();
    let lists = heap.owned(global, "timerListMap", "Object");
    let list = heap.object("TimersList");
    heap.element(lists, 1000, list);
    let first = heap.owned(list, "_idleNext", "Timeout");
    let second = heap.owned(first, "_idleNext", "Timeout");
    let scope = heap.scope("", global);
    let poll = heap.function("poll", scope);
    heap.property(second, "_onTimeout", poll);
    let described = Described::of(heap, poll);
    assert_eq!(
        described.references(false),
        ["Node.js", "timer", "callback"]
    );
    let known_as = described.path.steps[0].known_as.as_deref();
    assert_eq!(known_as, Some("timers of 1000 ms"));
    assert_eq!(described.suspects(), ["timer", "callback"]);
}

#[test]
fn a_timer_that_was_cleared_is_leaking_in_old_and_new_snapshots() {
    // global ─held─▶ Timeout ─_destroyed─▶ true
    for is_old in [false, true] {
        let mut heap = Heap::new(100);
        let global = heap.global();
        let timer = heap.owned(global, "held", "Timeout");
        if is_old {
            let oddball = heap.node(NodeKind::Hidden, "system / Oddball", 0);
            let text = heap.node(NodeKind::String, "true", 16);
            heap.builder
                .add_indexed_edge(oddball, EdgeKind::Hidden, 0, text);
            heap.property(timer, "_destroyed", oddball);
        } else {
            heap.primitive(timer, "_destroyed", "true");
        }
        let described = Described::of(heap, timer);
        assert_eq!(described.leaking(), [Leaking::No, Leaking::Yes]);
    }
}

#[test]
fn a_function_that_awaits_is_held_by_the_promise() {
    // global ─gate─▶ Promise ─▶ reaction ─▶ reaction ─▶ () ─▶ Context ─▶ Generator ─▶ registers ─▶ Session
    let mut heap = Heap::new(100);
    let global = heap.global();
    let gate = heap.owned(global, "gate", "Promise");
    let mut from = gate;
    for _ in 0..2 {
        let reaction = heap.node(NodeKind::Hidden, "system / PromiseReaction", 40);
        heap.builder
            .add_indexed_edge(from, EdgeKind::Hidden, 1, reaction);
        from = reaction;
    }
    let scope = heap.object("system / Context");
    let resume = heap.function("", scope);
    heap.builder
        .add_indexed_edge(from, EdgeKind::Hidden, 2, resume);
    let generator = heap.object("Generator");
    heap.internal(scope, "extension", generator);
    let registers = heap.node(NodeKind::Array, "", 96);
    heap.internal(generator, "parameters_and_registers", registers);
    let function = heap.node(NodeKind::Closure, "load", 64);
    heap.internal(generator, "function", function);
    let session = heap.object("Session");
    heap.internal(registers, "0", session);
    let described = Described::of(heap, session);
    let references = [
        "global object",
        ".gate",
        "awaited in",
        "local variable or argument",
    ];
    assert_eq!(described.references(false), references);
    let known_as = described.path.steps[2].known_as.as_deref();
    assert_eq!(known_as, Some("async function load"));
}

#[test]
fn the_store_of_async_work_is_held_by_that_work() {
    // global ─timer─▶ Timeout ─kResourceStore─▶ Store
    // global ─timer─▶ Timeout ─kAsyncContextFrame─▶ AsyncContextFrame ─table─▶ AsyncLocalStorage ▶ Store
    let mut heap = Heap::new(100);
    let global = heap.global();
    let timer = heap.owned(global, "timer", "Timeout");
    let store = heap.owned(timer, "<symbol kResourceStore>", "Store");
    let described = Described::of(heap, store);
    let last = described.references(false).pop();
    assert_eq!(last.as_deref(), Some("AsyncLocalStorage store"));

    let mut heap = Heap::new(100);
    let global = heap.global();
    let timer = heap.owned(global, "timer", "Timeout");
    let store = heap.object("Store");
    let frame = heap.collection("AsyncContextFrame", 96, "5", store);
    heap.property(timer, "<symbol kAsyncContextFrame>", frame);
    let described = Described::of(heap, store);
    let references = described.references(false);
    assert_eq!(references[2..], ["async context", ".get(…)"]);
}

#[test]
fn a_listening_server_is_meant_to_be_there_and_a_closed_socket_is_not() {
    // global ─server─▶ Server ─sockets─▶ Array ─[0]─▶ Socket (kHandle: null) ─data─▶ Buffer
    let mut heap = Heap::new(100);
    let global = heap.global();
    let server = heap.owned(global, "server", "Server");
    heap.owned(server, "_handle", "TCP");
    let sockets = heap.owned(server, "sockets", "Array");
    let socket = heap.object("Socket");
    heap.element(sockets, 0, socket);
    heap.property(socket, "_server", server);
    heap.owned(socket, "_readableState", "ReadableState");
    heap.primitive(socket, "<symbol kHandle>", "null");
    let buffer = heap.owned(socket, "data", "Buffer");
    let described = Described::of(heap, buffer);
    use Leaking::{No, Unknown, Yes};
    assert_eq!(described.leaking(), [No, No, Unknown, Yes, Yes]);
    assert_eq!(described.suspects(), [".sockets", "[0]"]);
}

/// global ─seen─▶ Array ─[index]─▶ Koa context ─res─▶ ServerResponse
///                                     └──state──▶ User
fn koa(first_id: u32, index: u32, finished: &str) -> Described {
    let mut heap = Heap::new(first_id);
    let global = heap.global();
    let seen = heap.owned(global, "seen", "Array");
    let context = heap.object("Object");
    heap.element(seen, index, context);
    for name in ["app", "request", "response"] {
        heap.owned(context, name, "Object");
    }
    heap.owned(context, "req", "IncomingMessage");
    let response = heap.owned(context, "res", "ServerResponse");
    heap.primitive(response, "finished", finished);
    heap.primitive(response, "socket", "null");
    let user = heap.owned(context, "state", "User");
    Described::of(heap, user)
}

#[test]
fn a_koa_context_leaks_once_its_response_is_finished() {
    use Leaking::{No, Unknown, Yes};
    let finished = koa(100, 3, "true");
    assert_eq!(finished.leaking(), [No, Unknown, Yes, Yes]);
    assert_eq!(finished.suspects(), [".seen", "[3]"]);
    let known_as = finished.path.steps[2].known_as.as_deref();
    assert_eq!(known_as, Some("Koa context"));
    let running = koa(100, 3, "false");
    assert_eq!(running.leaking(), [No, Unknown, Unknown, Unknown]);
    assert_eq!(running.suspects(), [".seen", "[3]", ".state"]);
}

#[test]
fn a_request_whose_rest_was_discarded_leaks_unless_its_response_is_still_to_come() {
    // global ─held─▶ IncomingMessage ─socket─▶ Socket ─_httpMessage─▶ ServerResponse ─req─▶ …
    for is_current in [false, true] {
        let mut heap = Heap::new(100);
        let global = heap.global();
        let request = heap.owned(global, "held", "IncomingMessage");
        heap.primitive(request, "_dumped", "true");
        let socket = heap.owned(request, "socket", "Socket");
        let response = heap.owned(socket, "_httpMessage", "ServerResponse");
        let next = heap.object("IncomingMessage");
        heap.property(response, "req", if is_current { request } else { next });
        let described = Described::of(heap, request);
        let expected = if is_current {
            Leaking::Unknown
        } else {
            Leaking::Yes
        };
        assert_eq!(described.leaking(), [Leaking::No, expected]);
    }
}

#[test]
fn a_koa_application_is_meant_to_be_there() {
    // global ─app─▶ Application { middleware, context, request, response } ─cache─▶ Cache
    let mut heap = Heap::new(100);
    let global = heap.global();
    let app = heap.owned(global, "app", "Application");
    for name in ["middleware", "context", "request", "response"] {
        heap.owned(app, name, "Object");
    }
    let cache = heap.owned(app, "cache", "Cache");
    let described = Described::of(heap, cache);
    assert_eq!(described.suspects(), [".cache"]);
}

#[test]
fn entries_of_collections_are_one_step_and_their_keys_are_hidden() {
    // global ─users─▶ Map ─table─▶ "joe" ▶ User        (a table of one bucket: 3 + 1 + 2 × 3 words)
    let mut heap = Heap::new(100);
    let global = heap.global();
    let user = heap.object("User");
    let map = heap.collection("Users", 96, "5", user);
    heap.property(global, "users", map);
    let table = NodeIndex::new(user.index() + 2);
    let key = heap.node(NodeKind::String, "joe", 16);
    heap.internal(table, "4", key);
    let described = Described::of(heap, user);
    assert_eq!(described.references(false)[2..], [".get(…)"]);
    assert_eq!(described.references(true)[2..], [".get(\"joe\")"]);

    // global ─users─▶ Set ─table─▶ User                (a table of one bucket: 3 + 1 + 2 × 2 words)
    let mut heap = Heap::new(100);
    let global = heap.global();
    let user = heap.object("User");
    let set = heap.collection("Set", 80, "4", user);
    heap.property(global, "users", set);
    let described = Described::of(heap, user);
    assert_eq!(described.references(false)[2..], ["Set value"]);
}

#[test]
fn entries_of_weak_maps_name_the_key() {
    // global ─extra─▶ WeakMap ─table─▶ Key ▶ Value
    let mut heap = Heap::new(100);
    let global = heap.global();
    let key = heap.owned(global, "key", "Key");
    let key_id = heap.next_id;
    let value = heap.object("Value");
    let entry = format!(
        "part of key (Key @{key_id}) -> value (Value @{}) pair in WeakMap",
        heap.next_id
    );
    let map = heap.collection("WeakMap", 64, &format!("1 / {entry} (table @1)"), value);
    heap.property(global, "extra", map);
    heap.internal(key, &format!("2 / {entry} (table @1)"), value);
    let described = Described::of(heap, value);
    let expected = format!("WeakMap .get(Key @{key_id})");
    assert_eq!(described.references(false).pop(), Some(expected));
}

#[test]
fn names_that_are_data_are_hidden() {
    // global ─sessions─▶ { "jane@example.com": Session }
    let mut heap = Heap::new(100);
    let global = heap.global();
    let sessions = heap.owned(global, "sessions", "Object");
    let session = heap.owned(sessions, "jane@example.com", "Session");
    let described = Described::of(heap, session);
    assert_eq!(described.references(false)[1..], [".sessions", "[…]"]);
    assert_eq!(described.references(true)[2..], ["[\"jane@example.com\"]"]);
}

#[test]
fn the_same_leak_has_the_same_fingerprint_whatever_the_ids() {
    let one = koa(100, 3, "true").path.fingerprint;
    assert!(one.is_some());
    assert_eq!(koa(5000, 77, "true").path.fingerprint, one);
    assert_ne!(koa(100, 3, "false").path.fingerprint, one);
}

/// The leak of [`a_variable_of_a_module_is_suspect_and_the_module_is_not`], with other names.
fn module_leak(file: &str, variable: &str) -> Option<Fingerprint> {
    let mut heap = Heap::new(100);
    let scope = heap.module(file);
    let held = heap.object("Session");
    heap.variable(scope, variable, held);
    Described::of(heap, held).path.fingerprint
}

#[test]
fn a_fingerprint_depends_on_the_module_and_the_variable_but_not_on_where_the_app_is() {
    let one = module_leak("/srv/release-1/routes.js", "seen");
    assert_eq!(module_leak("/srv/release-2/routes.js", "seen"), one);
    assert_ne!(module_leak("/srv/release-1/routes.js", "cache"), one);
    assert_ne!(module_leak("/srv/release-1/users.js", "seen"), one);
}

/// global ─head─▶ Link ─next─▶ Link ─next─▶ … (links) ─value─▶ Value
fn list(links: u32) -> Described {
    let mut heap = Heap::new(100);
    let global = heap.global();
    let mut link = heap.owned(global, "head", "Link");
    for _ in 0..links {
        link = heap.owned(link, "next", "Link");
    }
    let value = heap.owned(link, "value", "Value");
    Described::of(heap, value)
}

#[test]
fn a_long_list_is_cut_and_has_the_fingerprint_of_a_short_one() {
    let long = list(200_000);
    let references = ["global object", ".head", ".next", ".value"];
    assert_eq!(long.references(false), references);
    assert_eq!(long.path.steps[2].left_out, 199_999);
    assert_eq!(long.path.fingerprint, list(1).path.fingerprint);
}

#[test]
fn what_is_meant_to_be_there_has_no_fingerprint() {
    let mut heap = Heap::new(100);
    let global = heap.global();
    let described = Described::of(heap, global);
    assert_eq!(described.path.fingerprint, None);
    assert_eq!(described.suspects(), Vec::<String>::new());
}

#[test]
fn objects_that_refer_to_themselves_in_odd_ways_are_described() {
    // global ─a─▶ IncomingMessage ⟲ socket, _events, context, table, previous
    let mut heap = Heap::new(100);
    let global = heap.global();
    for class in [
        "IncomingMessage",
        "Socket",
        "Promise",
        "Timeout",
        "system / Context",
        "Map",
    ] {
        let odd = heap.owned(global, class, class);
        for name in [
            "socket",
            "_events",
            "_idleNext",
            "<symbol kEvents>",
            "next",
            "res",
            "req",
        ] {
            heap.property(odd, name, odd);
        }
        for name in [
            "context",
            "table",
            "previous",
            "parameters_and_registers",
            "elements",
        ] {
            heap.internal(odd, name, odd);
        }
    }
    let graph = heap.builder.build();
    let distances = Distances::of(&graph, &Unwatched).unwrap();
    for node in graph.nodes() {
        let path = shortest_path(&graph, &distances, node).unwrap_or_default();
        // Around each circle as often as it takes to pass every reference twice.
        let mut edges = path.edges;
        edges.extend(
            graph.edges(node).chain(graph.edges(node)).filter(|&edge| {
                graph.edge_target(edge) == node && graph.node_id(node) != NodeId(0)
            }),
        );
        describe_path(&graph, &RetainerPath { edges });
    }
}
