// What the tests need beyond the program itself: a browser, and the headers for tests of the engine without Node.
import { existsSync } from 'node:fs'
import { findProgram } from './requirements.mjs'
import { run } from './run.mjs'
import { stop } from './stop.mjs'

const tools = [
  { name: 'Chromium', packages: ['chromium'], isPresent: () => findChromium() !== undefined },
  {
    name: 'a C++ compiler with make and Python 3',
    packages: ['g++', 'make', 'python3'],
    isPresent: () => ['g++', 'make', 'python3'].every(findProgram),
  },
  { name: "OpenSSL's headers", packages: ['libssl-dev'], isPresent: () => existsSync('/usr/include/openssl/ssl.h') },
]

/** The e2e harness looks in the same places. */
export function findChromium() {
  return process.env.PARLEY_TEST_CHROMIUM ?? findProgram('chromium') ?? findProgram('google-chrome')
}

/** Installs what is missing when this may be done, else says what to run. @throws StopError */
export async function provideTestTools() {
  const missing = tools.filter(({ isPresent }) => !isPresent())
  if (missing.length === 0) return
  const packages = missing.flatMap((tool) => tool.packages)
  const apt = findProgram('apt-get')
  const isRoot = process.getuid?.() === 0
  if (!apt || !isRoot) {
    const command = `sudo apt-get install -y --no-install-recommends ${packages.join(' ')}`
    stop(`The tests need ${missing.map(({ name }) => name).join(' and ')}: run ${command}`)
  }
  console.log(`Installing ${packages.join(' ')} …`)
  const lock = ['-o', 'DPkg::Lock::Timeout=600']
  const env = { DEBIAN_FRONTEND: 'noninteractive' }
  await run(apt, [...lock, 'update'], { deadlineMs: 300_000, env })
  const install = [...lock, 'install', '-y', '--no-install-recommends', ...packages]
  const { code, output } = await run(apt, install, { deadlineMs: 900_000, env })
  if (code !== 0) stop(`${output}\nInstalling ${packages.join(' ')} failed; the messages of apt-get are above.`)
}
