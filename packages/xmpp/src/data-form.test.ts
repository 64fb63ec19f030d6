import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NS, parseXml, serialize } from '@parley/protocol'
import { decodeSubmission, encodeForm, parseFormBoolean } from './data-form.ts'

test('a form to fill in', () => {
  const form = encodeForm('form', 'urn:f', [
    { name: 'a', type: 'list-single', label: 'A', values: ['x'], options: ['x', 'y'] },
  ])
  const ns = `xmlns="${NS.dataForms}"`
  const value = (text: string) => `<value ${ns}>${text}</value>`
  assert.equal(
    serialize(form),
    `<x ${ns} type="form"><field ${ns} var="FORM_TYPE" type="hidden">${value('urn:f')}</field>` +
      `<field ${ns} var="a" type="list-single" label="A">${value('x')}<option ${ns}>${value('x')}</option><option ${ns}>${value('y')}</option></field></x>`,
  )
})

test('a submission', () => {
  const form = decodeSubmission(
    parseXml(`<x xmlns="${NS.dataForms}" type="submit"><field var="FORM_TYPE"><value>urn:f</value></field>
      <field var="many"><value>1</value><value>2</value></field><field var="none"/><field><value>nameless</value></field>
      <field xmlns="urn:other" var="foreign"><value>x</value></field></x>`),
  )
  assert.equal(form?.formType, 'urn:f')
  assert.equal(form?.isCancelled, false)
  assert.deepEqual(
    [...(form?.fields ?? [])],
    [
      ['FORM_TYPE', ['urn:f']],
      ['many', ['1', '2']],
      ['none', ['']],
    ],
  )
})

test('what is not a submission', () => {
  assert.equal(decodeSubmission(parseXml(`<x xmlns="${NS.dataForms}" type="result"/>`)), undefined)
  assert.equal(decodeSubmission(parseXml(`<x xmlns="${NS.dataForms}" type="cancel"/>`))?.isCancelled, true)
})

test('truth values', () => {
  assert.deepEqual(['1', 'true', '0', 'false', 'yes', ''].map(parseFormBoolean), [
    true,
    true,
    false,
    false,
    undefined,
    undefined,
  ])
})
