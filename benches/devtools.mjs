// Chrome DevTools' own code for heap snapshots, in Node.js: a bundle of it, and a file loaded with it. DevTools
// computes dominators on a second thread, which runs this module too.
import fs from 'node:fs'
import path from 'node:path'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { MessageChannel, Worker, isMainThread, parentPort, workerData } from 'node:worker_threads'

const WORKER = 'chrome-devtools-frontend/front_end/entrypoints/heap_snapshot_worker'

if (!isMainThread && workerData?.devtools) {
  const { HeapSnapshot } = await importDevTools(workerData.devtools)
  workerData.manager = new HeapSnapshot.SecondaryInitManager(workerData.port)
  parentPort.postMessage('ready')
}

/** Bundles what is installed in `folder` into one module. */
export async function bundle (folder, outfile) {
  const require = createRequire(path.join(folder, 'package.json'))
  const module = (name) => JSON.stringify(path.join(folder, 'node_modules', WORKER, name))
  await require('esbuild').build({
    stdin: {
      contents: `export * as HeapSnapshot from ${module('HeapSnapshot.js')}
        export * as HeapSnapshotLoader from ${module('HeapSnapshotLoader.js')}`,
      resolveDir: folder
    },
    bundle: true,
    format: 'esm',
    platform: 'node',
    outfile,
    logLevel: 'error',
    plugins: [{ name: 'locales', setup: withoutLocales }]
  })
}

// The list of languages is made when DevTools is built, and the package lacks it. Nothing here is translated.
function withoutLocales (build) {
  build.onResolve({ filter: /locales\.js$/ }, () => ({ path: 'locales', namespace: 'made' }))
  build.onLoad({ filter: /.*/, namespace: 'made' }, () => ({
    contents: `export const LOCALES = ['en-US'], BUNDLED_LOCALES = LOCALES, DEFAULT_LOCALE = 'en-US'
      export const LOCAL_FETCH_PATTERN = '', REMOTE_FETCH_PATTERN = ''`
  }))
}

/** Loads a file with a bundle, retained sizes included. */
export async function load (file, devtools) {
  const { HeapSnapshotLoader } = await importDevTools(devtools)
  const { port1, port2 } = new MessageChannel()
  const worker = new Worker(new URL(import.meta.url), {
    workerData: { port: port2, devtools },
    transferList: [port2]
  })
  await new Promise(resolve => worker.once('message', resolve))
  const loader = new HeapSnapshotLoader.HeapSnapshotLoader({ sendEvent () {} })
  for await (const chunk of fs.createReadStream(file, { encoding: 'utf8', highWaterMark: 4 << 20 })) loader.write(chunk)
  loader.close()
  const snapshot = await loader.buildSnapshot(port1)
  await worker.terminate()
  return snapshot
}

/** The modules of a bundle. */
export async function importDevTools (file) {
  // Front-end code expects a browser's globals, and what Node.js has from version 22 on.
  globalThis.self ??= globalThis
  Promise.withResolvers ??= () => {
    const made = {}
    made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }))
    return made
  }
  return import(pathToFileURL(file))
}
