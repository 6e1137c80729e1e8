/** What the resolver of a world says of names: the scenario's `names`, as `dns` steps have changed them. */
import type { Address } from '../impl/box.ts'
import { parseAddress } from '../impl/ip/address.ts'
import type { Scenario } from '../scenarios/language/scenario.ts'
import type { Answer } from '../scenarios/language/step-names.ts'
import { textsOf } from './layout.ts'

export class Resolver {
  /** Undefined: nobody answers. */
  readonly #answers = new Map<string, readonly Address[] | undefined>()

  constructor(names: Scenario['names'] = {}) {
    for (const [name, answer] of Object.entries(names)) this.set(name, answer)
  }

  set(name: string, answer: Answer | readonly string[]): void {
    if (answer === 'no-answer') this.#answers.set(name, undefined)
    else if (answer === 'no-such-name') this.#answers.set(name, [])
    else
      this.#answers.set(
        name,
        textsOf(answer).flatMap(text => parseAddress(text) ?? []),
      )
  }

  /** Whether the scenario speaks of the name at all. */
  knows(name: string): boolean {
    return this.#answers.has(name)
  }

  /** Its addresses; none: there is no such name; undefined: no answer comes. */
  ask(name: string): readonly Address[] | undefined {
    return this.#answers.has(name) ? this.#answers.get(name) : []
  }
}
