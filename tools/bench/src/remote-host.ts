/** The other end of `remote.ts`: loads the module named by the first argument and answers calls to its exports. */
const module = (await import(process.argv[2] ?? '')) as Record<string, (...args: unknown[]) => unknown>

process.on('message', (call: { id: number; name: string; args: unknown[] }) => {
  void answer(call)
})
process.on('disconnect', () => {
  void Promise.resolve(module['close']?.()).finally(() => process.exit(0))
})

async function answer({ id, name, args }: { id: number; name: string; args: unknown[] }): Promise<void> {
  try {
    const value = name === '' ? undefined : await module[name]?.(...args)
    process.send?.({ id, value })
  } catch (error) {
    process.send?.({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) })
  }
}
