/** Zones of link-local addresses: interfaces by name and by index. Node tells both of those that are up and have one. */
import { networkInterfaces } from 'node:os'

/** `eth0` → 2, and `2` → 2; undefined for an interface that is not there. */
export function scopeOf(zone: string): number | undefined {
  if (/^\d+$/.test(zone)) return Number(zone)
  for (const address of networkInterfaces()[zone] ?? []) {
    if (address.family === 'IPv6' && address.scopeid !== 0) return address.scopeid
  }
  return undefined
}

/** 2 → `eth0`; undefined for an interface that is not there. */
export function zoneOf(scope: number): string | undefined {
  for (const [name, addresses] of Object.entries(networkInterfaces())) {
    for (const address of addresses ?? []) if (address.family === 'IPv6' && address.scopeid === scope) return name
  }
  return undefined
}
