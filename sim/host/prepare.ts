/** A machine's WireGuard files, read and checked before anything runs. */
import type { Conf } from '../../impl/config/conf.ts'
import { parseConf } from '../../impl/config/parse.ts'
import type { Problem } from '../../impl/config/problem.ts'
import { addconfChange, type Names } from '../../impl/config/resolve.ts'
import type { HostOptions } from './options.ts'

/** What is wrong with one file of one machine. */
export interface HostProblem extends Problem {
  readonly host: string
  readonly iface: string
}

/** A machine can not be built. The message names machine, file, line and column, and says what to write. */
export class HostConfigError extends Error {
  readonly problems: readonly HostProblem[]

  constructor(problems: readonly HostProblem[]) {
    super(problems.map(hostProblemText).join('\n'))
    this.name = 'HostConfigError'
    this.problems = problems
  }
}

export interface Prepared {
  readonly confs: ReadonlyMap<string, Conf>
  readonly warnings: readonly HostProblem[]
}

const SOME_ADDRESS = new Uint8Array(4)

/** Throws a HostConfigError that lists everything that is wrong, with all files of the machine. */
export function prepare(options: Pick<HostOptions, 'name' | 'spec' | 'keys' | 'resolve' | 'knows'>): Prepared {
  const confs = new Map<string, Conf>()
  const problems: HostProblem[] = []
  const now = namesOf(options)
  // What resolves later is no mistake in a file.
  const names: Names = { ...now, resolveHost: name => (options.knows?.(name) ? SOME_ADDRESS : now.resolveHost(name)) }
  for (const [iface, text] of Object.entries(options.spec.wg ?? {})) {
    const { conf, problems: found } = parseConf(text, {
      file: `${iface}.conf`,
      dialect: 'wg-quick',
      placeholders: true,
    })
    const unresolved = addconfChange(conf, names).problems
    const all = [...found, ...unresolved].sort((a, b) => a.line - b.line || a.column - b.column)
    problems.push(...all.map(problem => ({ ...problem, host: options.name, iface })))
    confs.set(iface, conf)
  }
  const errors = problems.filter(problem => problem.severity === 'error')
  if (errors.length > 0) throw new HostConfigError(errors)
  return { confs, warnings: problems }
}

/** `alice, wg0.conf:3:14: …; write …` */
export function hostProblemText({ host, file, line, column, what, instead }: HostProblem): string {
  return `${host}, ${file}:${line}:${column}: ${what}; instead: ${instead}`
}

/** Keys by name from the run's ring, hosts from the scenario's resolver. `families`: those that are of use here; both when absent. */
export function namesOf(
  { keys, resolve }: Pick<HostOptions, 'keys' | 'resolve'>,
  families: () => readonly number[] = () => [],
): Names {
  return {
    resolveHost: name => {
      const addresses = resolve(name) ?? []
      const wanted = families()
      return addresses.find(address => wanted.includes(address.length)) ?? addresses[0]
    },
    secretKey: name => (name.endsWith('.psk') ? keys.presharedKey(name.slice(0, -4)) : keys.privateKey(name)),
    publicKey: name => keys.publicKey(name.replace(/\.pub$/, '')),
  }
}
