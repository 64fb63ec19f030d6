import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigError } from './errors.ts'
import { describeValues } from './describe.ts'
import { integer, path, yesNo } from './kinds.ts'
import { parseVariables } from './parse.ts'
import type { Variables } from './parse.ts'
import { parseSettings } from './settings.ts'
import type { SettingTable } from './table.ts'

function problemsOf(variables: Variables): string[] {
  try {
    parseSettings(variables)
  } catch (error) {
    assert.ok(error instanceof ConfigError)
    return error.problems.map((problem) => problem.message)
  }
  return []
}

test('an empty environment gives the documented defaults', () => {
  const { settings, parsed } = parseSettings({ environment: {} })
  assert.deepEqual(settings, {
    edge: { publicUrl: undefined, httpPort: 8000, httpsPort: 8443, redirectsToHttps: false, bindAddress: undefined },
    media: {
      port: 10000,
      tcp: undefined,
      threads: undefined,
      advertisedAddresses: [],
      advertisesPrivateAddresses: true,
      stunServers: [],
    },
    xmpp: { domain: 'meet.jitsi', mucDomain: 'muc.meet.jitsi', authDomain: 'auth.meet.jitsi' },
    log: { level: 'info', format: 'auto' },
    dataDirectory: './data',
    stopTimeoutMs: 5000,
  })
  assert.deepEqual(parsed.notices, [])
})

test('the environment wins over the file, and an empty value is none', () => {
  const { settings, parsed } = parseSettings({
    environment: { HTTP_PORT: '1', HTTPS_PORT: '' },
    file: { HTTP_PORT: '2', HTTPS_PORT: '3' },
  })
  assert.equal(settings.edge.httpPort, 1)
  assert.equal(settings.edge.httpsPort, 3)
  assert.equal(parsed.origins.HTTP_PORT, 'environment')
  assert.equal(parsed.origins.HTTPS_PORT, 'file')
  assert.equal(parsed.origins.JVB_PORT, 'default')
  assert.equal(parsed.origins.PUBLIC_URL, 'unset')
})

test('a domain follows XMPP_DOMAIN unless it is given', () => {
  const { settings } = parseSettings({ environment: { XMPP_DOMAIN: 'Meet.Example', XMPP_AUTH_DOMAIN: 'a.example' } })
  assert.deepEqual(settings.xmpp, { domain: 'meet.example', mucDomain: 'muc.meet.example', authDomain: 'a.example' })
})

test('quotes that Compose hands through are no part of the value', () => {
  assert.equal(parseSettings({ environment: { HTTP_PORT: '"8080"' } }).settings.edge.httpPort, 8080)
  assert.equal(parseSettings({ environment: { HTTP_PORT: "'8080'" } }).settings.edge.httpPort, 8080)
})

test('every mistake is reported at once, by name', () => {
  const problems = problemsOf({
    environment: { HTTP_PORT: '99999', DISABLE_HTTPS: 'maybe', JVB_ADVERTISE_IPS: '1.2.3.4,host', PARLEY_DATADIR: 'x' },
  })
  assert.equal(problems.length, 4)
  assert.match(problems[0] ?? '', /^HTTP_PORT must be a whole number from 0 to 65535, not "99999"\.$/)
  assert.match(problems[1] ?? '', /^DISABLE_HTTPS must be yes or no/)
  assert.match(problems[2] ?? '', /^JVB_ADVERTISE_IPS must list IP addresses.*"host"/)
  assert.match(problems[3] ?? '', /^PARLEY_DATADIR is no setting; did you mean PARLEY_DATA_DIR\?$/)
})

test('foreign variables are no mistakes; one slip from a setting is told', () => {
  const { parsed } = parseSettings({
    environment: {
      PATH: '/bin',
      HOME: '/root',
      HTTP_PROXY: 'x',
      HTTP_HOST: 'x',
      PORT: '3',
      PARLEY_TEST_X: '1',
      JVB_PROT: '10000',
    },
  })
  assert.deepEqual(parsed.notices, [{ level: 'warn', message: 'JVB_PROT is no setting; did you mean JVB_PORT?' }])
})

test('settings of an old deployment that are not used yet are told in one line', () => {
  const { parsed } = parseSettings({
    environment: { JICOFO_AUTH_PASSWORD: 'geheim', ENABLE_LOBBY: '1', DOCKER_HOST_ADDRESS: '192.0.2.1' },
  })
  assert.deepEqual(
    parsed.notices.map(({ level, message }) => `${level}: ${message}`),
    [
      'warn: DOCKER_HOST_ADDRESS is deprecated; use JVB_ADVERTISE_IPS.',
      'info: Set, but not used by this release: ENABLE_LOBBY, JICOFO_AUTH_PASSWORD.',
    ],
  )
})

test('DOCKER_HOST_ADDRESS counts only without JVB_ADVERTISE_IPS', () => {
  const old = { DOCKER_HOST_ADDRESS: '192.0.2.1' }
  assert.deepEqual(parseSettings({ environment: old }).settings.media.advertisedAddresses, [{ ip: '192.0.2.1' }])
  const both = { ...old, JVB_ADVERTISE_IPS: '198.51.100.7#20000, 2001:db8::1,' }
  assert.deepEqual(parseSettings({ environment: both }).settings.media.advertisedAddresses, [
    { ip: '198.51.100.7', port: 20000 },
    { ip: '2001:db8::1' },
  ])
})

test('without HTTPS nothing redirects to it', () => {
  const { settings } = parseSettings({ environment: { DISABLE_HTTPS: 'true', ENABLE_HTTP_REDIRECT: '1' } })
  assert.equal(settings.edge.httpsPort, undefined)
  assert.equal(settings.edge.redirectsToHttps, false)
})

test('a secret is shown neither as a value nor in a mistake', () => {
  const table = {
    PARLEY_TOKEN: { kind: path(), meaning: 'm', readBy: ['server'], secret: true },
    PARLEY_PIN: { kind: integer({ min: 1, max: 9 }), meaning: 'm', readBy: ['server'], secret: true },
    PARLEY_FLAG: { kind: yesNo(), default: '1', meaning: 'm', readBy: ['server'] },
  } as const satisfies SettingTable
  const parsed = parseVariables(table, { environment: { PARLEY_TOKEN: 'hunter2', PARLEY_PIN: '7' } })
  const text = describeValues(table, parsed)
  assert.match(text, /^PARLEY_TOKEN {2}\(secret\) {2}environment$/m)
  assert.doesNotMatch(text, /hunter2|7/)
  assert.throws(
    () => parseVariables(table, { environment: { PARLEY_PIN: '4711' } }),
    (error: ConfigError) => !error.message.includes('4711') && error.message.startsWith('PARLEY_PIN '),
  )
})
