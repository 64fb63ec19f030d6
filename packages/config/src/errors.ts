export interface Problem {
  readonly key: string
  /** A whole sentence that names the key, the value and what would be right. */
  readonly message: string
}

/** The environment holds settings that cannot be used. All of them are listed. */
export class ConfigError extends Error {
  readonly code = 'PARLEY_CONFIG'
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[]) {
    super(problems.map((problem) => problem.message).join('\n'))
    this.name = 'ConfigError'
    this.problems = problems
  }
}
