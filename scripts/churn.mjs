// `npm run churn -- [--minutes N] [--seed N]`: people come and go each second while the server is watched.
import { runTestProgram } from './steps/test-program.mjs'

await runTestProgram('apps/server/test/churn/run.ts')
