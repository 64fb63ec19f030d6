// `npm run rig -- NAME… [--seed N]`: a real call over bad networks. Without a name: says which there are.
import { runTestProgram } from './steps/test-program.mjs'

await runTestProgram('apps/server/test/network/run.ts')
