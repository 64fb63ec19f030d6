// `npm start`: from a fresh clone to a running server. Does only what is left to do, then becomes the server: one process,
// so that Ctrl-C reaches it.
import { pathToFileURL } from 'node:url'
import { bundleServer, buildEngine, buildWeb } from './steps/build.mjs'
import { installDependencies } from './steps/install.mjs'
import { serverBundle } from './steps/paths.mjs'
import { requireCompiler, requireNode } from './steps/requirements.mjs'
import { main } from './steps/stop.mjs'

await main(async () => {
  requireNode()
  requireCompiler()
  await installDependencies()
  await Promise.all([buildEngine(), buildWeb(), bundleServer()])
})
process.argv = [process.argv[0], serverBundle, 'start', ...process.argv.slice(2)]
process.setSourceMapsEnabled(true)
await import(pathToFileURL(serverBundle).href)
