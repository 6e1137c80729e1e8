/** What a guest says of itself, for people: the state of its tunnels, routes and flows, with keys taken out. */
import type { PublicKey } from '../../impl/key.ts'
import { formatNs } from '../../scenarios/language/quantity.ts'
import type { KeyRing } from '../keys.ts'

/** Asked at the end. Each is a command that a person could type. */
const QUESTIONS = [
  'wg show all dump',
  'ip -brief address',
  'ip rule',
  'ip route show table all',
  'ip -6 rule',
  'conntrack -L',
  'nft list ruleset',
]

/** One command line that asks everything; each answer follows its question. */
export const SNAPSHOT_COMMAND = QUESTIONS.map(each => `echo '$ ${each}'; ${each} 2>&1; echo`).join('\n')

const KEY = /(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=(?!=)/g

/** Keys that are known by a name are called by it; of the others nothing is told but that they are keys. */
export function withoutKeys(text: string, keys: Pick<KeyRing, 'nameOf'>): string {
  return text.replace(KEY, key => {
    const name = keys.nameOf(key as PublicKey)
    return name === undefined ? '(key)' : `<${name}.pub>`
  })
}

/** What the commands of a scenario said. */
export class Heard {
  readonly #keys: Pick<KeyRing, 'nameOf'>
  readonly #texts: string[] = []

  constructor(keys: Pick<KeyRing, 'nameOf'>) {
    this.#keys = keys
  }

  /** `command`: as the scenario has it, keys by name. */
  add(now: number, command: string, output: string): void {
    this.#texts.push(`at ${formatNs(now)}\n$ ${command}\n${withoutKeys(output, this.#keys)}`)
  }

  /** All of it, and at the end what was asked then. */
  text(name: string, now: number, snapshot: string): string {
    const end = `at ${formatNs(now)}, the end of the run\n${withoutKeys(snapshot, this.#keys)}`
    return [`${name}, a real Linux, in its own words\n`, ...this.#texts, end].join('\n')
  }
}
