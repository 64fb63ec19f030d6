// The three things that are built: the engine (C++), the web client (vite), the server (one file, esbuild).
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { root, serverBundle, webDist } from './paths.mjs'
import { run } from './run.mjs'
import { hashOf, hasStamp, setStamp } from './stamp.mjs'
import { stop } from './stop.mjs'

/** Its build script knows by itself whether there is work. */
export async function buildEngine() {
  const { code, output, seconds } = await run(process.execPath, ['packages/media-engine/build.mjs'], {
    deadlineMs: 300_000,
  })
  if (code !== 0) stop(`${output}\nThe media engine could not be built; the compiler's messages are above.`)
  if (seconds > 2) console.log(`Built the media engine in ${seconds.toFixed(1)} s`)
}

export async function buildWeb() {
  const hash = hashOf([
    'apps/web/index.html',
    'apps/web/package.json',
    'apps/web/public',
    'apps/web/src',
    'apps/web/tsconfig.json',
    'apps/web/vite.config.ts',
    'packages/client/package.json',
    'packages/client/src',
    'packages/protocol/package.json',
    'packages/protocol/src',
    'package-lock.json',
  ])
  if (hasStamp('web', hash) && existsSync(join(webDist, 'index.html'))) return
  console.log('Building the web client …')
  const vite = ['node_modules/vite/bin/vite.js', 'build', 'apps/web', '--logLevel', 'warn']
  const { code, output, seconds } = await run(process.execPath, vite, { deadlineMs: 180_000 })
  if (code !== 0) stop(`${output}\nThe web client could not be built; the messages are above.`)
  setStamp('web', hash)
  console.log(`  done in ${seconds.toFixed(1)} s`)
}

/**
 * Our packages in one file, everything else left to Node. Starting it takes a fraction of the time of loading a hundred
 * source files, and making it takes less than asking whether it is current.
 */
export async function bundleServer() {
  const { build } = await import('esbuild')
  await build({
    entryPoints: [join(root, 'apps/server/src/main.ts')],
    outfile: serverBundle,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    conditions: ['source'],
    sourcemap: true,
    logLevel: 'error',
    plugins: [externalPackages, placesOfSources],
  }).catch(() => stop('The server could not be bundled; the messages are above.'))
}

const externalPackages = {
  name: 'external-packages',
  setup(build) {
    build.onResolve({ filter: /^[^./]/ }, ({ path, kind }) =>
      kind === 'entry-point' || path.startsWith('@parley/') ? undefined : { path, external: true },
    )
  },
}

/** Sources that find files beside themselves still find them from within the bundle. */
const placesOfSources = {
  name: 'places-of-sources',
  setup(build) {
    build.onLoad({ filter: /\/(?:packages|apps)\/[^/]+\/src\/.*\.ts$/ }, ({ path }) => {
      const contents = readFileSync(path, 'utf8')
      if (!contents.includes('import.meta.url')) return undefined
      return {
        contents: contents.replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href)),
        loader: 'ts',
      }
    })
  },
}
