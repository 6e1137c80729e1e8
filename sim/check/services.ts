/** The keys that services speak of by name are keys that somebody has. */
import { type Context, checkKnown } from './problem.ts'
import { privateKeyNames } from './texts.ts'

export function checkServices(context: Context): void {
  const owners = new Set(privateKeyNames(context))
  for (const [host, { services = {} }] of Object.entries(context.scenario.hosts)) {
    for (const [name, service] of Object.entries(services)) {
      const path = ['hosts', host, 'services', name]
      if (service.kind === 'signal-client') {
        const peers = peersOf(context, host, service.iface)
        for (const [i, peer] of service.peers.entries()) {
          checkKnown(context, [...path, 'peers', i], `peer of ${host}'s ${service.iface}`, peer, peers)
        }
      }
      if (service.kind === 'control-server') {
        for (const [member, { key = member }] of Object.entries(service.members)) {
          checkKnown(context, [...path, 'members', member], 'private key', key, owners)
        }
      }
    }
  }
}

function peersOf(context: Context, host: string, iface: string): string[] {
  return context.confs
    .filter(each => each.host === host && each.iface === iface)
    .flatMap(({ conf }) => conf.peers)
    .flatMap(({ publicKey: { value } }) => (value.kind === 'named' ? [value.name.replace(/\.pub$/, '')] : []))
}
