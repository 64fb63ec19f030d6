// What must be on the machine before anything is installed.
import { accessSync, constants, existsSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { engineBinary, root } from './paths.mjs'
import { stop } from './stop.mjs'

export function requireNode() {
  const wanted = /(\d+)\.(\d+)/.exec(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).engines.node)
  const [major, minor] = process.versions.node.split('.').map(Number)
  const [wantedMajor, wantedMinor] = [Number(wanted[1]), Number(wanted[2])]
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return
  stop(
    `Parley needs Node ${wantedMajor}.${wantedMinor} or newer; this is ${process.versions.node}. See https://nodejs.org/.`,
  )
}

/** The engine is compiled on this machine, once. */
export function requireCompiler() {
  if (existsSync(engineBinary)) return
  const missing = [
    ...(process.env.CXX || findProgram('c++') || findProgram('g++') || findProgram('clang++')
      ? []
      : ['a C++ compiler']),
    ...(findProgram('make') ? [] : ['make']),
    ...(findProgram('python3') ? [] : ['Python 3']),
  ]
  if (missing.length === 0) return
  const command =
    process.platform === 'darwin'
      ? 'xcode-select --install'
      : 'sudo apt-get install -y g++ make python3 (on Debian and Ubuntu)'
  stop(`The media engine is compiled here and needs ${missing.join(' and ')}: run ${command}.`)
}

/** @returns {string | undefined} path of an executable */
export function findProgram(name) {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .map((directory) => join(directory, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK)
        return true
      } catch {
        return false
      }
    })
}
