/** Key names become keys where real tools read them. */
import { keyToBase64 } from '../../impl/config/base64.ts'
import type { HostOptions } from '../host/options.ts'
import type { NodeOutput } from '../node.ts'

/** A text with the scenario's key names replaced by keys: it goes into the guest and nowhere else. */
export function withKeys(text: string, { keys }: Pick<HostOptions, 'keys'>): string {
  return text.replace(/<([a-z0-9-]+?)(\.pub|\.psk)?>/g, (_, name: string, kind?: string) => {
    if (kind === '.pub') return keys.publicKey(name)
    return keyToBase64(kind === '.psk' ? keys.presharedKey(name).reveal() : keys.privateKey(name).reveal())
  })
}

/** As `withKeys`, of a command line: `wg set` reads secret keys from files, for which their names stand. */
export function commandWithKeys(command: string, options: Pick<HostOptions, 'keys'>): string {
  const files: string[] = []
  const line = command.replace(
    /\b(private-key|preshared-key) (<[a-z0-9-]+?(?:\.psk)?>)/g,
    (_, word: string, name: string) => {
      files.push(`printf %s ${withKeys(name, options)} > /run/key${files.length}`)
      return `${word} /run/key${files.length - 1}`
    },
  )
  return withKeys([...(files.length === 0 ? [] : ['umask 077']), ...files, line].join('\n'), options)
}

type Secret = Extract<NodeOutput, { kind: 'secret' }>

/** The secrets that a text names, for the capture. */
export function secretsIn(
  text: string,
  { keys }: Pick<HostOptions, 'keys'>,
): Extract<NodeOutput, { kind: 'secret' }>[] {
  return [...text.matchAll(/<([a-z0-9-]+?)(\.pub|\.psk)?>/g)].flatMap(([, name = '', kind]): Secret[] => {
    if (kind === '.pub') return []
    if (kind === '.psk') return [{ kind: 'secret', secret: 'PRESHARED_KEY', key: keys.presharedKey(name) }]
    return [{ kind: 'secret', secret: 'LOCAL_STATIC_PRIVATE_KEY', key: keys.privateKey(name) }]
  })
}
