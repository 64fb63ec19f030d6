export interface Command {
  readonly name: string
  /** One line. */
  readonly summary: string
  /** @returns the exit code: 0 done, 1 failed, 2 wrong use */
  run(args: readonly string[]): Promise<number>
}
