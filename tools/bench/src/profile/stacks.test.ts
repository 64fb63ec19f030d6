import assert from 'node:assert/strict'
import { test } from 'node:test'
import { flameSvg } from './flame-svg.ts'
import { buildTree, parseSamples, shares } from './stacks.ts'

const script = `parley-media 17 10.5:     200040 cpu-clock:
	ffffffff8132 udp_sendmsg+0x132 ([kernel.kallsyms])
	ffffffff8100 __sys_sendmmsg+0xc2 ([kernel.kallsyms])
	    7f01 parley::SendQueue::flush(int)+0x41 (/srv/parley_engine.node)

node 12/12 10.6:     200040 cpu-clock:
	    7f02 [unknown] (/usr/bin/node)

parley-media 17 10.7:     200040 cpu-clock:
	    7f03 aesni_encrypt+0x3 (/usr/bin/node)
	    7f04 parley::SrtpSender::protect_rtp(parley::Span<x>)+0x9 (/srv/parley_engine.node)
`

test('samples are read from outside in', () => {
  const samples = parseSamples(script)
  assert.deepEqual(
    samples.map(({ thread }) => thread),
    ['parley-media', 'node', 'parley-media'],
  )
  assert.deepEqual(samples[0]?.frames, [
    { name: 'parley::SendQueue::flush', module: 'parley_engine.node' },
    { name: '__sys_sendmmsg', module: 'kernel' },
    { name: 'udp_sendmsg', module: 'kernel' },
  ])
  assert.deepEqual(samples[1]?.frames, [{ name: '[node]', module: 'node' }])
})

test('every sample is of one kind', () => {
  const found = shares(parseSamples(script))
  assert.equal(found.length, 3)
  assert.ok(Math.abs(found.reduce((sum, { share }) => sum + share, 0) - 1) < 1e-9)
  assert.ok(found.some(({ name }) => name.startsWith('sending')))
  assert.ok(found.some(({ name }) => name === 'encryption'))
})

test('the graph is as wide as its samples', () => {
  const svg = flameSvg(buildTree(parseSamples(script), 'all'), 'a < b')
  assert.match(svg, /a &lt; b/)
  assert.match(svg, /<title>parley-media \(thread\) 66\.7 %<\/title><rect x="0\.0" y="-17" width="800\.0"/)
})
