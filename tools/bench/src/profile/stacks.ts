/** Samples of `perf script`, as stacks from the outermost call to the innermost, and what they add up to. */

export interface Frame {
  readonly name: string
  /** File that the code is in: a library, `node`, or `kernel`. */
  readonly module: string
}

export interface Sample {
  readonly thread: string
  readonly frames: readonly Frame[]
}

/** Samples are paragraphs: a line about the thread, then a line a frame, innermost first. */
export function parseSamples(text: string): Sample[] {
  return text.split(/\n\s*\n/).flatMap((paragraph) => {
    const [head = '', ...lines] = paragraph.split('\n').filter((line) => line.trim() !== '')
    const thread = /^\s*(.+?)\s+\d+(?:\/\d+)?\s/.exec(head)?.[1]
    if (thread === undefined) return []
    const frames = lines.flatMap((line) => parseFrame(line) ?? []).reverse()
    return frames.length === 0 ? [] : [{ thread, frames }]
  })
}

function parseFrame(line: string): Frame | undefined {
  const match = /^\s*[0-9a-f]+ (.+) \(([^()]*|\[[^\]]*\])\)$/.exec(line)
  if (!match) return undefined
  const [, symbol = '', file = ''] = match
  const name = symbol.replace(/\+0x[0-9a-f]+$/, '').replace(/\(.*$/, '')
  const module = file.startsWith('[kernel') || file.startsWith('[guest') ? 'kernel' : (file.split('/').at(-1) ?? file)
  return { name: name === '[unknown]' ? `[${module}]` : name, module }
}

export interface Node {
  readonly frame: Frame
  count: number
  readonly children: Map<string, Node>
}

/** One tree of all samples below a root of that name. */
export function buildTree(samples: readonly Sample[], root: string): Node {
  const tree = node({ name: root, module: '' })
  for (const { thread, frames } of samples) {
    tree.count++
    let at = tree
    for (const frame of [{ name: thread, module: 'thread' }, ...frames]) {
      let next = at.children.get(frame.name)
      if (!next) at.children.set(frame.name, (next = node(frame)))
      next.count++
      at = next
    }
  }
  return tree
}

function node(frame: Frame): Node {
  return { frame, count: 0, children: new Map() }
}

/** A kind of work, and whether a sample is of it; the first kind that claims a sample has it. */
export interface Kind {
  readonly name: string
  claims(sample: Sample): boolean
}

const within = (pattern: RegExp) => (sample: Sample) => sample.frames.some((frame) => pattern.test(frame.name))

export const kinds: readonly Kind[] = [
  {
    name: 'sending: system call, and delivery to the receivers’ sockets',
    claims: within(/^(?:do_|__)?_*(?:x64_)?sys_send(?:m?msg|to)$/),
  },
  { name: 'receiving: system call', claims: within(/sys_recv(?:m?msg|from)$/) },
  {
    name: 'waiting: epoll, timers, being scheduled',
    claims: within(/epoll_p?wait|sys_epoll|sys_clock_nanosleep|ppoll/),
  },
  { name: 'interrupts and the rest of the kernel', claims: ({ frames }) => frames.at(-1)?.module === 'kernel' },
  { name: 'encryption', claims: within(/SrtpSender::|SrtpCipher::seal/) },
  { name: 'decryption', claims: within(/SrtpReceiver::|SrtpCipher::open/) },
  {
    name: 'forwarding: choice, rewriting of headers',
    claims: within(/ForwardStream::(?:forward|write)|Source::(?:forward|add)/),
  },
  {
    name: 'feedback, reports, retransmission',
    claims: within(/run_feedback|rtcp|update_target|run_media_tick|take_report|resend/i),
  },
  { name: 'the engine otherwise', claims: within(/^parley::/) },
]

/** Share of samples of each kind, most first, `other` for what nobody claims. */
export function shares(samples: readonly Sample[], of: readonly Kind[] = kinds): { name: string; share: number }[] {
  const counts = new Map<string, number>()
  for (const sample of samples) {
    const name = of.find((kind) => kind.claims(sample))?.name ?? 'other (JavaScript, its compiler and collector)'
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  return [...counts].map(([name, count]) => ({ name, share: count / samples.length })).sort((a, b) => b.share - a.share)
}
