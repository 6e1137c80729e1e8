/**
 * Few orders in place of many: to start a program is what costs most in a guest. Commands keep their order, and the first
 * that fails ends it all.
 */
import { LONGEST_COMMAND } from './agent.ts'

/** Of a part of it, so that there is room for the words around. */
const LONGEST = LONGEST_COMMAND - 100

/** Same effect, fewer processes: `ip` and `sysctl` commands that follow each other become one, and all of it few orders. */
export function batched(commands: readonly string[]): string[] {
  const orders: string[] = []
  let order = ''
  for (const part of merged(commands)) {
    if (order !== '' && order.length + part.length > LONGEST) {
      orders.push(order)
      order = ''
    }
    order += `${order === '' ? 'set -e\n' : '\n'}${part}`
  }
  return order === '' ? orders : [...orders, order]
}

interface Run {
  readonly kind: 'ip' | 'sysctl' | 'other'
  readonly words: string[]
  length: number
}

function merged(commands: readonly string[]): string[] {
  const runs: Run[] = []
  for (const command of commands) {
    const [kind, words] = read(command)
    const last = runs.at(-1)
    if (kind !== 'other' && last?.kind === kind && last.length + words.length < LONGEST) {
      last.words.push(words)
      last.length += words.length + 1
    } else runs.push({ kind, words: [words], length: words.length })
  }
  return runs.map(commandOf)
}

function commandOf({ kind, words }: Run): string {
  switch (kind) {
    case 'ip':
      return words.length === 1 ? `ip ${words[0]}` : `ip -batch - <<'END'\n${words.join('\n')}\nEND`
    case 'sysctl':
      return `sysctl -qw ${words.join(' ')}`
    case 'other':
      return words.join('\n')
  }
}

/** `ip -6 …` is one of the others: a batch has one family. So is what a shell would read in its own way. */
function read(command: string): readonly [Run['kind'], string] {
  const ip = /^ip ([a-z][^'"$`\\|&;<>()*?\n]*)$/.exec(command)?.[1]
  if (ip !== undefined) return ['ip', ip]
  const sysctl = /^sysctl -qw ([\w./= -]+)$/.exec(command)?.[1]
  return sysctl === undefined ? ['other', command] : ['sysctl', sysctl]
}
