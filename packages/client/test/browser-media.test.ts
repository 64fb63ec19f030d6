/** A real browser on both ends: our offers are accepted, media flows, lines come, rest and are used again. */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { test } from 'node:test'
import { build } from 'esbuild'
import { chromium } from 'playwright-core'
import type { mediaScenario } from './browser/media-scenario.ts'

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium'
const skip = existsSync(executablePath) ? false : `no browser at ${executablePath}; set CHROMIUM`

test('Chromium takes our offers and media flows both ways', { skip, timeout: 60_000 }, async () => {
  const bundle = await build({
    entryPoints: [fileURLToPath(new URL('browser/media-scenario.ts', import.meta.url))],
    bundle: true,
    write: false,
    format: 'iife',
    conditions: ['source'],
  })
  const args = ['--no-sandbox', '--disable-gpu', '--disable-background-networking']
  const media = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream']
  const browser = await chromium.launch({ executablePath, args: [...args, ...media] })
  try {
    const page = await browser.newPage()
    await page.route('http://localhost/', (route) =>
      route.fulfill({ contentType: 'text/html', body: '<title>t</title>' }),
    )
    await page.goto('http://localhost/')
    // without a permitted device the browser hides its loopback address behind a name that only mDNS resolves
    await page.evaluate(() => navigator.mediaDevices.getUserMedia({ audio: true }))
    await page.addScriptTag({ content: bundle.outputFiles[0]?.text ?? '' })
    // as text: a function would come with helpers of the compiler that the page does not have
    const result = await page.evaluate<Awaited<ReturnType<typeof mediaScenario>>>('loopback.mediaScenario()')
    assert.ok(result.frames.bridge >= 10 && result.frames.client >= 10, JSON.stringify(result.frames))
    const [audio, video] = result.first.sections
    assert.deepEqual([audio?.kind, audio?.isSending, audio?.ssrcs.length], ['audio', true, 1])
    assert.deepEqual([video?.kind, video?.isSending, video?.ssrcs.length], ['video', true, 6])
    assert.deepEqual(
      video?.groups.map(({ semantics }) => semantics),
      ['SIM', 'FID', 'FID', 'FID'],
    )
    assert.deepEqual(result.shared.sections[1]?.ssrcs, video?.ssrcs, 'later rounds keep them')
    assert.equal(result.shared.sections[3]?.ssrcs.length, 2, 'a screen has one encoding')
    assert.deepEqual(
      result.shared.sections.map(({ isSending }) => isSending),
      [true, true, false, true],
    )
    assert.equal(result.reused.sections.length, 4)
    assert.equal(result.line, '2')
    assert.deepEqual(result.tracks, ['bbbbbbbb-v0', 'cccccccc-v0'])
    assert.deepEqual(result.warnings, [])
  } finally {
    await browser.close()
  }
})
