import memwatch = require('../index.js')

export default memwatch
export declare const on: memwatch.Memwatch['on']
export declare const once: memwatch.Memwatch['once']
export declare const off: memwatch.Memwatch['off']
export declare const start: memwatch.Memwatch['start']
export declare const stop: memwatch.Memwatch['stop']
export declare const configure: memwatch.Memwatch['configure']
export declare const gc: memwatch.Memwatch['gc']
export declare const stats: memwatch.Memwatch['stats']
export declare const history: memwatch.Memwatch['history']
export declare const traceGc: memwatch.Memwatch['traceGc']
export declare const HeapDiff: memwatch.Memwatch['HeapDiff']
export type HeapDiff = memwatch.HeapDiff
export type HeapDiffResult = memwatch.HeapDiffResult
export declare const openHeap: memwatch.Memwatch['openHeap']
export declare const openSnapshot: memwatch.Memwatch['openSnapshot']
export declare const capture: memwatch.Memwatch['capture']
export declare const writeSnapshot: memwatch.Memwatch['writeSnapshot']
export declare const installSignalHandler: memwatch.Memwatch['installSignalHandler']
export declare const compareSnapshots: memwatch.Memwatch['compareSnapshots']
export type Stats = memwatch.Stats
export type Leak = memwatch.Leak
export type GcRecord = memwatch.GcRecord
export type HistoryColumns = memwatch.HistoryColumns
export type ConfigureOptions = memwatch.ConfigureOptions
export type Snapshot = memwatch.Snapshot
export type SnapshotClass = memwatch.SnapshotClass
export type SnapshotNode = memwatch.SnapshotNode
export type SnapshotPath = memwatch.SnapshotPath
export type SnapshotStep = memwatch.SnapshotStep
export type SnapshotSuspect = memwatch.SnapshotSuspect
export type Capture = memwatch.Capture
export type SnapshotComparison = memwatch.SnapshotComparison
