/** What all steps have. */
import { z } from 'zod'
import { duration } from './quantity.ts'

const at = duration.describe('When, since the start of the run.')
const label = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9 .,'-]{0,60}$/)
  .optional()
  .describe('The name by which an expectation speaks of this step.')
export const common = { at, name: label }
