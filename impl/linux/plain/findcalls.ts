/**
 * Who makes the system calls that Node has no words for: koffi where it is installed, else a one-line program of perl or
 * python3 that inherits the file descriptor.
 */
import { loadKoffi } from '../koffi.ts'
import type { Calls } from './calls.ts'
import { koffiCalls } from './calls-koffi.ts'
import { scriptCalls, scriptInterpreters } from './calls-script.ts'

/** The first that works here; undefined when there is none of the three. */
export function findCalls(): Calls | undefined {
  return allCalls()[0]
}

/** Every way that works here, the best first. */
export function allCalls(): Calls[] {
  const koffi = loadKoffi()
  const scripts = scriptInterpreters().map(scriptCalls)
  return koffi === undefined ? scripts : [koffiCalls(koffi), ...scripts]
}
