/** A flame graph (Gregg) as SVG that needs no script: width = share of samples, outermost call below. */
import type { Node } from './stacks.ts'

const widthPx = 1200
const rowPx = 17
const leastPx = 1.2
const charactersPx = 6.6

export function flameSvg(tree: Node, caption: string): string {
  const rects: string[] = []
  let depth = 0
  const draw = (node: Node, x: number, level: number) => {
    const width = (node.count / tree.count) * widthPx
    if (width < leastPx) return
    depth = Math.max(depth, level)
    rects.push(frameSvg(node, x, level, width, tree.count))
    let at = x
    for (const child of [...node.children.values()].sort((a, b) => b.count - a.count)) {
      draw(child, at, level + 1)
      at += (child.count / tree.count) * widthPx
    }
  }
  draw(tree, 0, 0)
  const height = (depth + 1) * rowPx + 30
  // rows were counted from below
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${widthPx} ${height}" font-family="monospace" font-size="11">`,
    `<text x="4" y="14">${escape(caption)}</text>`,
    `<g transform="translate(0 ${height - rowPx})">`,
    ...rects,
    '</g>',
    '</svg>',
    '',
  ].join('\n')
}

function frameSvg({ frame, count }: Node, x: number, level: number, width: number, total: number): string {
  const share = ((count / total) * 100).toFixed(1)
  const fits = Math.floor((width - 4) / charactersPx)
  const label = frame.name.length <= fits ? frame.name : fits > 3 ? `${frame.name.slice(0, fits - 1)}…` : ''
  const y = -level * rowPx
  const box = `<rect x="${x.toFixed(1)}" y="${y}" width="${width.toFixed(1)}" height="${rowPx - 1}" fill="${colour(frame)}"/>`
  const text = label === '' ? '' : `<text x="${(x + 2).toFixed(1)}" y="${y + 12}">${escape(label)}</text>`
  return `<g><title>${escape(`${frame.name} (${frame.module}) ${share} %`)}</title>${box}${text}</g>`
}

/** By where the code is: kernel, our engine, Node with its OpenSSL, the rest. */
function colour({ module }: Node['frame']): string {
  if (module === 'kernel') return '#f2b56b'
  if (module.startsWith('parley')) return '#7fbf8e'
  if (module === 'node') return '#8fb4e3'
  return '#d5d5d5'
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
