/// <reference types="node" />
import { EventEmitter } from 'node:events'

/**
 * Watches the V8 heap of the thread that loads the package. Loading starts nothing: the first `stats`
 * or `leak` listener, `start()`, `traceGc()`, a `recorder` or a `record` does. Nothing keeps the process alive.
 */
declare const memwatch: memwatch.Memwatch

export = memwatch

declare namespace memwatch {
  interface Memwatch extends EventEmitter {
    /** `'fallback'` when V8's GC callbacks cannot be reached; collections then come from `perf_hooks`. */
    readonly mode: 'native' | 'fallback'
    /** Why the mode is `'fallback'`; `null` in native mode. */
    readonly fallbackReason: string | null
    /** What the Node executable offers, whatever the mode is. */
    readonly capabilities: Capabilities
    /** Whether collections are being recorded, by any loaded copy of the package in this thread. */
    readonly running: boolean
    /** The configuration of this thread's monitor. */
    readonly config: Readonly<Config>

    /** Records collections until `stop()`, with or without listeners. */
    start (): this
    /** Removes the hooks, ends the recordings, delivers nothing more until a listener is added or `start()`. */
    stop (): this
    /**
     * Changes some of the configuration: all of what is given or, on an error, nothing.
     *
     * @throws TypeError with a `code` that begins with `ERR_MEMWATCH_INVALID_` or is `ERR_MEMWATCH_UNKNOWN_OPTION`
     * @throws Error with code `ERR_MEMWATCH_RECORDING_IN_USE`, `ERR_MEMWATCH_RECORDING_FOREIGN` or
     *   `ERR_MEMWATCH_IO` when the file of a recording cannot be had
     */
    configure (options: ConfigureOptions): this

    /** Collects all garbage now. **Pauses the thread as long as that takes.** `stats` follows in the next turn. */
    gc (): void
    /**
     * memwatch's heap diff: `new memwatch.HeapDiff()`, later `.end()`. **Each takes a heap snapshot by V8, which
     * pauses the thread (about 2 s for 50 MB of small objects on Node 20, 1.2 s on Node 24) and takes about eight
     * times the heap while it lasts.** In between it holds 12 bytes an object.
     */
    readonly HeapDiff: HeapDiffConstructor
    /**
     * Reads and analyses a `.heapsnapshot` file of any V8, plain or compressed by gzip, off the event loop. **Takes
     * about 1.1 times the bytes of the plain file, outside the V8 heap, until the snapshot is collected.**
     *
     * @param path a path or a `file:` URL
     * @throws (rejects) Error with a code that begins with `ERR_MEMWATCH_SNAPSHOT_` when the file is cut, damaged or
     *   foreign, `ERR_MEMWATCH_IO`, or `ERR_MEMWATCH_CANCELLED` with the signal's reason as its cause
     */
    openSnapshot (path: string | URL, options?: OpenSnapshotOptions): Promise<Snapshot>
    /**
     * Opens the living heap of this thread, as `openSnapshot` opens a file. **V8 takes a snapshot at once, which
     * costs what a half of a `HeapDiff` costs and 30 to 40 bytes an object more;** what follows is off the event loop.
     *
     * @throws (rejects) Error with code `ERR_MEMWATCH_CAPTURE_TOO_COSTLY`, `ERR_MEMWATCH_PAUSE_LIMIT`,
     *   `ERR_MEMWATCH_UNSUPPORTED` or `ERR_MEMWATCH_CANCELLED`
     */
    openHeap (options?: OpenHeapOptions): Promise<Snapshot>
    /**
     * Captures the heap of this thread in the background: a forked copy of the process reads it, analyses it and sends
     * what it found. **The thread pauses for the fork alone, some milliseconds; the copy takes memory (400 to 490 bytes
     * an object where V8's snapshot reads the heap), one processor at the lowest priority, and what the service writes
     * to meanwhile is in memory twice.** The contents of strings are hidden.
     *
     * @throws (rejects) Error with code `ERR_MEMWATCH_UNSUPPORTED` where `capabilities.backgroundCapture` is false and
     *   the mode is `'background'`, in the other mode `ERR_MEMWATCH_PAUSE_LIMIT`,
     *   `ERR_MEMWATCH_CAPTURE_TOO_COSTLY`, `ERR_MEMWATCH_CAPTURE_BUSY` while another thread captures,
     *   `ERR_MEMWATCH_CAPTURE_REFUSED` when the system gives no process, `ERR_MEMWATCH_CAPTURE_DIED`,
     *   `ERR_MEMWATCH_CAPTURE_STALLED`, `ERR_MEMWATCH_CAPTURE_TIMEOUT`, `ERR_MEMWATCH_IO` of the file,
     *   `ERR_MEMWATCH_FILE_TOO_LARGE`, or `ERR_MEMWATCH_CANCELLED` with the signal's reason as its cause
     */
    capture (options?: CaptureOptions & { as?: 'summary' }): Promise<SummaryCapture>
    capture (options: CaptureOptions & { as: 'classes' }): Promise<ClassesCapture>
    capture (options: CaptureOptions & { as: 'graph' }): Promise<GraphCapture>
    capture (options: CaptureOptions & SnapshotFileOptions & { as: 'snapshot', path?: string | URL }): Promise<SnapshotCapture>
    capture (options: Omit<CaptureOptions, 'engine'> & { as: 'comparison' }): Promise<ComparisonCapture>
    /**
     * Captures the heap in the background, runs `between` and captures again, round by round, and tells which paths
     * and classes had more objects after each round than before it. **Each capture costs what `capture` costs;** the
     * heaps are compared in the copies, and of each only counts are kept.
     *
     * @throws (rejects) as `capture`, and what `between` throws
     */
    growth (options: GrowthOptions): Promise<Growth>
    /** Profiles of this thread, without a restart. **Sampling costs some processor time while it lasts.** */
    readonly profile: Profiles
    /**
     * Writes a `.heapsnapshot` file in the background, as `capture` with `as: 'snapshot'` does: mode 0600, whole or
     * not at all. What strings hold is not in it, unless `strings` says so.
     *
     * @param path default `heap-<pid>-<time>.heapsnapshot` in `directory`
     * @returns the path
     * @throws (rejects) as `capture`
     */
    writeSnapshot (path?: string | URL | null, options?: CaptureOptions & SnapshotFileOptions): Promise<string>
    writeSnapshot (options: CaptureOptions & SnapshotFileOptions): Promise<string>
    /** The same, as heapdump's users know it. */
    writeSnapshot (path: string | URL | null | undefined, callback: SnapshotCallback): void
    writeSnapshot (callback: SnapshotCallback): void
    /**
     * Writes a snapshot file, as `writeSnapshot` does, each time the process gets the signal, and emits `snapshot`. Signals
     * that come while one is written are answered by that file. A failure is a process warning with its code. The handler
     * takes the place of what the signal does by itself, and does not keep the process alive.
     *
     * @param signal default `'SIGUSR2'`
     * @returns a function that removes the handler
     * @throws TypeError with code `ERR_MEMWATCH_INVALID_OPTION` or `ERR_MEMWATCH_UNKNOWN_OPTION`; Error with code
     *   `ERR_MEMWATCH_UNSUPPORTED` in a worker, which gets no signals
     */
    installSignalHandler (signal?: NodeJS.Signals, options?: SignalHandlerOptions): SignalHandlerRemover
    /**
     * Reads `.heapsnapshot` files one by one, off the event loop, and tells how the heap changed. Of each file only
     * counts are kept.
     *
     * @param paths two or more, in the order in which they were taken; of one process, or only `growingPaths` means much
     * @throws (rejects) as `openSnapshot`
     */
    compareSnapshots (paths: Array<string | URL>, options?: OpenSnapshotOptions): Promise<SnapshotComparison>
    /** The statistics now, as of the last full collection. Costs some tens of microseconds. */
    stats (): Stats
    /** The collections that the ring still holds, oldest first. */
    /** Why the detector says what it says now: each test with its numbers. */
    explain (): Explanation
    history (options?: HistoryOptions & { as?: 'objects' }): { events: GcRecord[], lost: number }
    history (options: HistoryOptions & { as: 'columns' }): HistoryColumns
    /**
     * Prints one line a collection, like `node --trace-gc`, to standard error or the given stream. Reads
     * the heap statistics at scavenges too, which costs about a microsecond more each.
     *
     * @returns a function that ends it
     */
    traceGc (stream?: { write (text: string): unknown }): () => void

    on<E extends keyof Events> (event: E, listener: (payload: Events[E]) => void): this
    on (event: string | symbol, listener: (...args: any[]) => void): this
    once<E extends keyof Events> (event: E, listener: (payload: Events[E]) => void): this
    once (event: string | symbol, listener: (...args: any[]) => void): this
    addListener<E extends keyof Events> (event: E, listener: (payload: Events[E]) => void): this
    addListener (event: string | symbol, listener: (...args: any[]) => void): this
    prependListener<E extends keyof Events> (event: E, listener: (payload: Events[E]) => void): this
    prependListener (event: string | symbol, listener: (...args: any[]) => void): this
    prependOnceListener<E extends keyof Events> (event: E, listener: (payload: Events[E]) => void): this
    prependOnceListener (event: string | symbol, listener: (...args: any[]) => void): this
  }

  interface Events {
    /** After each full collection. */
    stats: Stats
    /** When the detector, or a threshold, says so. */
    leak: Leak
    /** A file that nobody waited for was written. Without a listener a process warning tells it. */
    snapshot: SnapshotWritten
  }

  interface SnapshotWritten {
    path: string
    /** `'near-heap-limit'`, or the signal's name. */
    reason: string
  }

  interface HeapDiffConstructor {
    /**
     * @throws Error with code `ERR_MEMWATCH_CAPTURE_TOO_COSTLY` when the memory that is left would not do, unless
     *   `force` is set, or `ERR_MEMWATCH_PAUSE_LIMIT` when it takes, or would take, longer than `maxPauseMs`
     * @throws Error with code `ERR_MEMWATCH_UNSUPPORTED` when V8's snapshots cannot be read
     */
    new (options?: SnapshotLimits): HeapDiff
    /**
     * The same in the background: forked copies of the process read the heap now and at `end()`, which cost what
     * `capture` costs. They share no ids of objects, so only net changes are told.
     *
     * @throws (rejects) as `capture`
     */
    start (options?: BackgroundOptions): Promise<BackgroundHeapDiff>
  }

  interface BackgroundHeapDiff {
    /**
     * Compares the heap now with the heap at `start()`, by the same engine. Limits that are not given are those of
     * `start()`.
     *
     * @throws (rejects) Error with code `ERR_MEMWATCH_DIFF_ENDED` the second time, and as `capture`, after which it
     *   can be tried again
     */
    end (options?: Omit<BackgroundOptions, 'engine'>): Promise<BackgroundDiffResult>
  }

  interface BackgroundDiffResult {
    before: HeapTotals
    after: HeapTotals
    change: {
      size_bytes: number
      /** Like `'12.34 mb'`. */
      size: string
      /** By how many objects classes have shrunk, together: at least as many went. */
      freed_nodes: number
      /** By how many objects classes have grown, together: at least as many came. */
      allocated_nodes: number
      /** By class as `capture` names them, the largest change in bytes first. */
      details: NetClassChange[]
      /** Paths that lead to more objects than at the start, and new ones; what retains most first, 100 at most. */
      paths: GrownPath[]
    }
  }

  interface NetClassChange {
    what: string
    size_bytes: number
    size: string
    /** By how many objects there are more; 0 when there are fewer. */
    '+': number
    /** By how many objects there are fewer; 0 when there are more. */
    '-': number
    /** By how much what all of them retain has grown. */
    retained_growth_bytes: number
  }

  interface SnapshotLimits {
    /** Also when memory would run out. */
    force?: boolean
    /**
     * V8 is told to stop when it has taken longer; while a diff is open, what is predicted to take longer is not
     * begun. Above 0; none by default.
     */
    maxPauseMs?: number
  }

  interface HeapDiff {
    /**
     * Compares the heap now with the heap at construction, object by object. `maxPauseMs` counts instead of the
     * constructor's.
     *
     * @throws Error with code `ERR_MEMWATCH_DIFF_ENDED` the second time, `ERR_MEMWATCH_IDS_LOST` when V8 gave its
     *   objects new ids meanwhile (an inspector session has ended), and what the constructor throws, after which
     *   it can be tried again
     */
    end (options?: HeapDiffEndOptions & { paths?: false }): HeapDiffResult
    /** The same, and tells of each class that grew what its new objects retain and who holds them. */
    end (options: HeapDiffEndOptions): HeapDiffResult<ClassGrowth>
  }

  interface HeapDiffEndOptions extends StringOptions {
    maxPauseMs?: number
    paths?: boolean
  }

  interface HeapDiffResult<Change extends ClassChange = ClassChange> {
    before: HeapTotals
    after: HeapTotals
    change: {
      size_bytes: number
      /** Like `'12.34 mb'`. */
      size: string
      freed_nodes: number
      allocated_nodes: number
      /** By class, the largest change in bytes first. */
      details: Change[]
    }
  }

  interface HeapTotals {
    /** Nodes of V8's snapshot. */
    nodes: number
    size_bytes: number
    size: string
  }

  interface ClassChange {
    /** Constructor, or `Array`, `String`, `Closure`, `Code`, `RegExp`, `Number`, `Native`. */
    what: string
    size_bytes: number
    size: string
    /** Objects that came. */
    '+': number
    /** Objects that went. */
    '-': number
  }

  /** The last three fields are there when the class grew. */
  interface ClassGrowth extends ClassChange {
    /** What would be freed with all its new objects. */
    retained_bytes?: number
    /** The new objects that retain most, five at most. */
    examples?: SnapshotNode[]
    /** The old objects that hold the new ones, three at most; the one through which most is retained first. */
    paths?: GrowthPath[]
  }

  /** The way from a root to the one of them that retains most. */
  interface GrowthPath extends SnapshotPath {
    /** New objects of the class that are held in this way. */
    count: number
    /** What would be freed with all of them. */
    retainedSize: number
  }

  /**
   * A profile ends after `ms` or rejects when its signal is aborted. Its timer keeps no process alive.
   *
   * @throws (rejects) Error with code `ERR_MEMWATCH_PROFILE_BUSY` while one of the same kind is under way,
   *   `ERR_MEMWATCH_UNSUPPORTED` where Node has no inspector or may not use it, `ERR_MEMWATCH_PROFILE` when the
   *   inspector refuses, `ERR_MEMWATCH_IO` of the file, or `ERR_MEMWATCH_CANCELLED` with the signal's reason as its cause
   */
  interface Profiles {
    /** Who allocated, in that time, what is there at its end; `interval` is in bytes (32,768 by default). */
    heap (options?: ProfileOptions & { path?: undefined }): Promise<HeapProfile>
    /** The same into a `.heapprofile` file, mode 0600. @returns its path */
    heap (options: ProfileOptions & { path: string | URL }): Promise<string>
    /** Where the processor's time goes; `interval` is in microseconds (1000 by default). */
    cpu (options?: ProfileOptions & { path?: undefined }): Promise<CpuProfile>
    /** The same into a `.cpuprofile` file, mode 0600. @returns its path */
    cpu (options: ProfileOptions & { path: string | URL }): Promise<string>
  }

  interface ProfileOptions {
    /** How long. Default 10,000. */
    ms?: number
    /** One sample in so many bytes, or microseconds. */
    interval?: number
    path?: string | URL
    signal?: AbortSignal
  }

  type HeapProfile = import('node:inspector').HeapProfiler.SamplingHeapProfile
  type CpuProfile = import('node:inspector').Profiler.Profile

  type SnapshotCallback = (error: Error | null, path?: string) => void

  type SignalHandlerOptions = Omit<CaptureOptions, 'signal' | 'onProgress'> & SnapshotFileOptions

  interface SignalHandlerRemover {
    (): void
    /** The same, for `using`; where the runtime knows `Symbol.dispose`. */
    [Symbol.dispose] (): void
  }

  interface CaptureOptions extends OpenSnapshotOptions {
    /**
     * `'in-process'` reads the heap without a copy: **V8's snapshot pauses the thread, as `openHeap` does**. Options of
     * copies (`engine`, `timeoutMs`, `stallMs`, `memoryLimit`, `retries`) are then refused. Default `'background'`.
     */
    mode?: 'background' | 'in-process'
    /** As for `openHeap`, in mode `'in-process'` alone. */
    maxPauseMs?: number
    /**
     * What reads the heap in the copy: our reader, which reads V8's objects from memory, or V8's snapshot. Default the
     * reader, with V8's snapshot in reserve; one that is named is used or none.
     */
    engine?: 'reader' | 'v8'
    /** For all attempts together. Default 10 minutes. */
    timeoutMs?: number
    /** A copy that neither says anything nor uses the processor for so long is killed. Default 20,000. */
    stallMs?: number
    /**
     * What the copy may take on top of what it has: bytes, or a size like `'2 GB'`. Default nine tenths of what the
     * system and the cgroup have left; none with `force`.
     */
    memoryLimit?: number | string
    /** Also when memory would run out. */
    force?: boolean
    /** How often a copy that ended or hung is followed by another. Default 3. */
    retries?: number
  }

  /** Of captures that are compared. */
  type BackgroundOptions = Omit<CaptureOptions, 'mode' | 'maxPauseMs'>

  /** What a snapshot file may be like. */
  interface SnapshotFileOptions {
    /**
     * What the file tells of what strings hold: nothing (default), how long each is, or all that V8 tells. Without
     * `'full'`, what regular expressions and numbers hold and names of properties that are data are left out, too.
     */
    strings?: 'none' | 'lengths' | 'full'
    /** Whether the file is compressed. Default: when its path ends in `.gz`. */
    gzip?: boolean
    /** Where a file without a path goes. Default the current folder. */
    directory?: string | URL
    /**
     * Of the files in `directory` that have a name as this package gives them, whatever process wrote them, the
     * oldest are removed when the new one is whole, until there are so many. Not with a path.
     */
    maxFiles?: number
    /** The largest that the file may be on the disk: bytes, or a size like `'2 GB'`. A larger one is not kept. */
    maxBytes?: number | string
  }

  /** What a background capture found. Sizes are bytes. */
  interface Capture {
    /** What read the heap: our reader or V8's snapshot. */
    engine: 'reader' | 'v8'
    /** Why V8's snapshot had to be used instead of the reader. */
    engineReason?: string
    /** The longest time that the thread was held up at once. */
    pauseMs: number
    durationMs: number
    /** Copies that it took. */
    attempts: number
    nodeCount: number
    edgeCount: number
    totalSize: number
  }

  /** Counts alone, without references. */
  interface ClassesCapture extends Omit<Capture, 'edgeCount'> {
    /** The largest shallow size first. */
    classes: CountedClass[]
  }

  interface SummaryCapture extends Capture {
    /** The largest retained size first. */
    classes: CapturedClass[]
    /** As `snapshot.suspects()` gives them; their ids mean nothing outside of the capture. */
    suspects: SnapshotSuspect[]
  }

  interface GraphCapture extends SummaryCapture {
    /** The thousand paths that retain most, the largest first. */
    paths: CountedPath[]
  }

  /** Objects that are reached the same way: by the same references, through the same classes. */
  interface CountedPath {
    /** The steps as text. */
    path: string
    /** From the root; indices and keys that are data are `[x]`. */
    steps: MergedStep[]
    count: number
    shallowSize: number
    /** What would be freed with all of them. */
    retainedSize: number
  }

  interface MergedStep {
    edgeName: string
    className: string
  }

  interface GrowthOptions extends Omit<BackgroundOptions, 'onProgress'> {
    /** The work of one round, after which the heap is captured. What it throws ends all. */
    between: (round: { round: number, signal?: AbortSignal }) => unknown
    /** Default 3, 1000 at most. */
    rounds?: number
    /** So many objects more there must be after each round. Default: as many as there are rounds. */
    minGrowth?: number
    /** Called when another percent of a capture is done: round 0 is the capture before the first round. */
    onProgress?: (progress: { round: number, rounds: number, percent: number }) => void
  }

  interface Growth {
    /** One before the first round, one after each. */
    captures: Capture[]
    /** What retains most first, 100 at most. Paths below one that grows are part of it. */
    paths: GrownPath[]
    /** The largest growth in bytes first. */
    classes: GrownClass[]
  }

  interface GrownPath {
    /** The steps as text. */
    path: string
    steps: MergedStep[]
    /** How many objects there were, by capture. */
    counts: number[]
    /** By how many bytes the objects themselves have grown since the first capture. */
    growth: number
    /** Their share of what would be freed at the end if all that grew were gone. */
    retainedSize: number
    /** The way to the one of them that retains most, at the end. Its ids mean nothing outside of the capture. */
    example: SnapshotPath
  }

  /** By capture. */
  interface GrownClass {
    name: string
    counts: number[]
    shallowSizes: number[]
    retainedSizes: number[]
  }

  interface SnapshotCapture extends Capture {
    /** Of the file. */
    path: string
  }

  /** Sizes are V8's own: the array that a JavaScript array keeps its elements in counts as `(array)`. */
  interface CountedClass {
    name: string
    count: number
    shallowSize: number
  }

  /** What V8 keeps for an object alone, such as the array of its elements, counts as the object's. */
  interface CapturedClass extends CountedClass {
    /** What would be freed with all of them. */
    retainedSize: number
  }

  interface ComparisonCapture extends Capture {
    comparison: ReadingComparison
  }

  /** How our reader's reading of a heap differs from V8's snapshot of it. Lists are the first rows of more. */
  interface ReadingComparison {
    /** The heap as a capture reads it, and V8's snapshot, which collects garbage first. */
    classes: ReadingClasses
    /** Read once more with V8's ids, object by object. */
    graph: {
      classes: ReadingClasses
      nodes: {
        matchedCount: number
        /** Of ours: V8 does not know them. */
        withoutIdCount: number
        repeatedIdCount: number
        differentCount: number
        /** The same object with another kind, name or size. */
        different: ReadingNodeDifference[]
        onlyInV8s: ReadingTally
        missing: ReadingMissingNodes[]
        onlyInOurs: ReadingTally
        surplus: ReadingMissingNodes[]
      }
      /** Of nodes that are in both. */
      edges: {
        equalCount: number
        onlyInV8sCount: number
        missing: ReadingMissingEdges[]
        onlyInOursCount: number
        surplus: ReadingMissingEdges[]
      }
      /** Our retainer paths of random objects, followed in V8's graph. */
      paths: {
        objectCount: number
        unreachedCount: number
        followedCount: number
        trueCount: number
        failed: Array<{
          reason: 'no root' | 'no node' | 'no edge'
          source: string
          edge: string
          target: string
          count: number
          example: ReadingEdge
        }>
      }
    }
  }

  interface ReadingTally {
    count: number
    shallowBytes: number
  }

  interface ReadingTotals {
    nodeCount: number
    edgeCount: number
    shallowBytes: number
    /** Nodes that are a program's objects. */
    objectCount: number
  }

  interface ReadingClasses {
    ours: ReadingTotals
    v8s: ReadingTotals
    equalCount: number
    differentCount: number
    /** Of those that differ, classes of a program's objects with another count. */
    differentObjectCount: number
    different: Array<{ class: string, isObject: boolean, ours: ReadingTally, v8s: ReadingTally }>
  }

  interface ReadingNodeDifference {
    v8s: string
    ours: string
    isObject: boolean
    count: number
    kindCount: number
    nameCount: number
    sizeCount: number
    examples: Array<{
      id: number
      v8sBytes: number
      ourBytes: number
      v8sNameBytes: number
      ourNameBytes: number
      sameNameBytes: number
    }>
  }

  /** Nodes of one class that only one of the readings has. */
  interface ReadingMissingNodes extends ReadingTally {
    class: string
    isObject: boolean
    /** How many of them are held by what is in both. */
    entryCount: number
    ids: number[]
    heldBy: Array<{ class: string, edge: string, isInBoth: boolean, count: number, id: number }>
  }

  /** References of one kind that only one of the readings has. */
  interface ReadingMissingEdges {
    source: string
    edge: string
    target: string
    isObject: boolean
    isTargetInBoth: boolean
    count: number
    examples: ReadingEdge[]
  }

  interface ReadingEdge {
    source: number
    label: string
    target: number
  }

  interface OpenHeapOptions extends SnapshotLimits, OpenSnapshotOptions {}

  interface OpenSnapshotOptions {
    signal?: AbortSignal
    /** Called when another percent is done. What it throws ends the work and rejects the promise. */
    onProgress?: (progress: { percent: number }) => void
  }

  /** The contents of strings are hidden unless asked for: a string's name says how long it is. */
  interface StringOptions {
    showStrings?: boolean
  }

  interface CountOptions extends StringOptions {
    /** Default 20. */
    count?: number
  }

  interface PathsOptions extends StringOptions {
    /** Default 3. */
    count?: number
    /** To find that there are no more paths may take a walk through the whole heap. */
    signal?: AbortSignal
  }

  interface RetainersOptions extends StringOptions {
    /** Default 100. */
    limit?: number
  }

  /**
   * A heap snapshot, opened. Sizes are bytes. Ids are V8's: the same object has the same one in all snapshots of its
   * process. What takes an id throws an error with code `ERR_MEMWATCH_UNKNOWN_NODE` when there is no such node.
   */
  interface Snapshot {
    readonly nodeCount: number
    readonly edgeCount: number
    readonly totalSize: number
    readonly rootRetainedSize: number
    /** The largest retained size first. */
    classes (): SnapshotClass[]
    /** What refers to a node, weak references included, the nearest to the roots first, and how many there are. */
    retainers (id: number, options?: RetainersOptions): SnapshotRetainers
    /** The shortest path from a root. `null` when only weak references lead there. */
    path (id: number, options?: StringOptions): SnapshotPath | null
    /**
     * Paths that share no object but those that every path must pass: each names another holder. The first is
     * that of `path`, and what is nearer to the program's roots comes earlier.
     */
    paths (id: number, options?: PathsOptions): Promise<SnapshotPath[]>
    /** The node, what dominates it, and so on up to the root: without any one of them it would be freed. */
    dominators (id: number, options?: StringOptions): SnapshotNode[]
    /**
     * Objects that hold a tenth of the heap or more, the largest first. What is V8's own counts as its owner's, the
     * table of a Map as the Map.
     */
    suspects (options?: StringOptions): SnapshotSuspect[]
    /** How the classes changed from this snapshot to a later one of the same process, the largest growth first. */
    diff (later: Snapshot): Promise<SnapshotClassChange[]>
    /** The objects that retain most. */
    biggest (options?: CountOptions): Promise<SnapshotNode[]>
    /** Strings that are there more than once, the most wasteful first. */
    duplicateStrings (options?: CountOptions): Promise<DuplicateString[]>
  }

  interface SnapshotClass {
    name: string
    count: number
    shallowSize: number
    /** What would be freed with all of them. */
    retainedSize: number
    /** Of all of them the one that retains most. */
    largestId: number
  }

  interface SnapshotNode {
    id: number
    name: string
    /** V8's type, like `'object'`, `'closure'` or `'string'`. */
    kind: string
    shallowSize: number
    retainedSize: number
    /** References from the program's roots; `null` when only V8's own roots lead there, or nothing does. */
    distance: number | null
  }

  interface SnapshotRetainers {
    /** How many references there are. */
    total: number
    retainers: SnapshotRetainer[]
  }

  /** A reference and the node that it comes from. */
  interface SnapshotRetainer extends SnapshotNode {
    /** Of an element its index. */
    edgeName: string
    /** V8's type, like `'property'`, `'context'`, `'element'` or `'weak'`. */
    edgeKind: string
  }

  /** Why an object is still there: the references from a root to it. */
  interface SnapshotPath {
    /** From a root to the object itself; empty at the root. */
    steps: SnapshotStep[]
    /** The same for the same leak in other processes; `null` when no reference is suspect. */
    fingerprint: string | null
    /** The path as a tree with its suspect references underlined, for a terminal. */
    text: string
  }

  /** A reference, as JavaScript would write it where it could, and the object that it leads to. */
  interface SnapshotStep extends SnapshotNode {
    /** Like `.sessions`, `[3]`, `.get(…)` or ``variable `cache` ``. */
    edge: string
    /** The object's constructor, or what kind of node it is. */
    class: string
    /** What the object is known as, like `Koa context`, where that says more than its class. */
    knownAs: string | null
    /** Whether it is still there although nothing needs it. */
    leaking: 'no' | 'yes' | 'unknown'
    /** Why; empty when nothing tells. */
    reason: string
    /** Whether the reference may be the one that should have been cut. */
    isSuspect: boolean
    /** Steps before this one that repeated those above them, such as the links of a list, and were left out. */
    leftOut: number
  }

  interface SnapshotSuspect {
    /** The highest object of the chain that leads to the accumulation point. */
    holder: SnapshotNode
    /** The object in which much accumulates instead of in one of its children. */
    accumulationPoint: SnapshotNode
    retainedSize: number
    /** Of the whole heap. */
    heapPercent: number
    /**
     * The class of which the accumulation point holds most. `example` is the step to the one of them that retains
     * most; `null` for the links of a list, and where `parts` name the large ones.
     */
    accumulated: { name: string, count: number, retainedSize: number, example: SnapshotStep | null } | null
    /** From a root to the accumulation point. */
    path: SnapshotPath
    /** What retains a tenth or more of what the accumulation point does, the largest first. */
    parts: SnapshotStep[]
  }

  interface SnapshotComparison {
    /** In the order of the files. */
    snapshots: Array<{ nodeCount: number, totalSize: number }>
    /** Bytes of the last minus bytes of the first. */
    growth: number
    /** From the first to the last by node id, the largest growth first. */
    classes: SnapshotClassChange[]
    /**
     * What came between the first and the second and is still there in the last, the class that takes most first;
     * `null` with fewer than three files.
     */
    survivors: SnapshotSurvivors[] | null
    /** Paths that lead to more objects in each file than in the one before, what retains most first. */
    growingPaths: GrowingPath[]
  }

  interface SnapshotSurvivors {
    name: string
    count: number
    /** Bytes in the last file. */
    size: number
    /** The largest of them, for `path` in the last file. */
    largestId: number
  }

  interface GrowingPath {
    steps: Array<{ edgeName: string, className: string }>
    /** By file. */
    counts: number[]
    /** In the last file. */
    retainedSize: number
  }

  interface SnapshotClassChange {
    name: string
    allocatedCount: number
    allocatedSize: number
    freedCount: number
    freedSize: number
    /** What objects that are in both gained or lost. */
    resizedSize: number
    /** Allocated minus freed plus resized, in bytes. */
    growth: number
  }

  interface DuplicateString {
    /** `null` unless `showStrings` is set. */
    text: string | null
    /** In UTF-16 units. */
    length: number
    /** Whether the snapshot has only the beginning, so that the strings may be longer. */
    isCut: boolean
    count: number
    shallowSize: number
    /** What keeping only one would free. */
    wastedSize: number
    /** One of them. */
    exampleId: number
  }

  interface Capabilities {
    hooks: boolean
    statistics: boolean
    spaces: boolean
    fullGc: boolean
    nearHeapLimit: boolean
    snapshot: boolean
    /** Whether allocations can be sampled while something is suspicious. */
    allocationSampling: boolean
    /** Whether `capture` and `writeSnapshot` work here. */
    backgroundCapture: boolean
    /** Why not; `null` where they do. */
    backgroundCaptureReason: string | null
  }

  interface Config {
    /** Collections that the ring holds, 320 bytes each. Default 4096. */
    capacity: number
    /** Bytes of live heap above which `leak` is emitted with reason `threshold`; `null` for none. */
    threshold: number | null
    detector: Detector
    /** Whether the heap is captured while something is suspicious. Default `true`. */
    captures: boolean
    /** Whether allocations are sampled meanwhile. Default `true`. */
    allocations: boolean
    /** File of the flight recorder; `null` when off. */
    recorder: string | null
    /** File of the series recording; `null` when off, and after it has stopped by itself. */
    record: string | null
    /** `null` when off, and when all its captures have been written. */
    nearHeapLimit: { captures: number } | null
  }

  interface ConfigureOptions {
    /** 1 to 262144 records. */
    capacity?: number
    /**
     * Bytes, or a size like `'10 MB'` (1 MB is 1048576 bytes). Fires once a crossing of the live heap, and is
     * armed again when that has fallen to nine tenths. `null` or `false`: none.
     */
    threshold?: number | string | null | false
    /** Default `'trend'`. */
    detector?: Detector
    /**
     * Captures the heap in a copy of the process while something is suspicious, to see which paths grow: the second
     * signal of `leak`, and its suspects. What they take from the service, pauses included, is at most one part in 50 of
     * the time of the suspicion, and three tenths of a second on top once in five minutes. They take as much memory as the heap, up to
     * 128 MB, until ten seconds after the last one. Default `true`.
     */
    captures?: boolean
    /**
     * Lets V8's sampling heap profiler run while something is suspicious, to see whose objects stay: the
     * `allocationStacks` among the suspects. V8 can sample for one at a time: where somebody else does, nothing is
     * sampled, and the note says so. Default `true`.
     */
    allocations?: boolean
    /**
     * Keeps the ring in a memory-mapped file of fixed size, mode 0600, which
     * `npx memwatch-rs postmortem FILE` reads when the process is gone. `%p` becomes the process id, `%t` the
     * thread id. Starts the monitor. `null` or `false` ends the recording.
     */
    recorder?: string | null | false
    /**
     * Writes a line a full collection, what detectors see, into a file of mode 0600 and 64 MB at most, which
     * `npx memwatch-rs replay FILE` and `verify BEFORE AFTER` read. `%p` and `%t` as in `recorder`. Starts the
     * monitor. `null` or `false` ends the recording.
     */
    record?: string | null | false
    /**
     * Writes a snapshot file when the heap is nearly full, by a copy that gets to its end also when the process dies
     * meanwhile, and then emits `snapshot`. **Raises V8's limit until it is written, by the size of the young
     * generation and 32 MB at least.** `null` or `false` for none.
     */
    nearHeapLimit?: NearHeapLimitOptions | null | false
  }

  interface NearHeapLimitOptions extends SnapshotFileOptions {
    /** How often. Default 1. */
    captures?: number
    /** As for `capture`. */
    timeoutMs?: number
    /** As for `capture`, but 5,000 at most. */
    stallMs?: number
    memoryLimit?: number | string
    force?: boolean
  }

  type GcKind = 'scavenge' | 'minor-mark-sweep' | 'mark-compact' | 'incremental-marking' | 'weak-callbacks'
  type GcTrigger = 'natural' | 'requested' | 'forced' | 'low-memory' | 'external-memory'

  /** The state after a full collection. `null` is "not known (yet)". */
  interface Stats {
    // memwatch's fields; sizes in bytes.
    num_full_gc: number
    /** All other collections. */
    num_inc_gc: number
    heap_compactions: number
    /** Percentage by which the recent average of the live heap lies above the long one. */
    usage_trend: number
    estimated_base: number
    current_base: number
    /** Extremes of the live heap from the third full collection on; 0 before. */
    min: number
    max: number

    // @airbnb/node-memwatch's fields; sizes in bytes, times in nanoseconds.
    /** Microseconds since 1970. */
    gc_ts: number
    gc_time: number
    gcScavengeCount: number
    gcScavengeTime: number
    gcMarkSweepCompactCount: number
    gcMarkSweepCompactTime: number
    gcIncrementalMarkingCount: number
    gcIncrementalMarkingTime: number
    gcProcessWeakCallbacksCount: number
    gcProcessWeakCallbacksTime: number
    total_heap_size: number
    total_heap_size_executable: number
    total_physical_size: number
    total_available_size: number
    used_heap_size: number
    heap_size_limit: number
    malloced_memory: number
    peak_malloced_memory: number

    /** Number of the collection in `history()`; `null` before the first full one. */
    sequence: number | null
    trigger: GcTrigger | null
    /** Used heap right after the full collection. */
    liveBytes: number | null
    externalBytes: number
    /** Read at delivery. */
    arrayBufferBytes: number | null
    /** Resident memory, read at delivery. */
    rssBytes: number | null
    /** The lowest memory limit of the process's cgroups. */
    cgroupLimitBytes: number | null
    nativeContexts: number
    detachedContexts: number
    totalGlobalHandlesBytes: number
    usedGlobalHandlesBytes: number
    /** Share of time spent in collections since the full collection before, 0 to 1. */
    gcTimeRatio: number | null
    /** Since the full collection before. Exact on Node 26; before that an estimate, within about 10 % on the loads measured. */
    allocationBytesPerSecond: number | null
    /** Growth of the old generation between full collections: promoted or allocated there. */
    promotionBytesPerSecond: number | null
    /** Theil–Sen slope of the live heap over at most 32 natural full collections, with 95 % interval. */
    growthBytesPerHour: Interval | null
    /** Milliseconds to V8's heap limit at that growth; `null` when nothing grows. */
    heapLimitInMs: number | null
    /** Milliseconds to the cgroup's limit at that growth. */
    cgroupLimitInMs: number | null
    /** By kind, since the monitor was first used. Quantiles are at most 1/16 too high. */
    pauses: Pauses[]
    /** Collections that the ring overwrote before they were processed. */
    lostRecords: number
    /** Events that nobody took in time. */
    lostEvents: number
  }

  interface Pauses {
    kind: GcKind
    count: number
    p50Ms: number
    p90Ms: number
    p99Ms: number
    maxMs: number
    /** Time spent in this package's own callbacks, per collection; `null` in fallback mode. */
    watcherP50Ns: number | null
    watcherP99Ns: number | null
  }

  interface Interval {
    low: number
    estimate: number
    high: number
  }

  /** `trend`: robust slopes and their shape. `classic`: memwatch's five rises in a row. */
  type Detector = 'trend' | 'classic'

  interface Leak {
    // memwatch's fields.
    start: Date
    end: Date
    /** Bytes from `start` to `end`. */
    growth: number
    /** memwatch's sentence, or `'threshold'`. */
    reason: string

    /** What happened, for people. */
    message: string
    /** The same for all that becomes of one suspicion. */
    id: string
    state: LeakState
    /** By the limit that is reached first: within an hour, a day, a week, or later. */
    severity: 'critical' | 'high' | 'medium' | 'low'
    kind: MemoryKind
    detector: Detector | 'threshold'
    liveBytes: number
    thresholdBytes: number | null
    bytesPerHour: number | null
    /** 95 % confidence interval of the slope. */
    bytesPerHourInterval: Interval | null
    eta: {
      /** Milliseconds; `high` is `Infinity` when the slope may be zero. */
      heapLimitMs: Interval | null
      cgroupLimitMs: Interval | null
    }
    evidence: Array<{ signal: string, detail: string }>
    /** `null` is "not known"; the note says why. */
    suspects: {
      /** The function that allocates, its callers and its pace: what was sampled, stays, and becomes more. */
      allocationStacks: string[] | null
      classes: string[] | null
      routes: string[] | null
      retainerPaths: string[] | null
      note: string
    }
  }

  /** `suspect`: it grows. `leak`: it goes on, as a second signal says or for long. `recovered`: it has stopped. */
  type LeakState = 'suspect' | 'leak' | 'recovered'

  /** V8's heap; Buffers and ArrayBuffers; resident memory without both. */
  type MemoryKind = 'js-heap' | 'external' | 'native'

  /** Why the detector says what it says. */
  interface Explanation {
    detector: Detector
    /** One each kind of memory; empty for `classic`. */
    series: ExplainedSeries[]
    /** The same for people. */
    text: string
  }

  interface ExplainedSeries {
    kind: MemoryKind
    /** `null` while nothing is suspicious, as `state`. */
    id: string | null
    state: LeakState | null
    /** Full collections that were looked at. */
    collections: number
    /** Full collections that a leak takes at least; `null` while nothing is suspicious. */
    neededCollections: number | null
    /** Tests of the shape: `found` has to be at least `needed`. */
    checks: Array<{ name: string, found: number, needed: number, passed: boolean }>
    /** What captures of the heap say, or why there are none. */
    secondSignal: string
  }

  interface HistoryOptions {
    /** Sequence number to begin with. */
    since?: number
  }

  /** One collection. Sizes are `null` where the heap was not read: at scavenges, unless `traceGc` runs. */
  interface GcRecord {
    sequence: number
    kind: GcKind
    trigger: GcTrigger
    /** Clock of `process.hrtime.bigint()`. */
    startNs: bigint
    endUnixMs: number
    pauseMs: number
    usedBeforeBytes: number | null
    usedAfterBytes: number | null
    totalBeforeBytes: number | null
    totalAfterBytes: number | null
    physicalBeforeBytes: number | null
    physicalAfterBytes: number | null
    externalBeforeBytes: number | null
    externalAfterBytes: number | null
    mallocedBeforeBytes: number | null
    mallocedAfterBytes: number | null
    newSpaceBeforeBytes: number
    newSpaceAfterBytes: number
    limitBytes: number | null
    nativeContexts: number | null
    detachedContexts: number | null
    usedGlobalHandlesBytes: number | null
  }

  /** The same by field; sizes that were not read are `NaN`. */
  interface HistoryColumns {
    length: number
    /** Collections from `since` on that the ring had overwritten. */
    lost: number
    sequence: Float64Array
    kind: GcKind[]
    trigger: GcTrigger[]
    startNs: BigUint64Array
    endUnixMs: Float64Array
    pauseMs: Float64Array
    usedBeforeBytes: Float64Array
    usedAfterBytes: Float64Array
    totalBeforeBytes: Float64Array
    totalAfterBytes: Float64Array
    physicalBeforeBytes: Float64Array
    physicalAfterBytes: Float64Array
    externalBeforeBytes: Float64Array
    externalAfterBytes: Float64Array
    mallocedBeforeBytes: Float64Array
    mallocedAfterBytes: Float64Array
    newSpaceBeforeBytes: Float64Array
    newSpaceAfterBytes: Float64Array
    limitBytes: Float64Array
    nativeContexts: Float64Array
    detachedContexts: Float64Array
    usedGlobalHandlesBytes: Float64Array
  }
}
