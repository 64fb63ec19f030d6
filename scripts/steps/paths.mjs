// Places in the repository that the scripts share.
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))
export const cacheDirectory = join(root, '.cache')
export const engineBinary = join(root, 'packages/media-engine/build/Release/parley_engine.node')
export const webDist = join(root, 'apps/web/dist')
export const serverBundle = join(root, 'apps/server/dist/parley.mjs')
