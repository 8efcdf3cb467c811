// What users install: both packages are packed, installed offline and without scripts in an empty project,
// with no compiler in reach, and loaded there in every way there is.
'use strict'

const test = require('node:test')
const assert = require('node:assert/strict')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { spawnSync } = require('node:child_process')

const ROOT = path.join(__dirname, '..')
const ADDON = 'memwatch-rs.linux-x64-gnu.node'
const PLATFORM_PACKAGE = path.join(ROOT, 'npm', 'linux-x64-gnu')

/** All that may be in the main package. */
const SHIPPED = [
  /^package\.json$/,
  /^LICENSE$/,
  /^README\.md$/,
  /^README\.zh-CN\.md$/,
  /^CHANGELOG\.md$/,
  /^index\.js$/,
  /^index\.d\.ts$/,
  /^binding\.js$/,
  /^lib\/(cli\/)?[a-z-]+\.(js|mjs|d\.mts)$/,
  /^lib\/report\/[a-z-]+\.(js|html|css)$/,
  /^bin\/memwatch-rs\.js$/
]
/** What must be there, so that an allowed name that is missing is noticed. */
const NEEDED = ['package.json', 'LICENSE', 'README.md', 'index.js', 'index.d.ts', 'binding.js',
  'lib/memwatch.js', 'lib/open-snapshot.js', 'lib/cli/main.js', 'lib/report/write-page.js',
  'lib/report/heap.html', 'lib/report/heap.js', 'lib/report/diff.html', 'lib/report/diff.js', 'lib/report/elements.js',
  'lib/report/page.css', 'lib/esm.mjs', 'lib/esm.d.mts', 'bin/memwatch-rs.js']
const INSTALL_SCRIPTS = ['preinstall', 'install', 'postinstall', 'prepare', 'preprepare', 'postprepare']
const COMPILERS = ['cc', 'gcc', 'clang', 'c++', 'make', 'cargo', 'rustc', 'python3', 'node-gyp', 'napi']

const temporary = fs.mkdtempSync(path.join(os.tmpdir(), 'memwatch-package-'))
const project = path.join(temporary, 'project')
const tools = path.join(temporary, 'tools')
// Node and npm, and nothing else: a step that compiles or downloads fails.
const env = { HOME: temporary, PATH: tools, npm_config_cache: path.join(temporary, 'cache') }

function run (command, args, { cwd = project } = {}) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, env, encoding: 'utf8' })
  assert.equal(error, undefined)
  assert.equal(status, 0, `${command} ${args.join(' ')}\n${stdout}${stderr}`)
  return stdout
}

function findInPath (name) {
  const folder = process.env.PATH.split(path.delimiter).find((one) => fs.existsSync(path.join(one, name)))
  assert.ok(folder, `no ${name} in the PATH`)
  return fs.realpathSync(path.join(folder, name))
}

/** @returns {{ tarball: string, files: string[] }} */
function pack (folder) {
  const json = run('npm', ['pack', folder, '--json', '--ignore-scripts', '--offline', '--pack-destination', temporary])
  // One package: a list or, in later versions of npm, an object by name.
  const [packed] = Object.values(JSON.parse(json))
  return { tarball: path.join(temporary, packed.filename), files: packed.files.map((file) => file.path) }
}

/** @returns {object[]} the package.json of all that was installed */
function installed () {
  const lock = JSON.parse(fs.readFileSync(path.join(project, 'package-lock.json'), 'utf8'))
  return Object.keys(lock.packages).filter((folder) => folder !== '')
    .map((folder) => JSON.parse(fs.readFileSync(path.join(project, folder, 'package.json'), 'utf8')))
}

// What is installed does not depend on the mode.
const skip = process.env.MEMWATCH_FORCE_FALLBACK === '1'

test('the packages install without a compiler, a script or a network, and work', { skip }, async (t) => {
  t.after(() => fs.rmSync(temporary, { recursive: true, force: true }))
  fs.mkdirSync(project)
  fs.mkdirSync(tools)
  fs.symlinkSync(process.execPath, path.join(tools, 'node'))
  fs.symlinkSync(findInPath('npm'), path.join(tools, 'npm'))
  fs.writeFileSync(path.join(project, 'package.json'), JSON.stringify({ name: 'app', version: '1.0.0', private: true }))

  // As a release does it, but in a copy: the addon is put beside the package.json.
  const platform = path.join(temporary, 'linux-x64-gnu')
  fs.cpSync(PLATFORM_PACKAGE, platform, { recursive: true })
  fs.copyFileSync(path.join(ROOT, ADDON), path.join(platform, ADDON))
  const packed = { main: pack(ROOT), platform: pack(platform) }
  // There is no registry to have them from.
  const dependencies = Object.keys(require('../package.json').dependencies)
    .map((name) => pack(path.join(ROOT, 'node_modules', name)).tarball)

  await t.test('the main package holds what is needed and nothing else', () => {
    const { files } = packed.main
    assert.deepEqual(files.filter((file) => !SHIPPED.some((pattern) => pattern.test(file))), [])
    assert.deepEqual(NEEDED.filter((file) => !files.includes(file)), [])
  })

  await t.test('the platform package holds the addon and its description', () => {
    assert.deepEqual(packed.platform.files.sort(),
      ['README.md', ADDON, 'package.json'])
  })

  await t.test('the platform package says where it runs and has the main package\'s version', () => {
    const main = require('../package.json')
    const manifest = JSON.parse(fs.readFileSync(path.join(PLATFORM_PACKAGE, 'package.json'), 'utf8'))
    const { name, version, os, cpu, libc, engines } = manifest
    assert.deepEqual({ name, version, main: manifest.main, os, cpu, libc, engines }, {
      name: `${main.napi.packageName}-linux-x64-gnu`,
      version: main.version,
      main: ADDON,
      os: ['linux'],
      cpu: ['x64'],
      libc: ['glibc'],
      engines: main.engines
    })
  })

  for (const name of COMPILERS) {
    assert.equal(spawnSync(name, ['--version'], { env }).error?.code, 'ENOENT', `${name} is in reach`)
  }
  run('npm', ['install', '--ignore-scripts', '--offline', '--no-audit', '--no-fund',
    packed.main.tarball, packed.platform.tarball, ...dependencies])

  await t.test('nothing that was installed has an install script', () => {
    const manifests = installed()
    const names = manifests.map(({ name }) => name)
    assert.ok(names.includes('memwatch-rs') && names.includes('memwatch-rs-linux-x64-gnu'), names.join(', '))
    for (const { name, scripts = {}, gypfile } of manifests) {
      assert.deepEqual(INSTALL_SCRIPTS.filter((script) => script in scripts), [], name)
      assert.equal(gypfile, undefined, name)
    }
  })

  await t.test('require gives a monitor in native mode that records', () => {
    const program = `
      const memwatch = require('memwatch-rs')
      memwatch.once('stats', ({ liveBytes }) => console.log(memwatch.mode, liveBytes > 0))
      memwatch.gc()`
    assert.equal(run('node', ['-e', program]), 'native true\n')
  })

  await t.test('import gives the same monitor', () => {
    const program = `
      import { createRequire } from 'node:module'
      import memwatch, { start, gc, history } from 'memwatch-rs'
      start(); gc()
      console.log(memwatch === createRequire(import.meta.url)('memwatch-rs'), history().events.length > 0)
      memwatch.stop()`
    fs.writeFileSync(path.join(project, 'program.mjs'), program)
    assert.equal(run('node', ['program.mjs']), 'true true\n')
  })

  await t.test('the command line runs and reads a recording', () => {
    const command = path.join(project, 'node_modules', '.bin', 'memwatch-rs')
    assert.equal(run(command, ['--version']), `${require('../package.json').version}\n`)
    const program = `
      const memwatch = require('memwatch-rs')
      memwatch.configure({ recorder: 'ring.memwatch' })
      memwatch.gc()`
    run('node', ['-e', program])
    assert.notEqual(run(command, ['postmortem', 'ring.memwatch']), '')
  })

  await t.test('the command line writes a report page', () => {
    run('node', ['-e', "require('node:v8').writeHeapSnapshot('a.heapsnapshot')"])
    const page = path.join(fs.realpathSync(project), 'a.html')
    assert.equal(run(path.join(project, 'node_modules', '.bin', 'memwatch-rs'), ['analyze', 'a.heapsnapshot', '--html', 'a.html']),
      `wrote ${page}\n`)
    assert.match(fs.readFileSync(page, 'utf8'), /d3-hierarchy/)
  })
})
