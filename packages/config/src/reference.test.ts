import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { renderReference } from './describe.ts'
import { SETTINGS } from './table.ts'

test('docs/settings.md is what the table says (else run: node scripts/settings-reference.mjs)', () => {
  const page = readFileSync(new URL('../../../docs/settings.md', import.meta.url), 'utf8')
  assert.equal(page, renderReference(SETTINGS))
})
