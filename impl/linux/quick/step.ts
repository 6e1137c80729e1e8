/** What `up` and `down` do, a step at a time. A plan is data: it is printed, compared and tested without root. */
import type { DeviceChange } from '../../api.ts'

export type QuickStep =
  /** A program with its arguments, and what it reads. */
  | { readonly kind: 'run'; readonly argv: readonly string[]; readonly input?: string }
  /** A line of the file, for bash. */
  | { readonly kind: 'hook'; readonly command: string }
  /** Start the daemon of the interface. */
  | { readonly kind: 'tunnel'; readonly iface: string }
  /** Through the control socket. It may hold secrets: only `shown` is ever printed. */
  | { readonly kind: 'configure'; readonly iface: string; readonly change: DeviceChange; readonly shown: string }
  /** Write the present configuration into the file. */
  | { readonly kind: 'save'; readonly file: string }

/** A plan can not be made: the machine lacks something, or the file asks for what can not be. */
export class QuickError extends Error {
  readonly kind: 'missing' | 'taken' | 'failed'

  constructor(kind: QuickError['kind'], message: string) {
    super(message)
    this.kind = kind
  }
}

/** As wg-quick prints it after `[#]`. No secret is in it. */
export function stepText(step: QuickStep): string {
  switch (step.kind) {
    case 'run':
      return step.argv.join(' ')
    case 'hook':
      return step.command
    case 'tunnel':
      return `wglab tunnel ${step.iface}`
    case 'configure':
      return step.shown
    case 'save':
      return `save the configuration in ${step.file}`
  }
}
