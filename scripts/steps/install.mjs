// Dependencies: `npm ci` when, and only when, node_modules is not what the lockfile says.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './paths.mjs'
import { findProgram } from './requirements.mjs'
import { run } from './run.mjs'
import { stop } from './stop.mjs'

/** @throws StopError */
export async function installDependencies() {
  if (isInstalled()) return
  console.log('Installing dependencies (npm ci) …')
  const npm = findProgram('npm') ?? stop('npm is not in PATH; it comes with Node.')
  const { code, output, seconds } = await run(npm, ['ci', '--no-audit', '--no-fund'], { deadlineMs: 600_000 })
  if (code !== 0) stop(`${output}\nInstalling failed: npm ci ended with ${code}; its messages are above.`)
  console.log(`  done in ${seconds.toFixed(1)} s`)
}

/** npm keeps its own account of what is installed beside the packages; it must agree with the lockfile. */
function isInstalled() {
  const wanted = readPackages('package-lock.json')
  const present = readPackages('node_modules/.package-lock.json')
  if (!wanted || !present) return false
  return Object.entries(wanted).every(([path, entry]) => {
    if (!path.includes('node_modules/')) return true
    const actual = present[path]
    // Packages for other systems are optional and left out.
    if (!actual) return entry.optional === true || entry.devOptional === true || entry.peer === true
    return actual.version === entry.version && actual.integrity === entry.integrity && existsSync(join(root, path))
  })
}

function readPackages(file) {
  try {
    return JSON.parse(readFileSync(join(root, file), 'utf8')).packages
  } catch {
    return undefined
  }
}
