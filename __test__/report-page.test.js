// The report pages as people see them: written by the command line, opened from disk in a real browser.
'use strict'

const assert = require('node:assert/strict')
const fs = require('node:fs')
const path = require('node:path')
const { after, before, describe, it } = require('node:test')
const { pathToFileURL } = require('node:url')
const { chromium } = require('playwright-core')
const memwatch = require('..')
const { COMMAND_LINE, run } = require('./child')
const { ENTRIES, SECRET, writeSnapshots } = require('./snapshot-files')

const CHROMIUM = '/usr/bin/chromium'
const ARGUMENTS = ['--no-sandbox', '--disable-gpu', '--disable-background-networking']
const HOSTILE = 'x</script><img src=x onerror="window.isBroken = true"><!--'

const isMissing = !fs.existsSync(CHROMIUM)
if (isMissing && process.env.CI) throw new Error(`${CHROMIUM} is not installed: \`apt-get install chromium\``)
if (isMissing) {
  process.stderr.write(`report-page: NOT RUN, ${CHROMIUM} is not installed: \`apt-get install chromium\` (Debian). In CI ` +
    'this is a failure.\n')
}

/** Chromium has been seen to die while it starts, before there is any page. */
async function launched (triesLeft = 2) {
  try {
    return await chromium.launch({ executablePath: CHROMIUM, args: ARGUMENTS })
  } catch (error) {
    if (triesLeft === 0) throw error
    process.stderr.write(`report-page: Chromium did not start, trying again: ${error.message.split('\n')[0]}\n`)
    return launched(triesLeft - 1)
  }
}

let folder, files, browser, snapshot

describe('a report page', { skip: isMissing }, () => {
  before(async () => {
    ({ folder, files } = await writeSnapshots())
    snapshot = await memwatch.openSnapshot(files[2])
    browser = await launched()
  })

  after(async () => {
    await browser?.close()
    fs.rmSync(folder, { recursive: true, force: true })
  })

  const write = (file, ...args) => writePage(`${file}.html`, 'analyze', file, ...args)

  async function writePage (html, ...args) {
    const { code, stdout, stderr } = await run(process.execPath, [COMMAND_LINE, ...args, '--html', html])
    assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: `wrote ${html}\n`, stderr: '' })
    return html
  }

  /** Opens a page, works with it, and fails if it asked for anything or complained. */
  async function inBrowser (html, work, options = {}) {
    const context = await browser.newContext({ viewport: { width: 1366, height: 768 }, ...options })
    const page = await context.newPage()
    const url = pathToFileURL(html).href
    const seen = []
    page.on('request', (request) => { if (request.url() !== url) seen.push(`requested ${request.url()}`) })
    page.on('console', (message) => seen.push(message.text()))
    page.on('pageerror', (error) => seen.push(error.message))
    await page.goto(url)
    try {
      return await work(page)
    } finally {
      await context.close()
      assert.deepEqual(seen, [])
    }
  }

  const texts = (page, selector) => page.locator(selector).allTextContents()
  const number = (text) => Number(text.replaceAll(',', ''))
  const tiles = (page) => page.locator('button.tile')

  it('has the numbers of the snapshot', async () => {
    await inBrowser(await write(files[2]), async (page) => {
      assert.equal(await page.title(), `${path.basename(files[2])} – memwatch-rs`)
      const totals = await texts(page, '#totals dd')
      assert.deepEqual([totals[2], totals[3], totals[4]].map(number),
        [snapshot.nodeCount, snapshot.edgeCount, snapshot.classes().length])
      const rows = await page.locator('#classes tbody tr').evaluateAll((all) => all.map((row) =>
        [...row.cells].map((cell) => cell.textContent)))
      const expected = snapshot.classes().slice(0, 300)
      assert.deepEqual(rows.map(([name, count]) => [name, number(count)]), expected.map(({ name, count }) => [name, count]))
      const { length } = await page.locator('#biggest tbody tr').all()
      assert.ok(length > 5)
    })
  })

  it('filters and sorts the classes', async () => {
    await inBrowser(await write(files[2]), async (page) => {
      await page.fill('#filter', 'cacheEN')
      assert.deepEqual(await texts(page, '#classes tbody td:first-child'), ['CacheEntry'])
      assert.deepEqual((await texts(page, '#classes tbody td:nth-child(2)')).map(number), [ENTRIES[2]])
      await page.fill('#filter', '')
      for (const [title, isDescending] of [['Count', true], ['Count', false], ['Shallow', true]]) {
        await page.getByRole('columnheader', { name: title }).getByRole('button').click()
        const column = { Count: 2, Shallow: 3 }[title]
        const sort = await page.locator(`#classes th:nth-child(${column})`).getAttribute('aria-sort')
        assert.equal(sort, isDescending ? 'descending' : 'ascending')
        if (column === 2) {
          const counts = (await texts(page, '#classes tbody td:nth-child(2)')).map(number)
          const sign = isDescending ? -1 : 1
          assert.deepEqual(counts, [...counts].sort((a, b) => sign * (a - b)))
        }
      }
    })
  })

  it('goes into an object and out again, by mouse and by keys', async () => {
    await inBrowser(await write(files[2]), async (page) => {
      const crumbs = async () => (await texts(page, '#crumbs button')).length
      assert.equal(await crumbs(), 1)
      const before = await tiles(page).count()
      const [largest] = await snapshot.biggest({ count: 1 })
      await page.locator(`button.tile[data-id="${largest.id}"]`).click({ position: { x: 4, y: 4 } })
      assert.equal(await crumbs(), 2)
      assert.match(await page.locator('#why').textContent(), new RegExp(`@${largest.id}`))
      await page.locator('#crumbs button').first().click()
      assert.equal(await tiles(page).count(), before)
      await tiles(page).first().focus()
      await page.keyboard.press('Enter')
      assert.ok(await crumbs() > 1)
      const focused = () => page.evaluate(() => document.activeElement.dataset.id)
      const first = await focused()
      assert.notEqual(first, undefined)
      await page.keyboard.press('ArrowRight')
      assert.notEqual(await focused(), first)
      await page.keyboard.press('Escape')
      assert.equal(await crumbs(), 1)
      assert.equal(await page.locator('button.tile[tabindex="0"]').count(), 1)
    })
  })

  it('shows the path to what was chosen, with the suspect references underlined', async () => {
    const suspect = snapshot.suspects().find(({ path }) => path.steps.at(-1).edge === '.single' ||
      path.steps.some(({ edge }) => edge === '.single'))
    await inBrowser(await write(files[2]), async (page) => {
      await page.locator(`.suspect[data-id="${suspect.accumulationPoint.id}"]`).click()
      const { steps, fingerprint } = suspect.path
      const shown = await texts(page, '#why .path >> nth=0 >> .edge')
      assert.deepEqual(shown, steps.map(({ edge }) => edge))
      const marked = await texts(page, '#why .path >> nth=0 >> .is-suspect .edge')
      assert.deepEqual(marked, steps.filter(({ isSuspect }) => isSuspect).map(({ edge }) => edge))
      const line = await page.locator('#why .is-suspect .edge').first().evaluate((one) => getComputedStyle(one).textDecorationLine)
      assert.equal(line, 'underline')
      assert.ok((await page.locator('#why').textContent()).includes(fingerprint))
      const entries = snapshot.classes().find(({ name }) => name === 'CacheEntry')
      await page.fill('#filter', 'CacheEntry')
      await page.getByRole('button', { name: 'CacheEntry', exact: true }).click()
      assert.deepEqual(await texts(page, '#why .edge'), snapshot.path(entries.largestId).steps.map(({ edge }) => edge))
    })
  })

  it('has for a comparison what grew, what stayed and which paths lead there', async () => {
    const html = path.join(folder, 'diff.html')
    const compared = await memwatch.compareSnapshots(files)
    const column = async (page, table, at) => texts(page, `#${table} tbody td:nth-child(${at})`)
    await inBrowser(await writePage(html, 'diff', ...files), async (page) => {
      assert.equal(await page.locator('#files').textContent(), files.map((file) => path.basename(file)).join(' → '))
      const nodes = (await texts(page, '#totals dd')).slice(1).map((text) => number(/in ([\d,]+) nodes$/.exec(text)[1]))
      assert.deepEqual(nodes, compared.snapshots.map(({ nodeCount }) => nodeCount))
      assert.deepEqual(await column(page, 'survivors', 1), compared.survivors.map(({ name }) => name))
      assert.deepEqual((await column(page, 'survivors', 3)).map(number), compared.survivors.map(({ count }) => count))
      assert.deepEqual(await column(page, 'classes', 1), compared.classes.map(({ name }) => name).slice(0, 300))
      const grown = (await column(page, 'growing', 1)).findIndex((text) => text.endsWith('(CacheEntry)'))
      assert.equal((await column(page, 'growing', 2))[grown], ENTRIES.join(' → '))
    })
    await inBrowser(await writePage(html, 'diff', files[0], files[0]), async (page) => {
      assert.equal(await page.locator('#survivors').count(), 0)
      assert.deepEqual(await texts(page, '.nothing'), ['Nothing.', 'Nothing.'])
    })
    const { code } = await run(process.execPath, [COMMAND_LINE, 'diff', files[0], files[1], '--html', html, '--fail-on-growth'])
    assert.equal(code, 3)
  })

  it('is readable in the dark and on a narrow screen', async () => {
    const html = await write(files[2])
    const ground = (page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
    const light = await inBrowser(html, ground, { colorScheme: 'light' })
    const dark = await inBrowser(html, ground, { colorScheme: 'dark' })
    assert.notEqual(light, dark)
    await inBrowser(html, async (page) => {
      const [needed, there] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth])
      assert.ok(needed <= there, `${needed} pixels wide`)
    }, { viewport: { width: 480, height: 800 } })
  })

  it('shows hostile names as text', async () => {
    const file = path.join(folder, `hostile ${'<b>&'}.heapsnapshot`)
    const heap = JSON.parse(fs.readFileSync(files[2], 'utf8'))
    heap.strings[heap.strings.indexOf('CacheEntry')] = HOSTILE
    heap.strings[heap.strings.indexOf('OneAndOnly')] = `\u202e${HOSTILE}`
    heap.strings[heap.strings.indexOf('single')] = HOSTILE
    fs.writeFileSync(file, JSON.stringify(heap))
    await inBrowser(await write(file), async (page) => {
      assert.equal(await page.locator('#file').textContent(), path.basename(file))
      await page.fill('#filter', HOSTILE)
      assert.deepEqual((await texts(page, '#classes tbody td:first-child')).sort(), [HOSTILE, `\u202e${HOSTILE}`].sort())
      await page.locator('#classes tbody button').first().click()
      assert.equal(await page.evaluate(() => globalThis.isBroken), undefined)
      assert.equal(await page.locator('img').count(), 0)
    })
    await inBrowser(await writePage(path.join(folder, 'diff.html'), 'diff', files[0], file), async (page) => {
      assert.ok((await texts(page, '#classes tbody td:first-child')).includes(HOSTILE))
      assert.ok((await page.locator('#files').textContent()).includes('<b>&'))
      assert.equal(await page.evaluate(() => globalThis.isBroken), undefined)
      assert.equal(await page.locator('img').count(), 0)
    })
  })

  it('runs nothing but its own scripts and reaches nothing', async () => {
    const html = await write(files[2])
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(fs.readFileSync(html, 'utf8'))[1]
    assert.ok(policy.startsWith("default-src 'none'; "))
    assert.ok(!policy.includes('unsafe'))
    const changed = path.join(folder, 'changed.html')
    fs.writeFileSync(changed, fs.readFileSync(html, 'utf8').replace('</body>',
      '<script>document.title = "run"</script><img src="http://127.0.0.1:9/x"></body>'))
    const page = await browser.newPage()
    const refused = []
    page.on('console', (message) => refused.push(message.text()))
    await page.goto(pathToFileURL(changed).href)
    assert.notEqual(await page.title(), 'run')
    assert.equal(refused.filter((text) => text.includes('Content Security Policy')).length, 2, refused.join('\n'))
    await page.close()
  })

  it('holds the contents of strings on demand only', async () => {
    const file = path.join(folder, 'large-secret.heapsnapshot')
    const heap = JSON.parse(fs.readFileSync(files[2], 'utf8'))
    const { node_fields: fields } = heap.snapshot.meta
    const [name, size] = ['name', 'self_size'].map((field) => fields.indexOf(field))
    const secret = heap.strings.indexOf(SECRET)
    for (let at = 0; at < heap.nodes.length; at += fields.length) {
      if (heap.nodes[at + name] === secret) heap.nodes[at + size] += 1 << 20
    }
    fs.writeFileSync(file, JSON.stringify(heap))
    const read = async (...args) => fs.readFileSync(await write(file, ...args), 'utf8')
    assert.ok(!(await read()).includes(SECRET))
    const shown = await read('--show-strings')
    assert.ok(shown.includes(SECRET))
  })
})

describe('the file of a report page', () => {
  it('is for its owner only, replaces a file in one step and nothing else', async (t) => {
    const { folder, files: [file] } = await writeSnapshots()
    t.after(() => fs.rmSync(folder, { recursive: true, force: true }))
    const html = path.join(folder, 'page.html')
    fs.writeFileSync(html, 'old', { mode: 0o644 })
    const link = path.join(folder, 'link.html')
    fs.symlinkSync(html, link)
    const cli = (...args) => run(process.execPath, [COMMAND_LINE, 'analyze', file, ...args])
    assert.deepEqual(await cli('--html', link), { code: 0, signal: null, stdout: `wrote ${html}\n`, stderr: '' })
    assert.equal(fs.statSync(html).mode & 0o777, 0o600)
    assert.ok(fs.lstatSync(link).isSymbolicLink())
    const before = fs.readdirSync(folder).sort()
    for (const bad of [folder, path.join(folder, 'nowhere', 'page.html'), '/dev/null']) {
      const { code, stdout, stderr } = await cli('--html', bad)
      assert.deepEqual({ code, stdout }, { code: 1, stdout: '' })
      assert.match(stderr, /^memwatch-rs: cannot write .*\(ERR_MEMWATCH_IO\)\n$/)
    }
    for (const args of [['--html', ''], ['--html', html, '--json']]) assert.equal((await cli(...args)).code, 2)
    assert.deepEqual(fs.readdirSync(folder).sort(), before)
    assert.ok(fs.statSync('/dev/null').isCharacterDevice())
  })
})
