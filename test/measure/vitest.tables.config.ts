import { mergeConfig } from 'vitest/config'
import quick from './vitest.mutation.config.ts'

// A table is made when its module loads: a mutant of it shows only where the module is loaded anew.
export default mergeConfig(quick, { test: { isolate: true } })
