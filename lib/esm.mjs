// The same monitor for `import`: the default export is what `require` gives, the names are its methods.
import memwatch from '../index.js'

export default memwatch
export const on = memwatch.on.bind(memwatch)
export const once = memwatch.once.bind(memwatch)
export const off = memwatch.off.bind(memwatch)
export const start = memwatch.start.bind(memwatch)
export const stop = memwatch.stop.bind(memwatch)
export const configure = memwatch.configure.bind(memwatch)
export const gc = memwatch.gc.bind(memwatch)
export const stats = memwatch.stats.bind(memwatch)
export const history = memwatch.history.bind(memwatch)
export const explain = memwatch.explain.bind(memwatch)
export const traceGc = memwatch.traceGc.bind(memwatch)
export const HeapDiff = memwatch.HeapDiff
export const openHeap = memwatch.openHeap.bind(memwatch)
export const openSnapshot = memwatch.openSnapshot.bind(memwatch)
export const capture = memwatch.capture.bind(memwatch)
export const growth = memwatch.growth.bind(memwatch)
export const profile = memwatch.profile
export const writeSnapshot = memwatch.writeSnapshot.bind(memwatch)
export const installSignalHandler = memwatch.installSignalHandler.bind(memwatch)
export const compareSnapshots = memwatch.compareSnapshots.bind(memwatch)
