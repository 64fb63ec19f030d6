/**
 * The stock Jitsi client as published, as an independent judge of our protocol. Its package depends on git repositories and
 * so cannot be installed; the file in it is complete, so it is fetched once, checked against a pinned hash, and kept.
 */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/** @returns the text of `lib-jitsi-meet.min.js` */
export async function stockLibrary(): Promise<string> {
  const kept = join(CACHE, `lib-jitsi-meet-${VERSION}.min.js`)
  try {
    return await readFile(kept, 'utf8')
  } catch {
    // Not fetched yet.
  }
  await mkdir(CACHE, { recursive: true })
  const work = await mkdtemp(join(CACHE, 'fetch-'))
  try {
    const { stdout } = await run('npm', ['pack', '--json', `${NAME}@${VERSION}`], { cwd: work, timeout: 120_000 })
    const [{ filename }] = JSON.parse(stdout) as [{ filename: string }]
    const archive = join(work, filename)
    const integrity = `sha512-${createHash('sha512')
      .update(await readFile(archive))
      .digest('base64')}`
    if (integrity !== INTEGRITY) throw new Error(`${NAME}@${VERSION} is not what it was: ${integrity}`)
    await run('tar', ['-xzf', archive, '-C', work, FILE], { timeout: 30_000 })
    const text = await readFile(join(work, FILE), 'utf8')
    await writeFile(`${kept}.new`, text)
    await rename(`${kept}.new`, kept)
    return text
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

const run = promisify(execFile)
const NAME = '@solyd/lib-jitsi-meet'
const VERSION = '2.7001.1'
const INTEGRITY = 'sha512-4fobgOgvRF+CxlWuatYewp2SxImAcKr0syzJIimnL39Thw/M1SAlmhyQk9xQf++SsXLGuwm03m2u4p+nlzfGVg=='
const FILE = 'package/dist/umd/lib-jitsi-meet.min.js'
const CACHE = fileURLToPath(new URL('../../../../.cache/stock-client', import.meta.url))
